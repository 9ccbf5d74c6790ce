"""Documents by their SHA-256: Apollo's automatic ones, and the ones that the operator trusts."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.http import documents
from db.acts import persisted_documents
from tests.client import Tunping, listening, new_id, phone, serving, subscribed
from tests.command import tunping as command

ME = "query Me { me { username } }"
OPENED = "subscription Opened { appealOpened { appeal { id } } }"
EVENTS = {"accept": "text/event-stream", "content-type": "application/json"}
NOT_FOUND = [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]


def persisted(query: str, *, full: bool = False, **more: Any) -> dict[str, Any]:
    """A request by the digest of a document, with or without its text."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}}
    return {"extensions": extensions, **({"query": query} if full else {}), **more}


async def kept(client: Tunping) -> list[str]:
    rows = await client.app.state.owner.fetch("select body from persisted_document order by used_at, body")
    return [row["body"] for row in rows]


@pytest.fixture
async def clean(tunping: Tunping) -> Tunping:
    """The application, which knows no documents."""
    await tunping.app.state.owner.execute("delete from persisted_document")
    return tunping


async def test_a_document_that_was_sent_once_is_known_by_its_digest_on_every_server(
    clean: Tunping, copy_url: str
) -> None:
    worker = await clean.as_("网格员01")
    unknown = await worker.post(persisted(ME))
    assert (unknown.status, unknown.body["errors"]) == (400, NOT_FOUND)
    old = await worker.post(persisted(ME), accept="application/json")
    assert (old.status, old.body["errors"]) == (200, NOT_FOUND)
    assert (await worker.post(persisted(ME, full=True))).data == {"me": {"username": "网格员01"}}
    assert (await worker.post(persisted(ME))).data == {"me": {"username": "网格员01"}}
    async with serving(copy_url) as other:
        assert (await (await other.as_("网格员12")).post(persisted(ME))).data == {"me": {"username": "网格员12"}}


async def test_a_known_document_is_asked_for_by_get(clean: Tunping) -> None:
    worker = await clean.as_("网格员01")
    given = {"extensions": orjson.dumps(persisted(ME)["extensions"]).decode(), "operationName": "Me"}
    first = await worker.http.get("/graphql", params=given, headers=worker.headers)
    assert (first.json()["errors"], first.headers["cache-control"]) == (NOT_FOUND, "no-store")
    await worker.http.get("/graphql", params=given | {"query": ME}, headers=worker.headers)
    again = await worker.http.get("/graphql", params=given, headers=worker.headers)
    assert again.json()["data"] == {"me": {"username": "网格员01"}}


async def test_a_mutation_is_sent_by_its_digest(clean: Tunping) -> None:
    worker = await clean.as_("网格员01")
    query = "mutation M($i: AcceptAppealInput!) { acceptAppeal(input: $i) { errors { code } } }"
    variables = {"i": {"appeal": new_id("appeal"), "act": new_id("act")}}
    await worker.post(persisted(query, full=True, variables=variables))
    answer = await worker.post(persisted(query, variables=variables))
    assert answer.data == {"acceptAppeal": {"errors": [{"code": "NOT_FOUND"}]}}


@pytest.mark.parametrize(
    ("persisted_query", "message"),
    [
        ({"version": 1, "sha256Hash": "0" * 64}, "「sha256Hash」不是「query」的 SHA-256。"),
        ({"version": 2, "sha256Hash": "0" * 64}, "「persistedQuery」的版本必须是 1。"),
        ({"version": 1, "sha256Hash": "0" * 62}, "「sha256Hash」必须是十六进制的 SHA-256。"),
        ({"version": 1, "sha256Hash": "x" * 64}, "「sha256Hash」必须是十六进制的 SHA-256。"),
        ({"version": 1, "sha256Hash": 1}, "「sha256Hash」必须是文字。"),
        ({"version": 1}, "「sha256Hash」必须是十六进制的 SHA-256。"),
        (1, "「persistedQuery」必须是对象。"),
    ],
)
async def test_a_wrong_digest_is_refused_and_keeps_nothing(clean: Tunping, persisted_query: Any, message: str) -> None:
    answer = await clean.post({"query": ME, "extensions": {"persistedQuery": persisted_query}})
    assert (answer.status, answer.code, answer.body["errors"][0]["message"]) == (400, "BAD_REQUEST", message)
    assert await kept(clean) == []


async def test_a_document_that_does_not_fit_the_schema_is_not_kept(clean: Tunping) -> None:
    for query in ("{ nothing }", "{", "query A { me { id } } query B { me { id } }"):
        assert (await clean.post(persisted(query, full=True))).status == 400
    assert await kept(clean) == []


async def test_documents_make_room_in_the_order_of_their_use(clean: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted_documents, "MOST_KEPT", 3)
    queries = [f"query Q{number} {{ me {{ username }} }}" for number in range(5)]
    for query in queries:
        await clean.post(persisted(query, full=True))
    assert await kept(clean) == queries[2:]
    monkeypatch.setattr(persisted_documents, "MOST_BYTES", 2 * len(ME) + 20)
    await clean.post(persisted(ME, full=True))
    assert await kept(clean) == [queries[4], ME]


async def test_two_servers_keep_the_same_document_at_once(clean: Tunping, copy_url: str) -> None:
    async with serving(copy_url) as other:
        both = await asyncio.gather(*(each.post(persisted(ME, full=True)) for each in (clean, other)))
    assert [each.code for each in both] == ["UNAUTHENTICATED"] * 2
    assert await kept(clean) == [ME]


async def test_who_sends_too_many_new_documents_is_answered_and_nothing_more_is_kept(copy_url: str) -> None:
    async with serving(copy_url, rates="kept-documents-by-client=1/hour") as client:
        await client.app.state.owner.execute("delete from persisted_document")
        worker = await client.as_("网格员01")
        for query in (ME, ME + " ", ME):
            assert (await worker.post(persisted(query, full=True))).status == 200
        assert await kept(client) == [ME]
        assert (await client.post(persisted(ME + "  ", full=True))).code == "UNAUTHENTICATED"
        assert await kept(client) == [ME, ME + "  "]


async def test_a_subscription_starts_by_its_digest_on_a_socket_and_as_a_stream(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    async with phone(worker) as connected:
        await connected.send(id="1", type="subscribe", payload=persisted(OPENED + " "))
        assert (await connected.receive())["payload"] == NOT_FOUND
        await connected.send(id="2", type="subscribe", payload=persisted(OPENED, full=True))
        await subscribed(served)
        await connected.send(id="3", type="subscribe", payload=persisted(OPENED))
        await subscribed(served, 2)
        body, headers = orjson.dumps(persisted(OPENED)), {**worker.headers, **EVENTS}
        async with served.http.stream("POST", "/graphql", content=body, headers=headers):
            await subscribed(served, 3)


@pytest.fixture
async def trusting(copy_url: str) -> AsyncIterator[Tunping]:
    """A server that answers trusted documents only, and trusts ``ME`` and ``OPENED``."""
    async with listening(copy_url, trusted_documents=True) as client:
        await client.app.state.owner.execute("delete from persisted_document")
        await client.app.state.system.transact(
            lambda tx: persisted_documents.trust_documents(tx, [ME, OPENED]), now=client.app.state.now()
        )
        yield client


async def test_where_documents_are_trusted_all_others_are_refused(trusting: Tunping) -> None:
    worker = await trusting.as_("网格员01")
    for request in (persisted(ME), persisted(ME, full=True), {"query": ME}):
        assert (await worker.post(request)).data == {"me": {"username": "网格员01"}}
    for request in (persisted(ME + " "), persisted(ME + " ", full=True), {"query": ME + " "}):
        answer = await worker.post(request)
        assert (answer.status, answer.code) == (400, "UNTRUSTED_DOCUMENT")
    assert ME + " " not in await kept(trusting)
    async with phone(worker) as connected:
        await connected.send(id="1", type="subscribe", payload={"query": OPENED + " "})
        assert (await connected.receive())["payload"][0]["extensions"]["code"] == "UNTRUSTED_DOCUMENT"
        await connected.send(id="2", type="subscribe", payload={"query": OPENED})
        await subscribed(trusting)


async def test_a_document_of_a_client_is_not_trusted(trusting: Tunping, copy_url: str) -> None:
    async with serving(copy_url) as open_one:
        await open_one.post(persisted(ME + " ", full=True))
    assert (await trusting.post({"query": ME + " "})).code == "UNTRUSTED_DOCUMENT"


async def test_a_document_that_is_trusted_no_more_is_refused_within_a_minute(
    trusting: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await trusting.post(persisted(ME))).code == "UNAUTHENTICATED"
    digest = persisted_documents.digest_of(ME)
    assert await trusting.transact(lambda tx: persisted_documents.remove_document(tx, digest))
    monkeypatch.setattr(documents, "TRUSTED_FOR", 0.0)
    assert (await trusting.post(persisted(ME))).code == "UNTRUSTED_DOCUMENT"


async def test_trusted_documents_never_make_room(trusting: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted_documents, "MOST_KEPT", 0)
    await trusting.transact(lambda tx: persisted_documents.keep_document(tx, "{ liveCursor }"))
    assert sorted(await kept(trusting)) == sorted([ME, OPENED])


@pytest.mark.long
def test_the_operator_adds_lists_and_removes_documents(fresh_url: str, tmp_path: Path) -> None:
    file, manifest, relay = (tmp_path / name for name in ("opened.graphql", "apollo.json", "relay.json"))
    digest = sha256(ME.encode()).hexdigest()
    file.write_text(OPENED)
    manifest.write_bytes(orjson.dumps({"format": "apollo", "operations": [{"id": digest, "name": "Me", "body": ME}]}))
    relay.write_bytes(orjson.dumps({digest: ME}))
    said = command(fresh_url, "documents", "add", file, manifest, relay)
    assert (said.exit_code, said.stdout) == (0, "新增 2 份，共 2 份 / documents added: 2 of 2\n")
    assert "added: 0 of 1" in command(fresh_url, "documents", "add", relay).stdout
    listed = [line.split("  ") for line in command(fresh_url, "documents", "list").stdout.splitlines()]
    assert sorted(listed) == sorted([[digest, "Me"], [sha256(OPENED.encode()).hexdigest(), "Opened"]])
    assert command(fresh_url, "documents", "remove", digest).exit_code == 0
    assert "there is no trusted document" in command(fresh_url, "documents", "remove", digest).stderr
    assert "not a SHA-256" in command(fresh_url, "documents", "remove", "x").stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.graphql", "{ nothing }", "Cannot query field 'nothing'"),
        ("a.graphql", "{", "Syntax Error"),
        ("a.json", '{"' + "0" * 64 + '": "{ me { id } }"}', "an id is not the SHA-256"),
        ("a.json", "[", "not a manifest"),
        ("a.json", "[1]", "not a manifest"),
        ("a.json", '{"a": 1}', "not a manifest"),
        ("a.json", '{"operations": [{}]}', "not a manifest"),
        ("missing.graphql", None, "cannot read"),
    ],
)
def test_what_is_no_document_is_named_and_nothing_is_added(
    fresh_url: str, tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    good, file = tmp_path / "good.graphql", tmp_path / name
    good.write_text("query Good { me { id } }")
    if content is not None:
        file.write_text(content)
    said = command(fresh_url, "documents", "add", good, file)
    assert (said.exit_code, told in said.stderr) == (1, True)
    assert "Good" not in command(fresh_url, "documents", "list").stdout
