"""Wishes on the residents' pages: wished for behind a code, followed by a receipt, and on the wall for everybody."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from api.pages.wall import A_PAGE
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving
from tests.paging import Page
from tests.test_pages_photos import photo

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
COUNTER = f"/q/{DEMO_COUNTER_CODE}"
BODY = "3号楼2单元501，孩子想学吹口琴"


@pytest.fixture
async def server(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, Clock(NOW), token_seconds=10**8) as client:
        yield client


async def wished(client: Tunping, **given: str) -> Page:
    """The receipt page of a new wish."""
    page = await (await Page.open(client, COUNTER)).send(**{"body": BODY, "kind": "WISH", **given})
    assert page.path.startswith("/r/"), page.text
    return page


async def wish_of(client: Tunping, page: Page) -> Any:
    """The wish behind a receipt."""
    return await client.app.state.owner.fetchrow(
        """select 'wish_' || w.id as id, w.body, w.wisher_phone, b.number, w.unit, w.status
        from wish w join building b on b.id = w.building_id where w.receipt_code = $1""",
        page.path.removeprefix("/r/"),
    )


async def does(who: Tunping, mutation: str, wish: str, **given: Any) -> None:
    """A move that must succeed."""
    assert (await who.do(mutation, {"wish": wish, **given}))["errors"] == []


async def test_a_mouth_organ_for_a_child(server: Tunping) -> None:
    page = await wished(server, phone="13987654321")
    wish = await wish_of(server, page)
    assert dict(wish).items() >= {"body": BODY, "wisher_phone": "13987654321", "number": 3, "unit": 2}.items()
    assert ["心愿收到了" in page.text, "已经收到，等社区看" in page.text, page.forms] == [True, True, []]
    wall = await Page.open(server, next(link for link in page.links if link.startswith("/wishes")))
    assert "口琴" not in wall.text
    secretary, worker = await server.as_("书记01"), await server.as_("网格员01")
    await does(secretary, "publishWish", wish["id"], publishedText="一名小学生想学吹口琴")
    await does(worker, "claimWish", wish["id"], volunteerName="李热心", volunteerPhone="13912345678")
    await does(worker, "noteWishProgress", wish["id"], note="口琴买好了，周六送到")
    half = await Page.open(server, page.path)
    assert ["有人在帮忙" in half.text, "志愿者来帮您实现" in half.text, "李热心" in half.html] == [True, True, False]
    await does(worker, "fulfilWish", wish["id"], note="口琴送到了")
    done = await Page.open(server, page.path)
    told = done.text[done.text.index("经过") :].split("\n")
    assert [each for each in told if each.endswith(("了", "墙上"))] == [
        "心愿实现了",
        "口琴送到了",
        "有进展了",
        "有人来帮忙了",
        "贴到了心愿墙上",
        "您的心愿收到了",
    ]
    wall = await Page.open(server, "/wishes")
    for words in ("一名小学生想学吹口琴", "已经实现", "志愿者来帮忙", "口琴买好了，周六送到", "口琴送到了"):
        assert words in wall.text
    for secret in (page.path.removeprefix("/r/"), "501", "3号楼", "李热心", "13912345678", "13987654321"):
        assert secret not in wall.html


async def test_a_wish_that_cannot_be_says_why(server: Tunping) -> None:
    page = await wished(server)
    wish = (await wish_of(server, page))["id"]
    await does(await server.as_("书记01"), "declineWish", wish, reason="超出了社区的能力")
    told = await Page.open(server, page.path)
    assert ["这个心愿办不到" in told.text, "超出了社区的能力" in told.text] == [True, True]


async def test_a_wish_follows_the_rules_of_the_form(server: Tunping) -> None:
    before, form = await server.count("wish"), await Page.open(server, COUNTER)
    unclear = await form.send(body="3号楼和5号楼的孩子想学吹口琴", kind="WISH")
    assert (unclear.status, "请选一下是哪里" in unclear.text, unclear.form().value("kind")) == (422, True, "WISH")
    empty = await form.send(body=" ", kind="WISH")
    assert (empty.status, "请写一写是什么事" in empty.text) == (422, True)
    wrong = await form.send(body=BODY, kind="WISH", phone="无")
    assert (wrong.status, "电话好像不对" in wrong.text) == (422, True)
    assert await server.count("wish") == before
    first = await wrong.send(phone="")
    assert (await form.send(body=BODY, kind="WISH")).path == first.path
    assert await server.count("wish") == before + 1
    other = await form.send(body=BODY, kind="PROBLEM")
    assert (other.status, "已经提交过一次" in other.text) == (409, True)


async def test_photos_of_a_wish_are_not_dropped_in_silence(server: Tunping) -> None:
    form = await Page.open(server, COUNTER)
    again = await form.send(None, [("a.jpg", photo())], body=BODY, kind="WISH")
    assert (again.status, "心愿不带照片" in again.text, "photo" in again.form().choices) == (422, True, False)
    assert again.form().value("body") == BODY
    assert "心愿收到了" in (await again.send()).text


async def test_a_wish_has_no_moves(server: Tunping) -> None:
    page = await wished(server)
    posted = await server.http.post(page.path, data={"do": "withdraw", "act": new_id("x")[2:]})
    assert (posted.status_code, (await wish_of(server, page))["status"]) == (404, "PROPOSED")


@pytest.mark.long
async def test_the_wall_is_read_page_by_page(server: Tunping) -> None:
    secretary = await server.as_("书记01")
    for number in range(A_PAGE):
        wish = (await wish_of(server, await wished(server)))["id"]
        await does(secretary, "publishWish", wish, publishedText=f"想要第{'一二三四五'[number % 5]}本书")
    wanted = await server.app.state.owner.fetch(
        "select published_text from wish where status in ('PUBLISHED', 'CLAIMED', 'FULFILLED')"
        " order by published_at desc, id desc"
    )
    linked = await Page.open(server, COUNTER)
    page = await Page.open(server, next(link for link in linked.links if link.startswith("/wishes?community=")))
    assert f"一共 {len(wanted)} 个" in page.text
    seen, pages = [], 1
    while True:
        texts = {row["published_text"] for row in wanted}
        seen += [line for line in page.text.split("\n") if line in texts]
        further = [link for link in page.links if "after=" in link]
        if not further:
            break
        page, pages = await Page.open(server, further[0]), pages + 1
    assert (seen, pages) == ([row["published_text"] for row in wanted], -(-len(wanted) // A_PAGE))
    assert any("after=" not in link for link in page.links), "the last page leads back to the first"


@pytest.mark.parametrize(
    "query", ["?community=nonsense", "?after=nonsense", "?after=%00", "?community=building_1", "?community=%00"]
)
async def test_a_wall_that_is_none(server: Tunping, query: str) -> None:
    page = await Page.open(server, f"/wishes{query}")
    assert (page.status, "没有这一页" in page.text) == (404, True)


async def test_the_wall_of_a_community_without_wishes(server: Tunping) -> None:
    page = await Page.open(server, f"/wishes?community={new_id('community')}")
    assert (page.status, "现在还没有公布的心愿" in page.text) == (200, True)
