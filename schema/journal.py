"""The journal in GraphQL: timelines, and the position of the live feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db import journal as tables
from db import sql
from db.base import alias
from db.feed import MOST_SETTLED
from db.sql import Column
from rules.journal import EntryKind
from schema.compiler.declare import column, entity, event, labelled, paged, part, roots, to_one, value
from schema.compiler.expressions import constant
from schema.compiler.sources import Link, Row
from schema.orders import BY_ID
from schema.scalars import Cursor


def feed_cursor(row: Row) -> Column:
    """The entry's place in the feed."""
    return _place(row.c)


def _place(entry: Any) -> Column:
    return sql.cast(entry.xid, sql.TEXT).op("||")(constant(".")).op("||")(sql.cast(entry.id, sql.TEXT))


def feed_head(_: Row) -> Column:
    """The place below which this statement's snapshot has seen everything, and numbers of what it has seen beyond."""
    head = sql.func.pg_snapshot_xmin(sql.func.pg_current_snapshot())
    j = alias(tables.Journal)
    beyond = sql.select(j.c.xid, j.c.id).from_(j).where(j.c.xid >= head).limit(MOST_SETTLED)
    settled = beyond.subquery("settled")
    each = constant("+").op("||")(_place(settled.c))
    seen = sql.select(sql.func.coalesce(sql.func.string_agg(each, constant("")), constant(""))).from_(settled)
    return sql.cast(head, sql.TEXT).op("||")(constant(".0")).op("||")(seen.scalar())


def timeline(foreign_key: str) -> Any:
    """The journal entries about the row."""
    link: Link = lambda row, t: t[foreign_key] == row.c.id  # noqa: E731
    return paged("What happened to it, in order.", BY_ID, link=link)


@entity(tables.Journal)
class JournalEntry:
    """Something that happened: what, to which object, who did it, and when."""

    cursor: Cursor = value(feed_cursor, "Its position in the live feed.")
    kind: EntryKind = column("kind", "What happened.")
    kind_label: str = labelled("kind", EntryKind, "What happened, in Chinese.")
    from_status: str | None = column("from_status", "The status before, where it has one.")
    to_status: str | None = column("to_status", "The status after, where it has one.")
    note: str | None = column("note", "What was said about it.")
    occurred_at: datetime = column("occurred_at", "When it occurred.")
    recorded_at: datetime = column("recorded_at", "When the server recorded it.")
    actor = to_one("actor_id", "Who did it; null for a resident without an account.")
    resident = to_one("resident_id", "The resident whose entry in the register it is about.")
    visit = to_one("visit_id", "The visit it is about or came from.")
    appeal = to_one("appeal_id", "The appeal it is about.")
    dispute = to_one("dispute_id", "The dispute it is about.")


@part
class Event:
    """An event of the live feed."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")


@part
class Happening(Event):
    """An event that says what happened."""

    kind: EntryKind = column("kind", "What happened.")
    kind_label: str = labelled("kind", EntryKind, "What happened, in Chinese.")


@roots
class JournalRoots:
    """The position of the live feed."""

    live_cursor: Cursor = value(
        feed_head,
        "The live feed's position now. Read with the data in one query and subscribed after, nothing is missed.",
    )


@event("schedulerChanged", "That nothing looks at what is overdue any more, and that something does again.")
class SchedulerChanged(Happening):
    """Background work has stopped, or is done again: what climbs and escalates by itself depends on it."""

    note: str | None = column("note", "Since when it had stopped.")
