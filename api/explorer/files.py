"""The files of these pages: GraphiQL and React as their npm packages have them, and our own."""

import asyncio
from functools import cache
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.answers import compress, encoding_of

_FOLDER = Path(str(files("api.explorer") / "static"))
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_FILES = {each.name: _TYPES[each.suffix] for each in _FOLDER.iterdir() if each.suffix in _TYPES}
"""The media types of the files by their names."""
_KEPT = {"Cache-Control": "public, max-age=3600", "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}


async def static(request: Request) -> Response:
    """GET /static/{name}."""
    name = request.path_params["name"]
    if name not in _FILES:
        return Response(status_code=404)
    encoding = encoding_of(request.headers.get("accept-encoding", ""))
    content = await asyncio.to_thread(_content, name, encoding)
    encoded = {"Content-Encoding": encoding} if encoding else {}
    return Response(content, 200, {**_KEPT, **encoded}, _FILES[name])


@cache
def _content(name: str, encoding: str | None) -> bytes:
    content = (_FOLDER / name).read_bytes()
    return compress(content, encoding) if encoding else content


routes = [Route("/static/{name}", static, methods=["GET"])]
