"""Residents' pages in a real browser at the width of a phone, without scripts: stories 2, 4 and 7."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.acts.accounts import NewAccount, PostScope, add_invited
from rules.access import Role
from seeds.demo import DEMO_COUNTER_CODE
from tests.browser import CHROMIUM, HEIGHT, MISSING, Phone, chromium, new_phone
from tests.client import Tunping, listening, new_id
from tests.paging import Page
from tests.test_activities import planned
from tests.test_incidents import does, merged, seen, statuses
from tests.test_pages_photos import photo

pytestmark = pytest.mark.skipif(not CHROMIUM, reason=MISSING)
COUNTER = f"/q/{DEMO_COUNTER_CODE}"
HELP = "0998 123 4567"


@dataclass
class Resident:
    """Somebody with a phone, and the server that they reach."""

    phone: Phone
    server: Tunping
    shots: Path
    taken: int = 0

    async def open(self, path: str) -> None:
        """Scans or types an address."""
        await self.phone.open(str(self.server.http.base_url.join(path)))

    async def reads(self, name: str) -> str:
        """The page as it is read, if somebody of eighty can; with a picture of it."""
        self.taken += 1
        await self.phone.shoot(self.shots / f"{name}.png")
        assert await self.phone.faults() == [], name
        return await self.phone.text()

    async def presses(self, what: str, name: str) -> str:
        """Presses a button; what is read then."""
        await self.phone.press(what)
        return await self.reads(name)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The module's browser."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def resident(copy_url: str, pages: str, tmp_path: Path) -> AsyncIterator[Resident]:
    """A resident; pictures stay in TUNPING_SHOTS where it is set."""
    shots = Path(os.environ.get("TUNPING_SHOTS", tmp_path))
    async with listening(copy_url) as server, new_phone(pages) as phone:
        server.app.state.help_phone = HELP
        yield Resident(phone, server, shots)


def soon() -> dict[str, str]:
    """Times of an activity, by the system's clock."""
    begins = datetime.now(UTC) + timedelta(days=1)
    return {"beginsAt": begins.isoformat(), "endsAt": (begins + timedelta(hours=2)).isoformat()}


async def appeal_of(resident: Resident) -> str:
    """The appeal whose receipt is on the screen."""
    code = (await resident.phone.path()).removeprefix("/r/")
    pool = resident.server.app.state.owner
    return f"appeal_{await pool.fetchval('select id from appeal where receipt_code = $1', code)}"


@pytest.mark.long
async def test_an_inquiry_is_answered_confirmed_and_rated(resident: Resident) -> None:
    """Story 4, at a counter where the text does not say at once which building."""
    await resident.open(COUNTER)
    assert "有事请说" in await resident.reads("401 form")
    await resident.phone.write("#body", "3号楼和5号楼的高龄补贴怎么办？")
    await resident.phone.tap("打听办事")
    await resident.phone.write("#phone", "13912345678")
    asked = await resident.presses("提交", "402 where")
    assert ["请选一下是哪里" in asked, HELP in asked] == [True, True]
    await resident.phone.tap("[name=place]")
    assert "提交好了" in await resident.presses("提交", "403 receipt")
    receipt, appeal = await resident.phone.path(), await appeal_of(resident)
    worker = await resident.server.as_("网格员01")
    told = (await worker.ask("query($id: ID!) { appeal(id: $id) { kind reporterPhone } }", id=appeal)).data["appeal"]
    assert told == {"kind": "INQUIRY", "reporterPhone": "13912345678"}
    await does(worker, "acceptAppeal", appeal=appeal, note="回了电话")
    await does(worker, "answerAppeal", appeal=appeal, answer="带身份证到服务大厅3号窗口，当天就能办。")
    await resident.open("/r")
    await resident.reads("404 enter")
    await resident.phone.write("#receipt", receipt.removeprefix("/r/").lower())
    assert "当天就能办" in await resident.presses("查一查", "405 answered")
    for button in ("解决了", "还没有解决"):
        assert await resident.phone.below(button) < HEIGHT, button
    await resident.phone.tap("解决了")
    await resident.phone.tap("满意")
    closed = await resident.presses("确定，已经解决", "406 closed")
    assert ["已经办完" in closed, "问题又出现了" in closed] == [True, True]
    done = (await worker.ask("query($id: ID!) { appeal(id: $id) { status rating } }", id=appeal)).data["appeal"]
    assert done == {"status": "CLOSED", "rating": 4}
    addresses = {each.split("/")[2] for each in resident.phone.asked if each.startswith("http")}
    assert addresses == {f"127.0.0.1:{resident.server.http.base_url.port}"}


async def homes_of(worker: Tunping, count: int) -> list[str]:
    """Homes of one unit where a worker works."""
    row = await worker.app.state.owner.fetchrow(
        """select array_agg('household_' || h.id order by h.floor, h.room) as homes from household h
        join assignment s on s.grid_id = h.grid_id and s.ends_on is null join account a on a.id = s.account_id
        where a.username = '网格员01' group by h.building_id, h.unit having count(*) >= $1
        order by h.building_id, h.unit limit 1""",
        count,
    )
    return list(row["homes"][:count])


async def code_for(worker: Tunping, home: str) -> str:
    """A fresh code for a home's door."""
    pool = worker.app.state.owner
    known = "select code from qr_code where 'household_' || household_id = $1 and revoked_at is null"
    if await pool.fetchval(known, home) is None:
        await does(worker, "issueQrCode", id=new_id("qrcode"), household=home)
    code: str = await pool.fetchval(known, home)
    return code


@pytest.mark.long
async def test_ten_homes_are_cold_and_the_last_one_is_warm(resident: Resident) -> None:
    """Story 2: three of the homes in the browser, the others by the same form without one."""
    server, receipts = resident.server, []
    worker, partner = await server.as_("网格员01"), await server.as_("热力公司01")
    for number, home in enumerate(await homes_of(worker, 10)):
        path = f"/q/{await code_for(worker, home)}"
        if number < 3:
            await resident.open(path)
            await resident.phone.write("#body", "家里暖气不热")
            assert "提交好了" in await resident.presses("提交", f"20{number} cold")
            receipts.append(await resident.phone.path())
        else:
            receipts.append((await (await Page.open(server, path)).send(body="家里暖气不热")).path)
    pool = server.app.state.owner
    found = "select 'appeal_' || id from appeal where receipt_code = $1"
    appeals = [(await pool.fetchval(found, each.removeprefix("/r/")), each) for each in receipts]
    incident = await merged(worker, appeals)
    await does(worker, "dispatchIncident", incident=incident, note="整个立管")
    await does(partner, "acceptIncident", incident=incident)
    await resident.open(receipts[-1])
    assert "和邻居说的同一件事一起办" in await resident.reads("210 together")
    await does(partner, "answerIncident", incident=incident, answer="立管冲洗完毕，请摸一摸暖气。")
    for receipt in receipts[:-1]:
        await (await Page.open(server, receipt)).send("solved", rating="5")
    told = await seen(worker, incident)
    assert (statuses(told), told["closedAt"]) == ({"AWAITING_CONFIRMATION": 1, "CLOSED": 9}, None)
    await resident.open(receipts[-1])
    assert "立管冲洗完毕" in await resident.reads("211 asked")
    await resident.phone.tap("解决了")
    assert "已经办完" in await resident.presses("确定，已经解决", "212 warm")
    told = await seen(worker, incident)
    assert (statuses(told), told["closedAt"] is not None) == ({"CLOSED": 10}, True)


@pytest.mark.long
async def test_a_wish_goes_on_the_wall_without_a_name(resident: Resident) -> None:
    """Story 7."""
    await resident.open(COUNTER)
    await resident.phone.write("#body", "3号楼2单元501，孩子想学吹口琴")
    await resident.phone.tap("说个小心愿")
    assert "心愿收到了" in await resident.presses("提交", "701 wish")
    receipt, server = await resident.phone.path(), resident.server
    uuid = await server.app.state.owner.fetchval(
        "select 'wish_' || id from wish where receipt_code = $1", receipt.removeprefix("/r/")
    )
    secretary, worker = await server.as_("书记01"), await server.as_("网格员01")
    await does(secretary, "publishWish", wish=uuid, publishedText="一名小学生想学吹口琴")
    await does(worker, "claimWish", wish=uuid, volunteerName="李热心")
    await does(worker, "fulfilWish", wish=uuid, note="口琴送到了，每周六有人教")
    await resident.open(receipt)
    assert "已经实现" in await resident.reads("702 fulfilled")
    wall = await resident.presses("看看通知、活动和大家的心愿", "703 wall")
    assert ["一名小学生想学吹口琴" in wall, "每周六有人教" in wall] == [True, True]
    assert [secret for secret in ("501", "李热心", receipt.removeprefix("/r/")) if secret in wall] == []


@pytest.mark.long
async def test_photos_are_sent_with_the_form(resident: Resident, tmp_path: Path) -> None:
    files: dict[str, Any] = {"a.jpg": photo("teal"), "b.jpg": photo("maroon"), "c.pdf": b"%PDF-1.7"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    await resident.open(COUNTER)
    await resident.phone.write("#body", "3号楼2单元门口的井盖坏了")
    await resident.phone.choose("#photos", *(tmp_path / name for name in files))
    again = await resident.presses("提交", "801 a bad one")
    assert ["第 3 张不是照片" in again, "收到的照片" in again] == [True, True]
    assert await resident.phone.look("document.querySelector('#body').value") == "3号楼2单元门口的井盖坏了"
    assert "提交好了" in await resident.presses("提交", "802 with photos")
    widths = await resident.phone.look("[...document.images].map(each => each.complete && each.naturalWidth)")
    assert widths == [320, 320]


@pytest.mark.long
async def test_an_invited_person_chooses_the_password(resident: Resident) -> None:
    state = resident.server.app.state
    new = NewAccount("新网格员", "王芳", Role.ADMIN, PostScope())
    code = (await state.system.transact(lambda tx: add_invited(tx, new), now=state.now())).code
    await resident.open("/invitation")
    await resident.reads("500 invitation")
    await resident.phone.write("#username", "新网格员")
    await resident.phone.write("#code", "0000-0000")
    for field in ("#password", "#again"):
        await resident.phone.write(field, "大院门口的老胡杨")
    assert "用户名或者邀请码不对" in await resident.presses("设好密码", "501 wrong code")
    await resident.phone.look("document.querySelector('#code').value = ''")
    await resident.phone.write("#code", code)
    for field in ("#password", "#again"):
        await resident.phone.write(field, "大院门口的老胡杨")
    assert "密码设好了" in await resident.presses("设好密码", "502 chosen")


@pytest.mark.long
async def test_a_resident_signs_up_for_an_activity(resident: Resident) -> None:
    await planned(await resident.server.as_("书记01"), **soon())
    await resident.open(COUNTER)
    assert "我要报名" in await resident.presses("看看通知、活动", "600 board")
    assert "一共来几个人" in await resident.presses("我要报名", "601 form")
    await resident.phone.write("#name", "吴阿姨")
    await resident.phone.write("#phone", "没有")
    assert "电话好像不对" in await resident.presses("报名", "602 phone")
    await resident.phone.look("document.querySelector('#phone').value = ''")
    assert "报上名了" in await resident.presses("button", "603 receipt")
    await resident.phone.tap("来不了")
    assert "已经退出报名" in await resident.presses("确定退出", "604 left")


@pytest.mark.long
async def test_what_is_wrong_can_be_read(resident: Resident) -> None:
    for name, path, words in (
        ("901 gone", "/q/NOPE", "这个二维码不能用了"),
        ("902 unknown", "/r/NOPE", "没有查到这个号码"),
        ("903 wall", "/wishes", "心愿墙"),
    ):
        await resident.open(path)
        assert words in await resident.reads(name)
    await resident.open(COUNTER)
    await resident.phone.write("#body", "路灯不亮")
    await resident.phone.write("#phone", "没有")
    assert "电话好像不对" in await resident.presses("提交", "904 phone")
