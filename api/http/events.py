"""Subscriptions as server-sent events: GraphQL over SSE in its distinct connections mode."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from api.http.auth import Authenticated
from api.http.errors import format_error
from api.http.languages import language_of
from api.http.media import EVENTS
from schema.engine.feed import Feed, Overrun, Subscriber
from schema.engine.live import Request, subscribe

KEEP_ALIVE = 12.0
"""Seconds of silence after which a comment is sent, so that no proxy on the way takes the connection for dead."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def stream(request: HttpRequest, asked: Request, who: Authenticated) -> Response:
    """A subscription's events until the client leaves, its token ends, or it has read too slowly."""
    state, language = request.app.state, language_of(request.headers.get("accept-language"))
    try:
        subscriber = await subscribe(asked, who.viewer, state.feed, state.plans, language)
    except GraphQLError as error:
        errors = [format_error(error, request)]
        body = _event("next", orjson.dumps({"errors": errors}).decode())
        return Response(body + _event("complete"), 200, _HEADERS, EVENTS)
    events = _events(state.feed, subscriber, who.expires_at, state.now)
    return StreamingResponse(events, 200, _HEADERS, EVENTS)


async def _events(feed: Feed, subscriber: Subscriber, end: datetime | None, now: Any) -> AsyncIterator[bytes]:
    feed.add(subscriber)
    try:
        while end is None or now() < end:
            try:
                async with asyncio.timeout(_patience(end, now())):
                    batch = await subscriber.next()
            except Overrun:
                return  # without `complete`: the client takes it for a lost connection and resumes
            except TimeoutError:
                yield b":\n\n"
                continue
            for event in batch:
                yield _event("next", '{"data":' + event.replace("\n", "") + "}")
        yield _event("complete")
    finally:
        feed.remove(subscriber)


def _patience(end: datetime | None, now: datetime) -> float:
    return KEEP_ALIVE if end is None else max(0.0, min(KEEP_ALIVE, (end - now).total_seconds()))


def _event(kind: str, data: str = "") -> bytes:
    return f"event: {kind}\ndata: {data}\n\n".encode()
