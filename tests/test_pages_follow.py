"""The page behind a receipt code: what it tells and what not, and every move that is the reporter's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.rates import MISSES_BY_ADDRESS, MOVES_BY_RECEIPT
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, serving
from tests.paging import Page, sent

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
ANSWER = "路灯已经换了新灯泡。"


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def server(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def reported(client: Tunping, **given: str) -> Page:
    """The receipt page of something new in building 3."""
    said = {"body": "3号楼2单元路灯不亮", **given}
    page = await (await Page.open(client, f"/q/{DEMO_COUNTER_CODE}")).send(**said)
    assert page.path.startswith("/r/"), page.text
    return page


async def state_of(client: Tunping, page: Page) -> Any:
    """The appeal that a page tells of."""
    code = page.path.removeprefix("/r/")
    return await client.app.state.owner.fetchrow(
        "select 'appeal_' || id as id, status, rating from appeal where receipt_code = $1", code
    )


async def answered(client: Tunping, page: Page, *, note: str | None = None) -> Page:
    """The page after a worker called back and answered."""
    worker, appeal = await client.as_("网格员01"), (await state_of(client, page))["id"]
    for mutation, given in (("acceptAppeal", {"note": note}), ("answerAppeal", {"answer": ANSWER})):
        assert (await worker.do(mutation, {"appeal": appeal, **given}))["errors"] == []
    return await Page.open(client, page.path)


async def test_satisfied_with_four_stars(server: Tunping) -> None:
    page = await answered(server, await reported(server))
    assert "请您看看：解决了没有？" in page.text
    assert ANSWER in page.text
    done = await page.send("solved", rating="4")
    assert (done.status, "已经办完" in done.text, "确认已经解决" in done.text) == (200, True, True)
    assert dict(await state_of(server, page))["rating"] == 4
    assert [dict(form.fields)["do"] for form in done.forms] == ["reopen"]


async def test_not_solved_goes_on_in_the_reporter_s_words(server: Tunping) -> None:
    page = await answered(server, await reported(server))
    back = await page.send("unsolved", note="晚上又灭了")
    assert (await state_of(server, page))["status"] == "IN_PROGRESS"
    assert ["没有解决，接着办" in back.text, "晚上又灭了" in back.text, f"\n{ANSWER}\n给您" in back.text] == [
        True,
        True,
        False,
    ]


@pytest.mark.long
async def test_opened_again_while_there_is_time(server: Tunping, clock: Clock) -> None:
    page = await (await answered(server, await reported(server))).send("solved", rating=None)
    empty = await page.send("reopen", note=" ")
    assert (empty.status, "请写一写是什么事" in empty.text) == (422, True)
    again = await empty.send("reopen", note="又不亮了")
    assert (await state_of(server, page))["status"] == "IN_PROGRESS", again.text
    assert "又有问题，重新办理" in again.text
    closed = await (await answered_again(server, again)).send("solved")
    form = closed.form("reopen")
    clock.turn(timedelta(days=31))
    late = await sent(server.http, form, note="太晚了")
    assert (late.status, (await state_of(server, page))["status"]) == (422, "CLOSED")
    assert "已经过了可以重新办理的时间，请再扫一次二维码" in late.text
    assert late.forms == []


async def answered_again(client: Tunping, page: Page) -> Page:
    """The page after another answer."""
    worker, appeal = await client.as_("网格员01"), (await state_of(client, page))["id"]
    assert (await worker.do("answerAppeal", {"appeal": appeal, "answer": "线也换了。"}))["errors"] == []
    return await Page.open(client, page.path)


async def test_something_added_and_then_withdrawn(server: Tunping) -> None:
    page = await reported(server)
    empty = await page.send("add", note="")
    assert (empty.status, "请写一写是什么事" in empty.text) == (422, True)
    long = await page.send("add", note="长" * 2001)
    assert (long.status, "2000" in long.text, long.form("add").value("note")) == (422, True, "长" * 2001)
    more = await long.send("add", note="5号楼门口也不亮")
    assert ["补充了情况" in more.text, "5号楼门口也不亮" in more.text] == [True, True]
    gone = await more.send("withdraw")
    assert (gone.forms, (await state_of(server, page))["status"]) == ([], "WITHDRAWN")
    assert "您已经撤回，不用办了" in gone.text


@pytest.mark.long
async def test_who_presses_twice_has_pressed_once(server: Tunping) -> None:
    page = await reported(server)
    form = page.form("add")
    pages = await asyncio.gather(*(sent(server.http, form, note="还漏水") for _ in range(10)))
    assert {each.status for each in pages} == {200}
    assert (await Page.open(server, page.path)).text.count("还漏水") == 1
    other = await sent(server.http, form, note="另一件事")
    assert (other.status, "已经提交过一次" in other.text) == (409, True)
    assert "另一件事" in (await other.send("add")).text


async def test_of_two_answers_one_wins_and_the_other_is_told(server: Tunping) -> None:
    page = await answered(server, await reported(server))
    await page.send("unsolved", note="还是暗")
    late = await page.send("solved", rating="5")
    assert (late.status, "情况刚刚有了变化" in late.text) == (409, True)
    assert dict(await state_of(server, page)).items() >= {"status": "IN_PROGRESS", "rating": None}.items()


async def test_what_is_not_told(server: Tunping) -> None:
    """Neither notes of workers, nor who works there, nor the reporter's own telephone."""
    page = await answered(server, await reported(server, phone="13987654321"), note="住户态度不好")
    pool = server.app.state.owner
    names = {row["name"] for row in await pool.fetch("select name from account")}
    assert len(names) > 10
    assert [name for name in names if name in page.text] == []
    assert ["住户态度不好" in page.html, "13987654321" in page.html, "网格员01" in page.html] == [False] * 3


@pytest.mark.parametrize("do", ["accept", "answer", "dispatch", "", "__class__"])
async def test_no_move_but_the_reporter_s(server: Tunping, do: str) -> None:
    page = await reported(server)
    form = page.form("add")
    form.fields = [("do", do), *((name, value) for name, value in form.fields if name != "do")]
    refused = await sent(server.http, form, note="x")
    assert (refused.status, "请按页面上的按钮" in refused.text) == (422, True)
    assert (await state_of(server, page))["status"] == "SUBMITTED"


async def test_a_receipt_opens_one_appeal_and_nothing_else(server: Tunping) -> None:
    mine, other = await reported(server), await reported(server, body="5号楼1单元下水道堵了")
    assert "下水道" not in mine.html
    assert other.path.removeprefix("/r/") not in mine.html
    assert set(mine.links) == set()
    form = mine.form("withdraw")
    form.fields.append(("appeal", (await state_of(server, other))["id"]))
    await sent(server.http, form)
    states = [(await state_of(server, each))["status"] for each in (mine, other)]
    assert states == ["WITHDRAWN", "SUBMITTED"]


async def test_a_code_is_found_however_it_is_typed(server: Tunping) -> None:
    page = await reported(server)
    code = page.path.removeprefix("/r/")
    entered = await Page.open(server, "/r")
    assert entered.form().method == "get"
    typed = f" {code[:5].lower()}-{code[5:]} ".replace("0", "o").replace("1", "l")
    for path in (f"/r?receipt={typed}", f"/r/{code.lower()}"):
        found = await Page.open(server, path)
        assert (found.status, "3号楼2单元路灯不亮" in found.text) == (200, True)


@pytest.mark.long
async def test_nobody_finds_a_receipt_by_trying(server: Tunping) -> None:
    wrong = await Page.open(server, "/r/NOSUCHCODE")
    assert (wrong.status, wrong.form().value("receipt")) == (404, "NOSUCHCODE")
    assert "没有查到这个号码" in wrong.text
    tried = [(await Page.open(server, f"/r/TRY{number}")).status for number in range(MISSES_BY_ADDRESS.most)]
    assert tried == [404] * (MISSES_BY_ADDRESS.most - 1) + [429]
    posted = await server.http.post("/r/NOPE", data={"do": "withdraw"})
    assert (posted.status_code, posted.headers["retry-after"]) == (429, "600")


async def test_a_flood_of_moves_is_stopped_in_words(server: Tunping, clock: Clock) -> None:
    page = await reported(server)
    code = page.path.removeprefix("/r/")
    assert await server.app.state.limits.hit(MOVES_BY_RECEIPT, code, cost=MOVES_BY_RECEIPT.most) == 0
    stopped = await page.send("add", note="还漏水")
    assert (stopped.status, stopped.headers["retry-after"], "请稍等一会儿" in stopped.text) == (429, "600", True)
    clock.turn(timedelta(minutes=11))
    assert "还漏水" in (await page.send("add", note="还漏水")).text


async def test_what_is_down_is_said_in_words(server: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await reported(server)

    async def broken(*_: Any, **__: Any) -> None:
        raise OSError("db gone: host=10.0.0.1 password=hunter2")

    monkeypatch.setattr("api.pages.follow.ask", broken)
    down = await Page.open(server, page.path)
    assert (down.status, "数据库没有及时应答" in down.text, "hunter2" in down.html) == (503, True, False)
