"""The reference client of the dispute resolution centre, as a process of its own that is killed again and again."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from api.background.webhooks import WebhookSender, signing_secret
from db.acts import clients
from examples.centre.book import Book
from tests.client import SECRET, Clock, Tunping, free_port, listening
from tests.test_centre import a_case, credentials, refer

ROOT = Path(__file__).parents[1]
STEPS = [
    "DISPUTE_OPENED",
    "DISPUTE_RAISED",
    "DISPUTE_REFERRED",
    "REFERRAL_ACCEPTED",
    "MEDIATION_BEGUN",
    "SITE_VISIT_PLANNED",
    "FINDING_RECORDED",
    "EVIDENCE_ADDED",
    "MEETING_HELD",
    "AGREEMENT_RECORDED",
    "REFERRAL_DONE",
]


class Centre:
    """The client in a process of its own, which tests kill and start again."""

    def __init__(self, tunping: Tunping, made: clients.Credentials, port: int, book: Path) -> None:
        self.port = port
        self._book = book
        self._arguments = ["--tunping", str(tunping.http.base_url), "--port", str(port), "--book", str(book)]
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "CENTRE_CLIENT_ID": f"client_{made.client}",
            "CENTRE_CLIENT_SECRET": made.secret,
            "CENTRE_WEBHOOK_SECRET": signing_secret(SECRET, made.client),
        }
        self.starts = 0

    async def start(self) -> None:
        """A new process, from when it listens."""
        module = (sys.executable, "-m", "examples.centre")
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(
            *module, *self._arguments, env=self._environment, cwd=ROOT, stdout=pipe, stderr=asyncio.subprocess.STDOUT
        )
        self.starts += 1
        async with httpx.AsyncClient() as http, asyncio.timeout(30):
            while True:
                try:
                    await http.get(f"http://127.0.0.1:{self.port}/")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def kill(self) -> None:
        """As the power does."""
        self.process.kill()
        await self.process.communicate()

    def place(self) -> str:
        """The cursor of the last event that it has worked through."""
        with closing(sqlite3.connect(self._book)) as file:
            (cursor,) = file.execute("select cursor from position").fetchone()
        return str(cursor)


async def kinds(tunping: Tunping, dispute: str) -> list[str]:
    """The kinds of a case's events."""
    query = "select kind from journal where dispute_id = $1 order by id"
    rows = await tunping.app.state.owner.fetch(query, dispute.removeprefix("dispute_"))
    return [row["kind"] for row in rows]


async def last_place(tunping: Tunping, dispute: str) -> str:
    """The cursor of the last event of a case."""
    query = """select (select name from feed_epoch order by number desc limit 1) || '.' || position from feed_position
        join journal j on j.id = entry_id where dispute_id = $1 order by position desc limit 1"""
    place: str = await tunping.app.state.owner.fetchval(query, dispute.removeprefix("dispute_"))
    return place


@asynccontextmanager
async def telling(sender: WebhookSender) -> AsyncIterator[None]:
    """The worker, which sends webhooks."""

    async def again() -> None:
        while True:
            await sender.send()
            await asyncio.sleep(0.1)

    task = asyncio.create_task(again())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.long
async def test_killed_at_every_step_it_neither_misses_nor_repeats_anything(copy_url: str, tmp_path: Path) -> None:
    clock = Clock()
    async with listening(copy_url, clock) as tunping:
        made = await credentials(tunping, "参考系统")
        centre = Centre(tunping, made, free_port(), tmp_path / "book.sqlite")
        url = f"http://127.0.0.1:{centre.port}/events"
        await tunping.transact(lambda tx: clients.set_webhook(tx, "参考系统", url, private=True))
        await centre.start()
        dispute, parties = await a_case(tunping)
        await refer(tunping, dispute, parties)
        seen = 3
        async with telling(WebhookSender(tunping.app.state.system, clock, SECRET, private=True)), asyncio.timeout(90):
            while seen < len(STEPS):
                if len(done := await kinds(tunping, dispute)) > seen:
                    seen = len(done)
                    await centre.kill()
                    await centre.start()
                await asyncio.sleep(0.01)
            while not centre.place().startswith(await last_place(tunping, dispute)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await kinds(tunping, dispute) == STEPS
        assert centre.starts > 3
        secretary = await tunping.as_("书记01")
        query = """query($id: ID!) { dispute(id: $id) { status level referrals { status result }
            workspace { lossTotal } agreement { form terms { what } marksMissing { name } }
            accessRecords(first: 1) { nodes { operation } } } }"""
        found = (await secretary.ask(query, id=dispute)).data["dispute"]
        assert (found["status"], found["level"]) == ("AGREED", "CENTRE")
        assert found["referrals"] == [{"status": "DONE", "result": "已达成书面协议，请跟进履行。"}]
        assert found["agreement"]["form"] == "WRITTEN"
        assert [term["what"] for term in found["agreement"]["terms"]] == ["修复防水并赔偿损失"]
        assert found["workspace"]["lossTotal"] == "1200.00"
        assert found["accessRecords"]["nodes"]
        await forged(centre, made, dispute)
        await centre.kill()


async def forged(centre: Centre, made: clients.Credentials, dispute: str) -> None:
    """What is altered, stale, replayed or not signed with its secret does not come in; a retry does."""
    body = '{"type": "dispute.x", "timestamp": "", "data": {"dispute": "' + dispute + '", "cursor": "1.1"}}'
    own, other = Webhook(signing_secret(SECRET, made.client)), Webhook("whsec_" + "QUJD" * 10)
    now = datetime.now(UTC).replace(microsecond=0)

    def signed(by: Webhook, at: datetime) -> dict[str, str]:
        return {
            "webhook-id": "webhook_x",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": by.sign("webhook_x", at, body),
        }

    first, retry, stale = signed(own, now), signed(own, now + timedelta(seconds=5)), now - timedelta(minutes=6)
    async with httpx.AsyncClient() as http:
        url = f"http://127.0.0.1:{centre.port}/events"
        for content, headers, status in (
            (body, signed(other, now), 401),
            (body.replace("1.1", "1.2"), first, 401),
            (body, first | {"webhook-id": "webhook_y"}, 401),
            (body, signed(own, stale), 401),
            (body, first, 204),
            (body, first, 409),
            (body, retry, 204),
            (body, retry, 409),
            (b" " * 70_000, first, 413),
        ):
            assert (await http.post(url, content=content, headers=headers)).status_code == status, (headers, status)


@pytest.mark.long
async def test_without_any_webhook_it_finds_its_cases_in_the_feed(copy_url: str, tmp_path: Path) -> None:
    async with listening(copy_url) as tunping:
        made = await credentials(tunping, "只读接口")
        waiting, parties = await a_case(tunping)
        await refer(tunping, waiting, parties)
        centre = Centre(tunping, made, free_port(), tmp_path / "book.sqlite")
        await centre.start()
        new, parties = await a_case(tunping)
        await refer(tunping, new, parties)
        async with asyncio.timeout(60):
            for dispute in (waiting, new):
                while await kinds(tunping, dispute) != STEPS:  # noqa: ASYNC110  another process makes it true
                    await asyncio.sleep(0.05)
        await centre.kill()


@pytest.mark.long
async def test_where_the_feed_is_another_one_it_begins_anew(copy_url: str, tmp_path: Path) -> None:
    async with listening(copy_url) as tunping:
        book = tmp_path / "book.sqlite"
        Book(book).set_position("9000000000.1")
        centre = Centre(tunping, await credentials(tunping, "恢复之后"), free_port(), book)
        await centre.start()
        dispute, parties = await a_case(tunping)
        await refer(tunping, dispute, parties)
        async with asyncio.timeout(30):
            while await kinds(tunping, dispute) != STEPS:  # noqa: ASYNC110  another process makes it true
                await asyncio.sleep(0.05)
        await centre.kill()
        assert centre.place() != "9000000000.1"
