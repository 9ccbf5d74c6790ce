"""Receives photos from apps and forms: streams them within limits, encodes them again, and stores each once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import TypeAlias

from starlette.datastructures import State
from starlette.requests import Request

from api.http.errors import HttpError
from api.http.pictures import picture_of
from db.acts.photos import keep
from db.acts.photos import known as known_photo
from rules.access import Viewer
from rules.refusals import Said

IDLE, WHOLE = 15.0, 300.0
"""Seconds between two chunks, and for the whole body. A compromise: a phone on a bad network is slow, but it sends."""
IN_MEMORY = 64 * 1024
"""Bytes of a photo in memory. The rest goes to the disk, so that many uploads fit at once."""
AT_ONCE = 2
"""Pictures that are decoded at once: each takes a core and up to 150 MB (``pictures.MOST_PIXELS``)."""


class TooLarge(HttpError):
    """The body is longer than the limit."""


class TooSlow(HttpError):
    """The body arrives too slowly."""


async def streamed(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body in chunks. Raises TooLarge above ``limit`` bytes, and TooSlow."""
    too_large = TooLarge(413, "PHOTO_TOO_LARGE", Said("一张照片最多 {limit} 字节。", {"limit": limit}))
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > limit:
        raise too_large
    chunks, taken = aiter(request.stream()), 0
    clock = asyncio.get_running_loop().time
    end = clock() + WHOLE
    while True:
        try:
            async with asyncio.timeout(min(IDLE, end - clock())):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise TooSlow(408, "TOO_SLOW", Said("照片上传得太慢。")) from None
        if chunk is None:
            return
        taken += len(chunk)
        if taken > limit:
            raise too_large
        yield chunk


Spooled: TypeAlias = SpooledTemporaryFile[bytes]


def spooled() -> Spooled:
    """A temporary file for a photo until it is decoded."""
    return SpooledTemporaryFile(IN_MEMORY)


async def store_photo(state: State, viewer: Viewer, file: Spooled) -> tuple[bytes, int, int]:
    """Stores a photo that is not stored yet. Returns its digest, width and height; raises NotAPicture."""
    digest = await asyncio.to_thread(digest_of, file)
    known = await state.database.transact(lambda tx: known_photo(tx, digest), viewer, now=state.now())
    if known is not None:
        return digest, known.width, known.height
    async with state.decoding:
        picture = await asyncio.to_thread(lambda: picture_of(_content(file)))
    await state.photos.put(digest, picture)
    size, kept_digest = (picture.width, picture.height), hashlib.sha256(picture.whole).digest()
    await state.database.transact(lambda tx: keep(tx, digest, kept_digest, *size), viewer, now=state.now())
    if not await state.photos.has(digest):  # The same photo was just removed, because nobody had attached it.
        await state.photos.put(digest, picture)
    return digest, *size


def digest_of(file: Spooled) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()


def _content(file: Spooled) -> bytes:
    file.seek(0)
    return file.read()
