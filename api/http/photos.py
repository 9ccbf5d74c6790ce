"""`PUT /photos/{sha256}`, idempotent by the content's digest, and `GET /photos/{id}/{size}` by signed URLs."""

import asyncio
import hmac
import re
from contextlib import nullcontext

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.access_tokens import authenticated
from api.http.admission import CodeGuesses, admit, check_code, count_code
from api.http.errors import HttpError
from api.http.languages import language_of
from api.http.media import JSON
from api.http.photo_store import SIZES
from api.http.uploads import digest_of, spooled, store_photo, streamed
from api.rates import STORED_BY_ACCOUNT, STORED_BY_ADDRESS, STORED_BY_CODE
from db.acts.photos import known as known_photo
from db.acts.photos import may_keep
from db.photos import Photo, PhotoFile
from db.transaction import Transaction
from rules.access import Viewer
from rules.photos import check_sha256, sign
from rules.refusals import Refusal, Said
from schema.engine.context import Misses
from schema.languages import message_of

SERVED = {
    "Cache-Control": "private, max-age=300",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of photos. Caches keep one as long as its URL is valid at least (``rules.photos.WINDOW``)."""
_SECONDS = re.compile(r"[0-9]{1,11}")


async def put_photo(request: Request) -> Response:
    """Stores a photo. The status is 201 if it is new, else 200."""
    state, viewer = request.app.state, authenticated(request).viewer
    digest = _digest(request)
    known = await _known(request, viewer, digest)
    if known is not None:
        return _answer(200, known.width, known.height)
    code = request.headers.get("x-tunping-receipt") or request.headers.get("x-tunping-code") or ""
    await _admit(request, viewer, code)
    with spooled() as file:
        async for chunk in streamed(request, state.photo_limit):
            file.write(chunk)
        if await asyncio.to_thread(digest_of, file) != digest:
            raise HttpError(422, "WRONG_DIGEST", Said("内容的 SHA-256 不一致。"))
        _, width, height = await store_photo(state, viewer, file)
    if viewer.role is None:
        await count_code(request, STORED_BY_CODE, code)
    return _answer(201, width, height)


def _digest(request: Request) -> bytes:
    try:
        return check_sha256(request.path_params["sha256"])
    except Refusal as refusal:
        raise HttpError(400, refusal.code, message_of(refusal, language_of(request))) from None


async def _known(request: Request, viewer: Viewer, digest: bytes) -> PhotoFile | None:
    """The photo if it is stored already. Refused if the viewer may not send photos, as with an unknown code."""
    state, headers = request.app.state, request.headers

    async def look(tx: Transaction) -> PhotoFile | None:
        await may_keep(tx, headers.get("x-tunping-code"), headers.get("x-tunping-receipt"))
        return await known_photo(tx, digest)

    async with CodeGuesses(request).looking_up() if viewer.role is None else nullcontext(Misses()) as misses:
        try:
            known: PhotoFile | None = await state.database.transact(look, viewer, now=state.now())
        except Refusal:
            misses.unknown = 1
            raise
    return known


async def _admit(request: Request, viewer: Viewer, code: str) -> None:
    if viewer.account_id is not None:
        await admit(request, STORED_BY_ACCOUNT, str(viewer.account_id))
    else:
        await admit(request, STORED_BY_ADDRESS)
        await check_code(request, STORED_BY_CODE, code)


def _answer(status: int, width: int, height: int) -> Response:
    return Response(orjson.dumps({"width": width, "height": height}), status, media_type=JSON)


async def get_photo(request: Request) -> Response:
    """A file of a photo. The signature in the URL is valid for some minutes."""
    state, uuid, size = request.app.state, request.path_params["id"], request.path_params["size"]
    until, signature = request.query_params.get("until", ""), request.query_params.get("signature", "")
    not_found = Response(status_code=404)
    if not (_SECONDS.fullmatch(until) and size in SIZES):
        return not_found
    right = sign(state.photo_secret, f"{uuid}/{size}", int(until))
    if not hmac.compare_digest(right.encode(), signature.encode()) or state.now().timestamp() > int(until):
        return not_found
    # The signature says that somebody was shown the photo, and not who asks for it now.
    photo = await state.system.transact(lambda tx: tx.first(Photo, id=uuid, removed_at=None), now=state.now())
    content = await state.photos.get(photo.sha256, size) if photo else None
    return not_found if content is None else Response(content, 200, SERVED, "image/jpeg")


routes = [
    Route("/photos/{sha256}", put_photo, methods=["PUT"]),
    Route("/photos/{id:uuid}/{size}", get_photo, methods=["GET"]),
]
