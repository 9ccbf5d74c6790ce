"""`PUT /photos/{sha256}`: addressed by content, so a retry is free. `GET /photos/{id}/{size}`: by a signed address."""

import asyncio
import hmac
import re
from uuid import uuid4

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.errors import HttpError, as_graphql_error
from api.floods import PHOTOS_BY_ADDRESS, PHOTOS_BY_CODE, waits
from api.graphql import authenticated, masked, refused
from api.languages import language_of
from api.photo_store import SIZES
from api.pictures import NotAPicture
from api.requests import JSON
from api.uploads import TooLarge, TooSlow, Waiting, digest_of, streamed, take, waiting
from db.acts.acting import Acting
from db.acts.photos import kept, may_keep
from rules.access import Viewer
from rules.photos import check_sha256, sign
from rules.refusals import Refusal

SERVED = {
    "Cache-Control": "private, max-age=300",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_SECONDS = re.compile(r"[0-9]{1,11}")


async def put_photo(request: Request) -> Response:
    """Keeps a photo: 201 when it is new, 200 when it was there."""
    request_id = uuid4().hex
    try:
        viewer = authenticated(request).viewer
        language = language_of(request.headers.get("accept-language"))
        return await _put(request, viewer, language)
    except HttpError as error:
        return refused(error, request_id, JSON)
    except ClientDisconnect:
        return refused(HttpError(400, "CUT_OFF", "The photo was cut off."), request_id, JSON)
    except Exception as error:  # noqa: BLE001  the edge masks and logs it
        return masked(as_graphql_error(error), request_id)


async def _put(request: Request, viewer: Viewer, language: str) -> Response:
    state = request.app.state
    digest = _digest(request.path_params["sha256"], language)
    async with state.sessions.begin() as session:
        acting = Acting(session, viewer, state.now())
        await _let_in(request, acting, language)
        known = await kept(acting, digest)
    if known is not None:
        return _answer(200, known.width, known.height)
    _check_flood(request, viewer, digest)
    with waiting() as file:
        await _read(request, state.photo_limit, file)
        if await asyncio.to_thread(digest_of, file) != digest:
            raise HttpError(422, "WRONG_DIGEST", "The content has another SHA-256.")
        try:
            _, width, height = await take(state, viewer, file)
        except NotAPicture as error:
            raise HttpError(415 if error.code == "UNSUPPORTED_PHOTO" else 422, error.code, str(error)) from None
    return _answer(201, width, height)


def _digest(text: str, language: str) -> bytes:
    try:
        return check_sha256(text)
    except Refusal as refusal:
        raise HttpError(400, refusal.code.value, refusal.message(language)) from None


async def _let_in(request: Request, acting: Acting, language: str) -> None:
    headers = request.headers
    try:
        await may_keep(acting, headers.get("x-tunping-code"), headers.get("x-tunping-receipt"))
    except Refusal as refusal:
        raise HttpError(403, refusal.code.value, refusal.message(language)) from None


def _check_flood(request: Request, viewer: Viewer, digest: bytes) -> None:
    """Without an account there is a limit, by address and by code; a retry is no more of it."""
    code = request.headers.get("x-tunping-receipt") or request.headers.get("x-tunping-code") or ""
    limits = PHOTOS_BY_ADDRESS, PHOTOS_BY_CODE
    if viewer.role is None and (seconds := waits(request, limits, code, digest.hex())):
        raise HttpError(429, "TOO_MANY", "Too many photos at once.", Retry_After=str(seconds))


async def _read(request: Request, limit: int, file: Waiting) -> None:
    """The body, all of it."""
    try:
        async for chunk in streamed(request, limit):
            file.write(chunk)
    except TooLarge:
        raise HttpError(413, "PHOTO_TOO_LARGE", f"A photo has {limit} bytes at most.") from None
    except TooSlow:
        raise HttpError(408, "TOO_SLOW", "The photo came too slowly.") from None


def _answer(status: int, width: int, height: int) -> Response:
    return Response(orjson.dumps({"width": width, "height": height}), status, media_type=JSON)


async def get_photo(request: Request) -> Response:
    """A file, for whoever was given its address within the last minutes."""
    state, size = request.app.state, request.path_params["size"]
    until, signature = request.query_params.get("until", ""), request.query_params.get("signature", "")
    path = f"{request.path_params['id']}/{size}"
    if not (_SECONDS.fullmatch(until) and size in SIZES):
        return Response(status_code=404)
    right = sign(state.photo_secret, path, int(until))
    if not hmac.compare_digest(right.encode(), signature.encode()) or state.now().timestamp() > int(until):
        return Response(status_code=404)
    row = await state.database.pool.fetchrow("select sha256 from photo where id = $1", request.path_params["id"])
    content = await state.photos.get(row["sha256"], size) if row else None
    return Response(status_code=404) if content is None else Response(content, 200, SERVED, "image/jpeg")


routes = [
    Route("/photos/{sha256}", put_photo, methods=["PUT"]),
    Route("/photos/{id:uuid}/{size}", get_photo, methods=["GET"]),
]
