-- A community of 10,000 households in 25 grids, with a year of visits, beside the demo.
insert into farm (name) values ('规模农场');
insert into community (farm_id, name, time_zone) select id, '规模社区', 'Asia/Shanghai' from farm where name = '规模农场';
insert into estate (community_id, name) select id, '规模小区' from community where name = '规模社区';
insert into grid (community_id, estate_id, name)
    select community_id, id, '规模' || n from estate, generate_series(1, 25) n where name = '规模小区';
insert into building (community_id, estate_id, grid_id, name, units, floors)
    select community_id, estate_id, id, (substr(name, 3)::int * 10 + n) || '号楼', 4, 5
    from grid, generate_series(0, 4) n where name like '规模%';
insert into household (building_id, grid_id, unit, floor, room)
    select b.id, b.grid_id, u, f, f || '0' || r
    from building b join grid g on g.id = b.grid_id and g.name like '规模%',
        generate_series(1, 4) u, generate_series(1, 5) f, generate_series(1, 4) r;
create temp table door as
    select h.id, h.building_id, h.grid_id, row_number() over (order by h.id) % 100 as kind
    from household h join grid g on g.id = h.grid_id and g.name like '规模%';
-- Of a hundred households three are people who live alone (RED), four are ORANGE, fifteen YELLOW.
insert into resident (household_id, building_id, grid_id, name, name_folded, found_by, sex)
    select id, building_id, grid_id, '居民' || n, '居民' || n, '居民' || n, 'FEMALE'
    from door, generate_series(1, case when kind < 3 then 1 else 3 end) n;
insert into residency (resident_id, household_id, building_id, grid_id, moved_in_on)
    select r.id, r.household_id, r.building_id, r.grid_id, '2022-01-01'
    from resident r join door d on d.id = r.household_id;
insert into resident_colour (resident_id, grid_id, colour, set_at)
    select r.id, r.grid_id, case when kind < 3 then 'RED' when kind < 7 then 'ORANGE' when kind < 22 then 'YELLOW' else 'GREEN' end,
        '2022-01-01'
    from resident r join door d on d.id = r.household_id;
insert into visit_policy (community_id, colour, period, modes, grace_days, starts_on)
    select c.id, p.colour, p.period, p.modes, p.grace_days, '2022-01-01'
    from community c, (select distinct on (colour) * from visit_policy order by colour, starts_on desc) p
    where c.name = '规模社区';
insert into account (username, username_key, name, role, password_hash)
    select '规模' || role, '规模' || lower(role), '规模', role, password_hash from account where username in ('网格员01', '书记01');
insert into assignment (account_id, community_id, grid_id, starts_on)
    select a.id, g.community_id, g.id, '2022-01-01' from account a, grid g
    where a.username = '规模GRID_WORKER' and g.name = '规模1';
insert into assignment (account_id, community_id, starts_on)
    select a.id, c.id, '2022-01-01' from account a, community c
    where a.username = '规模SECRETARY' and c.name = '规模社区';
create temp table plan as
    select distinct on (d.id, day) uuidv7() as visit, r.id as resident, d.id as household, d.building_id, d.grid_id,
        case when kind < 3 then 'PHONE' else 'HOME_VISIT' end as mode,
        day + interval '9 hours' + random() * interval '5 hours' as at
    from door d join resident r on r.household_id = d.id,
        lateral generate_series(
            (now() - interval '1 year')::date::timestamp, now()::date - interval '1 day',
            case when kind < 3 then interval '1 day' when kind < 7 then interval '7 days' else interval '1 month' end
        ) day
    where kind < 22 and random() < 0.99;
insert into visit (id, household_id, building_id, grid_id, worker_id, mode, occurred_at)
    select visit, household, building_id, grid_id, a.id, mode, at from plan, account a where a.username = '规模GRID_WORKER';
insert into visit_resident (visit_id, resident_id, household_id, mode, occurred_at)
    select p.visit, p.resident, p.household, v.mode, v.occurred_at from plan p join visit v on v.id = p.visit;
