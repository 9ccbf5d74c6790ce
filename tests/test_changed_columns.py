"""The type of a column changes beside a running server, as a migration of the next release does it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client import Tunping, new_id, serving

CHANGES = [
    ("visit", "note", "varchar(4000)"),
    ("visit", "spoke_with", "varchar(300)"),
    ("appeal", "body", "varchar(4000)"),
    ("appeal", "reporter_phone", "varchar(300)"),
    ("resident", "id_number_tail", "varchar(4)"),
    ("appeal", "reporter_name", "varchar(300)"),
]


@pytest.fixture
async def running(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over small communities, where a column is soon rewritten."""
    async with serving(small_copy_url) as client:
        yield client


async def acts(worker: Tunping) -> list[tuple[str, dict[str, Any]]]:
    found = await worker.ask("{ households(first: 8) { nodes { id residents { id } } } }")
    home = next(each for each in found.data["households"]["nodes"] if each["residents"])
    resident = home["residents"][0]["id"]
    visit = {"id": new_id("visit"), "household": home["id"], "mode": "PHONE", "residents": [resident], "note": "好"}
    appeal = {"id": new_id("appeal"), "household": home["id"], "resident": resident, "body": "灯不亮"}
    new = {"id": new_id("resident"), "household": home["id"], "name": "王小二", "sex": "MALE"}
    return [
        ("recordVisit", visit | {"occurredAt": datetime.now(UTC).isoformat()}),
        ("openAppeal", appeal),
        ("addResident", new),
    ]


@pytest.mark.parametrize(("table", "column", "type_"), CHANGES)
async def test_the_next_write_is_done_on_fresh_statements(
    running: Tunping, table: str, column: str, type_: str
) -> None:
    worker = await running.as_("网格员01")
    for name, input_ in await acts(worker):
        assert (await worker.do(name, input_))["errors"] == []
    await running.app.state.owner.execute(f"alter table {table} alter column {column} type {type_}")
    counted = [await running.count(each) for each in ("visit", "appeal", "resident")]
    for name, input_ in await acts(worker):
        assert (await worker.do(name, input_))["errors"] == [], name
    assert [await running.count(each) for each in ("visit", "appeal", "resident")] == [each + 1 for each in counted]
