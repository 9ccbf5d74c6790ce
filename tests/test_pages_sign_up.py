"""Signing up for an activity in a browser without a script: from the code at the door to giving it up."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving
from tests.paging import Page
from tests.test_activities import planned

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
SIGN_UP = "select name, phone, people, left_at is null as comes from sign_up where receipt_code = $1"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
async def server(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def form_for(server: Tunping, what: str) -> Page:
    """The form of an activity, reached from the counter's code."""
    ask = await Page.open(server, f"/q/{DEMO_COUNTER_CODE}")
    board = await Page.open(server, next(link for link in ask.links if "/wishes" in link))
    assert what in board.text
    links = [link for link in board.links if link.startswith(f"/q/{DEMO_COUNTER_CODE}/activities/")]
    pages = [await Page.open(server, link) for link in links]
    return next(page for page in pages if what in page.text)


async def coming(server: Tunping, activity: str) -> int:
    found: int = await server.app.state.owner.fetchval(
        "select coming from activity where 'activity_' || id = $1", activity
    )
    return found


async def stored(server: Tunping, page: Page) -> Any:
    row = await server.app.state.owner.fetchrow(SIGN_UP, page.path.removeprefix("/r/"))
    return dict(row)


async def test_a_resident_signs_up_with_the_family_and_gives_it_up(server: Tunping) -> None:
    activity = await planned(await server.as_("书记01"), what="元宵节包汤圆", wanted=6)
    page = await form_for(server, "元宵节包汤圆")
    said = "用它告诉您这次活动的变动，不作别的用途"
    assert ["想找 6 位帮手" in page.text, said in page.text, "script" in page.tags] == [True, True, False]
    receipt = await page.send(name="吴阿姨", people="4", phone="13912345678")
    assert ["报上名了" in receipt.text, "报名 4 人" in receipt.text] == [True, True]
    assert await stored(server, receipt) == {"name": "吴阿姨", "phone": "13912345678", "people": 4, "comes": True}
    assert await coming(server, activity) == 4
    again = await page.send(name="吴阿姨", people="4", phone="13912345678")
    assert (again.path != receipt.path, await coming(server, activity)) == (False, 4)
    left = await (await Page.open(server, receipt.path.lower())).send("leave")
    assert ["已经退出报名" in left.text, left.forms, await coming(server, activity)] == [True, [], 0]


@pytest.mark.long
async def test_what_is_wrong_is_said_beside_its_field(server: Tunping) -> None:
    activity = await planned(await server.as_("书记01"), what="写春联", wanted=3)
    page = await form_for(server, "写春联")
    for given, words in (
        ({"name": " "}, "请写上您的姓名。"),
        ({"name": "吴阿姨", "phone": "没有"}, "电话好像不对"),
        ({"name": "吴阿姨", "people": "4"}, "剩下的名额不够，请少报几位。"),
    ):
        answer = await page.send(**given)
        assert (answer.status, words in answer.text, "还没有报上名" in answer.text) == (422, True, True), words
        assert answer.form().value("name") == given["name"]
    for people in ("0", "11", "-1", "²", "9" * 5000):
        content = {"id": new_id("signup").partition("_")[2], "name": "吴阿姨", "people": people}
        answer = Page(server.http, await server.http.post(page.path, data=content))
        assert (answer.status, "一次可报 1 到 10 人" in answer.text) == (422, True)
    assert await coming(server, activity) == 0


async def test_whoever_comes_too_late_reads_why(server: Tunping, clock: Clock) -> None:
    secretary = await server.as_("书记01")
    await planned(secretary, what="下象棋", wanted=2)
    page = await form_for(server, "下象棋")
    receipt = await page.send(name="老周", people="2")
    late = await Page.open(server, page.path)
    assert (late.status, "名额已经满了" in late.text, late.forms) == (200, True, [])
    given = {"id": new_id("signup").partition("_")[2], "name": "老郑", "people": "1"}
    refused = Page(server.http, await server.http.post(page.path, data=given))
    assert (refused.status, "情况刚刚有了变化" in refused.text, refused.forms) == (409, True, [])
    clock.turn(timedelta(days=2))
    over = await Page.open(server, receipt.path)
    assert ["报上名了" in over.text, over.forms] == [True, []]
    act = {"do": "leave", "act": new_id("act").partition("_")[2]}
    assert (await server.http.post(receipt.path, data=act)).status_code == 409


async def test_a_code_opens_the_activities_of_its_community_alone(server: Tunping) -> None:
    other = await server.app.state.owner.fetchval("select id from community where name <> '屯坪社区' limit 1")
    assert other is None  # The demo has one community.
    for path in (
        f"/q/{DEMO_COUNTER_CODE}/activities/{new_id('activity').partition('_')[2]}",
        f"/q/{DEMO_COUNTER_CODE}/activities/x",
        f"/q/NOBODYHASIT/activities/{new_id('activity').partition('_')[2]}",
    ):
        assert (await Page.open(server, path)).status == 404
    board = await Page.open(server, "/wishes?code=%22%3E%3Cb%3E")
    assert ["请扫一扫" in board.text, "b" in board.tags, [link for link in board.links if "/q/" in link]] == [
        True,
        False,
        [],
    ]
