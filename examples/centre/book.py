"""The received events and the position in the feed, in an SQLite file that survives a crash."""

import sqlite3
from pathlib import Path

REMEMBERED = 3600
"""Seconds for which an attempt is remembered: longer than the 5 minutes for which Standard Webhooks accept it."""


class Book:
    """Events by cursor, which is the same in a webhook and in the feed."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("pragma synchronous = full")
        self._file.execute("create table if not exists event (cursor text primary key, dispute text, done integer)")
        self._file.execute("create table if not exists position (only_one integer primary key, cursor text)")
        self._file.execute("create table if not exists message (id text, sent integer, primary key (id, sent))")

    def take(self, message: str, sent: int, cursor: str, dispute: str) -> bool:
        """Stores the event of a webhook. Returns false for a replay of the same attempt; a retry has a later time."""
        with self._file:
            self._file.execute("begin immediate")
            self._file.execute("delete from message where sent < ?", (sent - REMEMBERED,))
            new = self._file.execute("insert or ignore into message values (?, ?)", (message, sent)).rowcount == 1
            if new:
                self.note(cursor, dispute)
        return new

    def note(self, cursor: str, dispute: str) -> None:
        self._file.execute("insert or ignore into event values (?, ?, 0)", (cursor, dispute))

    def pending(self) -> list[str]:
        """The cases with events that are not done, the longest waiting first."""
        rows = self._file.execute("select dispute from event where done = 0 group by dispute order by min(rowid)")
        return [dispute for (dispute,) in rows]

    def events_of(self, dispute: str) -> list[str]:
        """The cursors of a case's events that are not done."""
        rows = self._file.execute("select cursor from event where dispute = ? and done = 0", (dispute,))
        return [cursor for (cursor,) in rows]

    def mark_done(self, cursors: list[str]) -> None:
        self._file.executemany("update event set done = 1 where cursor = ?", [(cursor,) for cursor in cursors])

    def position(self) -> str | None:
        row = self._file.execute("select cursor from position").fetchone()
        return row[0] if row else None

    def set_position(self, cursor: str) -> None:
        self._file.execute("insert or replace into position values (1, ?)", (cursor,))

    def reset_position(self) -> None:
        """Forgets the position and the finished events, because Tunping's cursors have changed."""
        self._file.execute("delete from position")
        self._file.execute("delete from event where done = 1")
