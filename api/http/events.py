"""Subscriptions over HTTP: GraphQL over SSE in its distinct connections mode, and Apollo's multipart protocol."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.datastructures import State
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from api.http.access_tokens import Authenticated, Authenticator
from api.http.errors import format_error
from api.http.languages import language_of
from api.http.media import EVENTS, PARTS
from api.http.requests import Asked
from schema.compiler.feeds import Event
from schema.engine.feed import Feed, Moved, Overrun, Subscriber
from schema.engine.live import subscribe

KEEP_ALIVE = 12.0
"""Seconds of silence before a comment is sent: a fifth of the 60 s after which nginx by default cuts the connection."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Framing:
    """How a protocol writes what a subscription sends."""

    media: str
    begin: bytes
    event: Callable[[Event], bytes]
    refused: Callable[[Any], bytes]
    """Of the errors of a subscription that does not begin."""
    idle: bytes
    token_ended: bytes
    too_slow: bytes
    """The client resumes after the last event that it received."""
    moved: bytes
    """Likewise. The server restarts."""


def _event(kind: str, data: bytes = b"", cursor: str = "") -> bytes:
    line = f"id: {cursor}\n" if cursor else ""
    return f"{line}event: {kind}\ndata: ".encode() + data.replace(b"\n", b"") + b"\n\n"


def _part(content: bytes) -> bytes:
    """A part, and the boundary after it, without which clients take it for unfinished."""
    return b"\r\nContent-Type: application/json\r\n\r\n" + content + b"\r\n--graphql"


def _lost(code: str, message: str) -> bytes:
    """The end of a multipart stream by an error of the transport, after which clients connect again."""
    error = {"message": message, "extensions": {"code": code}}
    return _part(orjson.dumps({"payload": None, "errors": [error]})) + b"--\r\n"


_SSE = Framing(
    media=EVENTS,
    begin=b"",
    event=lambda event: _event("next", b'{"data":' + event.answer + b"}", event.cursor),
    refused=lambda errors: _event("next", orjson.dumps({"errors": errors})) + _event("complete"),
    idle=b":\n\n",
    token_ended=_event("complete"),
    too_slow=b"",  # Without `complete`, the client treats it as a lost connection.
    moved=b"",
)
_MULTIPART = Framing(
    media=f'{PARTS};boundary="graphql";subscriptionSpec=1.0',
    begin=b"--graphql",
    event=lambda event: _part(b'{"payload":{"data":' + event.answer + b"}}"),
    refused=lambda errors: _part(orjson.dumps({"payload": {"errors": errors}})) + b"--\r\n",
    idle=_part(b"{}"),
    token_ended=_lost("TOKEN_EXPIRED", "The access token has ended."),
    too_slow=_lost("TOO_SLOW", "Too slow: resume after the last cursor."),
    moved=_lost("UNAVAILABLE", "The server restarts: resume after the last cursor."),
)
_FRAMINGS = {EVENTS: _SSE, PARTS: _MULTIPART}


async def stream(request: HttpRequest, asked: Asked, who: Authenticated, media: str) -> Response:
    """The events of a subscription until the client leaves, its token expires, or it reads too slowly."""
    state, framing = request.app.state, _FRAMINGS[media]
    try:
        operation = await state.documents.request(request, asked, who.viewer)
        resumed = replace(operation, resume_after=request.headers.get("last-event-id"))
        subscriber = await subscribe(resumed, who.viewer, state.feed, state.plans, language_of(request))
    except GraphQLError as error:
        body = framing.begin + framing.refused([format_error(error, request)])
        return Response(body, 200, _HEADERS, framing.media)
    return StreamingResponse(_events(state, subscriber, who, framing), 200, _HEADERS, framing.media)


async def _events(state: State, subscriber: Subscriber, who: Authenticated, framing: Framing) -> AsyncIterator[bytes]:
    feed: Feed = state.feed
    authenticator: Authenticator = state.authenticator
    feed.add(subscriber)
    try:
        yield framing.begin
        while authenticator.holds(who, state.now()):
            try:
                async with authenticator.while_it_holds(who, state.now(), KEEP_ALIVE):
                    batch = await subscriber.next()
            except Overrun:
                yield framing.too_slow
                return
            except Moved:
                yield framing.moved
                return
            except TimeoutError:
                yield framing.idle
                continue
            for event in batch:
                yield framing.event(event)
        yield framing.token_ended
    finally:
        feed.remove(subscriber)
