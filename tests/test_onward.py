"""A demo that was loaded on another day goes on: its rounds are walked, and nothing else changes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import asyncpg
import pytest

from seeds.clock import DAY, YEAR_ENDS, ZONE
from seeds.quiet.onward import go_on
from tests.test_quiet_years import DUE, FIGURES, YEAR, at, loaded, passes

LOADED = datetime(2024, 5, 14, 20, 5, tzinfo=ZONE)
NEXT = datetime(2024, 5, 15, 11, 1, tzinfo=ZONE)


@pytest.fixture
def demo_url_of_may(postgres: str) -> Iterator[str]:
    with loaded(postgres, LOADED) as url:
        yield url


async def count(url: str, query: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(query)
        return found
    finally:
        await connection.close()


@pytest.mark.long
async def test_a_demo_of_yesterday_does_not_ring_today_and_2023_stays_what_it_was(demo_url_of_may: str) -> None:
    url = demo_url_of_may
    async with at(url, LOADED) as (client, _):
        before = (await (await client.as_("书记01")).ask(FIGURES, between=YEAR)).data
    assert await go_on(url, LOADED) == 0
    early = await go_on(url, NEXT - timedelta(hours=1))
    assert early > 0
    assert await go_on(url, NEXT) > 0
    assert await go_on(url, NEXT) == 0
    async with at(url, NEXT) as (client, _):
        rung, _ = await passes(client)
        assert rung <= 2
        secretary = await client.as_("书记01")
        duties = (await secretary.ask(DUE)).data["myDay"]["nodes"]
        assert len([each for each in duties if each["colour"] == "RED"]) <= 2
        assert (await secretary.ask(FIGURES, between=YEAR)).data == before
    assert await count(url, "select count(*) from visit where recorded_at > '2024-05-15 11:01+08'") == 0
    told = """select count(*) from visit v where recorded_at > '2024-05-14 20:05+08' and not exists (
        select from journal e where e.visit_id = v.id and e.recorded_at = v.recorded_at)"""
    assert await count(url, told) == 0
    assert await go_on(url, NEXT + 100 * DAY) > 1000
    assert await go_on(url, NEXT + 100 * DAY) == 0
    last = "select extract(epoch from timestamptz '2024-08-23 11:01+08' - max(recorded_at))::integer from visit"
    assert 0 <= await count(url, last) < 3600


async def test_the_year_2023_alone_and_other_communities_are_not_continued(copy_url: str, small_copy_url: str) -> None:
    for url in (copy_url, small_copy_url):
        visits = await count(url, "select count(*) from visit")
        assert await go_on(url, YEAR_ENDS + 200 * DAY) == 0
        assert await count(url, "select count(*) from visit") == visits
