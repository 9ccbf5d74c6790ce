"""Continues the rounds of a demo that was loaded earlier to the present moment, while it is served.

Nobody works in a demo. Without its rounds everybody who lives alone would ring the ladder on the next day. A day
repeats the round of four weeks before, which has the same day of the week. The ids follow from those of the repeated
visits, so a repetition adds nothing.
"""

from datetime import datetime, time

import asyncpg

from db.logins import Login, login_url
from seeds.clock import moment
from seeds.known import DEMO_COUNTER_CODE
from seeds.quiet.span import SETTLED

_LOCK = 0x7475_6E70
"""The advisory lock of those who continue the demo: of two servers, one does at a time."""
_AGAIN = """
with town as (select community_id from qr_code where code = $1 limit 1),
-- What somebody did by the API has the id of an act. Of that nothing is repeated.
latest as (select occurred_at from visit v where exists (select from journal e where e.visit_id = v.id
    and e.kind = 'VISIT_RECORDED' and e.act_id is null and e.community_id = (select community_id from town))
  order by occurred_at desc limit 1),
seeded as (
  select v.*, e.community_id as town, e.actor_id from visit v join journal e on e.visit_id = v.id
  where e.kind = 'VISIT_RECORDED' and e.act_id is null and e.community_id = (select community_id from town)
    and v.occurred_at > (select occurred_at from latest) - interval '30 days'),
until as (select max(recorded_at) as at from seeded having max(recorded_at) >= $3),
planned as (
  select s.*, number * interval '28 days' as later, gen.id as own from until, seeded s
    join account a on a.id = s.worker_id and a.disabled_at is null,
    generate_series(1, greatest(1, ceil(extract(epoch from $2 - until.at) / 2419200)::integer)) number,
    lateral (select s.recorded_at + number * interval '28 days' as at) then_,
    lateral (select md5(s.id || ' ' || number) as hash) drawn,
    lateral (select (extract(epoch from s.occurred_at + number * interval '28 days') * 1000)::bigint as ms) timed,
    lateral (select lpad(to_hex(ms), 12, '0') || '7' || left(hash, 3) || '8' || substr(hash, 4, 15) as hex) written,
    lateral (select hex::uuid as id) gen
  where s.recorded_at > until.at - interval '28 days' and s.recorded_at <= until.at and s.withdrawn_at is null
    and then_.at > until.at and then_.at <= $2),
reached as (
  select p.own, r.id as resident, p.household_id, p.mode, p.occurred_at + p.later as at from planned p
    join visit_resident m on m.visit_id = p.id join resident r on r.id = m.resident_id
  where r.household_id = p.household_id and r.left_on is null and r.merged_into is null),
made as (
  insert into visit (id, household_id, building_id, premises_id, grid_id, worker_id, mode, note, spoke_with, is_attempt,
    occurred_at, recorded_at)
  select p.own, household_id, building_id, premises_id, grid_id, worker_id, mode, note, spoke_with, is_attempt,
    occurred_at + later, recorded_at + later
  from planned p where is_attempt or spoke_with is not null or exists (select from reached where reached.own = p.own)
  on conflict (id) do nothing returning id),
met as (
  insert into visit_resident (visit_id, resident_id, household_id, mode, occurred_at)
  select own, resident, household_id, mode, at from reached where own in (select id from made)),
told as (
  insert into journal (kind, community_id, grid_id, building_id, household_id, visit_id, actor_id, occurred_at,
    recorded_at)
  select 'VISIT_RECORDED', town, grid_id, building_id, household_id, own, actor_id, occurred_at + later,
    recorded_at + later
  from planned where own in (select id from made) order by recorded_at + later)
select count(*) from made
"""
"""Takes the counter's code of the demo, the present moment, and the moment before which a demo is not continued."""


async def go_on(url: str, now: datetime) -> int:
    """Adds the rounds since the last one of the demo, and returns the number of visits.

    Only in the demo's community, and only if the demo was loaded beyond 2023. ``url`` is that of the owner.
    """
    connection = await asyncpg.connect(login_url(url, Login.WORKER))
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            begins = moment(SETTLED, time())
            added: int = await connection.fetchval(_AGAIN, DEMO_COUNTER_CODE, now, begins)
            return added
    finally:
        await connection.close()
