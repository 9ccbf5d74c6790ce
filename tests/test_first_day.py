"""From an empty database to the first day: one workbook, no SQL, and the duties, deadlines and gaps are there."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests import command
from tests.client import Tunping, new_id, serving
from tests.setups import Sheets, town, village, written
from tests.test_imports import rows_of
from tests.test_places import done

COMMUNITIES = {
    "village": (village, "向阳网格员", "向阳书记", (1, 1, 2, 12)),
    "town": (town, "东园第1网格网格员", "双园书记", (2, 4, 20, 600)),
}
PASSWORD = "大院门口的老胡杨"
_SIZES = "select " + ", ".join(f"(select count(*) from {each})" for each in ("estate", "grid", "building", "household"))


@pytest.mark.long
@pytest.mark.parametrize("name", ["village", pytest.param("town", marks=pytest.mark.long)])
def test_a_workbook_and_an_empty_database_make_a_community_that_works_today(
    fresh_url: str, tmp_path: Path, name: str
) -> None:
    make, worker, secretary, sizes = COMMUNITIES[name]
    before = rows_of(fresh_url, _SIZES)[0]
    codes = set_up(fresh_url, tmp_path, make())
    assert tuple(b - a for a, b in zip(before, rows_of(fresh_url, _SIZES)[0], strict=True)) == sizes
    asyncio.run(_first_day(fresh_url, worker, secretary, codes))


def set_up(url: str, folder: Path, sheets: Sheets) -> dict[str, str]:
    """The invitations by user name."""
    told = command.tunping(url, "setup", written(folder / "设置.xlsx", sheets), "--codes", folder / "邀请码.txt")
    assert told.exit_code == 0, told.output
    lines = (line.split("\t") for line in (folder / "邀请码.txt").read_text().splitlines())
    return {username: code for username, _, code in lines}


async def signed_in(tunping: Tunping, username: str, code: str) -> Tunping:
    """Somebody who has chosen a password with the code of the invitation."""
    form = {"username": username, "password": PASSWORD}
    assert (await tunping.http.post("/auth/invitation", data=form | {"code": code})).status_code == 200
    answer = await tunping.http.post("/auth/token", data=form | {"grant_type": "password", "device": "手机"})
    return Tunping(tunping.app, tunping.http, answer.json()["access_token"])


async def _first_day(url: str, worker: str, secretary: str, codes: dict[str, str]) -> None:
    async with serving(url) as tunping:
        on_round = await signed_in(tunping, worker, codes[worker])
        home = (await on_round.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
        resident = {"id": new_id("resident"), "household": home, "name": "王大爷", "sex": "MALE"}
        await done(on_round, "addResident", **resident)
        red = {"resident": resident["id"], "colour": "RED", "reason": "独居"}
        await done(on_round, "setColour", **red)
        my_day = "{ myDay { nodes { colour state resident { name } } } }"
        due = {"colour": "RED", "state": "DUE", "resident": {"name": "王大爷"}}
        assert (await on_round.ask(my_day)).data["myDay"]["nodes"] == [due]
        visit = {"id": new_id("visit"), "household": home, "mode": "PHONE", "residents": [resident["id"]]}
        await done(on_round, "recordVisit", **visit, occurredAt=tunping.app.state.now().isoformat())
        assert (await on_round.ask(my_day)).data["myDay"]["nodes"] == []
        await _appeal(on_round, home)
        await _lacks(await signed_in(tunping, secretary, codes[secretary]))


async def _appeal(worker: Tunping, home: str) -> None:
    """An appeal of today has deadlines, and the policies say that nobody has set them yet."""
    appeal = {"id": new_id("appeal"), "household": home, "body": "楼道灯不亮"}
    opened = await done(worker, "openAppeal", "appeal { deadlines { kind state } }", **appeal)
    clocks = [{"kind": clock, "state": "ON_TIME"} for clock in ("RESPONSE", "RESOLUTION")]
    assert opened["appeal"]["deadlines"] == clocks


async def _lacks(secretary: Tunping) -> None:
    query = """query($c: ID!) { setupChecks(community: $c, first: 100) { nodes { code label place name category } } }"""
    mine = (await secretary.ask("{ communities { nodes { id name } } }")).data["communities"]["nodes"]
    found: list[Any] = (await secretary.ask(query, c=mine[0]["id"])).data["setupChecks"]["nodes"]
    assert {"NO_SECRETARY", "NO_WORKER", "NO_LEADER", "NO_HOMES"}.isdisjoint(each["code"] for each in found)
    unanswered = {"code": "NO_ORGANISATION", "label": "这类诉求还没有承办单位", "category": "NOISE"}
    assert unanswered | {"place": mine[0]["id"], "name": mine[0]["name"]} in found
