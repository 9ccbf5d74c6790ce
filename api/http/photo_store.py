"""Stores photos in a folder, or in an object store such as S3."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from api.folders import make_folder
from api.http.errors import PhotoStoreError
from api.http.pictures import Picture
from api.settings import Settings

WHOLE, THUMBNAIL = "whole", "thumbnail"
SIZES = (WHOLE, THUMBNAIL)


@dataclass(frozen=True, slots=True)
class PhotoStore:
    """Two files for each photo: ``WHOLE`` and ``THUMBNAIL``, named by the photo's SHA-256."""

    store: Any

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The store of the settings, which is a folder by default."""
        if settings.photo_store:
            return cls(from_url(settings.photo_store))
        folder = settings.data_dir / "photos"
        make_folder(settings.data_dir)
        folder.mkdir(mode=0o700, exist_ok=True)
        return cls(LocalStore(folder))

    async def put(self, sha256: bytes, picture: Picture) -> None:
        """Writes both sizes. Idempotent: the same digest has the same content. Raises PhotoStoreError."""
        for size, content in ((WHOLE, picture.whole), (THUMBNAIL, picture.thumbnail)):
            await _done(obstore.put, self.store, _path(sha256, size), content)

    async def get(self, sha256: bytes, size: str) -> bytes | None:
        """A file, or None if it is not there. Raises PhotoStoreError."""
        try:
            found = await _done(obstore.get, self.store, _path(sha256, size))
            return bytes(await _done(found.bytes))
        except FileNotFoundError:
            return None

    async def has(self, sha256: bytes) -> bool:
        """True if the whole photo is there."""
        try:
            await _done(obstore.head, self.store, _path(sha256, WHOLE))
        except FileNotFoundError:
            return False
        return True

    async def delete(self, sha256: bytes) -> None:
        """Deletes both sizes, as far as they are there."""
        for size in SIZES:
            with suppress(FileNotFoundError):
                await _done(obstore.delete, self.store, _path(sha256, size))


async def _done(call: Callable[..., Any], *given: Any) -> Any:
    """Runs a call of the store in a thread, and returns its result. Raises PhotoStoreError if the call fails."""
    try:
        return await asyncio.to_thread(call, *given)
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:  # Its text names paths.
        raise PhotoStoreError(type(error).__name__) from error


def _path(sha256: bytes, size: str) -> str:
    name = sha256.hex()
    return f"{name[:2]}/{name}-{size}.jpg"
