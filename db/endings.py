"""Reads the recently revoked sessions, and the disabled accounts and outside systems."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from db import sql
from db.accounts import Account, DeviceSession
from db.base import alias
from db.centre import SystemClient


class Ended(NamedTuple):
    """The sessions with the times of their ends, and the ids of the accounts and systems."""

    sessions: dict[UUID, datetime]
    disabled: frozenset[UUID]


async def read_endings(connection: Any, since: datetime) -> Ended:
    """The sessions that were revoked after ``since``, and everything that is disabled, whenever that was."""
    rows = await connection.fetch(_ended().text, since)
    sessions = {row["id"]: row["revoked_at"] for row in rows if row["revoked_at"] is not None}
    return Ended(sessions, frozenset(row["id"] for row in rows if row["revoked_at"] is None))


@cache
def _ended() -> sql.Written:
    session, never = alias(DeviceSession), sql.cast(sql.NULL, sql.INSTANT).label("revoked_at")
    revoked = (
        sql.select(session.c.id, session.c.revoked_at)
        .from_(session)
        .where(session.c.revoked_at > sql.parameter("since", sql.INSTANT))
    )
    disabled = [
        sql.select(each.c.id, never).from_(each).where(each.c.disabled_at.is_not(None))
        for each in (alias(Account), alias(SystemClient))
    ]
    return sql.written(sql.union_all(revoked, *disabled))
