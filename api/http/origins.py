"""Which web pages may use the server from a browser: its own, and those of the configured origins."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

_SHARED = frozenset({"graphql", "auth", "photos", "papers", "exports", "codes"})
"""First parts of paths for apps. Residents' pages are for no other page."""
_HEADERS = ("*",)
"""Clients send names of their own too. None of them signs anybody in but ``Authorization``, which a page must know."""
_READ = (
    *("Content-Disposition", "ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate"),
    "X-Request-Id",
)
"""Headers of answers that scripts may read."""
_REMEMBERED = 7_200
"""Seconds for which browsers remember that an origin may ask: the longest that Chromium takes."""


class SharedRoutes(CORSMiddleware):
    """CORS for the routes of apps. Nothing is sent along by the browser itself: there are no cookies."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        methods = ("GET", "POST", "PUT")
        super().__init__(app, origins, methods, _HEADERS, expose_headers=_READ, max_age=_REMEMBERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].partition("/")[2].partition("/")[0] in _SHARED:
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def may_connect(websocket: WebSocket, origins: Collection[str]) -> bool:
    """False for a page of another site. CORS does not cover sockets. Apps that are no pages send no ``Origin``."""
    origin = websocket.headers.get("origin")
    if origin is None or origin in origins:
        return True
    try:
        return urlsplit(origin).netloc == websocket.headers.get("host")
    except ValueError:
        return False
