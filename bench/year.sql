-- Ten times the appeals of a register with one community, spread over the last 365 days: nine copies of each beside it.
set session_replication_role = replica;
create temp table year as
    select a.* from appeal a join community c on c.id = a.community_id and c.name like '规模%', generate_series(1, 9);
update year set id = gen_random_uuid(), receipt_code = left(replace(gen_random_uuid()::text, '-', ''), 16),
    opened_at = now() - random() * interval '365 days';
update year set recorded_at = opened_at;
insert into appeal select * from year order by opened_at;
drop table year;
reset session_replication_role;
