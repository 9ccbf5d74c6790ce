"""Deletes what the retention periods end: photos that nobody attached, old logs, and former residents."""

import asyncio
import gzip
import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

from api.folders import make_folder
from api.http.photo_store import PhotoStore
from api.settings import Settings
from db.acts.erasing import due_residents, erase_if_due
from db.acts.log_archives import LOGS, Part, archive, empty_messages, oldest_part
from db.acts.photos import remove_unattached
from db.acts.receipts import forget_contacts
from db.acts.submissions import forget_submissions
from db.base import Identified
from db.database import Database
from db.documents import forget_documents
from db.pushing import forget_pushes
from db.transaction import Transaction
from rules.refusals import Refusal
from rules.retention import LOGS_ON_LINE

DEADLINE = 60.0
"""Seconds for one transaction, which writes a file or deletes photos in an object store meanwhile."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The daily work. Each run does what is due, so a missed one is made up for."""

    database: Database
    now: Callable[[], datetime]
    store: PhotoStore
    archives: Path
    feed: timedelta = LOGS_ON_LINE
    """How long a phone may be away and go on. So long the answers to its acts are kept."""

    @classmethod
    def of(cls, settings: Settings, database: Database, now: Callable[[], datetime]) -> Self:
        feed = timedelta(days=settings.feed_days)
        return cls(database, now, PhotoStore.of(settings), settings.archives(), feed)

    async def run(self) -> Counter[str]:
        """Does everything that is due. Returns how much of each kind was done; ``refused`` are residents to be kept."""
        done = Counter[str]()
        await self.erase_residents(done)
        done["contacts"] += await self.database.transact(forget_contacts, now=self.now(), deadline=DEADLINE)
        await self.remove_photos(done)
        await self.archive_logs(done)
        await self.forget_submissions(done)
        done["subscriptions"] += await self.database.transact(forget_pushes, now=self.now())
        return +done

    async def erase_residents(self, done: Counter[str]) -> None:
        """Erases the residents whose time is over, each in a transaction of their own."""
        for uuid in await self.database.transact(due_residents, now=self.now()):
            try:
                erased = await self.database.transact(partial(erase_if_due, uuid=uuid), now=self.now())
            except Refusal:
                done["refused"] += 1
            else:
                done["residents"] += bool(erased.rows)

    async def remove_photos(self, done: Counter[str]) -> None:
        """Removes the photos that nobody attached."""

        async def some(tx: Transaction) -> int:
            digests = await remove_unattached(tx)
            for digest in digests:
                await self.store.delete(digest)
            return len(digests)

        while removed := await self.database.transact(some, now=self.now(), deadline=DEADLINE):
            done["photos"] += removed

    async def forget_submissions(self, done: Counter[str]) -> None:
        """Removes the answers to acts of phones that could not go on any more.

        Phones are told that they are gone. After the same time nobody is told any more.
        """
        forget = partial(forget_submissions, before=self.now() - self.feed)
        while removed := await self.database.transact(forget, now=self.now(), deadline=DEADLINE):
            done["submissions"] += removed
        forget = partial(forget_documents, before=self.now() - self.feed)
        while removed := await self.database.transact(forget, now=self.now(), deadline=DEADLINE):
            done["documents"] += removed

    async def archive_logs(self, done: Counter[str]) -> None:
        """Moves old rows of logs to files, and empties old text messages."""
        for log in LOGS:
            while rows := await self.database.transact(
                partial(self._archive, log=log), now=self.now(), deadline=DEADLINE
            ):
                done["log rows"] += rows
        done["messages"] += await self.database.transact(empty_messages, now=self.now())

    async def _archive(self, tx: Transaction, log: type[Identified]) -> int:
        part = await oldest_part(tx, log)
        if part is None:
            return 0
        digest = await asyncio.to_thread(_write, self.archives / part.name, part)
        await archive(tx, part, part.name, digest)
        return len(part.lines)


def _write(file: Path, part: Part) -> bytes:
    """Writes a file for its owner only, and returns its digest. It is on the disk before the rows are removed."""
    make_folder(file.parent)
    content = gzip.compress("\n".join([*part.lines, ""]).encode(), mtime=0)
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    Path(draft).replace(file)
    return hashlib.sha256(content).digest()
