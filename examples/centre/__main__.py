"""`python -m examples.centre`: receives webhooks, reads the feed, and works on cases until it is told to stop."""

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
from examples.centre.tunping import HEAD, Refused, Tunping

BODY_LIMIT = 64 * 1024
AGAIN = 2.0
"""Seconds after which it tries again whatever Tunping could not answer."""


class Centre:
    """The centre's system: two doors by which news come, one desk at which they are worked on."""

    def __init__(self, tunping: Tunping, book: Book, secret: str) -> None:
        self._tunping, self._book, self._checks = tunping, book, Webhook(secret)
        self._news = asyncio.Event()
        self._news.set()

    async def receive(self, request: Request) -> Response:
        """A webhook: checked, written down, and only then acknowledged."""
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

    def _told(self, cursor: str, dispute: str) -> None:
        self._book.note(cursor, dispute)
        self._news.set()

    async def follow(self) -> None:
        """Reads the feed from where it was left: what no webhook told is found here."""
        while True:
            try:
                if self._book.place() is None:
                    # First what is there, then the head that was read before it: nothing falls in between.
                    head = (await self._tunping.ask(HEAD))["liveCursor"]
                    for dispute in await self._tunping.waiting():
                        self._told(f"{head}/{dispute}", dispute)
                    self._book.keep_place(head)
                async for cursor, dispute in self._tunping.feed(self._book.place() or ""):
                    self._told(cursor, dispute)
                    self._book.keep_place(cursor)
            except Exception as error:  # noqa: BLE001  whatever it is, it has to go on
                print(f"feed: {error!r}", flush=True)
                if isinstance(error, Refused) and "RESYNC_REQUIRED" in error.codes:
                    self._book.begin_anew()
                await asyncio.sleep(AGAIN)

    async def work(self) -> None:
        """Takes every case with news as far as it goes."""
        while True:
            await self._news.wait()
            self._news.clear()
            for dispute in self._book.undone():
                try:
                    cursors = self._book.told(dispute)
                    while await advance(self._tunping, dispute):
                        print(f"{dispute}: a step", flush=True)
                    self._book.done(cursors)
                except Exception as error:  # noqa: BLE001  the other cases do not wait for this one
                    print(f"{dispute}: {error!r}", flush=True)
                    await asyncio.sleep(AGAIN)
                    self._news.set()

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Follows and works while the receiver listens."""
        tasks = [asyncio.create_task(each) for each in (self.follow(), self.work())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def main() -> None:
    """Until it is told to stop."""
    asked = argparse.ArgumentParser(prog="examples.centre", description=__doc__)
    asked.add_argument("--tunping", default="http://127.0.0.1:8000", help="where Tunping listens")
    asked.add_argument("--port", type=int, default=8100, help="where webhooks are received")
    asked.add_argument("--book", type=Path, default=Path("centre.sqlite"), help="the file that remembers")
    given = asked.parse_args()
    names = ("CENTRE_CLIENT_ID", "CENTRE_CLIENT_SECRET", "CENTRE_WEBHOOK_SECRET")
    missing = [name for name in names if name not in os.environ]
    if missing:
        asked.error(f"set {', '.join(missing)}")
    client_id, client_secret, webhook_secret = (os.environ[name] for name in names)
    async with httpx.AsyncClient(base_url=given.tunping, timeout=20) as http:
        centre = Centre(Tunping(http, client_id, client_secret), Book(given.book), webhook_secret)
        app = Starlette(routes=[Route("/events", centre.receive, methods=["POST"])], lifespan=centre.running)
        await uvicorn.Server(uvicorn.Config(app, port=given.port, log_level="warning")).serve()


if __name__ == "__main__":
    asyncio.run(main())
