"""Tunping's command line without the guards against clients that ask too much, for :mod:`bench.guards`.

It estimates no cost, counts no request, holds no place for heavy operations, does not know which sign-ins have ended,
and waits for slow clients for ever.
"""

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager, nullcontext
from secrets import token_hex
from typing import Any
from unittest.mock import patch
from uuid import UUID

from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.commands import serving
from api.commands.main import app
from api.http import admission, graphql
from api.http.endings import Endings
from rules.access import Viewer
from schema.compiler.plan import Plan
from schema.engine import execution
from schema.engine.bulkhead import Bulkhead


class PlainProtocol(HttpToolsProtocol):
    """HTTP/1.1 without deadlines and without limits."""

    def __init__(self, _: object, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)


async def admit_all(self: admission.Progress, scope: Scope, receive: Receive, send: Send) -> None:
    """Passes requests on with the state that the application reads. Answers tell their id, which is no guard."""
    if scope["type"] == "lifespan":
        await self._app(scope, receive, send)
        return
    request_id = token_hex(16)
    scope.setdefault("state", {}).update(request_id=request_id, quota=None, client="")

    def send_with_id(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *self._also]
        return send(message)

    await self._app(scope, receive, send_with_id)


async def count_nothing(connection: HTTPConnection, viewer: Viewer) -> None:
    """Counts no request of an account."""


def hold_no_place(self: Bulkhead, viewer: UUID | None, cost: int) -> AbstractAsyncContextManager[None]:  # noqa: ARG001
    return nullcontext()


with (
    patch.object(Plan, "cost", lambda *_: 0),
    patch.object(execution, "refuse_costly", lambda _: None),
    patch.object(Bulkhead, "place", hold_no_place),
    patch.object(Endings, "ended", lambda *_: False),
    patch.object(admission.Progress, "__call__", admit_all),
    patch.object(graphql, "admit_viewer", count_nothing),
    patch.object(serving, "HttpProtocol", PlainProtocol),
):
    app()
