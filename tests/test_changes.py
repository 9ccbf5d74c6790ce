"""A phone's copy of its documents: the first copy, what changes, what goes, and what it may never have."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest

from db.documents import Listed
from rules.documents import DocumentKind
from schema.engine import replication
from tests.client import Clock, Tunping, new_id
from tests.copies import CHANGES, Copy

NOW = datetime(2023, 12, 30, 2, tzinfo=UTC)
OTHERS = ("网格员01", "社区01", "热力公司01")
FIRST = ("COMMUNITY", "GRID", "BUILDING", "COLLEAGUE", "DUTIES")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


async def a_home(worker: Tunping) -> dict[str, Any]:
    """A home of the worker, with its residents."""
    query = "{ households(first: 20) { nodes { id residents { id } } } }"
    homes = (await worker.ask(query)).data["households"]["nodes"]
    return next(home for home in homes if home["residents"])


async def visit(worker: Tunping, home: dict[str, Any]) -> str:
    new = {
        "id": new_id("visit"),
        "household": home["id"],
        "mode": "HOME_VISIT",
        "occurredAt": NOW.isoformat(),
        "residents": [each["id"] for each in home["residents"]],
    }
    assert (await worker.do("recordVisit", new))["errors"] == []
    return str(new["id"])


async def count(worker: Tunping, field: str, where: str = "") -> int:
    return int((await worker.ask(f"{{ {field}{where} {{ totalCount }} }}")).data[field]["totalCount"])


async def test_a_first_copy_has_what_the_viewer_sees_and_what_is_needed_first_comes_first(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    copy = await Copy(worker).catch_up()
    counts = Counter(each["documentKind"] for each in copy.documents.values())
    assert counts["HOUSEHOLD"] == await count(worker, "households")
    assert counts["RESIDENT"] == await count(worker, "residents")
    assert counts["BUILDING"] == await count(worker, "buildings")
    since = (NOW - timedelta(days=366)).isoformat()
    assert (
        counts["VISIT"] == await count(worker, "visits", f'(where: {{occurredBetween: {{startsAt: "{since}"}}}})') > 0
    )
    kinds = list(dict.fromkeys(each["documentKind"] for each in copy.told))
    assert tuple(kinds[:5]) == FIRST
    assert kinds[-1] == "VISIT"
    due = {each["householdId"] for document in copy.of("DUTIES") for each in document["duties"]}
    homes = [each["id"] for each in copy.told if each["documentKind"] == "HOUSEHOLD"]
    assert due
    assert set(homes[: len(due)]) == due


LONG = pytest.mark.long


@pytest.mark.parametrize("name", ["联户长03", "调解员01", *(pytest.param(name, marks=LONG) for name in OTHERS)])
async def test_pages_of_any_size_make_the_same_copy(tunping: Tunping, name: str) -> None:
    client = await tunping.as_(name)
    whole = await Copy(client).catch_up()
    assert (await Copy(client).catch_up(limit=61)).documents == whole.documents
    told = len(whole.told)
    await whole.catch_up()
    assert len(whole.told) == told


async def test_a_slow_server_sends_shorter_pages_of_the_same_copy(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await tunping.as_("联户长03")
    whole = await Copy(client).catch_up()
    monkeypatch.setattr(replication, "MOST_SECONDS", 0.0)
    copy = Copy(client)
    assert await copy.page()
    assert 0 < len(copy.documents) < len(whole.documents)
    assert (await copy.catch_up()).documents == whole.documents


async def test_a_page_ends_with_the_document_that_brings_it_to_its_bytes(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await tunping.as_("联户长03")
    whole = await Copy(client).catch_up()
    most = len(orjson.dumps(whole.told)) // 4
    monkeypatch.setattr(replication, "MOST_BYTES", most)
    copy, more = Copy(client), True
    while more:
        begun = len(copy.told)
        more = await copy.page()
        assert len(orjson.dumps(copy.told[begun:-1])) < most
    assert copy.documents == whole.documents


def test_a_page_counts_bytes_and_not_characters() -> None:
    page = replication.Page(1_000, 1_500, drops=True)
    document = uuid4(), orjson.dumps({"id": "d", "facts": "楼" * 300}).decode()
    page.tell(DocumentKind.DISPUTE, Listed(uuid4(), 1, known=False), document)
    assert (page.is_full, page.room) == (False, 999)
    page.tell(DocumentKind.DISPUTE, Listed(uuid4(), 2, known=False), document)
    assert (page.is_full, page.room) == (True, 0)
    assert page.bytes == sum(len(orjson.dumps(each)) for each in page.documents)


async def test_a_copy_takes_no_statement_but_those_that_read_its_documents(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer would go to PostgreSQL and back."""
    client = await tunping.as_("联户长03")
    await client.ask(CHANGES, limit=1)
    monkeypatch.setattr(type(tunping.app.state.database), "fetchval", None)
    assert (await client.ask(CHANGES, limit=1)).data["changes"]["documents"]


@pytest.mark.long
async def test_only_what_changed_comes_whole_and_with_a_later_version(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    copy = await Copy(worker).catch_up()
    before, told = dict(copy.documents), len(copy.told)
    home = await a_home(worker)
    uuid = await visit(worker, home)
    await copy.catch_up()
    assert {each["documentKind"] for each in copy.told[told:]} == {"VISIT", "DUTIES"}
    assert copy.documents[uuid]["householdId"] == home["id"]
    assert all(int(each["version"]) > max(int(old["version"]) for old in before.values()) for each in copy.told[told:])
    given = {"visit": uuid, "reason": "记错了", "act": new_id("act")}
    assert (await worker.do("withdrawVisit", given))["errors"] == []
    await copy.catch_up()
    assert uuid not in copy.documents
    assert copy.documents == (await Copy(worker).catch_up()).documents


@pytest.mark.long
async def test_who_moves_to_another_grid_goes_from_one_phone_to_the_other(tunping: Tunping) -> None:
    worker, other, staff = [await tunping.as_(name) for name in ("网格员01", "网格员14", "社区01")]
    copies = [await Copy(each).catch_up() for each in (worker, other, staff)]
    home, there = await a_home(worker), (await a_home(other))["id"]
    (resident, *_) = [each["id"] for each in home["residents"]]
    await visit(worker, home)
    moving = {"residents": [resident], "household": there, "act": new_id("act")}
    assert (await staff.do("moveResidents", moving))["errors"] == []
    for each in copies:
        await each.catch_up()
    assert [resident in each.documents for each in copies] == [False, True, True]
    assert copies[1].documents[resident]["householdId"] == there
    for each in copies:
        assert each.documents == (await Copy(each.client).catch_up()).documents


@pytest.mark.long
async def test_a_post_that_ends_drops_its_bucket_and_a_new_one_is_copied(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员02"), await tunping.as_("书记01")
    copy = await Copy(worker).catch_up()
    query = "{ me { id assignments { id endsOn grid { id } } } }"
    me = (await worker.ask(query)).data["me"]
    (post,) = [each for each in me["assignments"] if each["endsOn"] is None]
    assert (await secretary.do("endPost", {"post": post["id"], "act": new_id("act")}))["errors"] == []
    await copy.catch_up()
    assert copy.documents == {}
    given = {"id": new_id("post"), "account": me["id"], "grid": post["grid"]["id"]}
    assert (await secretary.do("givePost", given))["errors"] == []
    await copy.catch_up(limit=100)
    assert len(copy.of("HOUSEHOLD")) == await count(worker, "households") > 0
    assert copy.documents == (await Copy(worker).catch_up()).documents


@pytest.mark.long
async def test_a_checkpoint_is_good_for_the_account_that_it_was_given_to(tunping: Tunping) -> None:
    worker, other = await tunping.as_("网格员01"), await tunping.as_("网格员14")
    copy = await Copy(worker).catch_up()
    assert copy.checkpoint is not None
    middle = len(copy.checkpoint) // 2
    changed = (
        copy.checkpoint[:middle] + ("A" if copy.checkpoint[middle] != "A" else "B") + copy.checkpoint[middle + 1 :]
    )
    for client, checkpoint in ((other, copy.checkpoint), (worker, changed), (worker, "é"), (worker, "")):
        answer = await client.ask(CHANGES, after=checkpoint, limit=1)
        assert answer.code == "RESYNC_REQUIRED"
    assert (await worker.ask(CHANGES, limit=0)).code == "INVALID_INPUT"
    assert (await worker.ask(CHANGES, limit=1001)).code == "INVALID_INPUT"
    assert (await tunping.as_nobody().ask(CHANGES, limit=1)).status == 401


@pytest.mark.long
async def test_a_checkpoint_of_what_a_restore_lost_is_refused(tunping: Tunping) -> None:
    worker, owner = await tunping.as_("网格员01"), tunping.app.state.owner
    kept, lost = await Copy(worker).catch_up(), await Copy(worker).catch_up()
    await visit(worker, await a_home(worker))
    await lost.catch_up()
    await owner.execute("delete from feed_position where position = (select max(position) from feed_position)")
    await owner.execute("update feed_epoch set life = 'before'")
    assert (await worker.ask(CHANGES, after=lost.checkpoint, limit=1)).code == "RESYNC_REQUIRED"
    await kept.catch_up()


async def test_each_call_says_only_what_the_viewer_may_read(tunping: Tunping) -> None:
    head = await Copy(await tunping.as_("联户长03")).catch_up()
    partner = await Copy(await tunping.as_("热力公司01")).catch_up()
    assert {each["phone"] for each in head.of("RESIDENT")} == {None}
    assert {orjson.dumps(each["colours"]) for each in head.of("RESIDENT")} == {b"null"}
    assert head.of("VISIT") == head.of("DUTIES") == partner.of("RESIDENT") == partner.of("HOUSEHOLD") == []
