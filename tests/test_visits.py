"""From a doorstep: a visit, and what was found there, recorded once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from db.positions import Cursor
from tests.client import Clock, Tunping, new_id

WANTED = """
visit { id mode note occurredAt worker { username } residents { id } appeals { id } disputes { id } }
appeals { id source household { id } openedAt }
disputes { id status }
"""


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2023, 12, 9, tzinfo=UTC))


async def a_door(tunping: Tunping) -> tuple[Tunping, dict[str, Any]]:
    """A worker, and a household with residents."""
    worker = await tunping.as_("网格员01")
    found = await worker.ask("{ households(first: 20) { nodes { id residents { id } } } }")
    return worker, next(each for each in found.data["households"]["nodes"] if each["residents"])


def a_visit(household: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": new_id("visit"),
        "household": household["id"],
        "mode": "HOME_VISIT",
        "occurredAt": "2023-12-05T09:30:00+08:00",
        "residents": [each["id"] for each in household["residents"]],
    } | more


async def test_one_submission_records_the_visit_and_what_was_found(tunping: Tunping) -> None:
    worker, household = await a_door(tunping)
    appeal, dispute = new_id("appeal"), new_id("dispute")
    visit = a_visit(
        household,
        note="一切正常",
        appeals=[{"id": appeal, "body": "楼道堵塞"}],
        disputes=[
            {
                "id": dispute,
                "type": "NEIGHBOUR",
                "title": "楼上漏水",
                "facts": "卫生间漏水",
                "parties": [
                    {"role": "APPLICANT", "household": household["id"]},
                    {"role": "RESPONDENT", "outsiderName": "装修队"},
                ],
            }
        ],
    )
    made = await worker.do("recordVisit", visit, WANTED)
    assert made == {
        "visit": {
            "id": visit["id"],
            "mode": "HOME_VISIT",
            "note": "一切正常",
            "occurredAt": "2023-12-05T01:30:00.000Z",
            "worker": {"username": "网格员01"},
            "residents": [{"id": each} for each in sorted(visit["residents"])],
            "appeals": [{"id": appeal}],
            "disputes": [{"id": dispute}],
        },
        "appeals": [
            {
                "id": appeal,
                "source": "VISIT",
                "household": {"id": household["id"]},
                "openedAt": "2023-12-05T01:30:00.000Z",
            }
        ],
        "disputes": [{"id": dispute, "status": "REPORTED"}],
        "errors": [],
    }


async def test_sent_three_times_it_arrives_once(tunping: Tunping) -> None:
    worker, household = await a_door(tunping)
    visit = a_visit(household, appeals=[{"id": new_id("appeal"), "body": "灯不亮"}])
    before = [await tunping.count(name) for name in ("visit", "appeal", "journal")]
    made = [await worker.do("recordVisit", visit, WANTED) for _ in range(3)]
    assert made[0]["errors"] == []
    assert made[1] == made[2] == made[0]
    assert [await tunping.count(name) for name in ("visit", "appeal", "journal")] == [
        before[0] + 1,
        before[1] + 1,
        before[2] + 2,
    ]


async def test_a_refusal_inside_leaves_nothing_and_says_where(tunping: Tunping) -> None:
    worker, household = await a_door(tunping)
    visit = a_visit(
        household, appeals=[{"id": new_id("appeal"), "body": "漏水"}, {"id": new_id("appeal"), "body": " "}]
    )
    before = [await tunping.count(name) for name in ("visit", "visit_resident", "appeal", "journal")]
    made = await worker.do("recordVisit", visit, "visit { id } appeals { id }")
    assert (made["visit"], made["appeals"]) == (None, [])
    assert [(each["code"], each["path"]) for each in made["errors"]] == [("INVALID_INPUT", ["appeals", "1", "body"])]
    assert [await tunping.count(name) for name in ("visit", "visit_resident", "appeal", "journal")] == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": "visit"}, "MALFORMED_ID"),
        ({"household": "household_0199f0c2-0000-7000-8000-000000000000"}, "NOT_FOUND"),
        ({"residents": ["resident_0199f0c2-0000-7000-8000-000000000000"]}, "NOT_FOUND"),
        ({"occurredAt": "2999-01-01T00:00:00Z"}, "IN_FUTURE"),
        ({"note": "长" * 2_001}, "TOO_LONG"),
    ],
)
async def test_a_visit_that_cannot_be_is_refused_by_name(tunping: Tunping, change: dict[str, Any], code: str) -> None:
    worker, household = await a_door(tunping)
    visits = await tunping.count("visit")
    assert await worker.refused("recordVisit", a_visit(household) | change) == code
    assert await tunping.count("visit") == visits


async def test_somebody_elses_resident_is_not_reached_there(tunping: Tunping) -> None:
    worker, household = await a_door(tunping)
    found = await worker.ask("{ residents(last: 1) { nodes { id household { id } } } }")
    stranger = found.data["residents"]["nodes"][0]
    assert stranger["household"]["id"] != household["id"]
    assert await worker.refused("recordVisit", a_visit(household, residents=[stranger["id"]])) == "INVALID_INPUT"


async def test_a_building_head_records_no_visits(tunping: Tunping) -> None:
    _, household = await a_door(tunping)
    head = await tunping.as_("联户长03")
    assert await head.refused("recordVisit", a_visit(household)) == "NOT_ALLOWED"
    seen = await head.ask("{ visits { totalCount } }")
    assert seen.data["visits"]["totalCount"] == 0


async def test_a_time_without_its_zone_is_refused(tunping: Tunping) -> None:
    worker, household = await a_door(tunping)
    query = "mutation($input: RecordVisitInput!) { recordVisit(input: $input) { errors { code } } }"
    answer = await worker.ask(query, input=a_visit(household, occurredAt="2023-12-05T09:30:00"))
    assert answer.status == 400


async def test_a_worker_on_a_stairwell_records_five_visits_and_a_blocked_corridor(tunping: Tunping) -> None:
    """Story 3: back outside they arrive once, in order, though the phone sends them three times."""
    worker = await tunping.as_("网格员01")
    found = await worker.ask("{ households(first: 40) { nodes { id residents { id } } } }")
    doors = [each for each in found.data["households"]["nodes"] if each["residents"]][:5]
    visits = [a_visit(each, occurredAt=f"2023-12-06T09:{10 + at}:00+08:00") for at, each in enumerate(doors)]
    blocked = {
        "id": new_id("appeal"),
        "kind": "REPORT",
        "household": doors[4]["id"],
        "body": "楼道堆放杂物，堵住了通道",
    }
    outbox = [("recordVisit", each) for each in visits]
    outbox.append(("openAppeal", blocked | {"openedAt": "2023-12-06T09:20:00+08:00"}))
    before = [await tunping.count(name) for name in ("visit", "appeal", "journal")]
    cursor = (await worker.ask("{ liveCursor }")).data["liveCursor"]
    for _ in range(3):
        assert [(await worker.do(name, each))["errors"] for name, each in outbox] == [[]] * 6
    assert [await tunping.count(name) for name in ("visit", "appeal", "journal")] == [
        before[0] + 5,
        before[1] + 1,
        before[2] + 6,
    ]
    began = Cursor.parse(cursor)
    assert began is not None
    await tunping.app.state.feed.place()
    since = "select visit_id, appeal_id from feed_position join journal j on j.id = entry_id where position > $1"
    told = await tunping.app.state.owner.fetch(f"{since} order by position", began.position)
    ids = [f"visit_{row['visit_id']}" if row["visit_id"] else f"appeal_{row['appeal_id']}" for row in told]
    assert ids == [each["id"] for _, each in outbox]
