"""Verifies the chains of the record against the rows, in one snapshot and by pages, so that memory stays bounded."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db.acts.log_archives import LOG_NAMES
from db.database import Database
from db.moved_rows import MovedRows, ReadFile, read_parts
from db.record import RECORD, loose, placed
from rules.record import Chain, Fault, FaultKind, Keys, Verifier, merged

DEADLINE = 24 * 3600.0
"""Seconds for everything: at 50,000 rows a second, more than four thousand million rows."""
_UNLIMITED = "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"


@dataclass(slots=True)
class Checked:
    """What was verified of a chain: linked rows, and committed rows that wait for their links."""

    chain: Chain
    rows: int = 0
    linked_from: datetime | None = None
    linked_until: datetime | None = None
    waiting: int = 0
    waiting_since: datetime | None = None


@dataclass(slots=True)
class Verification:
    """Verifies all chains with a key and anchors. ``checked`` grows as the faults are read."""

    database: Database
    keys: Keys
    anchors: Mapping[Chain, Mapping[int, bytes]]
    read_file: ReadFile
    """Reads the files to which old rows of logs were moved."""
    checked: list[Checked] = field(default_factory=list)
    wrong_files: set[str] = field(default_factory=set)
    """Files that are missing, or not what was written."""

    async def faults(self) -> AsyncIterator[Fault]:
        """The faults of all chains, those at neighbouring positions as one."""
        async with (
            self.database.connection(DEADLINE) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(_UNLIMITED)
            for chain in Chain:
                async for fault in merged(self._of_chain(connection, chain)):
                    yield fault
            for log in set(LOG_NAMES) - {kept.table for kept in RECORD.values()}:
                await MovedRows(await read_parts(connection, log), self.read_file, self.wrong_files).check()

    async def _of_chain(self, connection: Any, chain: Chain) -> AsyncIterator[Fault]:
        verifier, checked = Verifier(self.keys, chain, self.anchors.get(chain, {})), Checked(chain)
        self.checked.append(checked)
        moved = MovedRows(await read_parts(connection, RECORD[chain].table), self.read_file, self.wrong_files)
        async for page in placed(connection, chain, moved.line):
            checked.rows += len(page)
            checked.linked_from = checked.linked_from or page[0][0].linked_at
            checked.linked_until = page[-1][0].linked_at
            for link, said in page:
                for fault in verifier.verify(link, said):
                    yield fault
        for fault in verifier.end():
            yield fault
        async for row in loose(connection, chain):
            if row.noted_at is None or verifier.is_late(row.said_at):
                yield Fault(chain, FaultKind.INSERTED, None, None, row.row)
            else:
                checked.waiting += 1
                checked.waiting_since = min(checked.waiting_since or row.noted_at, row.noted_at)
