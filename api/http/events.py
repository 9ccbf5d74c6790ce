"""Subscriptions as server-sent events: GraphQL over SSE in its distinct connections mode."""

from collections.abc import AsyncIterator

import orjson
from graphql import GraphQLError
from starlette.datastructures import State
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from api.http.auth import Authenticated, Authenticator
from api.http.errors import format_error
from api.http.languages import language_of
from api.http.media import EVENTS
from api.http.requests import Asked
from schema.engine.feed import Feed, Overrun, Subscriber
from schema.engine.live import subscribe

KEEP_ALIVE = 12.0
"""Seconds of silence before a comment is sent: a fifth of the 60 s after which nginx by default cuts the connection."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def stream(request: HttpRequest, asked: Asked, who: Authenticated) -> Response:
    """The events of a subscription until the client leaves, its token expires, or it reads too slowly."""
    state = request.app.state
    try:
        operation = await state.documents.request(request, asked, who.viewer)
        subscriber = await subscribe(operation, who.viewer, state.feed, state.plans, language_of(request))
    except GraphQLError as error:
        errors = [format_error(error, request)]
        body = _event("next", orjson.dumps({"errors": errors}).decode())
        return Response(body + _event("complete"), 200, _HEADERS, EVENTS)
    events = _events(state, subscriber, who)
    return StreamingResponse(events, 200, _HEADERS, EVENTS)


async def _events(state: State, subscriber: Subscriber, who: Authenticated) -> AsyncIterator[bytes]:
    feed: Feed = state.feed
    authenticator: Authenticator = state.authenticator
    feed.add(subscriber)
    try:
        while authenticator.holds(who, state.now()):
            try:
                async with authenticator.while_it_holds(who, state.now(), KEEP_ALIVE):
                    batch = await subscriber.next()
            except Overrun:
                return  # Without `complete`, the client treats it as a lost connection and resumes.
            except TimeoutError:
                yield b":\n\n"
                continue
            for event in batch:
                yield _event("next", '{"data":' + event.replace("\n", "") + "}")
        yield _event("complete")
    finally:
        feed.remove(subscriber)


def _event(kind: str, data: str = "") -> bytes:
    return f"event: {kind}\ndata: {data}\n\n".encode()
