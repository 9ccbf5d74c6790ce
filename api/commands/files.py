"""Files that commands write."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from api.commands.languages import stop


def check_name(file: Path, suffix: str) -> None:
    """Exits unless the file's name has the suffix."""
    if file.suffix.lower() != suffix:
        stop("文件名应以 {suffix} 结尾", suffix=suffix)


@contextmanager
def writing(file: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner can read. It takes the place of an older one when it is complete.

    Exits with the reason if it cannot be written.
    """
    try:
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=".tunping-")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                yield opened
            Path(draft).replace(file)
        except BaseException:
            Path(draft).unlink()
            raise
    except OSError as error:
        stop("无法写入：{file}: {why}", file=file, why=error.strerror)
