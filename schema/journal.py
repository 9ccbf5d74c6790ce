"""The journal in GraphQL: timelines, events of the live feed, and cursors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import journal as tables
from db import sql
from db.positions import cursor_at, cursor_of, head
from db.sql import Column
from rules.journal import EntryKind
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.orders import BY_ID
from schema.scalars import Cursor


def feed_cursor(row: Row) -> Column:
    """The position of a journal entry in the live feed."""
    return cursor_of(row.c)


def feed_head(_: Row) -> Column:
    """The end of the live feed in the statement's snapshot."""
    return cursor_at(head())


_CASES = frozenset({"appeal_id", "incident_id", "dispute_id"})


def timeline(foreign_key: str) -> Any:
    """The journal entries about a row."""
    rule = tables.of_case if foreign_key in _CASES else None
    return gql.paged("The journal entries about it, in order.", BY_ID, link=foreign_key, rule=rule)


def _earlier(row: Row) -> sql.From:
    """The fields that the entry's act corrected, with what they said before."""
    each = sql.rows_of(sql.func.jsonb_array_elements(row.c.before), "earlier", {"said": "jsonb"}, ordinality="place")
    said = {name: each.c.said.op("->>")(constant(name)) for name in ("field", "label", "value")}
    found = sql.select(*(value.label(name, sql.TEXT) for name, value in said.items()), each.c.place)
    return found.from_(each).subquery("earlier")


@gql.derived
class EarlierValue:
    """What a field said before a correction."""

    field: str = gql.column("field", "The field, such as `category`; `place` for the place.")
    label: str = gql.column("label", "The name of the field, in Chinese.")
    value: str = gql.column("value", "What it said, in Chinese.")


@gql.entity(tables.Journal)
class JournalEntry:
    """A change that was recorded in the journal."""

    cursor: Cursor = gql.position(feed_cursor, "Its position in the live feed.")
    kind = gql.word("kind", EntryKind, "The kind of change.")
    from_status: str | None = gql.column("from_status", "The status before, for objects with a status.")
    to_status: str | None = gql.column("to_status", "The status after, for objects with a status.")
    note: str | None = gql.column("note", "The note.")
    before: list[EarlierValue] = gql.few_rows(
        _earlier, lambda t: [t.place], "What a correction replaced, for those who work on the case; else empty."
    )
    occurred_at: datetime = gql.column("occurred_at", "When it occurred.")
    recorded_at: datetime = gql.column("recorded_at", "When the server recorded it.")
    actor = gql.to_one("actor_id", "The account that made the change; null for a resident without an account.")
    resident = gql.to_one("resident_id", "The resident, for changes of the register.")
    visit = gql.to_one("visit_id", "The visit that was recorded, or in which it happened.")
    appeal = gql.to_one("appeal_id", "The appeal.")
    dispute = gql.to_one("dispute_id", "The dispute.")


POSITION = "The position of the event. Resume after the last one received."


@strawberry.interface(description="An event of the live feed: a journal entry, in the order of all events.")
class Event:
    cursor: Cursor = strawberry.field(description=POSITION)
    kind: EntryKind = strawberry.field(description="The kind of event.")
    kind_label: str = strawberry.field(description="The kind of event, as a label.")
    occurred_at: datetime = strawberry.field(description="When it occurred.")


@gql.part
class Happening(Event):
    """What all events have."""

    cursor: Cursor = gql.value(feed_cursor, POSITION)
    kind = gql.word("kind", EntryKind, "The kind of event.")
    occurred_at: datetime = gql.column("occurred_at", "When it occurred.")


@gql.roots
class JournalRoots:
    live_cursor: Cursor = gql.position(
        feed_head,
        "The current position of the live feed. Query it with the data, then subscribe after it to miss no change.",
    )


@gql.event("schedulerChanged", "Stops and recoveries of the background work.")
class SchedulerChanged(Happening):
    """The stop or recovery of background work, on which escalations and alerts depend."""

    note: str | None = gql.column("note", "The time at which it stopped.")


@gql.event("feed", "Everything that the viewer may see in the journal, of the chosen kinds.", every=True)
class FeedEvent(Happening):
    """A journal entry as an event, with what it is about."""

    resident = gql.to_one("resident_id", "The resident; null if it is not visible to the viewer.")
    visit = gql.to_one("visit_id", "The visit; null if it is not visible to the viewer.")
    appeal = gql.to_one("appeal_id", "The appeal; null if it is not visible to the viewer.")
    dispute = gql.to_one("dispute_id", "The dispute; null if it is not visible to the viewer.")
    alert = gql.to_one("alert_id", "The alert; null if it is not visible to the viewer.")
    wish = gql.to_one("wish_id", "The wish; null if it is not visible to the viewer.")
    household = gql.to_one("household_id", "The household; null if it is not visible to the viewer.")
    call = gql.to_one("call_id", "The call for help; null if it is not visible to the viewer.")
    roster_week = gql.to_one("roster_week_id", "The week of the roster; null if it is not visible to the viewer.")
    incident = gql.to_one("incident_id", "The incident; null if it is not visible to the viewer.")
    activity = gql.to_one("activity_id", "The activity; null if it is not visible to the viewer.")
    notice = gql.to_one("notice_id", "The notice; null if it is not visible to the viewer.")
