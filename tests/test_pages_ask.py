"""The form behind a printed QR code, filled in as a browser without a script does."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.rates import MISSES_BY_ADDRESS, OPENED_BY_ADDRESS, OPENED_BY_CODE, Limit
from rules.text import receipt_code
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, listening, new_id, serving
from tests.paging import Page, encoded, sent

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
COUNTER = f"/q/{DEMO_COUNTER_CODE}"
RECEIPT = re.compile(r"/r/([0-9A-Z]{10})")
OPENED = """select a.body, a.kind, a.source, a.reporter_phone, b.number, a.unit, h.room, a.urgency
    from appeal a left join building b on b.id = a.building_id left join household h on h.id = a.household_id
    where a.receipt_code = $1"""


async def code_of(client: Tunping, target: str) -> Any:
    """A code that works, with the building, unit and room where it hangs."""
    return await client.app.state.owner.fetchrow(
        """select q.code, q.label, b.number, h.unit, h.room from qr_code q
        left join household h on h.id = q.household_id join building b on b.id = coalesce(q.building_id, h.building_id)
        where q.target = $1 and q.revoked_at is null order by q.code limit 1""",
        target,
    )


async def opened(client: Tunping, page: Page) -> Any:
    """The appeal that a receipt page tells of."""
    found = RECEIPT.fullmatch(page.path)
    assert found, (page.path, page.text)
    return await client.app.state.owner.fetchrow(OPENED, found[1])


async def test_a_home_reports_by_its_own_code(tunping: Tunping) -> None:
    door = await code_of(tunping, "HOUSEHOLD")
    form = await Page.open(tunping, f"/q/{door['code'].lower()}")
    assert (form.status, door["label"] in form.text) == (200, True)
    receipt = await form.send(body="厨房水管漏水\n地上都是水", phone="139 1234 5678")
    assert dict(await opened(tunping, receipt)) == {
        "body": "厨房水管漏水\n地上都是水",
        "kind": "PROBLEM",
        "source": "QR_HOME",
        "reporter_phone": "13912345678",
        "number": door["number"],
        "unit": door["unit"],
        "room": door["room"],
        "urgency": "NORMAL",
    }
    assert "提交好了" in receipt.text
    code = receipt.path.removeprefix("/r/")
    assert f"{code[:5]}\n{code[5:]}" in receipt.text


async def test_a_resident_says_that_it_is_urgent_and_is_told_whom_to_call(tunping: Tunping) -> None:
    door = await code_of(tunping, "HOUSEHOLD")
    form = await Page.open(tunping, f"/q/{door['code']}")
    for number in ("急救 120", "火警 119", "报警 110"):
        assert number in form.text
    form.form().fields += [("urgent", "1")]
    receipt = await form.send(body="家里没有暖气，孩子才三个月")
    assert (await opened(tunping, receipt))["urgency"] == "URGENT"
    assert "急救 120" in receipt.text
    calm = await (await Page.open(tunping, f"/q/{door['code']}")).send(body="想问问养老认证")
    assert (await opened(tunping, calm))["urgency"] == "NORMAL"
    assert "急救 120" not in calm.text


async def test_a_fall_is_urgent_by_the_words_alone(tunping: Tunping) -> None:
    door = await code_of(tunping, "HOUSEHOLD")
    receipt = await (await Page.open(tunping, f"/q/{door['code']}")).send(body="老人摔倒了起不来")
    assert (await opened(tunping, receipt))["urgency"] == "URGENT"


async def test_a_code_opens_nothing_but_its_own_place(tunping: Tunping) -> None:
    door = await code_of(tunping, "HOUSEHOLD")
    elsewhere = await tunping.app.state.owner.fetchval(
        "select id::text from building where number <> $1 limit 1", door["number"]
    )
    page = await Page.open(tunping, f"/q/{door['code']}")
    page.form().fields += [("building", elsewhere), ("unit", "1"), ("place", f"{elsewhere}/1")]
    appeal = await opened(tunping, await page.send(body="99号楼9单元漏水"))
    assert (appeal["number"], appeal["unit"], appeal["room"]) == (door["number"], door["unit"], door["room"])


async def test_a_building_s_code_binds_the_building_and_the_text_its_unit(tunping: Tunping) -> None:
    entrance = await code_of(tunping, "BUILDING")
    form = await Page.open(tunping, f"/q/{entrance['code']}")
    receipt = await form.send(body="1单元的楼道灯坏了", kind="HELP")
    appeal = await opened(tunping, receipt)
    assert (appeal["number"], appeal["unit"], appeal["room"]) == (entrance["number"], 1, None)
    assert (appeal["kind"], appeal["source"], appeal["reporter_phone"]) == ("HELP", "QR_HOME", None)


async def test_at_a_counter_the_text_says_where(tunping: Tunping) -> None:
    receipt = await (await Page.open(tunping, COUNTER)).send(body="三号楼二单元暖气不热", kind="INQUIRY")
    appeal = await opened(tunping, receipt)
    assert (appeal["number"], appeal["unit"], appeal["source"]) == (3, 2, "QR_COUNTER")
    assert appeal["kind"] == "INQUIRY"


async def test_an_unclear_address_offers_places_and_guesses_nothing(tunping: Tunping) -> None:
    before = await tunping.count("appeal")
    body = "3号楼和5号楼的路灯不亮"
    asked = await (await Page.open(tunping, COUNTER)).send(body=body, phone="13912345678", kind="HELP")
    assert (asked.status, await tunping.count("appeal")) == (422, before)
    assert "请选一下是哪里" in asked.text
    form = asked.form()
    assert (form.value("body"), form.value("phone"), form.value("kind")) == (body, "13912345678", "HELP")
    assert "place" not in dict(form.fields), "nothing is chosen for the resident"
    offered = [choice for choice in form.choices["place"] if choice]
    assert len(offered) == 2
    assert re.findall(r"(?m)^\S+?([0-9]+)号楼$", asked.text)[:2] == ["3", "5"]
    appeal = await opened(tunping, await asked.send(place=offered[1]))
    assert (appeal["number"], appeal["body"], appeal["kind"]) == (5, body, "HELP")


async def test_the_list_has_all_buildings_and_a_unit(tunping: Tunping) -> None:
    body = "77号楼路灯不亮"
    asked = await (await Page.open(tunping, COUNTER)).send(body=body)
    form = asked.form()
    assert (asked.status, "place" in form.choices) == (422, False)
    building = await tunping.app.state.owner.fetchval("select id::text from building where number = 7 limit 1")
    wrong = await asked.send(building=building, unit="九十九")
    assert (wrong.status, "单元请写数字" in wrong.text) == (422, True)
    absent = await wrong.send(building=building, unit="99")
    assert (absent.status, "7号楼没有99单元" in absent.text) == (422, True)
    assert (absent.form().value("building"), absent.form().value("body")) == (building, body)
    appeal = await opened(tunping, await absent.send(unit="２单元"))
    assert (appeal["number"], appeal["unit"], appeal["source"]) == (7, 2, "QR_COUNTER")


async def test_what_is_in_no_building_is_not_asked_for_one(tunping: Tunping) -> None:
    appeal = await opened(tunping, await (await Page.open(tunping, COUNTER)).send(body="小区南门外路灯全灭"))
    assert (appeal["number"], appeal["body"], appeal["source"]) == (None, "小区南门外路灯全灭", "QR_COUNTER")


@pytest.mark.long
async def test_whoever_cannot_say_which_building_chooses_the_estate_or_the_community(tunping: Tunping) -> None:
    asked = await (await Page.open(tunping, COUNTER)).send(body="3号楼和5号楼之间的路灯不亮")
    wide = [value for value in asked.form().choices["building"] if "_" in value]
    assert [value.partition("_")[0] for value in wide] == ["community", *["estate"] * 6]
    assert ["整个社区，或者说不清是哪里" in asked.text, "春晖苑（整个小区）" in asked.text] == [True, True]
    query = "select grid_id, community_id, estate_id from appeal order by recorded_at desc limit 1"
    for value in wide[:2]:
        done = await asked.send(place="", building=value)
        assert "提交好了" in done.text
        row = await tunping.app.state.owner.fetchrow(query)
        chosen = row["community_id"] if value.startswith("community") else row["estate_id"]
        assert (str(row["grid_id"]), str(chosen)) == (value.partition("_")[2],) * 2
        asked = await (await Page.open(tunping, COUNTER)).send(body="3号楼和5号楼之间的路灯不亮")


async def test_a_wish_at_the_counter_needs_no_building(tunping: Tunping) -> None:
    wished = await (await Page.open(tunping, COUNTER)).send(body="大厅门口想要一条长椅", kind="WISH")
    assert "心愿收到了" in wished.text
    row = await tunping.app.state.owner.fetchrow("select * from wish order by proposed_at desc, id desc limit 1")
    assert (row["body"], row["building_id"], row["grid_id"]) == ("大厅门口想要一条长椅", None, row["community_id"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"body": "  \n "}, "请写一写是什么事"),
        ({"body": "3号楼" + "很" * 2000}, "2000"),
        ({"body": "3号楼灯坏了", "phone": "没有"}, "电话好像不对"),
        ({"body": "3号楼灯坏了", "phone": "1" * 101}, "电话好像不对"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_written_is_lost(
    tunping: Tunping, given: dict[str, str], words: str
) -> None:
    before, form = await tunping.count("appeal"), await Page.open(tunping, COUNTER)
    again = await form.send(**given)
    assert (again.status, await tunping.count("appeal")) == (422, before)
    assert "还没有提交" in again.text
    assert words in again.text
    kept = again.form()
    assert {name: kept.value(name) for name in given} == given
    assert kept.value("id") == form.form().value("id")
    assert "提交好了" in (await again.send(body="3号楼灯坏了", phone="")).text


async def test_what_is_written_is_shown_as_text(tunping: Tunping) -> None:
    body = "</textarea><script>alert('灯')</script> & \"3号楼\""
    again = await (await Page.open(tunping, COUNTER)).send(body=body, phone="<b>")
    assert (again.status, again.form().value("body"), again.form().value("phone")) == (422, body, "<b>")
    receipt = await again.send(phone="")
    assert body in receipt.text
    assert "script" not in again.tags | receipt.tags


async def test_who_presses_twice_has_pressed_once(tunping: Tunping) -> None:
    before, form = await tunping.count("appeal"), await Page.open(tunping, COUNTER)
    first = await form.send(body="3号楼2单元灯坏了")
    assert (await form.send(body="3号楼2单元灯坏了")).path == first.path
    assert await tunping.count("appeal") == before + 1
    other = await form.send(body="5号楼1单元水管裂了")
    assert (other.status, "已经提交过一次" in other.text) == (409, True)
    assert (other.form().value("body"), await tunping.count("appeal")) == ("5号楼1单元水管裂了", before + 1)
    assert (await opened(tunping, await other.send()))["number"] == 5


@pytest.mark.long
async def test_fifty_presses_at_once_are_one_appeal(copy_url: str) -> None:
    async with listening(copy_url) as tunping:
        before, form = await tunping.count("appeal"), (await Page.open(tunping, COUNTER)).form()
        async with httpx.AsyncClient(base_url=tunping.http.base_url, timeout=60) as http:
            pressed = (sent(http, form, body="3号楼2单元灯坏了") for _ in range(50))
            pages = await asyncio.gather(*pressed)
        assert {(page.status, page.path) for page in pages} == {(200, pages[0].path)}
        assert await tunping.count("appeal") == before + 1


async def test_a_code_that_does_not_work_says_what_to_do(tunping: Tunping) -> None:
    pool = tunping.app.state.owner
    revoked = await pool.fetchval("select code from qr_code where revoked_at is not null limit 1")
    pages = [await Page.open(tunping, f"/q/{code}") for code in (revoked, "NOPE", "%00", "9" * 300)]
    assert [(page.status, page.text) for page in pages] == [(404, pages[0].text)] * 4
    assert "到社区来说" in pages[0].text
    before, form = await tunping.count("appeal"), (await Page.open(tunping, COUNTER)).form()
    form.action = f"/q/{revoked}"
    late = await sent(tunping.http, form, body="灯坏了")
    assert (late.status, await tunping.count("appeal")) == (404, before)


async def test_a_page_needs_nothing_from_elsewhere_and_tells_nobody(tunping: Tunping) -> None:
    page = await Page.open(tunping, COUNTER)
    assert {"script", "link", "iframe", "object"} & page.tags == set()
    assert re.findall(r"(?:src|href|action|url)\s*[=(]\s*[\"']?(?:https?:)?//", page.html) == []
    assert " on" not in re.sub(r">[^<]*<", "><", page.html.split("</style>")[1])
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    expected = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
    assert expected.items() <= dict(page.headers).items()


async def test_other_bodies_than_forms_get_a_page_too(tunping: Tunping) -> None:
    form = (await Page.open(tunping, COUNTER)).form()
    content, kind = encoded(form, form.filled(body="3号楼" + "很" * 200_000), [])
    for body, media, status in (
        (b"{}", "application/json", 415),
        (b"body=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=%d" % number for number in range(500)), "application/x-www-form-urlencoded", 400),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 400),
        (b"", "multipart/form-data", 400),
        (b"--x", f"multipart/form-data; boundary={'x' * 300}", 400),
        (b"--x", f'multipart/form-data; boundary="{";" * 60_000}', 400),
        (b"body=" + b"%e4" * 22_000, "application/x-www-form-urlencoded", 413),
        (content, kind, 413),
    ):
        answer = await tunping.http.post(COUNTER, content=body, headers={"content-type": media})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


async def test_a_flood_from_one_address_is_stopped_in_words(copy_url: str) -> None:
    clock = Clock()
    clock.turn(timedelta())
    async with serving(copy_url, clock) as tunping:
        form = (await Page.open(tunping, COUNTER)).form()
        seen = tunping.app.state.limits
        assert await seen.hit(OPENED_BY_ADDRESS, "127.0.0.1", cost=OPENED_BY_ADDRESS.most) == 0
        before = await tunping.count("appeal")
        stopped = await sent(tunping.http, form, body="3号楼灯坏了")
        assert (stopped.status, stopped.headers["retry-after"]) == (429, "600")
        assert "10 分钟" in stopped.text
        assert await tunping.count("appeal") == before
        clock.turn(timedelta(minutes=10))
        assert "提交好了" in (await sent(tunping.http, form, body="3号楼灯坏了")).text


async def test_a_flood_by_one_code_stops_that_code_alone(tunping: Tunping) -> None:
    door, state = await code_of(tunping, "HOUSEHOLD"), tunping.app.state
    assert await state.limits.hit(OPENED_BY_CODE, receipt_code(door["code"]), cost=OPENED_BY_CODE.most) == 0
    stopped = await (await Page.open(tunping, f"/q/{door['code']}")).send(body="灯坏了")
    assert (stopped.status, stopped.headers["retry-after"]) == (429, "600")
    other = await code_of(tunping, "BUILDING")
    assert "提交好了" in (await (await Page.open(tunping, f"/q/{other['code']}")).send(body="灯坏了")).text


@pytest.mark.parametrize(
    ("limit", "who"), [(OPENED_BY_ADDRESS, "127.0.0.1"), (OPENED_BY_CODE, receipt_code(DEMO_COUNTER_CODE))]
)
async def test_who_goes_round_the_page_meets_the_same_limits(copy_url: str, limit: Limit, who: str) -> None:
    clock = Clock(NOW)
    async with serving(copy_url, clock, token_seconds=10**8) as tunping:
        nobody, worker, before = tunping.as_nobody(), await tunping.as_("网格员01"), await tunping.count("appeal")
        assert await tunping.app.state.limits.hit(limit, who, cost=limit.most - 1) == 0
        new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE.lower(), "body": "3号楼2单元灯坏了"}
        assert [(await nobody.do("openAppeal", new))["errors"] for _ in range(3)] == [[], [], []]
        more = new | {"id": new_id("appeal")}
        assert (await nobody.do("openAppeal", more))["errors"] == [
            {"code": "TOO_MANY", "message": "提交过于频繁，请 10 分钟后再试。", "path": ["code"]}
        ]
        wish = {"id": new_id("wish"), "code": DEMO_COUNTER_CODE, "body": "3号楼2单元 想要一台收音机"}
        assert await nobody.refused("proposeWish", wish) == "TOO_MANY"
        assert await tunping.count("appeal") == before + 1
        assert (await worker.do("openAppeal", more))["errors"] == []
        clock.turn(timedelta(minutes=10))
        assert (await nobody.do("openAppeal", new | {"id": new_id("appeal")}))["errors"] == []


@pytest.mark.long
async def test_nobody_finds_a_code_by_trying(tunping: Tunping) -> None:
    tried = [await Page.open(tunping, f"/q/TRY{number}") for number in range(MISSES_BY_ADDRESS.most + 1)]
    assert [page.status for page in tried] == [404] * MISSES_BY_ADDRESS.most + [429]
    stopped = await Page.open(tunping, COUNTER)
    assert (stopped.status, "请稍等一会儿" in stopped.text) == (429, True)
