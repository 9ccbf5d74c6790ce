"""`PUT /photos/{sha256}`: addressed by content, so a retry is free. `GET /photos/{id}/{size}`: by a signed address."""

import asyncio
import hmac
import re
from datetime import datetime
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.auth import authenticated
from api.http.errors import HttpError
from api.http.floods import PHOTOS_BY_ADDRESS, PHOTOS_BY_CODE, waits
from api.http.languages import language_of
from api.http.media import JSON
from api.http.photo_store import SIZES
from api.http.pictures import NotAPicture
from api.http.uploads import TooLarge, TooSlow, Waiting, digest_of, streamed, take, waiting
from db.acts.photos import kept, may_keep
from db.database import Database
from db.photos import Photo, PhotoFile
from db.transaction import Transaction
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
    state, viewer = request.app.state, authenticated(request).viewer
    digest = _digest(request)
    known = await _known(request, viewer, digest)
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


def _digest(request: Request) -> bytes:
    try:
        return check_sha256(request.path_params["sha256"])
    except Refusal as refusal:
        language = language_of(request.headers.get("accept-language"))
        raise HttpError(400, refusal.code, refusal.message(language)) from None


async def _known(request: Request, viewer: Viewer, digest: bytes) -> PhotoFile | None:
    """The photo, if it was sent before; refused where the viewer may not send photos."""
    state, headers = request.app.state, request.headers

    async def look(tx: Transaction) -> PhotoFile | None:
        await may_keep(tx, headers.get("x-tunping-code"), headers.get("x-tunping-receipt"))
        return await kept(tx, digest)

    known: PhotoFile | None = await state.database.transact(look, viewer, now=state.now())
    return known


def _check_flood(request: Request, viewer: Viewer, digest: bytes) -> None:
    """Limits photos without an account, by address and by code; a retry counts once."""
    code = request.headers.get("x-tunping-receipt") or request.headers.get("x-tunping-code") or ""
    limits = PHOTOS_BY_ADDRESS, PHOTOS_BY_CODE
    if viewer.role is None and (seconds := waits(request, limits, code, digest.hex())):
        raise HttpError(429, "TOO_MANY", "Too many photos at once.", {"Retry-After": str(seconds)})


async def _read(request: Request, limit: int, file: Waiting) -> None:
    """Writes the body to the file."""
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
    """A file, for clients that were given its address within the last minutes."""
    state, size = request.app.state, request.path_params["size"]
    until, signature = request.query_params.get("until", ""), request.query_params.get("signature", "")
    path = f"{request.path_params['id']}/{size}"
    if not (_SECONDS.fullmatch(until) and size in SIZES):
        return Response(status_code=404)
    right = sign(state.photo_secret, path, int(until))
    if not hmac.compare_digest(right.encode(), signature.encode()) or state.now().timestamp() > int(until):
        return Response(status_code=404)
    photo = await _photo(state.database, request.path_params["id"], state.now())
    content = await state.photos.get(photo.sha256, size) if photo else None
    return Response(status_code=404) if content is None else Response(content, 200, SERVED, "image/jpeg")


async def _photo(database: Database, uuid: UUID, now: datetime) -> Photo | None:
    return await database.transact(lambda tx: tx.first(Photo, id=uuid), now=now)


routes = [
    Route("/photos/{sha256}", put_photo, methods=["PUT"]),
    Route("/photos/{id:uuid}/{size}", get_photo, methods=["GET"]),
]
