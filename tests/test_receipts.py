"""Receipts by text message, the notice about telephones, and how long these are kept."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.background.retention import Retention
from api.rates import RECEIPTS_BY_NUMBER
from rules.receipts import CASE_CONTACTS_KEPT, SIGN_UP_CONTACTS_KEPT, mobile_of
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, serving
from tests.paging import Page, sent
from tests.test_activities import planned
from tests.test_pages_sign_up import NOW

PUBLIC, GATEWAY = "https://tunping.example", "https://sms.example"
COUNTER = f"/q/{DEMO_COUNTER_CODE}"


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def server(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application with a gateway and an address."""
    async with serving(
        copy_url, clock, public_url=PUBLIC, sms_url="https://sms.example", token_seconds=10**8
    ) as client:
        yield client


async def texts(server: Tunping, *, to: str) -> list[str]:
    """The messages to a number."""
    rows = await server.app.state.owner.fetch("select body from message where to_phone = $1 order by created_at", to)
    return [row["body"] for row in rows]


async def reported(server: Tunping, phone: str, **given: str) -> Page:
    """The receipt page of a report at the counter."""
    page = await (await Page.open(server, COUNTER)).send(body="3号楼2单元路灯不亮", phone=phone, **given)
    assert page.path.startswith("/r/"), page.text
    return page


def spaced(page: Page) -> str:
    """The code of a receipt page as messages write it."""
    code = page.path.removeprefix("/r/")
    return f"{code[:5]} {code[5:]}"


async def test_who_leaves_a_number_gets_the_receipt_once(server: Tunping) -> None:
    form = (await Page.open(server, COUNTER)).form()
    body = "3号楼2单元路灯不亮"
    first, again = [await sent(server.http, form, body=body, phone="王姐 13900000001") for _ in range(2)]
    assert first.path == again.path
    (text,) = await texts(server, to="13900000001")
    said = ("【", spaced(first), f"{PUBLIC}{first.path}")
    assert [each in text for each in said] == [True, True, True]
    assert "路灯" not in text


async def test_a_wish_and_a_sign_up_have_receipts_too(server: Tunping) -> None:
    wish = await reported(server, "13900000002", kind="WISH")
    activity = await planned(await server.as_("书记01"), what="元宵节包汤圆")
    form = await Page.open(server, f"/q/{DEMO_COUNTER_CODE}/activities/{activity.removeprefix('activity_')}")
    joined, again = [await sent(server.http, form.form(), name="王芳", phone="13900000002") for _ in range(2)]
    assert joined.path == again.path
    told = await texts(server, to="13900000002")
    assert [spaced(page) in text for page, text in zip((wish, joined), told, strict=True)] == [True, True]


async def test_no_text_goes_where_no_number_was_left(server: Tunping) -> None:
    before = await server.count("message")
    for phone in ("", "0991-2345678", "13900000003或13900000004", "139000000031"):
        await reported(server, phone)
    assert await server.count("message") == before


@pytest.mark.long
async def test_nobody_is_pestered_with_receipts(server: Tunping, clock: Clock) -> None:
    for _ in range(RECEIPTS_BY_NUMBER.most + 2):
        await reported(server, "13900000005")
    assert len(await texts(server, to="13900000005")) == RECEIPTS_BY_NUMBER.most
    clock.turn(timedelta(days=1, seconds=1))
    await reported(server, "13900000005")
    assert len(await texts(server, to="13900000005")) == RECEIPTS_BY_NUMBER.most + 1


@pytest.mark.parametrize("options", [{}, {"public_url": PUBLIC}, {"sms_url": GATEWAY}])
async def test_a_server_without_a_gateway_or_an_address_promises_no_text(copy_url: str, options: Any) -> None:
    async with serving(copy_url, Clock(NOW), **options) as server:
        before = await server.count("message")
        assert "回执短信" not in (await Page.open(server, COUNTER)).text
        await reported(server, "13900000006")
        assert await server.count("message") == before


async def test_the_notice_says_what_for_how_long_and_whose(server: Tunping) -> None:
    name = await server.app.state.owner.fetchval(
        """update community c set phone = '0991-2345678' from qr_code q where q.community_id = c.id and q.code = $1
        returning c.name""",
        DEMO_COUNTER_CODE,
    )
    page = await Page.open(server, COUNTER)
    assert f"就是同意{name}用它就这件事联系您、给您发回执短信，不作别的用途" in page.text
    assert ["三年以后删除" in page.text, "查看、更正、删除" in page.text] == [True, True]
    unknown = await Page.open(server, f"{COUNTER}/activities/none")
    board = await Page.open(server, next(link for link in page.links if link.startswith("/wishes")))
    receipt = await reported(server, "")
    assert [each.links[0] for each in (page, unknown, board, receipt)] == ["tel:0991-2345678"] * 4


@pytest.mark.long
async def test_telephones_end_with_their_time(server: Tunping, clock: Clock, tmp_path: Path) -> None:
    pool, state = server.app.state.owner, server.app.state
    page, open_ = await reported(server, "13900000007"), await reported(server, "13900000007")
    known = await pool.fetchval("select phone from resident where phone is not null and left_on is null limit 1")
    registered = await reported(server, known)
    activity = await planned(await server.as_("书记01"), what="元宵节看花灯")
    form = await Page.open(server, f"/q/{DEMO_COUNTER_CODE}/activities/{activity.removeprefix('activity_')}")
    await sent(server.http, form.form(), name="王芳", phone="13900000007")
    for each in (page, registered):
        await (await Page.open(server, each.path)).send("withdraw")

    async def left() -> list[Any]:
        query = "select reporter_phone from appeal where receipt_code = $1"
        codes = [each.path.removeprefix("/r/") for each in (page, open_, registered)]
        name = "select name || coalesce(phone, '') from sign_up where 'activity_' || activity_id = $1"
        return [*[await pool.fetchval(query, code) for code in codes], await pool.fetchval(name, activity)]

    retention = Retention(state.system, clock, state.photos, tmp_path)
    before = await left()
    assert before == ["13900000007", "13900000007", known, "王芳13900000007"]
    ended = await pool.fetchval("select ends_at from activity where 'activity_' || id = $1", activity)
    clock.turn(ended + SIGN_UP_CONTACTS_KEPT - clock() - timedelta(seconds=1))
    await retention.run()
    assert await left() == before
    clock.turn(timedelta(seconds=2))
    assert (await retention.run())["contacts"] > 0
    assert await left() == [*before[:3], "（已删除）"]
    clock.turn(NOW + CASE_CONTACTS_KEPT - clock() + timedelta(seconds=1))
    assert (await retention.run())["contacts"] > 0
    assert await left() == [None, "13900000007", known, "（已删除）"]


@pytest.mark.parametrize(
    ("contact", "number"),
    [
        ("13912345678", "13912345678"),
        ("王姐１３９１２３４５６７８", "13912345678"),
        ("13912345678，白天打", "13912345678"),
        ("0991-2345678", None),
        ("12345678901", None),
        ("139123456789", None),
        ("13912345678 13812345678", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_texted_only_if_it_is_one_mobile_number(contact: str | None, number: str | None) -> None:
    assert mobile_of(contact) == number
