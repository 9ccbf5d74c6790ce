"""What building heads report, and what workers make of it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.client import APPEALS, Tunping, listening, new_id, phone

DAY = timedelta(1)


def today() -> date:
    """By the community's calendar; it is another day at midnight, also in the middle of a run."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()


TODAY = today()
SETTLED = """appeal { status answer reportKind allowedActions handledBy { username }
    becameAppeal { body category source registeredBy { username } building { name } fromReport { id } }
    becameDispute { title registeredBy { username } fromReport { registeredBy { username } } } }"""
PARTIES = [{"role": "APPLICANT", "outsiderName": "甲"}, {"role": "RESPONDENT", "outsiderName": "乙"}]


async def building(client: Tunping, number: int) -> str:
    """The id of a building."""
    query = "query($n: Int) { buildings(where: {number: $n}) { nodes { id } } }"
    (found,) = (await client.ask(query, n=number)).data["buildings"]["nodes"]
    return str(found["id"])


async def report(tunping: Tunping, kind: str = "BLOCKED_CORRIDOR", body: str = "2单元三楼楼道堆着旧沙发") -> str:
    """A report of the head of building 3."""
    head = await tunping.as_("联户长03")
    given = {"id": new_id("appeal"), "building": await building(head, 3), "body": body, "reportKind": kind}
    made = await head.do("openAppeal", given, "appeal { kind reportKind reportKindLabel source }")
    assert made["errors"] == []
    assert made["appeal"]["kind"] == "REPORT"
    assert made["appeal"]["reportKind"] == kind
    assert made["appeal"]["source"] == "BUILDING_HEAD"
    return given["id"]


def problem(**more: Any) -> dict[str, Any]:
    """The report as a problem."""
    return {"id": new_id("appeal"), **more}


def quarrel() -> dict[str, Any]:
    """The report as a dispute of two who are not on the register."""
    return {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "晾衣滴水", "facts": "楼上晾衣", "parties": PARTIES}


def settling(appeal: str, **what: Any) -> dict[str, Any]:
    """The input of settleReport."""
    return {"act": new_id("act"), "appeal": appeal, **what}


async def history(client: Tunping, resident: str) -> list[tuple[Any, ...]]:
    """Where somebody lived, and until when."""
    rows = await client.app.state.owner.fetch(
        """select moved_in_on, moved_out_on, a.username from residency r left join account a on a.id = r.recorded_by
        where resident_id = $1 order by moved_in_on""",
        resident.removeprefix("resident_"),
    )
    return [tuple(row) for row in rows]


async def test_a_blocked_corridor_becomes_a_problem_with_one_mutation(tunping: Tunping) -> None:
    appeal = await report(tunping)
    worker = await tunping.as_("网格员01")
    given = settling(appeal, asProblem=problem(category="SAFETY"), note="今天去搬")
    settled = await worker.do("settleReport", given, SETTLED)
    assert settled == {
        "appeal": {
            "status": "CLOSED",
            "answer": "已转为诉求：今天去搬",
            "reportKind": "BLOCKED_CORRIDOR",
            "allowedActions": ["CALL_BACK"],
            "handledBy": {"username": "网格员01"},
            "becameAppeal": {
                "body": "2单元三楼楼道堆着旧沙发",
                "category": "SAFETY",
                "source": "BUILDING_HEAD",
                "registeredBy": {"username": "网格员01"},
                "building": {"name": "3号楼"},
                "fromReport": {"id": appeal},
            },
            "becameDispute": None,
        },
        "errors": [],
    }
    assert await worker.do("settleReport", given, SETTLED) == settled
    assert await worker.refused("settleReport", given | {"note": "别的"}) == "CONFLICT"
    again = settling(appeal, asProblem=problem())
    assert await worker.refused("settleReport", again) == "WRONG_STATE"


async def test_its_building_head_sees_what_became_of_it_and_nobody_elses_data(tunping: Tunping) -> None:
    appeal = await report(tunping)
    query = """query($id: ID!) { appeal(id: $id) { status answer becameAppeal { id } becameDispute { id }
        timeline { nodes { kind note fromStatus toStatus actor { username } appeal { id } dispute { id } } } } }"""
    worker, head = await tunping.as_("网格员01"), await tunping.as_("联户长03")
    given = settling(appeal, dispute=quarrel())
    assert (await worker.do("settleReport", given))["errors"] == []
    told = (await head.ask(query, id=appeal)).data["appeal"]
    assert told["status"] == "CLOSED"
    assert told["answer"] == "已登记为矛盾纠纷"
    assert (told["becameAppeal"], told["becameDispute"]) == (None, None)
    opened, settled = told["timeline"]["nodes"]
    assert (opened["kind"], opened["actor"]) == ("APPEAL_OPENED", {"username": "联户长03"})
    assert settled == {
        "kind": "REPORT_SETTLED",
        "note": "已登记为矛盾纠纷",
        "fromStatus": "SUBMITTED",
        "toStatus": "CLOSED",
        "actor": {"username": "网格员01"},
        "appeal": {"id": appeal},
        "dispute": None,
    }
    seen = (await worker.ask("query($id: ID!) { appeal(id: $id) { becameDispute { id } } }", id=appeal)).data
    assert seen["appeal"]["becameDispute"] == {"id": given["dispute"]["id"]}


async def test_a_quarrel_becomes_a_dispute_with_both_people_on_record(tunping: Tunping) -> None:
    appeal = await report(tunping, "NEIGHBOUR_DISPUTE", "楼上楼下为晾衣服吵了几句")
    leader = await tunping.as_("网格长01")
    settled = await leader.do("settleReport", settling(appeal, dispute=quarrel()), SETTLED)
    assert settled["appeal"]["becameDispute"] == {
        "title": "晾衣滴水",
        "registeredBy": {"username": "网格长01"},
        "fromReport": {"registeredBy": {"username": "联户长03"}},
    }
    assert settled["appeal"]["becameAppeal"] is None


@pytest.mark.long
async def test_a_report_reaches_the_grids_worker_at_once_and_so_does_what_it_became(copy_url: str) -> None:
    async with listening(copy_url) as tunping:
        worker = await tunping.as_("网格员01")
        cursor = (await worker.ask("{ liveCursor }")).data["liveCursor"]
        async with phone(worker) as connected:
            await connected.subscribe(APPEALS, after=cursor)
            appeal = await report(tunping)
            assert (await connected.event())["appeal"]["id"] == appeal
            given = settling(appeal, asProblem=problem(body="楼道沙发要搬走", unit=2))
            wanted = "appeal { becameAppeal { unit building { name } } }"
            settled = await worker.do("settleReport", given, wanted)
            assert settled["appeal"]["becameAppeal"] == {"unit": 2, "building": {"name": "3号楼"}}
            assert (await connected.event())["appeal"] == {"id": given["asProblem"]["id"], "body": "楼道沙发要搬走"}


async def home_of(worker: Tunping) -> dict[str, Any]:
    """A home of building 3 with those who live there."""
    query = """query($b: ID) { households(first: 30, where: {building: $b}) { nodes { id residents { id name } } } }"""
    homes = (await worker.ask(query, b=await building(worker, 3))).data["households"]["nodes"]
    return next(home for home in homes if len(home["residents"]) > 1)


async def test_who_moved_in_is_put_on_the_register_with_their_history(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home = await home_of(worker)
    appeal = await report(tunping, "MOVE_IN", "昨天搬来两个人")
    people = [{"name": "赵新", "sex": "MALE", "bornOn": "1990-05-01", "phone": "00012345678"}]
    people.append({"name": "钱新", "sex": "FEMALE"})
    given = settling(appeal, moveIn={"household": home["id"], "residents": people, "on": str(TODAY - DAY)})
    settled = await worker.do("settleReport", given, SETTLED)
    assert settled["appeal"]["answer"] == "已登记迁入 2 人"
    assert await worker.do("settleReport", given, SETTLED) == settled
    query = "query($id: ID!) { household(id: $id) { residents { id name sex bornOn phone } } }"
    living = (await worker.ask(query, id=home["id"])).data["household"]["residents"]
    added = [each for each in living if each["id"] not in {old["id"] for old in home["residents"]}]
    assert {(each["name"], each["bornOn"], each["phone"]) for each in added} == {
        ("赵新", "1990-05-01", "00012345678"),
        ("钱新", None, None),
    }
    for each in added:
        assert await history(tunping, each["id"]) == [(TODAY - DAY, None, "网格员01")]


async def test_who_moved_out_keeps_their_history(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    gone = (await home_of(worker))["residents"][0]["id"]
    ((moved_in_on, _, by),) = await history(tunping, gone)
    appeal = await report(tunping, "MOVE_OUT", "租户搬走了")
    early = settling(appeal, moveOut={"residents": [gone], "on": str(today() + DAY)})
    (problem_,) = (await worker.do("settleReport", early))["errors"]
    assert (problem_["code"], problem_["path"]) == ("IN_FUTURE", ["moveOut", "on"])
    given = settling(appeal, moveOut={"residents": [gone], "on": str(TODAY)})
    settled = await worker.do("settleReport", given, SETTLED)
    assert settled["appeal"]["answer"] == "已登记迁出 1 人"
    assert await history(tunping, gone) == [(moved_in_on, TODAY, by)]
    twice = settling(await report(tunping), moveOut={"residents": [gone], "on": str(TODAY)})
    (problem_,) = (await worker.do("settleReport", twice))["errors"]
    assert (problem_["code"], problem_["path"]) == ("INVALID_INPUT", ["moveOut", "residents", "0"])


@pytest.mark.parametrize(
    ("what", "code", "path"),
    [
        ({}, "INVALID_INPUT", []),
        ({"asProblem": problem(), "dispute": quarrel()}, "INVALID_INPUT", []),
        ({"asProblem": problem(body="x" * 2_001)}, "TOO_LONG", ["asProblem", "body"]),
        ({"dispute": quarrel() | {"parties": PARTIES[:1]}}, "TOO_FEW_PARTIES", ["dispute", "parties"]),
        ({"moveOut": {"residents": [], "on": str(TODAY)}}, "INVALID_INPUT", ["moveOut", "residents"]),
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_the_report_open(
    tunping: Tunping, what: dict[str, Any], code: str, path: list[Any]
) -> None:
    appeal = await report(tunping)
    worker = await tunping.as_("网格员01")
    before = [await tunping.count(table) for table in ("appeal", "dispute", "resident", "journal")]
    (refused,) = (await worker.do("settleReport", settling(appeal, **what)))["errors"]
    assert (refused["code"], refused["path"]) == (code, path)
    assert [await tunping.count(table) for table in ("appeal", "dispute", "resident", "journal")] == before
    query = "query($id: ID!) { appeal(id: $id) { status allowedActions } }"
    seen = (await worker.ask(query, id=appeal)).data["appeal"]
    offered = ["ACCEPT", "REJECT", "WITHDRAW", "SUPPLEMENT", "SETTLE"]
    offered += ["CALL_BACK", "CORRECT"]
    assert seen == {"status": "SUBMITTED", "allowedActions": offered}


async def test_somebody_who_cannot_have_moved_in_is_refused_and_nobody_is_added(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home, appeal = await home_of(worker), await report(tunping, "MOVE_IN")
    people = [{"name": "孙新", "sex": "MALE"}, {"name": "李新", "sex": "MALE", "bornOn": str(TODAY)}]
    came = {"household": home["id"], "residents": people, "on": str(TODAY - DAY)}
    before = await tunping.count("resident")
    (refused,) = (await worker.do("settleReport", settling(appeal, moveIn=came)))["errors"]
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["moveIn", "on"])
    elsewhere = await (await tunping.as_("网格员14")).ask("{ households(first: 1) { nodes { id } } }")
    far = came | {"household": elsewhere.data["households"]["nodes"][0]["id"]}
    (refused,) = (await worker.do("settleReport", settling(appeal, moveIn=far)))["errors"]
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["moveIn", "household"])
    assert await tunping.count("resident") == before


async def test_only_workers_of_the_grid_settle_and_only_reports(tunping: Tunping) -> None:
    appeal = await report(tunping)
    given = settling(appeal, asProblem=problem())
    assert await (await tunping.as_("联户长03")).refused("settleReport", given) == "NOT_ALLOWED"
    assert await tunping.as_nobody().refused("settleReport", given) == "UNAUTHENTICATED"
    assert await (await tunping.as_("网格员14")).refused("settleReport", given) == "NOT_FOUND"
    worker = await tunping.as_("网格员01")
    usual = {"id": new_id("appeal"), "building": await building(worker, 3), "body": "灯不亮"}
    made = await worker.do("openAppeal", usual, "appeal { reportKind allowedActions }")
    assert made["appeal"]["reportKind"] is None
    assert "SETTLE" not in made["appeal"]["allowedActions"]
    (refused,) = (await worker.do("settleReport", given | {"appeal": usual["id"]}))["errors"]
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["appeal"])


async def test_a_report_that_went_up_is_settled_by_the_community(tunping: Tunping) -> None:
    appeal = await report(tunping)
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("社区01")
    assert (await worker.do("acceptAppeal", {"appeal": appeal}))["errors"] == []
    assert (await worker.do("escalateAppeal", {"appeal": appeal, "reason": "需要社区出面"}))["errors"] == []
    assert await worker.refused("settleReport", settling(appeal, asProblem=problem())) == "WRONG_LEVEL"
    settled = await staff.do("settleReport", settling(appeal, asProblem=problem()), SETTLED)
    assert settled["appeal"]["handledBy"] == {"username": "网格员01"}
    assert settled["appeal"]["becameAppeal"]["registeredBy"] == {"username": "社区01"}


async def test_two_who_settle_at_once_do_it_once(tunping: Tunping) -> None:
    appeal = await report(tunping)
    worker, leader = await tunping.as_("网格员01"), await tunping.as_("网格长01")
    answers = await asyncio.gather(
        worker.do("settleReport", settling(appeal, asProblem=problem())),
        leader.do("settleReport", settling(appeal, dispute=quarrel())),
    )
    codes = sorted(each["code"] for answer in answers for each in answer["errors"])
    assert codes == ["WRONG_STATE"]
    uuid = appeal.removeprefix("appeal_")
    made = [await tunping.count(f"{table} where from_report_id = '{uuid}'") for table in ("appeal", "dispute")]
    assert sum(made) == 1


async def test_a_building_head_reports_for_their_own_building_alone(tunping: Tunping) -> None:
    head = await tunping.as_("联户长03")
    given = {"id": new_id("appeal"), "body": "楼道堵了", "reportKind": "BLOCKED_CORRIDOR"}
    other = await building(head, 2)
    assert await head.refused("openAppeal", given | {"building": other}) == "NOT_FOUND"
    assert await head.refused("openAppeal", given | {"body": "2号楼1单元楼道堵了"}) == "PLACE_UNCLEAR"
    pool = tunping.app.state.owner
    for number, code in ((2, "NOT_FOUND"), (3, None)):
        scanned = await pool.fetchval(
            "select code from qr_code q join building b on b.id = q.building_id where b.number = $1", number
        )
        errors = (await head.do("openAppeal", given | {"code": scanned}))["errors"]
        assert [each["code"] for each in errors] == ([code] if code else [])


async def test_a_report_says_what_it_is_about_and_nothing_else_does(tunping: Tunping) -> None:
    head = await tunping.as_("联户长03")
    given = {"id": new_id("appeal"), "building": await building(head, 3), "body": "请留意"}
    made = await head.do("openAppeal", given | {"kind": "REPORT"}, "appeal { reportKind reportKindLabel }")
    assert made["appeal"] == {"reportKind": "OTHER", "reportKindLabel": "其他"}
    wrong = given | {"id": new_id("appeal"), "kind": "PROBLEM", "reportKind": "MOVE_IN"}
    (refused,) = (await head.do("openAppeal", wrong))["errors"]
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["reportKind"])
