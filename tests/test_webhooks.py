"""Webhooks to the centre: signed, thin, in order, through days of silence, and never where they should not go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from api.background.webhooks import WebhookSender, signing_secret
from db.acts import clients
from db.webhooks import LEASE
from rules.refusals import Refusal
from rules.webhooks import WAITS, check_address, is_public, wait_after
from tests.client import SECRET, Clock, Tunping, new_id, serving
from tests.command import tunping as command
from tests.test_centre import a_case, as_system, credentials, refer

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """The centre's own server: keeps what it gets, and answers as it is told."""

    port: int = 0
    status: int = 200
    more: str = ""
    answer: Answer | None = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    serving: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/events"

    def events(self) -> list[tuple[str, str]]:
        """The dispute and the kind of each event that it took."""
        bodies = (orjson.loads(body)["data"] for _, body in self.got)
        return [(body["dispute"], body["kind"]) for body in bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            with suppress(ConnectionError):
                await self._serve(reader, writer)
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        if 200 <= self.status < 300:
            self.got.append((headers, body))
        if self.answer is not None:
            await self.answer(writer)
        writer.write(f"HTTP/1.1 {self.status} -\r\ncontent-length: 0\r\n{self.more}connection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def receiving(**given: Any) -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver(**given)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in receiver.serving:
            task.cancel()
        await asyncio.gather(*receiver.serving, return_exceptions=True)


@dataclass
class Told:
    """A centre that is told by webhook, and what tells it."""

    tunping: Tunping
    clock: Clock
    made: clients.Credentials
    name: str
    receiver: Receiver

    def sender(self, *, private: bool = True) -> WebhookSender:
        """What the worker runs."""
        return WebhookSender(self.tunping.app.state.system, self.clock, SECRET, private)

    async def tell(self, *, private: bool = True) -> None:
        """One run of it."""
        await self.sender(private=private).send()

    async def waiting(self) -> int:
        """How many events are still to be told."""
        counted = "select count(*) from webhook where client_id = $1 and delivered_at is null and dead_at is null"
        found: int = await self.tunping.app.state.owner.fetchval(counted, self.made.client)
        return found


@asynccontextmanager
async def centre(url: str, name: str, clock: Clock) -> AsyncIterator[Told]:
    """A centre with a webhook at a receiver of its own."""
    async with serving(url, clock) as tunping, receiving() as receiver:
        made = await credentials(tunping, name)
        await tunping.transact(lambda tx: clients.set_webhook(tx, name, receiver.url, private=True))
        yield Told(tunping, clock, made, name, receiver)


@pytest.fixture
async def told(copy_url: str) -> AsyncIterator[Told]:
    """A centre that is forgotten after the test."""
    clock, name = Clock(datetime.now(UTC)), new_id("system")
    async with centre(copy_url, name, clock) as found:
        yield found
        await found.tunping.transact(lambda tx: clients.disable_client(tx, name))


async def referred(told: Told) -> str:
    """A case that was just sent to the centre."""
    dispute, parties = await a_case(told.tunping)
    await refer(told.tunping, dispute, parties)
    return dispute


async def test_an_event_is_thin_and_signed_and_what_is_altered_or_stale_is_refused(told: Told) -> None:
    hidden, _ = await a_case(told.tunping)
    dispute = await referred(told)
    await told.tell()
    ((headers, body),) = told.receiver.got
    event = orjson.loads(body)
    assert event["type"] == "dispute.dispute_referred"
    assert sorted(event) == ["data", "timestamp", "type"]
    assert (event["data"]["dispute"], sorted(event["data"])) == (dispute, ["cursor", "dispute", "kind"])
    assert hidden not in body.decode()
    checks = Webhook(signing_secret(SECRET, told.made.client))
    assert checks.verify(body.decode(), headers) == event
    other = Webhook(signing_secret(SECRET, uuid4()))
    stale = headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 360)}
    for check, text, named in (
        (checks, body.decode().replace("referred", "accepted"), headers),
        (checks, body.decode(), headers | {"webhook-id": "webhook_other"}),
        (checks, body.decode(), stale),
        (other, body.decode(), headers),
    ):
        with pytest.raises(WebhookVerificationError):
            check.verify(text, named)
    await told.tell()
    assert len(told.receiver.got) == 1


@pytest.mark.long
async def test_a_receiver_that_is_down_for_three_days_gets_everything_afterwards_in_order(told: Told) -> None:
    system, told.receiver.status = await as_system(told.tunping, told.made), 503
    first, second = await referred(told), await referred(told)
    steps = ["DISPUTE_REFERRED", "REFERRAL_ACCEPTED", "MEDIATION_BEGUN", "SITE_VISIT_PLANNED"]
    for dispute in (first, second):
        await system.do("acceptReferral", {"dispute": dispute})
        await system.do("beginMediation", {"dispute": dispute})
        at = (told.clock() + timedelta(days=9)).isoformat()
        visit = {"id": new_id("sitevisit"), "dispute": dispute, "at": at, "place": "现场"}
        await system.do("planSiteVisit", visit)
    for _ in range(72):
        await told.tell()
        told.clock.turn(timedelta(hours=1))
    assert told.receiver.got == []
    told.receiver.status = 200
    for _ in range(25):
        await told.tell()
        told.clock.turn(timedelta(hours=1))
    events = told.receiver.events()
    assert [kind for dispute, kind in events if dispute == first] == steps
    assert [kind for dispute, kind in events if dispute == second] == steps
    assert await told.waiting() == 0


@pytest.mark.long
def test_what_is_dead_after_days_is_visible_and_can_be_brought_to_life(copy_url: str) -> None:
    name, clock = "哑巴系统", Clock(datetime.now(UTC))
    dispute = asyncio.run(_die(copy_url, name, clock))
    listed = command(copy_url, "client", "dead-letters", name)
    assert listed.exit_code == 1
    assert [dispute in line for line in listed.output.splitlines()] == [True, True, True]
    assert "HTTP 500" in listed.output
    assert command(copy_url, "client", "redeliver", name).output.strip().endswith("3")
    clock.turn(timedelta(minutes=1))
    kinds = ["DISPUTE_REFERRED", "REFERRAL_ACCEPTED", "MEDIATION_BEGUN"]
    assert asyncio.run(_live(copy_url, name, clock)) == [(dispute, kind) for kind in kinds]
    nothing = command(copy_url, "client", "dead-letters", name)
    assert (nothing.exit_code, nothing.output.strip()) == (0, "没有 / none")


async def _die(url: str, name: str, clock: Clock) -> str:
    """Two events of a case that nobody takes until they are dead, and one that comes after and does not overtake."""
    async with centre(url, name, clock) as told:
        told.receiver.status = 500
        dispute = await referred(told)
        system = await as_system(told.tunping, told.made)
        await system.do("acceptReferral", {"dispute": dispute})
        for wait in (*WAITS, timedelta()):
            await told.tell()
            clock.turn(wait)
        assert await told.waiting() == 0
        told.receiver.status = 200
        system = await as_system(told.tunping, told.made)
        await system.do("beginMediation", {"dispute": dispute})
        await told.tell()
        assert told.receiver.got == []
    return dispute


async def _live(url: str, name: str, clock: Clock) -> list[tuple[str, str]]:
    """What a receiver at another address gets."""
    async with serving(url, clock) as tunping, receiving() as receiver:
        await tunping.transact(lambda tx: clients.set_webhook(tx, name, receiver.url, private=True))
        await WebhookSender(tunping.app.state.system, clock, SECRET, private=True).send()
        return receiver.events()


@pytest.mark.long
async def test_two_that_tell_at_once_tell_each_event_once(told: Told) -> None:
    disputes = [await referred(told) for _ in range(6)]
    await asyncio.gather(*(told.tell() for _ in range(4)))
    assert sorted(told.receiver.events()) == sorted((dispute, "DISPUTE_REFERRED") for dispute in disputes)


@pytest.mark.long
async def test_one_that_was_killed_while_telling_holds_nothing_up_for_long(told: Told) -> None:
    await referred(told)
    pool = told.tunping.app.state.owner
    told.receiver.status = 503
    await told.tell()
    leased = "update webhook set leased_until = $2, due_at = $3 where client_id = $1"
    await pool.execute(leased, told.made.client, told.clock() + LEASE, told.clock())
    told.receiver.status = 200
    await told.tell()
    assert told.receiver.got == []
    told.clock.turn(LEASE + timedelta(seconds=1))
    await told.tell()
    assert len(told.receiver.got) == 1


async def test_an_attempt_counts_before_it_is_made(told: Told) -> None:
    counted = "select failures from webhook where client_id = $1"
    found = list[int]()

    async def look(_: asyncio.StreamWriter) -> None:
        found.append(await told.tunping.app.state.owner.fetchval(counted, told.made.client))

    await referred(told)
    told.receiver.answer, told.receiver.status = look, 503
    await told.tell()
    told.clock.turn(timedelta(minutes=1))
    told.receiver.status = 200
    await told.tell()
    assert found == [1, 2]
    assert await told.tunping.app.state.owner.fetchval(counted, told.made.client) == 1


async def test_of_a_case_that_was_sent_back_nothing_more_is_told(told: Told) -> None:
    dispute = await referred(told)
    system, staff = await as_system(told.tunping, told.made), await told.tunping.as_("社区01")
    await system.do("rejectReferral", {"dispute": dispute, "reason": "不受理"})
    await staff.do("beginMediation", {"dispute": dispute})
    await told.tell()
    assert told.receiver.events() == [(dispute, "DISPUTE_REFERRED"), (dispute, "REFERRAL_REJECTED")]


async def test_a_case_that_is_settled_at_home_is_told_to_be_recalled(told: Told) -> None:
    dispute = await referred(told)
    staff = await told.tunping.as_("社区01")
    agreement = {"id": new_id("agreement"), "dispute": dispute, "form": "ORAL", "content": "和解"}
    assert (await staff.do("recordAgreement", agreement))["errors"] == []
    await told.tell()
    kinds = [kind for _, kind in told.receiver.events()]
    assert kinds == ["DISPUTE_REFERRED", "AGREEMENT_RECORDED", "REFERRAL_RECALLED"]


@pytest.mark.long
async def test_a_receiver_that_is_gone_is_left_in_peace_until_it_has_another_address(told: Told) -> None:
    told.receiver.status = 410
    dispute = await referred(told)
    await told.tell()
    told.receiver.status = 200
    told.clock.turn(timedelta(days=1))
    await told.tell()
    assert told.receiver.got == []
    await told.tunping.transact(lambda tx: clients.set_webhook(tx, told.name, told.receiver.url, private=True))
    await told.tell()
    assert told.receiver.events() == [(dispute, "DISPUTE_REFERRED")]


async def test_a_redirect_is_a_failure_and_is_not_followed(told: Told) -> None:
    async with receiving() as elsewhere:
        told.receiver.status, told.receiver.more = 302, f"location: {elsewhere.url}\r\n"
        await referred(told)
        await told.tell()
        assert elsewhere.got == []
    assert await told.waiting() == 1


async def test_retry_after_is_waited_for(told: Told) -> None:
    told.receiver.status, told.receiver.more = 429, "retry-after: 3600\r\n"
    await referred(told)
    await told.tell()
    told.receiver.status = 200
    for minutes in (59, 2):
        told.clock.turn(timedelta(minutes=minutes))
        await told.tell()
        assert bool(told.receiver.got) is (minutes == 2)


async def test_a_huge_answer_is_not_read(told: Told) -> None:
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 -\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(2_000):
            writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            await writer.drain()
            sent += 0x10000

    told.receiver.answer = flood
    await referred(told)
    await told.tell()
    assert await told.waiting() == 0
    assert sent < 50_000_000


async def test_a_receiver_that_answers_forever_is_given_up(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.background.webhooks.TIMEOUT", 0.5)

    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.1)

    told.receiver.answer = drip
    await referred(told)
    await told.tell()
    assert await told.waiting() == 1


async def test_private_addresses_are_not_spoken_to_unless_that_is_allowed(told: Told) -> None:
    await referred(told)
    await told.tell(private=False)
    assert told.receiver.got == []
    told.clock.turn(timedelta(minutes=1))
    await told.tell()
    assert len(told.receiver.got) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
        *("::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "224.0.0.1", "ff02::1"),
        *("64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "::127.0.0.1", "::", "fec0::1"),
    ],
)
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://centre.example", "ftp://x", "https://", "https://me:secret@centre.example", "https://x:99999/"),
        *("https://[", "https://centre\u2100example", f"https://centre.example/{'a' * 2_000}"),
    ],
)
def test_what_is_no_address_for_webhooks(url: str) -> None:
    with pytest.raises(Refusal):
        check_address(url, private=False)


def test_retries_go_on_for_more_than_three_days_and_then_end() -> None:
    waits = [wait_after(failures) for failures in range(1, len(WAITS) + 1)]
    assert sum((wait for wait in waits if wait), timedelta()) > timedelta(days=4)
    assert wait_after(len(WAITS) + 1) is None
    assert wait_after(1, timedelta(hours=2)) == timedelta(hours=2)
    assert wait_after(1, timedelta(days=30)) == timedelta(days=1)
