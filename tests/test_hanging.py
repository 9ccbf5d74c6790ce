"""What hangs outside holds nothing up: the live feed goes on, and no transaction waits."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest

from api.background.gateways import Gateway
from api.background.messages import deliver
from api.background.webhooks import WebhookSender
from api.http.pictures import Picture
from db.acts import clients
from seeds.known import DEMO_COUNTER_CODE
from tests.client import SECRET, Clock, Tunping, listening, new_id, phone, subscribed
from tests.test_calls import a_call, a_gateway
from tests.test_centre import a_case, credentials, refer
from tests.test_photos import jpeg, put
from tests.test_webhooks import receiving

OPEN = """select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    and (state like 'idle in transaction%' or backend_xid is not null)"""


@dataclass
class Outside:
    """Something outside that has been asked and does not answer yet."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def hang(self, *_: Any) -> None:
        self.reached.set()
        await self.released.wait()


Ask: TypeAlias = Callable[[], Awaitable[Any]]


@asynccontextmanager
async def gateway(client: Tunping, outside: Outside) -> AsyncIterator[Ask]:
    """A text message that the gateway does not take."""
    worker, database = await client.as_("网格员01"), client.app.state.system
    assert (await worker.do("callForHelp", await a_call(worker, most=1)))["errors"] == []
    async with a_gateway([], [], outside.hang) as url:
        yield lambda: deliver(database, Gateway(url), Clock())


@asynccontextmanager
async def receiver(client: Tunping, outside: Outside, host: str = "127.0.0.1") -> AsyncIterator[Ask]:
    """A webhook that the centre's system does not take."""
    name = new_id("system")
    await credentials(client, name)
    async with receiving(answer=outside.hang) as found:
        url = found.url.replace("127.0.0.1", host)
        await client.transact(lambda tx: clients.set_webhook(tx, name, url, private=True))
        await refer(client, *await a_case(client))
        sender = WebhookSender(client.app.state.system, Clock(), SECRET, private=True)

        async def send() -> None:
            while not outside.reached.is_set():  # An open transaction elsewhere holds the journal up.
                await sender.send()

        yield send
        await client.transact(lambda tx: clients.disable_client(tx, name))


@asynccontextmanager
async def name_server(client: Tunping, outside: Outside) -> AsyncIterator[Ask]:
    """A webhook whose address is looked up and not found yet."""
    loop = asyncio.get_running_loop()

    async def look_up(host: str, port: int, **_: Any) -> Any:
        if host == "centre.test":
            await outside.hang()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "getaddrinfo", look_up)
        async with receiver(client, outside, "centre.test") as ask:
            yield ask


@asynccontextmanager
async def photo_store(client: Tunping, outside: Outside) -> AsyncIterator[Ask]:
    """A photo that the object store does not take."""
    worker, stored = await client.as_("网格员01"), client.app.state.photos

    class Slow:
        async def put(self, sha256: bytes, picture: Picture) -> None:
            await outside.hang()
            await stored.put(sha256, picture)

    client.app.state.photos = Slow()
    yield lambda: put(worker, jpeg("olive"))


@pytest.mark.long
@pytest.mark.parametrize("what", [gateway, receiver, name_server, photo_store])
async def test_while_something_outside_hangs_each_appeal_reaches_the_phone(copy_url: str, what: Any) -> None:
    outside = Outside()
    async with asyncio.timeout(30), listening(copy_url) as client, phone(await client.as_("网格员01")) as worker:
        pool, nobody = client.app.state.owner, client.as_nobody()
        async with what(client, outside) as ask:
            await worker.subscribe()
            await subscribed(client)
            asking = asyncio.ensure_future(ask())
            await outside.reached.wait()
            for _ in range(3):
                new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": "3号楼2单元 暖气不热"}
                assert (await nobody.do("openAppeal", new))["errors"] == []
                assert (await worker.event())["appeal"]["id"] == new["id"]
            while await pool.fetchval(OPEN):  # noqa: ASYNC110  the feed's own transactions end
                await asyncio.sleep(0.01)
            assert not asking.done()
            outside.released.set()
            await asking
