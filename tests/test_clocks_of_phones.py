"""Clocks of phones that were reset, or run ahead: what they say is refused by name at every act that takes a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id

NOW = datetime(2024, 1, 8, 5, tzinfo=UTC)
WRONG = [
    ("1800-01-01T00:00:00Z", "TOO_OLD"),
    ("1904-01-01T00:00:00+08:00", "TOO_OLD"),
    ("1970-01-01T08:00:00+08:00", "TOO_OLD"),
    ("1980-01-06T00:00:00Z", "TOO_OLD"),
    ("2022-12-04T04:59:59Z", "TOO_OLD"),
    ("2024-01-08T05:05:01Z", "IN_FUTURE"),
    ("2038-01-19T03:14:08Z", "IN_FUTURE"),
    ("2999-12-30T23:59:59Z", "IN_FUTURE"),
]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


async def acts(worker: Tunping) -> dict[str, tuple[dict[str, Any], str]]:
    """Each act that takes a time: its input, and the name of the time."""
    found = await worker.ask("{ households(first: 1) { nodes { id } } }")
    home = found.data["households"]["nodes"][0]["id"]
    parties = [{"role": "APPLICANT", "household": home}, {"role": "RESPONDENT", "outsiderName": "邻居"}]
    appeal = {"household": home, "body": "灯不亮"}
    made = appeal | {"id": new_id("appeal")}
    assert (await worker.do("openAppeal", made))["errors"] == []
    dispute: dict[str, Any] = {"type": "NEIGHBOUR", "title": "漏水", "facts": "漏水", "parties": parties}
    case = dispute | {"id": new_id("dispute")}
    assert (await worker.do("openDispute", case))["errors"] == []
    meeting = {"dispute": case["id"], "place": "调解室", "minutes": "谈了", "parties": []}
    agreement = {"dispute": case["id"], "form": "ORAL", "content": "修好水管"}
    finding = {"dispute": case["id"], "party": new_id("party"), "place": "卧室", "loss": "吊顶"}
    return {
        "recordVisit": ({"household": home, "mode": "PHONE"}, "occurredAt"),
        "openAppeal": (appeal, "openedAt"),
        "openDispute": (dispute, "openedAt"),
        "recordCallBack": ({"appeal": made["id"], "reached": False}, "calledAt"),
        "recordMeeting": (meeting, "heldAt"),
        "recordAgreement": (agreement, "reachedAt"),
        "recordFinding": (finding, "foundAt"),
    }


PREFIXES = {"recordVisit": "visit", "openAppeal": "appeal", "openDispute": "dispute", "recordCallBack": "callback"}
PREFIXES |= {"recordMeeting": "meeting", "recordAgreement": "agreement", "recordFinding": "finding"}


LEADERS = {"recordMeeting", "recordAgreement", "recordFinding"}


@pytest.mark.long
@pytest.mark.parametrize(("at", "code"), WRONG)
async def test_a_wrong_clock_is_refused_by_name(tunping: Tunping, at: str, code: str) -> None:
    worker = await tunping.as_("网格员01")
    for act, (input_, name) in (await acts(worker)).items():
        speaker = await tunping.as_("网格长01") if act in LEADERS else worker
        made = await speaker.do(act, input_ | {"id": new_id(PREFIXES[act]), name: at})
        assert (code, [name]) in [(each["code"], each["path"]) for each in made["errors"]], act


async def test_the_secretary_enters_what_is_older(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    for act in ("recordVisit", "openAppeal", "openDispute"):
        input_, name = (await acts(worker))[act]
        for at, codes in (("1995-06-01T00:00:00Z", []), ("1899-12-31T00:00:00Z", ["INVALID_INPUT"])):
            made = await secretary.do(act, input_ | {"id": new_id(PREFIXES[act]), name: at})
            assert [each["code"] for each in made["errors"]] == codes, act


async def test_a_correction_takes_no_wrong_clock_either(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    input_, _ = (await acts(worker))["recordVisit"]
    visit = input_ | {"id": new_id("visit"), "occurredAt": (NOW - timedelta(days=400)).isoformat()}
    assert (await worker.do("recordVisit", visit))["errors"] == []
    for at, code in WRONG:
        assert await worker.refused("correctVisit", {"visit": visit["id"], "reason": "错", "occurredAt": at}) == code


async def test_a_report_older_than_that_is_still_settled(tunping: Tunping) -> None:
    head, worker = await tunping.as_("联户长03"), await tunping.as_("网格员01")
    for outcome in ("problem", "dispute"):
        report = {"id": new_id("appeal"), "kind": "REPORT", "reportKind": "OTHER", "body": "3号楼2单元楼道漏水"}
        assert (await head.do("openAppeal", report))["errors"] == []
        old = "update appeal set opened_at = '2021-01-01' where 'appeal_' || id = $1"
        await tunping.app.state.owner.execute(old, report["id"])
        parties = [{"role": "APPLICANT", "outsiderName": "甲"}, {"role": "RESPONDENT", "outsiderName": "乙"}]
        input_: dict[str, Any] = {"id": new_id("appeal")}
        if outcome == "dispute":
            input_ = {
                "id": new_id("dispute"),
                "type": "NEIGHBOUR",
                "title": "漏水",
                "facts": "漏水",
                "parties": parties,
            }
        settled = {"appeal": report["id"], "act": new_id("act")}
        made = await worker.do("settleReport", settled | {"asProblem" if outcome == "problem" else "dispute": input_})
        assert made["errors"] == []
        if outcome == "dispute":
            assert (await worker.do("settleReport", settled | {"dispute": input_}))["errors"] == []


@pytest.mark.parametrize("day", ["1800-01-01", "1970-01-01", "2000-02-29", "2022-12-03", "1899-12-31"])
async def test_a_post_does_not_begin_in_another_age(tunping: Tunping, day: str) -> None:
    staff = await tunping.as_("社区01")
    found = await staff.ask("{ grids { nodes { id } } accounts(where: {role: [GRID_WORKER]}) { nodes { id } } }")
    post = {"account": found.data["accounts"]["nodes"][0]["id"], "grid": found.data["grids"]["nodes"][0]["id"]}
    assert await staff.refused("givePost", post | {"id": new_id("post"), "startsOn": day}) == "TOO_OLD"
