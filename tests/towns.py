"""A town that a workbook set up today, and its people, who choose their passwords by invitation and sign in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests import command
from tests.client import Clock, Tunping, new_id, serving
from tests.paging import Page
from tests.setups import town, written
from tests.test_places import done

ZONE = ZoneInfo("Asia/Urumqi")
PASSWORD = "大院门口的老胡杨"
RECEIPT = """query($code: String!) { receipt(code: $code) { appealId status answer } }"""


@dataclass
class Town:
    """The town as it is served, with the codes of its people's invitations."""

    tunping: Tunping
    codes: dict[str, str]
    clock: Clock

    async def comes(self, username: str) -> Tunping:
        """Somebody signs in, the first time after choosing a password by the code."""
        http = self.tunping.http
        if code := self.codes.pop(username, None):
            chosen = {"username": username, "code": code, "password": PASSWORD}
            assert (await http.post("/auth/invitation", data=chosen)).status_code == 200
        given = {"grant_type": "password", "username": username, "password": PASSWORD}
        answer = await http.post("/auth/token", data=given)
        assert answer.status_code == 200, answer.text
        return Tunping(self.tunping.app, http, answer.json()["access_token"])

    async def page(self, path: str) -> Page:
        """A page for residents."""
        return await Page.open(self.tunping, path)

    async def receipt(self, code: str) -> Any:
        """What a resident follows by a receipt."""
        return (await self.tunping.as_nobody().ask(RECEIPT, code=code)).data["receipt"]


def set_up(url: str, folder: Path) -> dict[str, str]:
    """Sets up the town by its workbook; the codes of the invitations by user name."""
    codes = folder / "邀请码.txt"
    told = command.tunping(url, "setup", written(folder / "设置.xlsx", town()), "--codes", codes)
    assert told.exit_code == 0, told.output
    lines = [line.split("\t") for line in codes.read_text().splitlines()]
    return {username: code for username, _, code in lines}


@asynccontextmanager
async def morning(url: str, codes: dict[str, str]) -> AsyncIterator[Town]:
    """The town at nine o'clock today, by a clock that tests turn."""
    today = datetime.now(ZONE).date()
    clock = Clock(datetime.combine(today, time(9), ZONE).astimezone(UTC))
    async with serving(url, clock, token_seconds=10**7) as tunping:
        yield Town(tunping, codes, clock)


async def homes(who: Tunping, building: int, unit: int | None = None) -> list[str]:
    """The homes of a building of 东园, or of one unit of it."""
    named = "query($n: Int) { buildings(where: {number: $n}) { nodes { id estate { name } } } }"
    buildings = (await who.ask(named, n=building)).data["buildings"]["nodes"]
    (found,) = (each["id"] for each in buildings if each["estate"]["name"] == "东园")
    query = "query($w: HouseholdFilter) { households(first: 100, where: $w) { nodes { id } } }"
    answer = await who.ask(query, w={"building": found, "unit": unit})
    return [each["id"] for each in answer.data["households"]["nodes"]]


async def moved_in(who: Tunping, home: str, name: str, *, colour: str | None = None, **more: Any) -> str:
    """Somebody is registered, with a colour if they have one."""
    resident = new_id("resident")
    await done(who, "addResident", id=resident, household=home, name=name, sex="FEMALE", bornOn="1958-03-01", **more)
    if colour:
        await done(who, "setColour", resident=resident, colour=colour, reason="登记")
    return resident


async def code(who: Tunping, **target: Any) -> str:
    """A new printed code."""
    made = await done(who, "issueQrCode", "qrCode { code }", id=new_id("qrcode"), **target)
    return str(made["qrCode"]["code"])


async def account(who: Tunping, *roles: str, **where: Any) -> list[str]:
    """The accounts of colleagues in these roles."""
    query = "query($w: AccountFilter) { accounts(first: 100, where: $w) { nodes { id } } }"
    answer = await who.ask(query, w={"role": list(roles), "active": True, **where})
    return [each["id"] for each in answer.data["accounts"]["nodes"]]
