"""Photos as they are sent, by an app or by a form: streamed within limits, encoded again, and kept once."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator

from starlette.datastructures import State
from starlette.requests import Request

from api.http.pictures import Picture, picture_of
from db.acts.photos import keep, kept
from rules.access import Viewer

IDLE, WHOLE = 15.0, 300.0
"""Seconds without a byte, and for the whole body: a phone on a bad network is slow, but it sends."""
IN_MEMORY = 64 * 1024
"""Bytes of a photo that are held in memory. The rest waits on the disk, so that many may come at once."""
AT_ONCE = 2
"""Pictures that are decoded at a time: one takes up to a third of a gigabyte, and a core."""


class TooLarge(Exception):
    """The body is longer than the limit."""


class TooSlow(Exception):
    """The body takes too long to arrive."""


async def streamed(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body in chunks. Raises TooLarge or TooSlow beyond the limits."""
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > limit:
        raise TooLarge
    chunks, taken = aiter(request.stream()), 0
    clock = asyncio.get_running_loop().time
    end = clock() + WHOLE
    while True:
        try:
            async with asyncio.timeout(min(IDLE, end - clock())):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise TooSlow from None
        if chunk is None:
            return
        taken += len(chunk)
        if taken > limit:
            raise TooLarge
        yield chunk


Waiting = tempfile.SpooledTemporaryFile[bytes]


def waiting() -> Waiting:
    """Where a photo waits for its turn to be decoded."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)


async def take(state: State, viewer: Viewer, file: Waiting) -> tuple[bytes, int, int]:
    """Keeps a photo, unless it is there: its digest, width and height. Raises NotAPicture for anything else."""
    digest = await asyncio.to_thread(digest_of, file)
    known = await state.database.transact(lambda tx: kept(tx, digest), viewer, now=state.now())
    if known is not None:
        return digest, known.width, known.height
    async with state.decoding:
        picture = await asyncio.to_thread(_decoded, file)
    await state.photos.put(digest, picture)
    size, kept_digest = (picture.width, picture.height), hashlib.sha256(picture.whole).digest()
    await state.database.transact(lambda tx: keep(tx, digest, kept_digest, *size), viewer, now=state.now())
    return digest, *size


def digest_of(file: Waiting) -> bytes:
    """The SHA-256 of the content."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(IN_MEMORY):
        digest.update(chunk)
    return digest.digest()


def _decoded(file: Waiting) -> Picture:
    file.seek(0)
    return picture_of(file.read())
