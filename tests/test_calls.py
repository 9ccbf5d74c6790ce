"""Calls for help: those near by are asked, they answer, and the list shows who comes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.background.gateways import Gateway
from api.background.messages import deliver
from db.messages import LEASE, lease
from db.transaction import Transaction
from tests.client import Clock, Tunping, new_id, serving
from tests.test_duty import grandpa

CALL = """call { what place colours closedAt raisedBy { username }
    invitations(first: 50) { totalCount nodes { id answer
        resident { name colours household { building { number } } } } }
    coming { totalCount nodes { resident { name } } } }"""


async def a_call(worker: Tunping, **more: Any) -> dict[str, Any]:
    """A call from 王大爷's door."""
    home = (await grandpa(worker))["household"]["id"]
    return {"id": new_id("call"), "what": "搬两袋米上楼", "household": home} | more


async def test_those_near_by_are_asked_and_the_list_shows_who_comes(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    call = await a_call(worker, most=6)
    made = (await worker.do("callForHelp", call, CALL))["call"]
    assert (made["what"], made["place"]) == ("搬两袋米上楼", "金穗家园3号楼1单元201")
    assert made["raisedBy"] == {"username": "网格员01"}
    asked = made["invitations"]["nodes"]
    assert len(asked) == made["invitations"]["totalCount"] == 6
    assert all({"CYAN", "BLUE"} & set(each["resident"]["colours"]) for each in asked)
    assert asked[0]["resident"]["household"]["building"]["number"] == 3
    assert (await worker.do("callForHelp", call, CALL))["call"] == made
    code = await tunping.app.state.owner.fetchval(
        "select answer_code from invitation where id = $1", asked[0]["id"].removeprefix("invitation_")
    )
    assert (await tunping.as_nobody().do("answerCall", {"code": code, "coming": True}))["errors"] == []
    said = {"invitation": asked[1]["id"], "coming": True, "act": new_id("act")}
    assert (await worker.do("recordAnswer", said, "invitation { answer answeredBy { username } }"))["invitation"] == {
        "answer": "COMING",
        "answeredBy": {"username": "网格员01"},
    }
    assert (await worker.do("recordAnswer", said | {"coming": False, "act": new_id("act")}))["errors"] == []
    assert (await worker.do("recordAnswer", said, "invitation { answer }"))["invitation"] == {"answer": "CANNOT"}
    assert await worker.refused("recordAnswer", said | {"coming": False}) == "CONFLICT"
    told = await worker.ask("{ helpCalls(first: 1) { nodes { coming { nodes { resident { name } } } } } }")
    comes = [{"resident": {"name": asked[0]["resident"]["name"]}}]
    assert told.data["helpCalls"]["nodes"] == [{"coming": {"nodes": comes}}]
    closed = {"call": call["id"], "act": new_id("act")}
    assert (await worker.do("closeCall", closed))["errors"] == []
    assert (await worker.do("closeCall", closed))["errors"] == []
    assert await worker.refused("closeCall", {"call": call["id"]}) == "WRONG_STATE"
    assert await tunping.as_nobody().refused("answerCall", {"code": code, "coming": False}) == "WRONG_STATE"


async def test_only_who_can_do_it_is_asked(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    call = await a_call(worker, colours=["CYAN"], skill="医生", most=50)
    made = (await worker.do("callForHelp", call, CALL))["call"]
    pool = tunping.app.state.owner
    reasons = await pool.fetch(
        "select distinct c.reason from invitation i join resident_colour c on c.resident_id = i.resident_id"
        " and c.colour = 'CYAN' where i.call_id = $1",
        call["id"].removeprefix("call_"),
    )
    assert made["invitations"]["totalCount"] > 0
    assert [row["reason"] for row in reasons] == ["医生"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"what": " "}, "INVALID_INPUT"),
        ({"colours": ["RED"]}, "INVALID_INPUT"),
        ({"most": 0}, "INVALID_INPUT"),
        ({"most": 501}, "INVALID_INPUT"),
        ({"skill": "宇航员"}, "INVALID_INPUT"),
        ({"household": None}, "INVALID_INPUT"),
        ({"community": new_id("community")}, "INVALID_INPUT"),
        ({"household": None, "estate": new_id("estate")}, "NOT_FOUND"),
        ({"household": new_id("household")}, "NOT_FOUND"),
    ],
)
async def test_a_call_that_cannot_be_is_refused(tunping: Tunping, change: dict[str, Any], code: str) -> None:
    worker = await tunping.as_("网格员01")
    call = await a_call(worker)
    before = [await tunping.count(name) for name in ("help_call", "invitation", "message")]
    assert await worker.refused("callForHelp", call | change) == code
    assert await (await tunping.as_("网格员14")).refused("callForHelp", call) == "NOT_FOUND"
    assert await (await tunping.as_("联户长03")).refused("callForHelp", call) == "NOT_ALLOWED"
    assert [await tunping.count(name) for name in ("help_call", "invitation", "message")] == before


PLACES = """{ communities { nodes { id name } } estates { nodes { id name grids { nodes { id name } } } } }"""
WIDE = """call { place grid { id } estate { id } invitations { totalCount } }"""


async def test_a_whole_estate_or_community_is_called_by_those_who_work_in_all_of_it(tunping: Tunping) -> None:
    secretary, worker = await tunping.as_("书记01"), await tunping.as_("网格员01")
    leader, stranger = await tunping.as_("网格长01"), await tunping.as_("网格长02")
    places = (await secretary.ask(PLACES)).data
    (community,) = places["communities"]["nodes"]
    posts = (await worker.ask("{ me { assignments { grid { id estate { id name } } } } }")).data
    grid = posts["me"]["assignments"][0]["grid"]
    estate = grid["estate"]

    async def calls(who: Tunping, **place: str) -> Any:
        return await who.do("callForHelp", {"id": new_id("call"), "what": "清理积雪", "most": 500} | place, WIDE)

    inside = (await calls(worker, grid=grid["id"]))["call"]
    around = (await calls(leader, estate=estate["id"]))["call"]
    everywhere = (await calls(secretary, community=community["id"]))["call"]
    assert [each["place"] for each in (around, everywhere)] == [estate["name"], "屯坪社区"]
    assert [each["grid"] for each in (inside, around, everywhere)] == [{"id": grid["id"]}, None, None]
    assert [each["estate"] for each in (inside, around, everywhere)] == [None, {"id": estate["id"]}, None]
    asked = [each["invitations"]["totalCount"] for each in (inside, around, everywhere)]
    assert 0 < asked[0] <= asked[1] < asked[2]
    assert 50 < asked[2] <= 500
    for who, place in (
        *((worker, {"community": community["id"]}), (leader, {"community": community["id"]})),
        (stranger, {"estate": estate["id"]}),
        (await tunping.as_("网格员14"), {"grid": grid["id"]}),
    ):
        (problem,) = (await calls(who, **place))["errors"]
        assert (problem["code"], problem["path"]) == ("NOT_FOUND", list(place))


@pytest.mark.long
async def test_a_call_in_a_community_is_seen_by_its_workers_each_with_their_own_people(tunping: Tunping) -> None:
    secretary, pool = await tunping.as_("书记01"), tunping.app.state.owner
    community = (await secretary.ask(PLACES)).data["communities"]["nodes"][0]
    call = {"id": new_id("call"), "what": "清理积雪", "community": community["id"], "most": 500}
    made = (await secretary.do("callForHelp", call, WIDE))["call"]
    query = """query($id: ID!) { node(id: $id) { ... on HelpCall {
        invitations { totalCount } coming { totalCount } } } }"""
    grids = [await tunping.as_(f"网格员{number:02}") for number in range(1, 15)]
    seen = [(await each.ask(query, id=call["id"])).data["node"] for each in grids]
    assert sum(each["invitations"]["totalCount"] for each in seen) == made["invitations"]["totalCount"]
    assert (await (await tunping.as_("联户长03")).ask(query, id=call["id"])).data == {"node": None}
    code, body = await pool.fetchrow(
        "select answer_code, body from invitation i join message m on m.invitation_id = i.id"
        " where 'call_' || call_id = $1",
        call["id"],
    )
    assert body == f"【屯坪社区】屯坪社区需要帮忙：清理积雪。能来请回复应答码 {code}，谢谢！"
    assert (await tunping.as_nobody().do("answerCall", {"code": code, "coming": True}))["errors"] == []
    shown = (await secretary.ask(query, id=call["id"])).data["node"]
    assert shown["coming"] == {"totalCount": 1}
    assert (await secretary.do("closeCall", {"call": call["id"]}))["errors"] == []


async def test_many_are_asked_by_as_many_statements_as_few(tunping: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    secretary, fetch = await tunping.as_("书记01"), Transaction._fetch
    community = (await secretary.ask(PLACES)).data["communities"]["nodes"][0]["id"]
    sent = list[str]()

    async def counted(tx: Transaction, text: str, values: Any) -> Any:
        sent.append(text)
        return await fetch(tx, text, values)

    monkeypatch.setattr(Transaction, "_fetch", counted)
    counts = []
    for most in (2, 300):
        call = {"id": new_id("call"), "what": "清理积雪", "community": community, "most": most}
        assert (await secretary.do("callForHelp", call))["errors"] == []
        counts.append(len(sent))
        sent.clear()
    assert counts[0] == counts[1] > 0


async def test_a_building_head_learns_of_no_call(tunping: Tunping) -> None:
    assert await (await tunping.as_("网格员01")).do("callForHelp", await a_call(await tunping.as_("网格员01")))
    head = await tunping.as_("联户长03")
    assert (await head.ask("{ helpCalls { totalCount } }")).data == {"helpCalls": {"totalCount": 0}}


@asynccontextmanager
async def a_gateway(
    answers: list[int], received: list[Any], looks: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[str]:
    """A gateway that answers with these statuses, one after the other, and then 200; before that it looks around."""

    async def take(request: Request) -> Response:
        if looks is not None:
            await looks()
        status = answers.pop(0) if answers else 200
        received.append((status, request.headers.get("authorization"), await request.json()))
        return JSONResponse({}, status)

    app = Starlette(routes=[Route("/send", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/send"
    finally:
        await server.shutdown()


async def test_messages_reach_the_gateway_once_each_also_when_it_was_down(copy_url: str) -> None:
    clock = Clock()
    received: list[Any] = []
    async with serving(copy_url, clock) as client:
        database, pool = client.app.state.system, client.app.state.owner
        await pool.execute("delete from message")
        worker = await client.as_("网格员01")
        assert (await worker.do("callForHelp", await a_call(worker, most=3)))["errors"] == []
        async with a_gateway([503, 200, 400], received) as url:
            await deliver(database, Gateway(url, "geheim"), clock)
            rows = await pool.fetch("select tries, sent_at, parked_at, last_error from message order by due_at desc")
            assert [row["last_error"] for row in rows if row["sent_at"] is None] == ["HTTP 503", "HTTP 400"]
            assert sum(row["parked_at"] is not None for row in rows) == 1
            await deliver(database, Gateway(url, "geheim"), clock)
            assert len(received) == 3, "not before its time"
            clock.turn(timedelta(minutes=2))
            await deliver(database, Gateway(url, "geheim"), clock)
        assert [status for status, _, _ in received] == [503, 200, 400, 200]
        assert received[0][2] == received[3][2]
        assert {token for _, token, _ in received} == {"Bearer geheim"}
        shown = await worker.ask("{ helpCalls(first: 1) { nodes { invitations { nodes { messageSentAt } } } } }")
        sent = shown.data["helpCalls"]["nodes"][0]["invitations"]["nodes"]
        assert sum(each["messageSentAt"] is not None for each in sent) == 2


async def test_no_row_is_locked_while_the_gateway_is_called_and_no_message_is_sent_twice(copy_url: str) -> None:
    clock, received = Clock(), list[Any]()
    async with serving(copy_url, clock) as client:
        database, pool = client.app.state.system, client.app.state.owner
        await pool.execute("delete from message")
        worker = await client.as_("网格员01")
        assert (await worker.do("callForHelp", await a_call(worker, most=1)))["errors"] == []

        async def looks() -> None:
            assert await pool.fetch("select id from message for update nowait") != []
            await deliver(database, Gateway("http://127.0.0.1:1/nowhere"), clock)

        async with a_gateway([], received, looks) as url:
            await deliver(database, Gateway(url), clock)
        assert len(received) == 1
        assert [tuple(row) for row in await pool.fetch("select tries, last_error from message")] == [(1, None)]


async def test_without_a_due_message_no_client_is_made(fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Any]()
    async with serving(fresh_url) as client:
        monkeypatch.setattr("api.background.messages.httpx.AsyncClient", lambda **given: made.append(given))
        await deliver(client.app.state.system, Gateway("http://127.0.0.1:1/nowhere"), Clock())
    assert made == []


async def test_a_gateway_that_never_ends_its_answer_is_given_up(copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.background.messages.TIMEOUT", 0.3)
    given_up = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.05)
        given_up.set()

    gateway = await asyncio.start_server(drip, "127.0.0.1")
    url = f"http://127.0.0.1:{gateway.sockets[0].getsockname()[1]}/"
    async with serving(copy_url) as client, gateway:
        pool = client.app.state.owner
        await pool.execute("delete from message")
        worker = await client.as_("网格员01")
        assert (await worker.do("callForHelp", await a_call(worker, most=1)))["errors"] == []
        await deliver(client.app.state.system, Gateway(url), Clock())
        await given_up.wait()
        assert await pool.fetchval("select tries from message where sent_at is null and last_error is not null") == 1


async def test_a_message_whose_worker_died_is_due_again_after_the_lease(copy_url: str) -> None:
    clock, received = Clock(), list[Any]()
    async with serving(copy_url, clock) as client:
        database, pool = client.app.state.system, client.app.state.owner
        await pool.execute("delete from message")
        worker = await client.as_("网格员01")
        assert (await worker.do("callForHelp", await a_call(worker, most=1)))["errors"] == []
        assert await database.transact(lease, now=clock()) is not None
        async with a_gateway([], received) as url:
            await deliver(database, Gateway(url), clock)
            assert received == []
            clock.turn(LEASE)
            await deliver(database, Gateway(url), clock)
        assert len(received) == 1
