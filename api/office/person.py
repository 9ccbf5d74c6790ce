"""The .zip file with everything that is held about a resident."""

from collections.abc import Callable
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from db.acts.erasing import Told


def write_folder(file: IO[bytes], told: Told, photo: Callable[[bytes], bytes | None]) -> int:
    """Writes the rows as JSON, and the photos. Returns how many photos are not in the store."""
    missing = 0
    with ZipFile(file, "w", ZIP_DEFLATED) as folder:
        folder.writestr("resident.json", orjson.dumps(told.rows, default=str, option=orjson.OPT_INDENT_2))
        for uuid, digest in told.photos.items():
            content = photo(digest)
            if content is None:
                missing += 1
            else:
                folder.writestr(f"photos/{uuid}.jpg", content)
    return missing
