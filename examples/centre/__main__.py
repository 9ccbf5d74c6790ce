"""`python -m examples.centre`: receives webhooks, reads the feed, and works on cases."""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.centre.book import Book
from examples.centre.casework import advance
from examples.centre.tunping import Refused, Tunping

BODY_LIMIT = 64 * 1024
AGAIN = 2.0
"""Seconds before a retry after an error. A compromise: Tunping restarts within seconds."""


class Centre:
    """Two sources of events, webhooks and the feed, and one loop that works on the cases."""

    def __init__(self, tunping: Tunping, book: Book, secret: str) -> None:
        self._tunping, self._book, self._checks = tunping, book, Webhook(secret)
        self._news = asyncio.Event()
        self._news.set()

    async def receive(self, request: Request) -> Response:
        """POST /events: verifies a webhook, stores it, and only then acknowledges it."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT:
                return Response(status_code=413)
        try:
            event = self._checks.verify(body.decode(), dict(request.headers))
        except (WebhookVerificationError, UnicodeDecodeError):
            return Response(status_code=401)
        message, sent = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        if not self._book.take(message, sent, event["data"]["cursor"], event["data"]["dispute"]):
            return Response(status_code=409)
        self._news.set()
        return Response(status_code=204)

    def _note(self, cursor: str, dispute: str) -> None:
        self._book.note(cursor, dispute)
        self._news.set()

    async def follow(self) -> None:
        """Reads the feed from the stored position, which finds events that no webhook delivered."""
        while True:
            try:
                if self._book.position() is None:
                    # The head is read before the list of cases, so that no event between them is missed.
                    head = (await self._tunping.ask("{ liveCursor }"))["liveCursor"]
                    for dispute in await self._tunping.waiting():
                        self._note(f"{head}/{dispute}", dispute)
                    self._book.set_position(head)
                async for cursor, dispute in self._tunping.feed(self._book.position() or ""):
                    self._note(cursor, dispute)
                    self._book.set_position(cursor)
            except Exception as error:  # noqa: BLE001  the feed is read again, whatever failed
                print(f"feed: {error!r}", flush=True)
                if isinstance(error, Refused) and "RESYNC_REQUIRED" in error.codes:
                    self._book.reset_position()
                await asyncio.sleep(AGAIN)

    async def work(self) -> None:
        """Advances each case that has new events as far as possible."""
        while True:
            await self._news.wait()
            self._news.clear()
            for dispute in self._book.pending():
                try:
                    cursors = self._book.events_of(dispute)
                    while await advance(self._tunping, dispute):
                        print(f"{dispute}: a step", flush=True)
                    self._book.mark_done(cursors)
                except Exception as error:  # noqa: BLE001  the other cases do not wait for this one
                    print(f"{dispute}: {error!r}", flush=True)
                    await asyncio.sleep(AGAIN)
                    self._news.set()

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Runs the feed and the work beside the HTTP server."""
        tasks = [asyncio.create_task(each) for each in (self.follow(), self.work())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="examples.centre", description=__doc__)
    parser.add_argument("--tunping", default="http://127.0.0.1:8000", help="the address of Tunping")
    parser.add_argument("--port", type=int, default=8100, help="the port for webhooks")
    parser.add_argument("--book", type=Path, default=Path("centre.sqlite"), help="the file with the received events")
    given = parser.parse_args()
    try:
        secrets = [os.environ[f"CENTRE_{name}"] for name in ("CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_SECRET")]
    except KeyError as missing:
        parser.error(f"set {missing.args[0]}")
    async with httpx.AsyncClient(base_url=given.tunping, timeout=20) as http:
        client_id, client_secret, webhook_secret = secrets
        centre = Centre(Tunping(http, client_id, client_secret), Book(given.book), webhook_secret)
        app = Starlette(routes=[Route("/events", centre.receive, methods=["POST"])], lifespan=centre.running)
        await uvicorn.Server(uvicorn.Config(app, port=given.port, log_level="warning")).serve()


if __name__ == "__main__":
    asyncio.run(main())
