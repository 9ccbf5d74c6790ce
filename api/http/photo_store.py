"""Where photos are kept: in a folder by default, or in the store that an address names."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import obstore
from obstore.store import LocalStore, from_url

from api.http.pictures import Picture

WHOLE, THUMBNAIL = "whole", "thumbnail"
SIZES = (WHOLE, THUMBNAIL)


@dataclass(frozen=True, slots=True)
class PhotoStore:
    """Files by digest and size."""

    store: Any

    @classmethod
    def at(cls, folder: Path, url: str | None) -> Self:
        """The store at an address, or else in the folder."""
        return cls(from_url(url) if url else LocalStore(folder, mkdir=True))

    async def put(self, sha256: bytes, picture: Picture) -> None:
        """Keeps both sizes. Keeping the same photo again changes nothing."""
        for size, content in ((WHOLE, picture.whole), (THUMBNAIL, picture.thumbnail)):
            await asyncio.to_thread(obstore.put, self.store, _path(sha256, size), content)

    async def get(self, sha256: bytes, size: str) -> bytes | None:
        """A file, if it is there."""
        try:
            found = await asyncio.to_thread(obstore.get, self.store, _path(sha256, size))
            return bytes(await asyncio.to_thread(found.bytes))
        except FileNotFoundError:
            return None


def _path(sha256: bytes, size: str) -> str:
    name = sha256.hex()
    return f"{name[:2]}/{name}-{size}.jpg"
