"""What the centre has been told and has not looked at yet, in a file: it survives whatever ends the program."""

import sqlite3
from pathlib import Path

REMEMBERED = 3600
"""Seconds for which an attempt is remembered: longer than its signature is good for."""


class Book:
    """Events by their cursor: the webhook and the feed tell the same event under the same one."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("pragma synchronous = full")
        self._file.execute("create table if not exists event (cursor text primary key, dispute text, done integer)")
        self._file.execute("create table if not exists place (only_one integer primary key, cursor text)")
        self._file.execute("create table if not exists message (id text, sent integer, primary key (id, sent))")

    def take(self, message: str, sent: int, cursor: str, dispute: str) -> bool:
        """Notes what a webhook tells, unless this very attempt was taken before: a real retry is sent later."""
        self._file.execute("begin immediate")
        try:
            self._file.execute("delete from message where sent < ?", (sent - REMEMBERED,))
            new = self._file.execute("insert or ignore into message values (?, ?)", (message, sent)).rowcount == 1
            if new:
                self.note(cursor, dispute)
        except BaseException:
            self._file.execute("rollback")
            raise
        self._file.execute("commit")
        return new

    def note(self, cursor: str, dispute: str) -> None:
        """Something happened to a case; told twice, it is noted once."""
        self._file.execute("insert or ignore into event values (?, ?, 0)", (cursor, dispute))

    def undone(self) -> list[str]:
        """Cases in which something happened that was not looked at yet, the longest waiting first."""
        rows = self._file.execute("select dispute from event where done = 0 group by dispute order by min(rowid)")
        return [dispute for (dispute,) in rows]

    def told(self, dispute: str) -> list[str]:
        """The events of a case that were not looked at yet."""
        rows = self._file.execute("select cursor from event where dispute = ? and done = 0", (dispute,))
        return [cursor for (cursor,) in rows]

    def done(self, cursors: list[str]) -> None:
        """They were looked at."""
        self._file.executemany("update event set done = 1 where cursor = ?", [(cursor,) for cursor in cursors])

    def place(self) -> str | None:
        """Up to where the feed was read."""
        row = self._file.execute("select cursor from place").fetchone()
        return row[0] if row else None

    def keep_place(self, cursor: str) -> None:
        """The feed was read up to here."""
        self._file.execute("insert or replace into place values (1, ?)", (cursor,))

    def begin_anew(self) -> None:
        """Tunping's feed is another one now: its cursors say nothing about what was told by the old one."""
        self._file.execute("delete from place")
        self._file.execute("delete from event where done = 1")
