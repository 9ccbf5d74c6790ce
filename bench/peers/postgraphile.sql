-- The same rows for the same viewer, as in a usual PostGraphile project: row-level security over functions that run once
-- for each statement. The rules are those of db/scope.py for a grid worker and a secretary; other roles are left out.
create schema peer;
do $$ begin create role peer; exception when duplicate_object then null; end $$;
grant usage on schema public, peer to peer;
grant select on all tables in schema public to peer;
grant insert on visit, visit_resident, journal to peer;

create function peer.viewer() returns uuid stable language sql as
    $$ select nullif(current_setting('tunping.account', true), '')::uuid $$;

create function peer.posts() returns setof assignment stable security definer language sql as $$
    select p from assignment p join account a on a.id = p.account_id and a.disabled_at is null
    where a.id = peer.viewer() and p.starts_on <= current_date and (p.ends_on is null or p.ends_on >= current_date)
$$;

create function peer.communities() returns uuid[] stable security definer language sql as
    $$ select array(select community_id from peer.posts()) $$;

create function peer.grids() returns uuid[] stable security definer language sql as $$
    select array(
        select g.id from grid g join peer.posts() p on g.id = p.grid_id
            or p.grid_id is null and p.estate_id is null and g.community_id = p.community_id
    )
$$;

do $$
declare t text;
begin
    foreach t in array array['household', 'resident', 'residency', 'appeal', 'dispute', 'journal'] loop
        execute format('alter table %I enable row level security', t);
        execute format('create policy peer on %I to peer using (grid_id = any ((select peer.grids())::uuid[]))', t);
    end loop;
    -- Nobody reads withdrawn visits, and the indexes leave them out.
    alter table visit enable row level security;
    create policy peer on visit to peer using (withdrawn_at is null and grid_id = any ((select peer.grids())::uuid[]));
    foreach t in array array['estate', 'grid', 'building', 'organisation'] loop
        execute format('alter table %I enable row level security', t);
        execute format('create policy peer on %I to peer using (community_id = any ((select peer.communities())::uuid[]))', t);
    end loop;
    foreach t in array array['dispute_party', 'finding', 'agreement'] loop
        execute format('alter table %I enable row level security', t);
        execute format('create policy peer on %I to peer using (exists (select from dispute d where d.id = dispute_id))', t);
    end loop;
    foreach t in array array['visit_resident', 'resident_colour'] loop
        execute format('alter table %I enable row level security', t);
        execute format('create policy peer on %I to peer using (exists (select from resident r where r.id = resident_id))', t);
    end loop;
end
$$;
alter table community enable row level security;
create policy peer on community to peer using (id = any ((select peer.communities())::uuid[]));
alter table account enable row level security;
create policy peer on account to peer using (
    exists (select from assignment p where p.account_id = account.id and p.community_id = any ((select peer.communities())::uuid[]))
);
-- Foreign keys over one column for the schema, beside the composite ones of the tables. Only appeals are aggregated.
comment on table household is E'@foreignKey (building_id) references building (id)';
comment on table appeal is E'@behavior +resource:aggregates +resource:groupedAggregates';
comment on table resident is E'@foreignKey (household_id) references household (id)';
comment on table visit is E'@foreignKey (household_id) references household (id)';
comment on table building is E'@foreignKey (grid_id) references grid (id)';
comment on table grid is E'@foreignKey (community_id) references community (id)';

create function peer.record_visit(id uuid, household uuid, "occurredAt" timestamptz) returns visit
language plpgsql volatile security definer as $$
#variable_conflict use_variable
declare made visit; home household;
begin
    select h.* into strict home from household h where h.id = household and h.grid_id = any (peer.grids());
    insert into visit values (id, home.id, home.building_id, home.grid_id, peer.viewer(), 'PHONE', '一切正常', "occurredAt")
        returning * into made;
    insert into journal (kind, community_id, grid_id, building_id, household_id, visit_id, actor_id, occurred_at)
        select 'VISIT_RECORDED', g.community_id, g.id, home.building_id, home.id, id, peer.viewer(), "occurredAt"
        from grid g where g.id = home.grid_id;
    return made;
end
$$;

create function peer.open_appeal(id uuid, household uuid, body text) returns appeal
language plpgsql volatile security definer as $$
#variable_conflict use_variable
declare made appeal; home household; community uuid;
begin
    select h.* into strict home from household h where h.id = household and h.grid_id = any (peer.grids());
    select g.community_id into strict community from grid g where g.id = home.grid_id;
    insert into appeal (id, community_id, grid_id, building_id, unit, household_id, source, kind, category, urgency, level,
            status, body, registered_by, receipt_code, opened_at, recorded_at, closed_by_silence, objections)
        values (id, community, home.grid_id, home.building_id, home.unit, home.id, 'APP', 'PROBLEM', 'HEATING', 'NORMAL',
            'GRID', 'SUBMITTED', body, peer.viewer(), left(replace(gen_random_uuid()::text, '-', ''), 16), now(), now(),
            false, 0)
        returning * into made;
    insert into journal (kind, community_id, grid_id, building_id, household_id, appeal_id, actor_id, to_status, occurred_at)
        values ('APPEAL_OPENED', community, home.grid_id, home.building_id, home.id, id, peer.viewer(), 'SUBMITTED', now());
    return made;
end
$$;

create function peer.accept_appeal(appeal uuid) returns appeal
language plpgsql volatile security definer as $$
#variable_conflict use_variable
declare made appeal;
begin
    update appeal a set status = 'ACCEPTED', accepted_at = now(), handled_by = peer.viewer()
        where a.id = appeal and a.status = 'SUBMITTED' and a.grid_id = any (peer.grids())
        returning * into strict made;
    insert into journal (kind, community_id, grid_id, building_id, household_id, appeal_id, actor_id, to_status, occurred_at)
        values ('APPEAL_ACCEPTED', made.community_id, made.grid_id, made.building_id, made.household_id, made.id,
            peer.viewer(), 'ACCEPTED', now());
    return made;
end
$$;
