"""A proxy in front of PostgreSQL that freezes: it accepts connections and forwards nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit

_CHUNK = 64 * 1024


class Proxy:
    """Forwards data until it is frozen, refuses connections, or has forwarded the message to freeze at."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self._last: bytes | None = None
        self.frozen = asyncio.Event()
        """Set when the message of :meth:`freeze_at` has gone through."""
        self._tasks: set[asyncio.Task[None]] = set()

    def freeze(self) -> None:
        """Forwards nothing from now on."""
        self._open.clear()

    def freeze_at(self, message: bytes) -> None:
        """Freezes after the next message of a client that contains these bytes, before its answer."""
        self._last = message

    async def refuse(self) -> None:
        """Closes all connections, and refuses new ones."""
        self._refusing = True
        await self.cut()

    def swallow(self) -> None:
        """Forwards nothing on the connections that are open, for ever. New ones work, as behind a lost NAT."""
        self._open.clear()
        self._open = asyncio.Event()
        self._open.set()

    def lead_to(self, path: str) -> None:
        """Leads new connections to another server."""
        self._path = path

    def resume(self) -> None:
        """Forwards everything again, first the data that was held back."""
        self._refusing = False
        self._open.set()

    async def cut(self) -> None:
        """Closes all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Accepts a connection of a client."""
        if self._refusing:
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.close())  # A task that is cancelled before it begins closes nothing.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        forwards = self._open
        await forwards.wait()
        server_reader, server_writer = await asyncio.open_unix_connection(self._path)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(forwards, reader, server_writer, by_client=True))
                both.create_task(self._pump(forwards, server_reader, writer))
        finally:
            server_writer.close()

    async def _pump(
        self,
        forwards: asyncio.Event,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        by_client: bool = False,
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                await forwards.wait()
                is_last = by_client and self._last is not None and self._last in data
                if is_last:
                    self._last = None
                    self.freeze()
                writer.write(data)
                await writer.drain()
                if is_last:
                    self.frozen.set()
        await forwards.wait()
        writer.close()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy in front of the server behind a URL, and the URL that leads through it."""
    parts = urlsplit(url)
    (folder,) = parse_qs(parts.query)["host"]
    proxy = Proxy(f"{folder}/.s.PGSQL.5432")
    server = await asyncio.start_server(proxy.accept, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, urlunsplit(parts._replace(netloc=f"postgres:@127.0.0.1:{port}", query=""))
    finally:
        server.close()
        await proxy.refuse()
