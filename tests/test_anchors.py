"""The worker links rows, and makes an anchor of the record each day, in a file and for a receiver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from standardwebhooks import Webhook

from api.anchors import FILE
from api.background.record import receivers_secret
from api.background.worker import Worker
from db.database import Database
from db.logins import Login
from rules.anchors import read_lines
from rules.record import Chain
from tests.client import SECRET, Clock, Tunping, serving, settings
from tests.record import KEYS, heads, link_all
from tests.test_webhooks import receiving


async def test_ready_tells_since_when_rows_wait_for_their_links(fresh_url: str) -> None:
    clock = Clock()
    insert = "insert into account_event (kind, times, occurred_at) values ('SIGN_IN_REFUSED', 1, now())"

    async def told(client: Tunping) -> tuple[bool, bool]:
        found = (await client.http.get("/ready")).json()["record"]
        return found["waitingSince"] is not None, found["late"]

    async with serving(fresh_url, clock) as client:
        await link_all(fresh_url)
        assert await told(client) == (False, False)
        await client.app.state.owner.execute(insert)
        assert await told(client) == (True, False)
        clock.turn(timedelta(minutes=6))
        assert await told(client) == (True, True)
        await link_all(fresh_url)
        assert await told(client) == (False, False)


@asynccontextmanager
async def recording(url: str, folder: Path, receiver: str | None = None, **more: Any) -> AsyncIterator[Worker]:
    """A worker with a record, whose anchors are in the folder."""
    given = settings(url, anchor_dir=folder, anchor_url=receiver, webhook_private=True, **more)
    database = await Database.open(url, 1, Login.WORKER)
    try:
        yield Worker.of(given, database, Clock())
    finally:
        await database.close()


async def _sign_out(worker: Worker) -> None:
    async with worker.database.connection() as connection:
        await connection.execute("insert into account_event (kind, times, occurred_at) values ('SIGNED_OUT', 1, now())")


async def test_the_worker_links_and_anchors_once_a_day(fresh_url: str, tmp_path: Path) -> None:
    async with recording(fresh_url, tmp_path / "anchors") as worker:
        for _ in range(3):
            await _sign_out(worker)
            await worker.link_record()
            await worker.anchor_record()
        lines = (tmp_path / "anchors" / FILE).read_text().splitlines()
        anchors, wrong = read_lines(KEYS, lines)
    assert (len(anchors), wrong) == (1, [])
    assert (await heads(fresh_url))[Chain.ACCOUNT_EVENT].keys() == {anchors[0].heads[Chain.ACCOUNT_EVENT].position + 2}


async def test_without_a_key_nothing_is_linked_and_rows_wait(fresh_url: str, tmp_path: Path) -> None:
    async with recording(fresh_url, tmp_path, record_key=None) as worker:
        await _sign_out(worker)
        waiting = await worker.database.fetchval("select count(*) from record_pending")
        await worker.link_record()
        await worker.anchor_record()
        assert waiting > 0
        assert await worker.database.fetchval("select count(*) from record_pending") == waiting
    assert not (tmp_path / FILE).exists()


async def test_anchors_are_sent_signed_in_order_and_until_they_are_taken(fresh_url: str, tmp_path: Path) -> None:
    async with receiving(status=500) as receiver, recording(fresh_url, tmp_path, receiver.url) as worker:
        assert worker.record is not None
        for _ in range(2):
            worker.record.anchors.add(await worker.record.heads(), Clock()(), once_a_day=False)
        await worker.anchor_record()
        assert receiver.got == []
        receiver.status = 200
        for _ in range(2):
            await worker.anchor_record()
    signer = Webhook(receivers_secret(SECRET))
    taken: list[Any] = [signer.verify(body, headers) for headers, body in receiver.got]
    lines = [orjson.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert taken == [{"type": "record.anchored", "data": line} for line in lines]
    assert len(lines) == 2


async def test_anchors_go_to_no_private_address_unless_that_is_set(fresh_url: str, tmp_path: Path) -> None:
    async with receiving() as receiver, recording(fresh_url, tmp_path, receiver.url) as worker:
        assert worker.record is not None
        await replace(worker.record, private=False).anchor()
        assert (receiver.got, worker.record.anchors.sent()) == ([], 0)
