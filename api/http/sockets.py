"""Subscriptions over WebSocket by the graphql-transport-ws protocol. Queries and mutations use HTTP only."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.http.access_tokens import Authenticated, Authenticator, Lease, TokenError
from api.http.admission import TooMany, admit, admit_viewer
from api.http.errors import HttpError, format_error
from api.http.languages import language_of
from api.http.origins import may_connect
from api.http.pulse import Pulse
from api.http.requests import asked
from api.rates import SOCKETS_BY_ADDRESS
from schema.compiler.feeds import Event
from schema.compiler.refused import RequestError
from schema.engine.feed import Moved, Overrun, Subscriber
from schema.engine.live import subscribe

PROTOCOL = "graphql-transport-ws"
INIT_WITHIN = 10.0
"""Seconds for the client's first message. Strawberry's 60 s would let idle sockets pile up."""
IDLE_WITHIN = 60.0
"""Seconds between two messages of a socket without an account, which can subscribe to nothing."""
BACK_WITHIN = 10
"""Seconds over which clients that were refused come back."""
SEND_WITHIN = 10.0
"""Seconds for a client to accept a message, before the kernel cuts the connection (``listening.USER_TIMEOUT_MS``)."""
MOST_SUBSCRIPTIONS = 32
"""Subscriptions of one socket: more than the schema has roots, so that a board may have them all, and some twice."""
PING, PONG = b'{"type":"ping"}', b'{"type":"pong"}'
WRITE_TEXT = "tunping.write_text"
"""The extension of ASGI by which our server writes a message at once (``api.commands.websocket``)."""
TOO_SLOW = "Too slow: resume after the last cursor"


class Closed(Exception):
    """Closes the socket with a code and a reason of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def live(websocket: WebSocket) -> None:
    if not may_connect(websocket, websocket.app.state.origins):
        await websocket.close()  # Before it is accepted: the handshake gets status 403.
        return
    if PROTOCOL not in websocket.scope.get("subprotocols", []):
        await websocket.accept()
        await websocket.close(4406, "Subprotocol not acceptable")
        return
    await websocket.accept(PROTOCOL)
    try:
        await Socket(websocket).run()
    except* WebSocketDisconnect:
        pass
    except* Closed as ends:
        end = ends.exceptions[0]
        assert isinstance(end, Closed)
        with suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(end.code, end.reason)


def _authorization(payload: Any) -> str | None:
    """The header ``Authorization`` in a payload, in any spelling, or in its ``headers``."""
    given = payload if isinstance(payload, dict) else {}
    for headers in (given, given.get("headers")):
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if name.lower() == "authorization" and isinstance(value, str):
                return value
    return None


class Socket:
    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._state = websocket.app.state
        self._who: Authenticated | None = None
        self._lease: Lease | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks = asyncio.TaskGroup()
        self._pinged = False
        """True between a ping and its pong. That pong does not count as a message."""
        self._patience = asyncio.timeout(None)
        """Ends when a ping was not answered."""
        self._sending = asyncio.Lock()
        extension = websocket.scope.get("extensions", {}).get(WRITE_TEXT)
        self._write: Callable[[bytes], bool] | None = extension and extension["write"]

    async def run(self) -> None:
        """Reads messages until the client leaves, its token expires, or it violates the protocol.

        Raises WebSocketDisconnect or Closed, directly or in an exception group.
        """
        await self._admit()
        try:
            async with asyncio.timeout(INIT_WITHIN):
                await self._greet()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        try:
            async with self._while_signed_in() as self._lease, self._tasks:
                await self._listen()
        except TimeoutError:
            raise Closed(4403, "Forbidden: the access token has ended") from None

    async def _listen(self) -> None:
        """Reads messages. A client that has been silent is asked whether it is there."""
        pulse: Pulse = self._state.pulse
        try:
            async with self._patience:
                while True:
                    if self._signed_in():
                        pulse.heard(self)
                    await self._handle(await self._receive())
        except TimeoutError:
            raise Closed(4408, "No pong: connect again, after the last cursor") from None
        finally:
            pulse.forget(self)

    def ask(self) -> None:
        """Sends a ping."""
        self._pinged = True
        if not self._send_now(PING):
            with suppress(RuntimeError):  # The socket is ending.
                self._tasks.create_task(self._send(PING))

    def lose(self) -> None:
        """Ends the connection, because no answer to the ping has come."""
        self._patience.reschedule(asyncio.get_running_loop().time())

    def _while_signed_in(self) -> AbstractAsyncContextManager[Lease]:
        assert self._who is not None
        authenticator: Authenticator = self._state.authenticator
        return authenticator.while_it_holds(self._who, self._state.now())

    async def _receive(self) -> dict[str, Any]:
        try:
            message = orjson.loads(await self._text())
        except (orjson.JSONDecodeError, KeyError):
            raise Closed(4400, "Invalid message: not JSON text") from None
        if not isinstance(message, dict):
            raise Closed(4400, "Invalid message: not an object")
        if message.get("type") == "pong" and self._pinged:
            self._pinged = False
        elif self._who is not None:
            await self._admit()
        return message

    async def _text(self) -> str:
        if self._who is None or self._signed_in():
            return await self._websocket.receive_text()
        try:
            async with asyncio.timeout(IDLE_WITHIN):
                return await self._websocket.receive_text()
        except TimeoutError:
            raise Closed(4408, "Idle without an account") from None

    def _signed_in(self) -> bool:
        return self._who is not None and self._who.viewer.account_id is not None

    async def _admit(self) -> None:
        """Counts a message, or before the first one a new socket."""
        try:
            if self._who is None:
                await admit(self._websocket, SOCKETS_BY_ADDRESS)
            else:
                await admit_viewer(self._websocket, self._who.viewer)
        except TooMany as refused:
            # Many of one address are refused together, and must not come back together.
            wait = int(refused.headers["Retry-After"]) + random.randrange(BACK_WITHIN)  # noqa: S311  no secret
            raise Closed(1013, f"Try again in {wait} s") from None

    async def _greet(self) -> None:
        """Waits for ``connection_init``, before which a client may send pings."""
        while (message := await self._receive()).get("type") in {"ping", "pong"}:
            if message["type"] == "ping":
                await self._send(PONG)
        if message.get("type") != "connection_init":
            raise Closed(4401, "Unauthorized: connection_init comes first")
        given = _authorization(message.get("payload"))
        self._who = self._viewer(self._websocket.headers.get("authorization") if given is None else given)
        await self._send(b'{"type":"connection_ack"}')

    def _viewer(self, header: str | None) -> Authenticated:
        try:
            found: Authenticated = self._state.authenticator.viewer_from_header(header, self._state.now())
        except TokenError as error:
            raise Closed(4403, f"Forbidden: {error.message}") from None
        return found

    def _renew(self, header: str) -> None:
        """Takes a new token of the same viewer. The subscriptions go on as if nothing had happened."""
        assert self._who is not None
        assert self._lease is not None
        new = self._viewer(header)
        if new.viewer != self._who.viewer:
            raise Closed(4403, "Forbidden: the token is of another account")
        self._who = new
        self._lease.renew(new, self._state.now())

    async def _handle(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "subscribe":
            self._subscribe(message)
        elif kind == "complete":
            self._complete(message.get("id"))
        elif kind == "ping":
            if (given := _authorization(message.get("payload"))) is not None:
                self._renew(given)
            await self._send(PONG)
        elif kind == "connection_init":
            raise Closed(4429, "Too many initialisation requests")
        elif kind != "pong":
            raise Closed(4400, "Invalid message: unknown type")

    def _complete(self, key: Any) -> None:
        task = self._running.pop(key, None) if isinstance(key, str) else None
        if task is not None:
            task.cancel()

    def _subscribe(self, message: dict[str, Any]) -> None:
        key, payload = message.get("id"), message.get("payload")
        if not isinstance(key, str) or not key or not isinstance(payload, dict):
            raise Closed(4400, "Invalid message: subscribe needs an id and a payload")
        if key in self._running:
            raise Closed(4409, f"Subscriber for {key} already exists")
        self._running[key] = self._tasks.create_task(self._serve(key, payload))

    async def _serve(self, key: str, payload: dict[str, Any]) -> None:
        try:
            subscriber = await self._subscriber(payload)
            self._state.feed.add(subscriber)
            try:
                await self._deliver(key, subscriber)
            finally:
                self._state.feed.remove(subscriber)
        except Closed:
            raise
        except Overrun:
            raise Closed(4008, TOO_SLOW) from None
        except Moved as moved:
            raise Closed(1012, f"Restarting: connect again in {moved.seconds} s, after the last cursor") from None
        except (WebSocketDisconnect, RuntimeError):
            raise Closed(1001, "Gone") from None
        except Exception as error:  # noqa: BLE001  any error ends this subscription only
            await self._fail(key, error)

    async def _fail(self, key: str, error: Exception) -> None:
        self._running.pop(key, None)
        errors = [format_error(error, self._websocket)]
        with suppress(Closed, WebSocketDisconnect, RuntimeError):
            await self._send(orjson.dumps({"id": key, "type": "error", "payload": errors}))

    async def _subscriber(self, payload: dict[str, Any]) -> Subscriber:
        assert self._who is not None
        if len(self._running) > MOST_SUBSCRIPTIONS:
            raise RequestError("TOO_MANY_SUBSCRIPTIONS", "一个连接最多 {most} 个订阅。", most=MOST_SUBSCRIPTIONS)
        try:
            wanted = asked(payload)
        except HttpError as error:
            raise Closed(4400, f"Invalid message: {error.message}") from None
        request = await self._state.documents.request(self._websocket, wanted, self._who.viewer)
        feed, plans, language = self._state.feed, self._state.plans, language_of(self._websocket)
        subscriber = await subscribe(request, self._who.viewer, feed, plans, language)
        subscriber.client = self
        return subscriber

    async def _deliver(self, key: str, subscriber: Subscriber) -> None:
        prefix = b'{"id":' + orjson.dumps(key) + b',"type":"next","payload":{"data":'
        task = self._running.get(key)

        def send(events: Sequence[Event]) -> int:
            for number, event in enumerate(events):
                # The subscription may be complete, and another one may have its id.
                if self._running.get(key) is not task or not self._send_now(prefix + event.answer + b"}}"):
                    return number
            return len(events)

        subscriber.send = send
        while True:
            for event in await subscriber.next():
                await self._send(prefix + event.answer + b"}}")

    def _send_now(self, text: bytes) -> bool:
        """Sends a message, unless others wait to be sent."""
        return self._write is not None and not self._sending.locked() and self._write(text)

    async def _send(self, text: bytes) -> None:
        if self._send_now(text):
            return
        try:
            async with self._sending, asyncio.timeout(SEND_WITHIN):
                await self._websocket.send_text(text.decode())
        except TimeoutError:
            raise Closed(4008, TOO_SLOW) from None
