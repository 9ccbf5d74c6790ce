"""The notice board on the residents' pages: notices and coming activities of a community, beside the wish wall."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.client import Clock, Tunping, new_id, serving
from tests.paging import Page
from tests.test_activities import join, planned
from tests.test_notices import published

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)


@pytest.fixture
async def server(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, Clock(NOW), token_seconds=10**8) as client:
        yield client


async def test_the_board_has_notices_activities_and_wishes(server: Tunping) -> None:
    secretary = await server.as_("书记01")
    body = "明天上午9:00到11:00停水。\n请提前接水。"
    await published(secretary, title="停水 <b>通知</b>", body=body)
    await published(secretary, audience="WORKERS", title="只给工作人员")
    await planned(secretary, what="老年人义诊", wanted=12, skill="医生")
    page = await Page.open(server, "/wishes")
    lines = [line for line in page.text.split("\n") if line.strip()]
    first = lines.index("屯坪社区公告栏", lines.index("屯坪社区公告栏") + 1)
    assert lines[first : first + 6] == [
        "屯坪社区公告栏",
        "通知",
        "停水 <b>通知</b>",
        *body.split("\n"),
        "今天上午10:00发布",
    ]
    told = lines[lines.index("社区活动") :]
    assert told[:9] == [
        "社区活动",
        "想参加，请扫一扫家门口、楼门口或服务大厅的二维码报名，也可以告诉网格员。",
        "老年人义诊",
        "可以报名",
        "时间：明天上午10:00到中午12:00",
        "地点：社区活动室",
        "想找 12 位帮手",
        "特别欢迎：医生",
        "心愿墙",
    ]
    assert ["冬季用火用电安全提醒" in page.text, "只给工作人员" in page.text, "<b>" in page.html] == [
        True,
        False,
        False,
    ]


async def test_the_board_tells_what_became_of_an_activity(server: Tunping) -> None:
    secretary = await server.as_("书记01")
    full, off = await planned(secretary, what="清扫积雪", wanted=5), await planned(secretary, what="包饺子")
    for number in range(5):
        assert (await join(await server.as_(f"网格员{number + 1:02}"), full))["errors"] == []
    assert (await secretary.do("cancelActivity", {"activity": off, "reason": "下雪了"}))["errors"] == []
    text = (await Page.open(server, "/wishes")).text
    assert "名额已经满了" in text[text.index("清扫积雪") :]
    assert "已有 5 人报名" in text[text.index("清扫积雪") :]
    assert "取消了" in text[text.index("包饺子") :]
    assert "原因：下雪了" in text[text.index("包饺子") :]
    assert not any(f"网格员{number:02}" in text for number in range(1, 6))


async def test_an_activity_of_several_days_says_both(server: Tunping) -> None:
    begins, ends = NOW + timedelta(days=3), NOW + timedelta(days=5, hours=9)
    given = {"what": "冬令营", "beginsAt": begins.isoformat(), "endsAt": ends.isoformat()}
    await planned(await server.as_("书记01"), **given)
    assert "时间：1月11日上午10:00到1月13日晚上7:00" in (await Page.open(server, "/wishes")).text


async def test_another_community_has_a_board_of_its_own(server: Tunping) -> None:
    page = await Page.open(server, f"/wishes?community={new_id('community')}")
    assert ["社区公告栏" in page.text, "通知" in page.text, "社区活动" in page.text] == [True, False, False]


async def test_each_community_has_its_name_and_telephone_on_its_board(server: Tunping) -> None:
    """Also while it has nothing to tell; a board of all says of each thing where it is from."""
    admin = await server.as_("管理员")
    other = {"id": new_id("community"), "farm": "三坪农场", "name": "东渠社区", "phone": "0991-3300009"}
    assert (await admin.do("addCommunity", other))["errors"] == []
    board = await Page.open(server, f"/wishes?community={other['id']}")
    assert ["东渠社区公告栏" in board.text, "tel:0991-3300009" in board.html] == [True, True]
    await published(await server.as_("书记01"), title="停水通知")
    everybody = await Page.open(server, "/wishes")
    assert "tel:0991-3300009" not in everybody.html
    assert "屯坪社区" in everybody.text[everybody.text.index("停水通知") :]
