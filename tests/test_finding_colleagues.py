"""Whoever has to name a colleague or a body finds the id in a list, in the same role."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.client import Tunping, new_id, phone
from tests.test_live import Rounds, cursor_now, report
from tests.test_mediation import does, quarrel

ACCOUNTS = "query($where: AccountFilter!) { accounts(where: $where) { nodes { id } } }"
OWN = "{ me { id assignments { endsOn community { id } grid { id } } } }"
DAY = timedelta(1)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Rounds:
    """The rounds of the feed from now on."""
    return Rounds(monkeypatch)


def today() -> Any:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


async def found(client: Tunping, **where: Any) -> list[str]:
    """The ids of the accounts in use that a filter leaves."""
    nodes = (await client.ask(ACCOUNTS, where={"active": True, **where})).data["accounts"]["nodes"]
    return [each["id"] for each in nodes]


async def own(client: Tunping) -> Any:
    return (await client.ask(OWN)).data["me"]


@pytest.mark.parametrize("username", ["社区01", "副主任01", "书记01", "管理员"])
async def test_whoever_gives_a_post_finds_the_worker_and_the_grid(tunping: Tunping, username: str) -> None:
    client = await tunping.as_(username)
    grids = "{ grids(first: 50) { nodes { id workers { id } } } }"
    worker, *_ = await found(client, role=["GRID_WORKER"])
    nodes = (await client.ask(grids)).data["grids"]["nodes"]
    grid = next(each["id"] for each in nodes if worker not in [one["id"] for one in each["workers"]])
    post = {"id": new_id("post"), "account": worker, "grid": grid}
    assert (await client.do("givePost", post))["errors"] == []
    after = (await client.ask(grids)).data["grids"]["nodes"]
    assert worker in [one["id"] for each in after if each["id"] == grid for one in each["workers"]]
    assert (await client.do("endPost", {"post": post["id"]}))["errors"] == []


@pytest.mark.parametrize("username", ["社区01", "副主任01", "书记01"])
async def test_whoever_invites_to_a_joint_case_finds_counsel_and_the_judicial_office(
    tunping: Tunping, username: str
) -> None:
    client, leader = await tunping.as_(username), await tunping.as_("网格长01")
    dispute, _ = await quarrel(tunping)
    for who in (leader, client):
        await does(who, "raiseDispute", dispute, reason="谈不拢")
    for role in ("LEGAL_COUNSEL", "JUDICIAL_OFFICE"):
        (account,) = await found(client, role=[role])
        await does(client, "inviteMediator", dispute, account=account)
        invited = await tunping.as_("法律顾问01" if role == "LEGAL_COUNSEL" else "司法所01")
        shown = await invited.ask("query($id: ID!) { dispute(id: $id) { id } }", id=dispute)
        assert shown.data["dispute"] == {"id": dispute}


@pytest.mark.parametrize("username", ["网格员02", "网格长01", "社区01", "副主任01", "书记01"])
async def test_whoever_hands_over_a_round_finds_the_worker_and_the_stand_in(tunping: Tunping, username: str) -> None:
    client = await tunping.as_(username)
    (worker,) = await found(client, text="网格员02")
    others = [each for each in await found(client, role=["GRID_WORKER"]) if each != worker]
    days = {"startsOn": str(today()), "endsOn": str(today() + DAY)}
    handed = {"act": new_id("act"), "worker": worker, "standIn": others[0], **days, "reason": "休假"}
    assert (await client.do("handOverRound", handed))["errors"] == []
    assert (await client.do("takeBackRound", {"act": new_id("act"), "worker": worker}))["errors"] == []


@pytest.mark.parametrize(("username", "weeks"), [("网格长01", 1), ("社区01", 2), ("副主任01", 3), ("书记01", 4)])
async def test_whoever_plans_the_roster_finds_workers_and_branches(tunping: Tunping, username: str, weeks: int) -> None:
    client = await tunping.as_(username)
    monday = today() + (7 * weeks - today().weekday()) * DAY
    absent, other, *_ = await found(client, role=["GRID_WORKER"])
    absence = {"worker": absent, "reason": "培训"}
    plan = {"act": new_id("act"), "startsOn": str(monday), "absences": [absence]}
    week = (await client.do("planRoster", plan, "week { id }"))["week"]["id"]
    (branch, *_) = (await client.ask("{ partyBranches { nodes { id } } }")).data["partyBranches"]["nodes"]
    shift = {"worker": other, "post": "RECEPTION", "partyBranch": branch["id"]}
    changed = {"act": new_id("act"), "week": week, "servesOn": str(monday), "shift": shift}
    assert (await client.do("changeShift", changed))["errors"] == []


@pytest.mark.long
async def test_a_post_that_ends_at_once_ends_on_an_open_socket_too(served: Tunping, rounds: Rounds) -> None:
    """It was given today, so that no day has ended."""
    secretary, worker, other = [await served.as_(each) for each in ("书记01", "网格员01", "网格员03")]
    grid = (await own(other))["assignments"][0]["grid"]["id"]
    numbers = "query($grid: ID!) { buildings(where: { grid: $grid }) { nodes { number } } }"
    number = (await secretary.ask(numbers, grid=grid)).data["buildings"]["nodes"][0]["number"]
    post = {"id": new_id("post"), "account": (await own(worker))["id"], "grid": grid}
    assert (await secretary.do("givePost", post))["errors"] == []
    async with phone(worker) as connected, phone(secretary) as witness:
        for each, who in ((connected, worker), (witness, secretary)):
            await each.subscribe(after=await cursor_now(who))
        await report(served.as_nobody(), f"{number}号楼1单元 漏水")
        assert (await connected.event())["appeal"]["body"] == (await witness.event())["appeal"]["body"]
        assert (await secretary.do("endPost", {"post": post["id"]}))["errors"] == []
        await report(served.as_nobody(), f"{number}号楼1单元 又漏水")
        assert (await witness.event())["appeal"]["body"] == f"{number}号楼1单元 又漏水"
        await rounds.pass_by(2)
        await connected.send(type="ping")
        assert (await connected.receive())["type"] == "pong"
