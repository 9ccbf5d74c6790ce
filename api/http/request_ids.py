"""Headers of all answers: the request id, which log lines carry too, and what the public address adds."""

from collections.abc import Iterable
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURE = [(b"strict-transport-security", b"max-age=31536000")]
"""HSTS (RFC 6797) for a year, for a server whose public address is https. The proxy in front speaks TLS."""


class RequestIds:
    """Middleware that gives each request or socket an id and sends it as ``X-Request-Id``."""

    def __init__(self, app: ASGIApp, also: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._app = app
        self._also = tuple(also)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *self._also]
            await send(message)

        await self._app(scope, receive, send_with_id)
