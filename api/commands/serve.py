"""`tunping serve`: a database, its tables, the demo, the server, and a clean end."""

import gc
import socket
from collections.abc import Callable
from typing import Annotated

import asyncpg
import typer
import uvicorn

from api.app import Options, create_app
from api.commands.databases import database, plain_failures
from api.commands.greeting import announce
from api.commands.listening import address_of, bind, most_connections
from api.commands.seed import load_demo
from api.commands.settings import Settings
from api.commands.signals import end_cleanly, run
from api.commands.terminal import new_app
from api.commands.worker import gateway_of
from api.http.photo_store import PhotoStore
from db.migrate import bring_up
from seeds.demo import DEMO_COUNTER_CODE, is_empty

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a message on a socket."""
REQUESTS_END = 5
"""Seconds that requests have to end when the server stops: the deadline of what they ask of the database."""
app = new_app()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65_535)] = None,
    demo: Annotated[bool | None, typer.Option(help="Whether to fill an empty database with the demo.")] = None,
) -> None:
    """Start the database if need be, migrate, load the demo into an empty database, and serve."""
    with plain_failures():
        end_cleanly(0)
        settings = Settings.read(host=host, port=port, demo=demo)
        with bind(settings.host, settings.port) as listening, database(settings) as url:
            options = _options(settings, url)
            with_demo = run(_prepare(url, with_demo=settings.demo))
            address = address_of(listening)
            config = _config(options)
            server = Server(config, lambda: announce(address, is_demo=with_demo))
            run(server.serve([listening]), config.get_loop_factory())


async def _prepare(url: str, *, with_demo: bool) -> bool:
    """Migrates, and loads the demo into an empty database; whether it is the demo."""
    await bring_up(url)
    if with_demo and await is_empty(url):
        typer.echo("正在载入演示数据…… / loading the demo …")
        await load_demo(url)
    return await _is_demo(url)


async def _is_demo(url: str) -> bool:
    """Whether the demo's accounts are there to sign in with."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval("select 1 from qr_code where code = $1", DEMO_COUNTER_CODE)
    finally:
        await connection.close()
    return found is not None


def _options(settings: Settings, url: str) -> Options:
    return Options(
        database_url=url,
        secret=settings.signing_secret(),
        access_token_seconds=settings.access_token_seconds,
        pool_size=settings.pool_size,
        body_limit=settings.body_limit,
        sealing_key=settings.key_to_seal(),
        works=settings.worker,
        public_url=settings.public_address(),
        photos=PhotoStore.at(settings.data_dir / "photos", settings.photo_store),
        photo_limit=settings.photo_limit,
        gateway=gateway_of(settings),
        help_phone=settings.help_phone,
        behind_proxy=settings.behind_proxy,
        webhook_private=settings.webhook_private,
    )


def _config(options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(options),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_LIMIT,
        ws_per_message_deflate=False,
        limit_concurrency=most_connections(),
        timeout_graceful_shutdown=REQUESTS_END,
    )


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, and says so."""
        await super().startup(sockets)
        if self.started:
            # The schema is 200,000 objects that never go: to look through them again and again would halt requests.
            gc.collect()
            gc.freeze()
            self._ready()
