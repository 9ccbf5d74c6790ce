"""Rosters for the tests: the days they are about, and what several of them plan, swap and read."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id

TODAY = (datetime.now(UTC) + timedelta(hours=8)).date()
NOON = datetime.combine(TODAY, time(4), UTC)  # in Shanghai
MONDAY = TODAY - timedelta(TODAY.weekday())
DAY = timedelta(1)
WEEK = "week { id startsOn publishedAt plannedBy { username } publishedBy { username } } missing { servesOn post }"
ROSTER = """query($day: Date!) { dutyRoster(on: $day) { week { id publishedAt }
    hall { worker { id username } } reception { worker { id username } partyBranch { id name estate { name } } }
    outreach { worker { id username } } absent { worker { username } reason } } }"""


@pytest.fixture
def clock() -> Clock:
    """Stands at noon, so that midnight during the run changes nothing."""
    return Clock(NOON)


async def planned(tunping: Tunping, first: date, *, publish: bool = True, **more: Any) -> str:
    """A week as it is proposed."""
    leader = await tunping.as_("网格长01")
    made = await leader.do("planRoster", {"act": new_id("act"), "startsOn": str(first), **more}, WEEK)
    assert made["errors"] == []
    if publish:
        done = await leader.do("publishRoster", {"act": new_id("act"), "week": made["week"]["id"]})
        assert done["errors"] == []
    return str(made["week"]["id"])


async def serving(client: Tunping, day: date) -> Any:
    """Who serves where on a day; nothing without a roster that the viewer sees."""
    found = (await client.ask(ROSTER, day=str(day))).data["dutyRoster"]
    return found[0] if found else None


async def ids(tunping: Tunping) -> dict[str, str]:
    """Ids of the grid workers by user name."""
    rows = await tunping.app.state.owner.fetch("select username, id from account where role = 'GRID_WORKER'")
    return {row["username"]: f"account_{row['id']}" for row in rows}


def swapping(week: str, first: str, second: str, *days: date) -> dict[str, Any]:
    """The input of swapShifts."""
    return {"act": new_id("act"), "week": week, "first": first, "second": second, "days": [str(day) for day in days]}
