"""The Starlette application: its routes, its answers to exceptions, and what it opens and closes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from obstore.store import MemoryStore
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from api import logs, pages
from api.background.messages import Gateway
from api.background.silence import last_pass, watching
from api.background.webhooks import Teller
from api.background.worker import Worker, working
from api.clock import utc_now
from api.http import auth, photos, uploads
from api.http.auth import Authenticator
from api.http.errors import Failure, answer_with
from api.http.floods import Floods
from api.http.graphql import graphql
from api.http.photo_store import PhotoStore
from api.http.request_ids import RequestIds
from api.http.sockets import live
from api.office import code_sheets, papers
from api.pages.frame import as_page
from db.database import Database
from db.sealing import Sealer
from schema.compiler.plan import Plans
from schema.engine.feed import Feed


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of an application."""

    database_url: str
    secret: bytes
    access_token_seconds: int = 600
    pool_size: int = 20
    """The most connections to the database."""
    body_limit: int = 256 * 1024
    sealing_key: bytes | None = None
    """Seals ID numbers; without one none are kept."""
    photos: PhotoStore = field(default_factory=lambda: PhotoStore(MemoryStore()))
    """Where photos are kept; in memory by default."""
    photo_limit: int = 10 * 1024 * 1024
    works: bool = False
    """Whether this process does background work too."""
    public_url: str | None = None
    """The address by which people reach the pages behind QR codes."""
    webhook_private: bool = False
    """Whether webhooks may go by HTTP and to private addresses."""
    gateway: Gateway | None = None
    """Where text messages go; without one they wait, and people are phoned."""
    help_phone: str | None = None
    """The community's telephone, for residents' pages."""
    behind_proxy: bool = False
    """Whether a proxy of our own says where requests come from."""


async def ready(request: Request) -> Response:
    """Whether the database answers, so that requests can be answered; and whether background work is alive."""
    state = request.app.state
    return JSONResponse({"ready": True, "scheduler": await last_pass(state.database, state.now())})


def _not_ready(_: Request, failure: Failure) -> Response:
    """The server is unavailable, whatever failed."""
    return JSONResponse({"ready": False, "reason": failure.code}, 503, failure.headers)


async def alive(_: Request) -> Response:
    """Whether the process runs."""
    return JSONResponse({"live": True})


async def _gone(*_: Any) -> Response:
    """The client left in the middle of its request, so nobody reads this answer."""
    return Response(status_code=400)


ROUTES = [
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
SHAPES = {"auth": auth.as_oauth, "q": as_page, "r": as_page, "wishes": as_page, "ready": _not_ready}
"""How failures are written, by the first part of the path."""
HANDLERS: dict[type[Exception], Any] = {
    **auth.handlers,
    **pages.handlers,
    ClientDisconnect: _gone,
    Exception: answer_with(SHAPES),
}
MIDDLEWARE = [
    Middleware(RequestIds),
    # Given as exception_handlers, that of Exception would raise it again, and the server log the data that it quotes.
    Middleware(ExceptionMiddleware, handlers=HANDLERS),
]


def create_app(options: Options, now: Callable[[], datetime] = utc_now) -> Starlette:
    """The application; ``now`` is its clock."""
    logs.configure()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await Database.open(options.database_url, options.pool_size)
        feed = Feed(database, options.secret)
        app.state.database, app.state.feed = database, feed
        feed.start()
        teller = Teller(database, now, options.secret, options.webhook_private)
        worker = Worker(database, now, options.gateway, teller) if options.works else None
        try:
            async with working(worker), watching(database, now):
                yield
        finally:
            await feed.stop()
            await database.close()

    app = Starlette(routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
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
