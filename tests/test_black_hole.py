"""A database that accepts connections and does not answer, or refuses them: each request fails by name."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from api.commands.remote import Away, Refused, Server
from api.commands.watch import Phone
from api.http.media import EVENTS, RESPONSE
from db.feed import Listener
from rules.tokens import RefreshToken
from seeds.known import DEMO_COUNTER_CODE, DEMO_PASSWORD
from tests.client import APPEALS, SECRET, Tunping, listening, new_id, phone, serving, subscribed
from tests.proxy import Proxy, proxied
from tests.test_webhooks import receiving

ROOT = Path(__file__).parents[1]
SHORT = 0.3
"""Seconds for a database that will not answer."""
Frozen: TypeAlias = Callable[[], Any]
Asked: TypeAlias = Callable[[Tunping], Awaitable[httpx.Response]]
OPEN_APPEAL = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { receiptCode errors { code } } }"


def an_appeal() -> dict[str, Any]:
    """What a resident reports at the counter."""
    return {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": "3号楼2单元 暖气不热"}


@pytest.fixture
async def way(copy_url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """The way to the module's copy of the demo."""
    async with proxied(copy_url) as found:
        yield found


@pytest.fixture
async def server(way: tuple[Proxy, str]) -> AsyncIterator[Tunping]:
    """The application, which reaches its database through the proxy."""
    async with serving(way[1]) as client:
        yield await client.as_("网格员01")


@pytest.fixture
def frozen(way: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch) -> Frozen:
    """Freezes the database for a while."""

    @contextmanager
    def freeze() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr("db.database.DEADLINE", SHORT)
            way[0].freeze()
            yield
        way[0].resume()

    return freeze


def graphql(query: str, accept: str = "application/json", **variables: Any) -> Asked:
    """An operation over HTTP."""
    content = {"query": query, "variables": variables}
    return lambda client: client.http.post("/graphql", json=content, headers={**client.headers, "accept": accept})


def signing_in(**form: str) -> Asked:
    """A request for tokens."""
    return lambda client: client.http.post("/auth/token", data=form)


PASSWORD = {"grant_type": "password", "username": "书记01", "password": DEMO_PASSWORD}
CREDENTIALS = {"grant_type": "client_credentials", "client_id": new_id("client"), "client_secret": "x"}


def with_a_token(path: str, **form: str) -> Asked:
    """A request with a refresh token that the server has issued, of a session that is over."""

    def ask(client: Tunping) -> Awaitable[httpx.Response]:
        token = RefreshToken(uuid4(), bytes(32)).encode(client.app.state.authenticator.terms.key)
        return client.http.post(path, data={**form, form.get("grant_type", "token"): token})

    return ask


REQUESTS: dict[str, tuple[Asked, int]] = {
    "query": (graphql("{ me { username } }"), 200),
    "mutation": (graphql(OPEN_APPEAL, input=an_appeal()), 200),
    "strict mutation": (graphql(OPEN_APPEAL, RESPONSE, input=an_appeal()), 200),
    "photo": (lambda client: client.http.put(f"/photos/{'0' * 64}", content=b"x", headers=client.headers), 422),
    "password": (signing_in(**PASSWORD), 200),
    "refresh": (with_a_token("/auth/token", grant_type="refresh_token"), 400),
    "revoke": (with_a_token("/auth/revoke"), 200),
    "client": (signing_in(**CREDENTIALS), 401),
    "form": (lambda client: client.http.get(f"/q/{DEMO_COUNTER_CODE}"), 200),
    "sent form": (lambda client: client.http.post(f"/q/{DEMO_COUNTER_CODE}", data={"body": "灯坏了"}), 422),
    "receipt": (lambda client: client.http.get("/r/NOSUCHCODE"), 404),
    "wall": (lambda client: client.http.get("/wishes"), 200),
    "ready": (lambda client: client.http.get("/ready"), 200),
}
"""Requests that need the database, and their statuses when it answers."""


@pytest.mark.long
@pytest.mark.parametrize("kind", REQUESTS)
async def test_each_request_says_that_the_database_does_not_answer(server: Tunping, frozen: Frozen, kind: str) -> None:
    ask, status = REQUESTS[kind]
    with frozen():
        away = await ask(server)
    assert (away.status_code, away.headers["retry-after"]) == (503, "1")
    assert (await ask(server)).status_code == status


async def test_each_answer_has_the_shape_of_its_kind(server: Tunping, frozen: Frozen) -> None:
    with frozen():
        json, subscription, page, sign_in, ready = await asyncio.gather(
            graphql(OPEN_APPEAL, input=an_appeal())(server),
            graphql(APPEALS, EVENTS)(server),
            server.http.post(f"/q/{DEMO_COUNTER_CODE}", data={"body": "灯坏了"}),
            signing_in(**PASSWORD)(server),
            server.http.get("/ready"),
        )
    for each in (json, subscription):
        (error,) = each.json()["errors"]
        assert error["extensions"] == {"code": "UNAVAILABLE", "requestId": each.headers["x-request-id"]}
    assert "没有存上" in page.text
    assert sign_in.json()["error"] == "temporarily_unavailable"
    assert ready.json() == {"ready": False, "reason": "UNAVAILABLE"}


@pytest.mark.long
async def test_a_database_that_refuses_connections_is_unavailable_too(server: Tunping, way: tuple[Proxy, str]) -> None:
    await way[0].refuse()
    away = await asyncio.gather(*(ask(server) for ask, _ in REQUESTS.values()))
    assert {(each.status_code, each.headers["retry-after"]) for each in away} == {(503, "1")}
    way[0].resume()
    assert [(await ask(server)).status_code for ask, _ in REQUESTS.values()] == [each for _, each in REQUESTS.values()]


async def test_more_sign_ins_than_hash_at_once_are_all_answered(server: Tunping, frozen: Frozen) -> None:
    with frozen():
        away = await asyncio.gather(*(signing_in(**PASSWORD)(server) for _ in range(20)))
    assert {each.status_code for each in away} == {503}
    assert (await signing_in(**PASSWORD)(server)).status_code == 200


@pytest.mark.long
async def test_a_subscription_on_a_socket_ends_and_the_socket_goes_on(way: tuple[Proxy, str], frozen: Frozen) -> None:
    async with listening(way[1]) as client, phone(await client.as_("网格员01")) as worker:
        with frozen():
            await worker.subscribe()
            failed = await worker.receive()
        assert [each["extensions"]["code"] for each in failed["payload"]] == ["UNAVAILABLE"]
        await worker.subscribe(key="2")
        await subscribed(client)
        assert (await client.as_nobody().do("openAppeal", an_appeal()))["errors"] == []
        assert (await worker.event())["appeal"]["body"] == an_appeal()["body"]


@pytest.mark.long
async def test_a_watching_phone_goes_on_when_the_database_is_back(
    way: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = asyncio.Queue[Exception]()
    monkeypatch.setattr(Phone, "_lost", lambda _, error: lost.put_nowait(error))
    async with listening(way[1]) as client:
        await way[0].refuse()
        phone = Phone(Server(str(client.http.base_url)), "网格员01", DEMO_PASSWORD)
        appeals = phone.appeals()
        watching = asyncio.ensure_future(anext(appeals))
        assert repr(await lost.get()) == "Away('503')"
        way[0].resume()
        await subscribed(client)
        assert (await client.as_nobody().do("openAppeal", an_appeal()))["errors"] == []
        assert (await watching)["body"] == an_appeal()["body"]
        await appeals.aclose()


@pytest.mark.parametrize(
    ("status", "error"), [(429, Away), (500, Away), (502, Away), (503, Away), (504, Away), (404, Refused)]
)
async def test_a_proxy_that_cannot_reach_the_server_is_no_other_server(status: int, error: type[Exception]) -> None:
    async with receiving(status=status) as proxy:
        with pytest.raises(error):
            await Server(proxy.url.removesuffix("/events")).ask("{ liveCursor }")


@pytest.mark.parametrize("ends", ["cut", pytest.param("deadline", marks=pytest.mark.long)])
async def test_when_the_answer_to_commit_is_lost_the_same_id_finds_the_act_done(
    server: Tunping, way: tuple[Proxy, str], ends: str
) -> None:
    appeal, proxy = an_appeal(), way[0]
    ask = graphql(OPEN_APPEAL, RESPONSE, input=appeal)
    proxy.freeze_at(b"COMMIT\0")
    asking = asyncio.ensure_future(ask(server))
    await proxy.frozen.wait()
    if ends == "cut":
        await proxy.cut()
    lost = await asking
    assert (lost.status_code, lost.headers["retry-after"]) == (503, "1")
    (error,) = lost.json()["errors"]
    assert (error["extensions"]["code"], "同一编号" in error["message"]) == ("OUTCOME_UNKNOWN", True)
    proxy.resume()
    done = (await ask(server)).json()["data"]["openAppeal"]
    assert (bool(done["receiptCode"]), done["errors"]) == (True, [])
    found = await server.ask("query($id: ID!) { appeal(id: $id) { id timeline { totalCount } } }", id=appeal["id"])
    assert found.data["appeal"] == {"id": appeal["id"], "timeline": {"totalCount": 1}}


@pytest.mark.long
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)])
async def test_a_signal_ends_a_process_whose_database_does_not_answer(
    way: tuple[Proxy, str], command: tuple[str, ...]
) -> None:
    given = {"DATABASE_URL": way[1], "TUNPING_SECRET": SECRET.decode(), "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api.commands", *command),
        cwd=ROOT,
        env=os.environ | given,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            if b"is ready" in line or b"worker runs" in line:
                break
        way[0].freeze()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()


async def test_a_listen_that_is_not_answered_is_given_up_and_tried_again(
    way: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, url = way
    monkeypatch.setattr("db.feed.COMMAND_TIMEOUT", SHORT)
    proxy.freeze_at(b"LISTEN")
    woken = asyncio.Event()
    with capture_logs() as logs:
        listener = asyncio.create_task(Listener(url, woken.set).run())
        try:
            async with asyncio.timeout(20):
                while not logs:  # noqa: ASYNC110  the listener only logs it
                    await asyncio.sleep(0.05)
                assert logs[0]["error"] == "TimeoutError"
                assert not woken.is_set()
                await proxy.cut()
                proxy.resume()
                await woken.wait()
        finally:
            listener.cancel()


async def test_a_listen_whose_backend_ends_begins_again_at_once(copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the next check, until which only the looks at the journal each second would deliver."""
    monkeypatch.setattr("db.feed.HEARTBEAT", 1_000.0)
    woken = asyncio.Event()
    listener = asyncio.create_task(Listener(copy_url, woken.set).run())
    try:
        async with asyncio.timeout(20):
            await woken.wait()
            woken.clear()
            admin = await asyncpg.connect(copy_url)
            await admin.execute(
                """select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'tunping listener' and datname = current_database()"""
            )
            await admin.close()
            await woken.wait()
    finally:
        listener.cancel()
