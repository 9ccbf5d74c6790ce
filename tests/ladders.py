"""Alerts about 王大爷, and what is told and recorded of them."""

from datetime import datetime, timedelta
from typing import Any

from tests.client import Clock, Tunping
from tests.test_alerts import mine, passes, red_day

TOLD = """select a.username, m.to_phone, m.body, m.priority from message m join account a on a.id = m.account_id
    where 'alert_' || m.alert_id = $1 order by m.created_at, a.username, m.priority"""
INVITED = """select i.answer_code, m.body, m.priority from invitation i join message m on m.invitation_id = i.id
    where 'alert_' || i.alert_id = $1 order by i.id, m.priority"""
STATE = """query($id: ID!) { alert(id: $id) { status finding findingLabel foundBy { username } foundNote urgentAt
    acknowledgedBy { username } note raisedBy { username } reason rungs { rung reached } } }"""
ENTRIES = "select kind, to_status, note from journal where 'alert_' || alert_id = $1 order by id"
DUTIES = """query($day: Date!, $resident: ID!) {
    duties(between: {startsOn: $day, endsOn: $day}, where: {resident: $resident}) {
        nodes { state visit { mode worker { username } } } } }"""
HEAD, NEIGHBOURS, COMMUNITY = "BUILDING_HEAD", "NEIGHBOURS", "COMMUNITY"
DOOR = "金穗家园3号楼1单元201"
STEP = timedelta(minutes=15)
FEW = """update resident_colour set removed_at = set_at where colour = 'RED' and removed_at is null
    and resident_id not in (select r.id from resident r join resident_colour c on c.resident_id = r.id
        where c.colour = 'RED' and c.removed_at is null order by r.name <> '王德顺', r.id limit 8)"""


async def rings(client: Tunping, clock: Clock, day: datetime) -> tuple[Tunping, str]:
    """A worker, and the alert about 王大爷 on a day, whose first rung has rung."""
    worker = await red_day(client, clock, day)
    await passes(client)
    alert = await mine(worker)
    assert alert is not None
    return worker, alert["id"]


async def state(client: Tunping, alert: str) -> Any:
    return (await client.ask(STATE, id=alert)).data["alert"]


async def rungs(client: Tunping, alert: str) -> list[str]:
    return [each["rung"] for each in (await state(client, alert))["rungs"]]


async def told(client: Tunping, alert: str) -> list[Any]:
    """The messages about an alert to people with an account."""
    return list(await client.app.state.owner.fetch(TOLD, alert))


async def entries(client: Tunping, alert: str) -> list[tuple[str, Any, Any]]:
    return [tuple(row) for row in await client.app.state.owner.fetch(ENTRIES, alert)]


async def report(client: Tunping, alert: str, finding: str, **more: Any) -> Any:
    return await client.do("reportAlert", {"alert": alert, "finding": finding} | more, "alert { status }")
