"""The Starlette application: its routes, and what it opens at the start and closes at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from obstore.store import MemoryStore
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from api import auth, code_sheets, logs, pages, papers, photos, uploads
from api.auth import Authenticator
from api.floods import Floods
from api.graphql import graphql
from api.messages import Gateway
from api.photo_store import PhotoStore
from api.silence import last_pass, watching
from api.sockets import live
from api.webhooks import Teller
from api.worker import Worker, working
from db.database import Database
from db.sealing import Sealer
from schema.compiler.plan import Plans
from schema.feed import Feed


@dataclass(frozen=True, slots=True)
class Options:
    """What an application needs to be told."""

    database_url: str
    secret: bytes
    access_token_seconds: int = 600
    pool_size: int = 10
    body_limit: int = 256 * 1024
    sealing_key: bytes | None = None
    """Seals ID numbers; without one none are kept."""
    photos: PhotoStore = field(default_factory=lambda: PhotoStore(MemoryStore()))
    """Where photos are kept; in memory unless it is said."""
    photo_limit: int = 10 * 1024 * 1024
    works: bool = False
    """Whether background work is done in this process too."""
    public_url: str | None = None
    """Under which address people reach the pages behind QR codes."""
    webhook_private: bool = False
    """Whether webhooks may go by http and to private addresses."""
    gateway: Gateway | None = None
    """Where text messages go; without one they wait, and people are phoned."""
    help_phone: str | None = None
    """The community's telephone, for residents' pages."""
    behind_proxy: bool = False
    """Whether a proxy of our own says where requests come from."""


def utc_now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


async def ready(request: Request) -> Response:
    """Whether requests can be answered: the database does. Also whether background work is alive, for a monitor."""
    state = request.app.state
    try:
        scheduler = await last_pass(state.database, state.now())
    except Exception as error:  # noqa: BLE001  whatever it is, the answer is no
        return JSONResponse({"ready": False, "reason": type(error).__name__}, 503)
    return JSONResponse({"ready": True, "scheduler": scheduler})


async def alive(_: Request) -> Response:
    """Whether the process runs."""
    return JSONResponse({"live": True})


def create_app(options: Options, now: Callable[[], datetime] = utc_now) -> Starlette:
    """The application; ``now`` is its clock."""
    logs.configure()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await Database.open(options.database_url, options.pool_size)
        feed = Feed(database, options.secret)
        app.state.database, app.state.sessions, app.state.feed = database, database.sessions, feed
        feed.start()
        teller = Teller(database, now, options.secret, options.webhook_private)
        worker = Worker(database, now, options.gateway, teller) if options.works else None
        try:
            async with working(worker), watching(database, now):
                yield
        finally:
            await feed.stop()
            await database.close()

    routes = [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", live),
        Route("/ready", ready),
        Route("/live", alive),
        *auth.routes,
        *pages.routes,
        *photos.routes,
        *code_sheets.routes,
        *papers.routes,
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.authenticator = Authenticator(options.secret, options.access_token_seconds)
    app.state.plans = Plans()
    app.state.body_limit = options.body_limit
    app.state.sealer = Sealer.of(options.sealing_key) if options.sealing_key else None
    app.state.help_phone = options.help_phone
    app.state.behind_proxy = options.behind_proxy
    app.state.floods = Floods()
    app.state.public_url = options.public_url
    app.state.photos, app.state.photo_secret = options.photos, options.secret
    app.state.photo_limit = options.photo_limit
    app.state.decoding = asyncio.Semaphore(uploads.AT_ONCE)
    app.state.now = now
    return app
