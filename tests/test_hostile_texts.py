"""Texts that are written to take time: a stranger's text holds nobody up. (The readers: tests/test_rules_linear.py.)

The bounds are processor seconds of the thread of the event loop. Each request takes a twentieth of them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from orjson import loads
from starlette.types import Message, Scope

from rules.addresses import joined, read
from schema.engine import audit
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, new_id
from tests.hostile_texts import TEXTS
from tests.paging import Page

BOUND = 1.0
ENDLESS = TEXTS[0]
"""Eight numbers, 1,900 line breaks, and no building."""
MARKS = "\u0300\u0323" * 30_000
"""Combining characters in the wrong order. They are sorted when a text is normalized."""
SUGGESTIONS = "placeSuggestions(text: $text, code: $code) { label }"


@contextmanager
def little_work() -> Iterator[None]:
    """The block takes little of the event loop's thread."""
    began = time.thread_time()
    yield
    assert time.thread_time() - began < BOUND


@pytest.mark.parametrize("text", [ENDLESS, *TEXTS[2:14:2]], ids=range(7))
@pytest.mark.parametrize("code", [None, DEMO_COUNTER_CODE])
async def test_a_stranger_asks_for_places(tunping: Tunping, text: str, code: str | None) -> None:
    query = f"query($text: String!, $code: String) {{ {SUGGESTIONS} }}"
    with little_work():
        answer = await tunping.as_nobody().ask(query, text=text, code=code)
    assert len(answer.data["placeSuggestions"]) <= 1


async def test_a_stranger_sends_the_form_behind_a_code(tunping: Tunping) -> None:
    form = await Page.open(tunping, f"/q/{DEMO_COUNTER_CODE}")
    with little_work():
        answer = await form.send(body=ENDLESS)
    assert (answer.status, answer.path.startswith("/r/")) == (200, True)


async def test_a_stranger_sends_a_unit_that_is_sorted(tunping: Tunping) -> None:
    form = await (await Page.open(tunping, f"/q/{DEMO_COUNTER_CODE}")).send(body="1号楼和2号楼都要一盏灯", kind="WISH")
    building = form.form().choices["building"][-1]
    with little_work():
        answer = await form.send(building=building, unit=MARKS)
    assert (answer.status, "单元请写数字" in answer.text) == (422, True)


async def test_a_stranger_opens_an_appeal_with_blanks_around_its_text(tunping: Tunping) -> None:
    blanks = " " * 100_000
    with little_work():
        new = {"id": new_id("appeal"), "body": f"{blanks}{ENDLESS}{blanks}", "code": DEMO_COUNTER_CODE}
        assert (await tunping.as_nobody().do("openAppeal", new, "receiptCode"))["errors"] == []


@pytest.mark.long
async def test_a_text_is_read_once_however_often_it_is_asked_for(tunping: Tunping) -> None:
    text = f"3号楼{new_id('appeal')}"
    aliases = " ".join(f"a{number}: {SUGGESTIONS}" for number in range(40))
    before = read.cache_info().misses, joined.cache_info().misses
    answer = await tunping.as_nobody().ask(
        f"query($text: String!, $code: String) {{ {aliases} }}", text=text, code=DEMO_COUNTER_CODE
    )
    assert {len(places) for places in answer.data.values()} == {1}
    assert (read.cache_info().misses, joined.cache_info().misses) == (before[0] + 1, before[1] + 1)


async def test_a_case_reads_its_text_once(tunping: Tunping) -> None:
    before = read.cache_info().misses
    new = {"id": new_id("appeal"), "body": f"3号楼漏水 {new_id('appeal')}", "code": DEMO_COUNTER_CODE}
    assert (await tunping.as_nobody().do("openAppeal", new, "appeal { id }"))["errors"] == []
    assert read.cache_info().misses == before + 1


async def test_only_the_first_wrong_values_of_a_list_are_looked_at(tunping: Tunping) -> None:
    with little_work():
        answer = await tunping.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[None] * 4_000)
    assert answer.codes == {"INVALID_VARIABLES"}


@pytest.mark.parametrize(("path", "status"), [("/q/NOPE", 404), ("/graphql", 400)])
async def test_an_error_is_told_whatever_bytes_the_query_has(tunping: Tunping, path: str, status: int) -> None:
    statuses = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        statuses.append(message.get("status"))

    scope: Scope = {"type": "http", "method": "GET", "path": path, "query_string": b"\xff", "headers": []}
    scope.update(scheme="http", client=("127.0.0.1", 1), server=("tunping", 80))
    await tunping.app(scope, receive, send)
    assert statuses[0] == status


async def test_the_answer_to_an_outside_viewer_is_read_once(tunping: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = []

    def counted(text: str) -> Any:
        answers.append(text)
        return loads(text)

    monkeypatch.setattr(audit, "orjson", SimpleNamespace(loads=counted))
    lists = " ".join(f"a{number}: disputes(first: 1) {{ nodes {{ id }} }}" for number in range(3))
    centre = await tunping.as_("调解员01")
    assert (await centre.ask(f"{{ {lists} }}")).data
    assert len(answers) == 1


async def test_a_cursor_has_a_longest_size(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    query = "query($after: String) { appeals(first: 1, after: $after) { pageInfo { endCursor } } }"
    cursor = (await worker.ask(query)).data["appeals"]["pageInfo"]["endCursor"]
    assert (await worker.ask(query, after=cursor)).data["appeals"]["pageInfo"]["endCursor"] != cursor
    # Blanks before the JSON of a cursor, in base64.
    assert (await worker.ask(query, after="ICAg" * 500 + cursor)).code == "INVALID_INPUT"
