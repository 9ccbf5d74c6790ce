"""How many come to an activity: families, and one person with two records."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving
from tests.test_activities import NOW, join, planned
from tests.test_merges import doors, record

COMING = """query($id: ID!) { activity(id: $id) { coming status signUps(first: 20) { nodes { people name
    resident { name } } } } }"""


@pytest.fixture
def clock() -> Clock:
    """A day after those of the demo."""
    return Clock(NOW)


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def seen(who: Tunping, activity: str) -> Any:
    return (await who.ask(COMING, id=activity)).data["activity"]


async def pair(worker: Tunping, name: str) -> list[str]:
    """Two records of one person, in two homes."""
    homes = await doors(worker)
    facts = {"name": name, "movedInOn": "2023-12-01"}
    return [await record(worker, home, **facts) for home in homes[:2]]


async def merge(worker: Tunping, keep: str, other: str) -> str:
    given = {"id": new_id("merge"), "keep": keep, "merge": other}
    assert (await worker.do("mergeResidents", given))["errors"] == []
    return str(given["id"])


async def test_a_family_counts_as_many_as_come(tunping: Tunping) -> None:
    secretary, nobody = await tunping.as_("书记01"), tunping.as_nobody()
    activity = await planned(secretary, wanted=5)
    made = await join(nobody, activity, code=DEMO_COUNTER_CODE, name="一家人", people=4)
    assert made["errors"] == []
    (problem,) = (await join(secretary, activity, people=2))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["people"])
    for people in (0, 11, -1):
        (problem,) = (await join(secretary, activity, people=people))["errors"]
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["people"])
    assert (await join(secretary, activity))["errors"] == []
    found = await seen(secretary, activity)
    assert (found["coming"], found["status"], sorted(each["people"] for each in found["signUps"]["nodes"])) == (
        5,
        "FULL",
        [1, 4],
    )
    sign_up = await tunping.app.state.owner.fetchval(
        "select 'signup_' || id from sign_up where receipt_code = $1", made["receiptCode"]
    )
    leaving = {"signUp": sign_up, "receiptCode": made["receiptCode"]}
    assert (await nobody.do("leaveActivity", leaving))["errors"] == []
    assert (await seen(secretary, activity))["coming"] == 1


@pytest.mark.long
async def test_two_records_that_are_merged_come_once_and_twice_again_when_parted(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    activity, (keep, other) = await planned(secretary, wanted=3), await pair(worker, "报两次")
    for resident in (other, keep):
        assert (await join(worker, activity, resident=resident))["errors"] == []
    assert (await join(secretary, activity))["errors"] == []
    assert (await seen(secretary, activity))["status"] == "FULL"
    merged = await merge(worker, keep, other)
    found = await seen(secretary, activity)
    assert (found["coming"], found["status"], len(found["signUps"]["nodes"])) == (2, "OPEN", 2)
    assert (await worker.do("undoMerge", {"merge": merged}))["errors"] == []
    found = await seen(secretary, activity)
    assert (found["coming"], len(found["signUps"]["nodes"])) == (3, 3)


async def test_a_place_that_was_taken_meanwhile_is_not_given_back(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    activity, (keep, other) = await planned(secretary, wanted=2), await pair(worker, "没位子")
    for resident in (keep, other):
        assert (await join(worker, activity, resident=resident))["errors"] == []
    merged = await merge(worker, keep, other)
    assert (await join(secretary, activity))["errors"] == []
    assert (await worker.do("undoMerge", {"merge": merged}))["errors"] == []
    assert (await seen(secretary, activity))["coming"] == 2


async def test_whoever_signed_up_anew_after_a_merger_comes_once_when_it_is_undone(
    tunping: Tunping, clock: Clock
) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    activity, (keep, other) = await planned(secretary, wanted=9), await pair(worker, "又报名")
    earlier = (await join(worker, activity, resident=other))["signUp"]["id"]
    clock.turn(timedelta(minutes=1))
    assert (await join(worker, activity, resident=keep))["errors"] == []
    merged = await merge(worker, keep, other)
    assert (await worker.do("leaveActivity", {"signUp": earlier}))["errors"] == []
    assert (await join(worker, activity, resident=keep))["errors"] == []
    assert (await worker.do("undoMerge", {"merge": merged}))["errors"] == []
    found = await seen(secretary, activity)
    assert (found["coming"], len(found["signUps"]["nodes"])) == (1, 1)


async def test_whoever_was_there_stays_on_the_list(tunping: Tunping, clock: Clock) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    activity, (keep, other) = await planned(secretary), await pair(worker, "来过了")
    signed = [(await join(worker, activity, resident=each))["signUp"]["id"] for each in (keep, other)]
    clock.turn(timedelta(days=1, hours=1))
    noted = {"activity": activity, "came": [signed[1]], "missed": [signed[0]]}
    assert (await secretary.do("noteAttendance", noted))["errors"] == []
    await merge(worker, keep, other)
    rows = await tunping.app.state.owner.fetch(
        "select attended from sign_up where 'activity_' || activity_id = $1 and left_at is null", activity
    )
    assert [row["attended"] for row in rows] == [True]
    assert (await seen(secretary, activity))["coming"] == 1


async def test_a_sign_up_of_a_merged_record_is_one_of_the_record_that_was_kept(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    activity, (keep, other) = await planned(secretary), await pair(worker, "先并号")
    assert (await join(worker, activity, resident=keep))["errors"] == []
    await merge(worker, keep, other)
    assert [each["code"] for each in (await join(worker, activity, resident=other))["errors"]] == ["INVALID_INPUT"]
    assert (await seen(secretary, activity))["coming"] == 1


@pytest.mark.long
async def test_a_sign_up_and_a_merger_at_once_leave_the_right_number(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    for number in range(4):
        activity, (keep, other) = await planned(secretary), await pair(worker, f"同时{number}号")
        assert (await join(worker, activity, resident=keep))["errors"] == []
        await asyncio.gather(join(worker, activity, resident=other), merge(worker, keep, other))
        found = await seen(secretary, activity)
        assert (found["coming"], len(found["signUps"]["nodes"])) == (1, 1)
