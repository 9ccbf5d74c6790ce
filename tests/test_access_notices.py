"""Unusual access is noticed: who read how much of what in which hour, compared with what is usual."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.acts.access_notices import notice_access
from rules.access_notices import FEWEST, TIMES, AccessKind, is_unusual, usual_of
from tests.client import Tunping

NOTICES = "{ accessNotices { nodes { kind count usual account { username } } } }"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@given(st.sampled_from(AccessKind), st.integers(0, 1_000), st.integers(0, 1_000))
def test_few_accesses_are_never_unusual_and_more_than_thrice_the_usual_are(
    kind: AccessKind, count: int, usual: int
) -> None:
    assert is_unusual(kind, count, usual) == (count > FEWEST[kind] and count > TIMES * usual)


@given(st.lists(st.integers(0, 1_000), max_size=28), st.integers(1_000, 10_000))
def test_two_days_of_copying_do_not_become_what_is_usual(days: list[int], most: int) -> None:
    assert usual_of([most, most]) == 0
    assert usual_of([*days, 5, 5, 5, 5, 5]) <= max([*days, 5])
    assert usual_of([5, 5, 5, 5, 5, most, most]) == 5


async def _reveal(tunping: Tunping, username: str, count: int, before: timedelta) -> None:
    """Entries about as many reveals of different numbers by an account, past the triggers and in the past."""
    await tunping.app.state.owner.execute(
        """insert into journal (kind, community_id, grid_id, resident_id, actor_id, occurred_at, recorded_at)
        select 'ID_NUMBER_REVEALED', g.community_id, g.id, r.id, a.id, $3, $3 from account a, grid g, resident r
        where a.username = $1 and g.id = r.grid_id and g.community_id =
            (select community_id from assignment where account_id = a.id limit 1) order by r.id limit $2""",
        username,
        count,
        datetime.now(UTC) - before,
    )


async def _look(tunping: Tunping, username: str, times: int, before: timedelta) -> int:
    """Looks at each dispute, so many times; returns the number of disputes."""
    owner = tunping.app.state.owner
    for _ in range(times):
        await owner.execute(
            """insert into look (dispute_id, account_id, operation, looked_at)
            select d.id, a.id, 'Copying', $2 from dispute d, account a where a.username = $1""",
            username,
            datetime.now(UTC) - before,
        )
    return await tunping.count("dispute")


async def _notices(tunping: Tunping, username: str) -> list[Any]:
    found = (await (await tunping.as_("书记01")).ask(NOTICES)).data["accessNotices"]["nodes"]
    return [each for each in found if each["account"]["username"] == username]


@pytest.mark.long
async def test_the_secretary_is_told_of_many_reveals_once_an_hour(tunping: Tunping) -> None:
    await _reveal(tunping, "网格员01", 5, HOUR / 2)
    assert await tunping.transact(notice_access) == 0
    await _reveal(tunping, "网格员01", 6, HOUR / 3)
    assert [await tunping.transact(notice_access) for _ in range(2)] == [1, 0]
    told = [{"kind": "REVEALS", "count": 6, "usual": 0, "account": {"username": "网格员01"}}]
    assert await _notices(tunping, "网格员01") == told
    for other in ("副主任01", "社区01", "网格员01", "热力公司01"):
        assert (await (await tunping.as_(other)).ask(NOTICES)).data["accessNotices"]["nodes"] == []


@pytest.mark.long
async def test_what_an_account_does_every_day_is_usual_for_it(tunping: Tunping) -> None:
    for day in range(1, 6):
        await _reveal(tunping, "网格员02", 4, day * DAY + HOUR)
    await _reveal(tunping, "网格员02", 12, HOUR / 2)
    assert await tunping.transact(notice_access) == 0
    await _reveal(tunping, "网格员02", 13, HOUR / 3)
    assert await tunping.transact(notice_access) == 1
    told = [{"kind": "REVEALS", "count": 13, "usual": 4, "account": {"username": "网格员02"}}]
    assert await _notices(tunping, "网格员02") == told


async def test_looks_at_the_same_case_count_once(tunping: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = await _look(tunping, "调解员01", 3, HOUR / 2)
    monkeypatch.setitem(FEWEST, AccessKind.LOOKS, cases)
    assert await tunping.transact(notice_access) == 0
    monkeypatch.setitem(FEWEST, AccessKind.LOOKS, cases - 1)
    assert await tunping.transact(notice_access) == 1
    told = [{"kind": "LOOKS", "count": cases, "usual": 0, "account": {"username": "调解员01"}}]
    assert await _notices(tunping, "调解员01") == told


async def test_what_is_older_than_an_hour_is_not_noticed(tunping: Tunping) -> None:
    await _reveal(tunping, "网格员03", 50, 2 * HOUR)
    assert await tunping.transact(notice_access) == 0
