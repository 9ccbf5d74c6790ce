"""The Starlette application: routes, exception handlers, and the resources that it opens and closes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from api import explorer, logs, pages
from api.background import endings, in_background, silence
from api.background.worker import Worker
from api.clock import utc_now
from api.http import auth, passwords, photos, uploads
from api.http.access_tokens import Authenticator
from api.http.admission import SECURE, InProgress, LookUps, Progress, TooMany
from api.http.documents import Documents
from api.http.errors import HttpError, answer_with
from api.http.graphql import graphql
from api.http.limits import Limits
from api.http.oauth import as_oauth
from api.http.origins import SharedRoutes
from api.http.photo_store import PhotoStore
from api.http.pulse import Pulse
from api.http.sockets import live
from api.office import code_sheets, exports, papers
from api.pages.frame import as_page
from api.settings import Settings
from db.database import Database
from db.logins import Login
from schema.engine.bulkhead import Bulkhead
from schema.engine.feed import Feed
from schema.engine.plans import Plans

SYSTEM_CONNECTIONS = 9
"""Connections for what has no viewer: two passwords are compared at once, and the jobs need five."""


async def ready(request: Request) -> Response:
    """Reports whether the database answers, and which background work is late."""
    state = request.app.state
    sends = {"sends_messages": state.sends_messages, "sends_pushes": state.sends_pushes}
    late = await silence.lateness(state.system, state.now(), **sends)
    return JSONResponse({"ready": True, **late})


def _not_ready(_: Request, error: HttpError) -> Response:
    status = error.status if isinstance(error, TooMany) else 503
    return JSONResponse({"ready": False, "reason": error.code}, status, error.headers)


async def alive(_: Request) -> Response:
    """Reports that the process runs."""
    return JSONResponse({"live": True})


async def _disconnected(*_: Any) -> Response:
    """The client left in the middle of its request, so nobody reads this answer."""
    return Response(status_code=400)


ROUTES = [
    Route("/graphql", graphql, methods=["GET", "POST"]),
    WebSocketRoute("/graphql", live),
    Route("/ready", ready),
    Route("/live", alive),
    *auth.routes,
    *passwords.routes,
    *pages.routes,
    *photos.routes,
    *code_sheets.routes,
    *papers.routes,
    *exports.routes,
    *explorer.routes,
]
PAGES = ("invitation", "q", "r", "wishes")
FORMATS = {"auth": as_oauth, "ready": _not_ready, **dict.fromkeys(PAGES, as_page)}
"""Formats of errors by the first part of the path."""
HANDLERS: dict[type[Exception], Any] = {
    ClientDisconnect: _disconnected,
    Exception: answer_with(FORMATS),
}


class _Resources(State):
    """Plain attributes. Starlette's state looks each up in a dictionary by ``__getattr__``: 4 % of a request's CPU."""

    def __setattr__(self, key: Any, value: Any) -> None:
        object.__setattr__(self, key, value)

    def __delattr__(self, key: Any) -> None:
        object.__delattr__(self, key)


class Application(Starlette):
    """Starlette with one layer for exceptions instead of two, which took some 5 % of a request's CPU.

    Starlette's layer for Exception would also raise it again, and uvicorn would log the data that it quotes.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.state = _Resources()

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = ExceptionMiddleware(self.router, handlers=self.exception_handlers)
        for made, arguments, options in reversed(self.user_middleware):
            app = made(app, *arguments, **options)
        return app


def create_app(settings: Settings, database_url: str, now: Callable[[], datetime] = utc_now) -> Starlette:
    """The application over a database; ``now`` is its clock."""
    logs.configure()
    secret, sealer, vapid = settings.signing_secret(), settings.sealer(), settings.vapid()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await Database.open(database_url, settings.pool_size)
        system = await Database.open(database_url, SYSTEM_CONNECTIONS, Login.WORKER)
        feed = Feed(database, await Database.open(database_url, 1), secret, timedelta(days=settings.feed_days))
        app.state.database, app.state.system, app.state.feed = database, system, feed
        feed.start()
        try:
            async with AsyncExitStack() as running:
                await running.enter_async_context(in_background(silence.watch(system, now)))
                ended = endings.follow(system, app.state.authenticator.endings, now)
                await running.enter_async_context(in_background(ended))
                if settings.worker:
                    worker = Worker.of(settings, system, now)
                    await running.enter_async_context(in_background(worker.run()))
                yield
        finally:
            await feed.stop()
            await asyncio.gather(database.close(), system.close())
            await app.state.limits.close()

    public_url = settings.public_address()
    limits, in_progress = Limits.of(settings, secret, now), InProgress(settings.requests_at_once)
    also = SECURE if public_url and public_url.startswith("https:") else ()
    answer, proxy = answer_with(FORMATS), settings.behind_proxy
    progress = Middleware(Progress, limits, in_progress, answer, behind_proxy=proxy, also=also)
    origins = settings.known_origins()
    # Outermost, so that a page can read refusals of Progress too.
    shared = [Middleware(SharedRoutes, origins)] if origins else []
    app = Application(routes=ROUTES, middleware=[*shared, progress], exception_handlers=HANDLERS, lifespan=lifespan)
    codes, texts = settings.code_policy(), settings.sms_url is not None
    app.state.authenticator = Authenticator(secret, settings.access_token_seconds, codes, sealer, texts=texts)
    app.state.plans, app.state.bulkhead, app.state.pulse = Plans(), Bulkhead(), Pulse()
    app.state.documents = Documents(trusted_only=settings.trusted_documents)
    app.state.introspection = settings.introspection or False
    app.state.origins = origins
    app.state.demo = None
    app.state.body_limit = settings.body_limit
    app.state.sealer = sealer
    app.state.help_phone = settings.help_phone
    app.state.limits, app.state.in_progress, app.state.look_ups = limits, in_progress, LookUps()
    app.state.public_url = public_url
    app.state.sends_messages = texts
    app.state.push_key = vapid.public if vapid else None
    app.state.sends_pushes = vapid is not None or settings.push_gateway_url is not None
    app.state.photos, app.state.photo_secret = PhotoStore.of(settings), secret
    app.state.photo_limit = settings.photo_limit
    app.state.decoding = asyncio.Semaphore(uploads.AT_ONCE)
    app.state.now = now
    return app
