"""The file with the anchors of the record, which only grows."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fasteners import InterProcessLock

from api.folders import make_folder
from rules.anchors import Anchor, is_due, make_line, read_lines
from rules.record import Chain, Head, Keys

FILE, SENT, _LOCK = "anchors.jsonl", "anchors.sent", "anchors.lock"
"""The anchors, the number of those that the receiver has, and a lock for several workers on one folder."""


@dataclass(frozen=True, slots=True)
class AnchorFile:
    """The anchors in a folder."""

    folder: Path
    keys: Keys

    def is_due(self, now: datetime) -> bool:
        """True if today has no anchor yet."""
        return is_due(self._last(), now)

    def add(self, heads: Mapping[Chain, Head], at: datetime, *, once_a_day: bool = True) -> bool:
        """Appends an anchor, and waits until it is on the disk. Returns whether it did."""
        make_folder(self.folder)
        with InterProcessLock(self.folder / _LOCK):
            last = self._last()
            if once_a_day and not is_due(last, at):
                return False
            line = make_line(self.keys, last, at, heads)
            descriptor = os.open(self.folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(descriptor)
        return True

    def lines(self) -> list[str]:
        """The lines of the file, oldest first."""
        return lines_of(self.folder / FILE)

    def sent(self) -> int:
        """How many of the lines the receiver has."""
        path = self.folder / SENT
        return int(path.read_text()) if path.exists() else 0

    def note_sent(self, count: int) -> None:
        """Notes how many of the lines the receiver has."""
        draft = self.folder / f"{SENT}.new"
        draft.write_text(str(count))
        draft.replace(self.folder / SENT)

    def _last(self) -> Anchor | None:
        anchors, _ = read_lines(self.keys, self.lines()[-1:])
        return anchors[-1] if anchors else None


def lines_of(path: Path) -> list[str]:
    """The lines of a file of anchors; none if there is no such file."""
    return path.read_text(errors="replace").splitlines() if path.exists() else []
