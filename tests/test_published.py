"""The published figures of the direct line: for everybody, by month, and without a number below five."""

from typing import Any

from tests.client import Tunping
from tests.paging import Page

FIGURES = """{ directLineWall(first: 100) { nodes {
    community startsOn received resolved open category categoryLabel satisfied } } }"""


async def published(client: Tunping) -> list[dict[str, Any]]:
    """All months, as everybody reads them."""
    found: list[dict[str, Any]] = (await client.as_nobody().ask(FIGURES)).data["directLineWall"]["nodes"]
    return found


async def test_everybody_reads_the_figures_of_months_that_are_over(reading: Tunping) -> None:
    months = await published(reading)
    rows = await reading.app.state.owner.fetch(
        """select to_char(opened_at at time zone 'Asia/Shanghai', 'YYYY-MM-01') as month, count(*) as received
        from appeal where kind = 'PROBLEM' group by 1 having count(*) >= 5 order by 1 desc"""
    )
    assert [(each["startsOn"], each["received"]) for each in months] == [tuple(row) for row in rows] != []
    assert {each["community"] for each in months} == {"屯坪社区"}


async def test_no_number_below_five_is_shown_or_follows_from_others(tunping: Tunping) -> None:
    owner = tunping.app.state.owner
    for each in await published(tunping):
        parts = await owner.fetchrow(
            """select count(*) filter (where status = 'CLOSED') as resolved,
            count(*) filter (where status in ('REJECTED', 'WITHDRAWN')) as ended, count(rating) as rated,
            count(*) filter (where rating >= 4) as liked from appeal where kind = 'PROBLEM'
            and to_char(opened_at at time zone 'Asia/Shanghai', 'YYYY-MM-01') = $1""",
            each["startsOn"],
        )
        left = each["received"] - parts["resolved"] - parts["ended"]
        safe = not {parts["resolved"], parts["ended"], left} & {1, 2, 3, 4}
        assert (each["resolved"], each["open"]) == ((parts["resolved"], left) if safe else (None, None))
        told = parts["rated"] >= 5 and not {parts["liked"], parts["rated"] - parts["liked"]} & {1, 2, 3, 4}
        assert each["satisfied"] == (parts["liked"] / parts["rated"] if told else None)


async def test_the_page_of_a_community_shows_the_last_month(reading: Tunping) -> None:
    (community,) = (await (await reading.as_("书记01")).ask("{ communities { nodes { id } } }")).data["communities"][
        "nodes"
    ]
    page = await Page.open(reading, f"/wishes?community={community['id']}")
    latest = (await published(reading))[0]
    assert "民声直通车" in page.text
    assert f"收到问题：{latest['received']} 件" in page.text
    assert "民声直通车" not in (await Page.open(reading, "/wishes")).text
