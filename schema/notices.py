"""Notices (通知) in GraphQL, as shown to their audience and to the public."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import notices as tables
from db import sql
from db.base import alias
from db.branches import leads
from db.scope import Condition
from db.sql import Column
from rules.notices import Audience
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.sources import Order, Row
from schema.filters import PublicFilter, among, is_id, when
from schema.journal import Happening, JournalEntry, timeline
from schema.relay import Connection, Node

PUBLISHED = Order(("published_at", "id"), descending=True)


def _is_read(row: Row) -> Condition:
    reading = alias(tables.NoticeReading)
    own = reading.c.account_id == row.scope.account_id
    return sql.exists(reading).where(reading.c.notice_id == row.c.id, own)


def _readers(row: Row) -> Column:
    reading = alias(tables.NoticeReading)
    count = sql.select(sql.func.count()).from_(reading).where(reading.c.notice_id == row.c.id).scalar()
    return sql.case((leads(row.c.community_id, row.c.estate_id, row.scope), count))


def _holds(row: Row) -> Condition:
    ended = sql.func.coalesce(row.c.until <= now_of(row), sql.FALSE)
    return sql.and_(row.c.withdrawn_at.is_(None), sql.not_(ended))


@gql.filters
class NoticeFilter:
    """A filter of notices."""

    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "From this community.")
    estate: strawberry.ID | None = gql.where(is_id("estate", "estate_id"), "From this estate.")
    audience: list[Audience] | None = gql.where(among("audience"), "For one of these audiences.")
    current: bool | None = gql.where(when(_holds), "True: neither withdrawn nor past its end. False: the others.")
    read: bool | None = gql.where(when(_is_read), "Whether the viewer has read it.")


@gql.entity(tables.Notice, "notice")
class Notice(Node):
    """A notice (通知). Visible to its audience, and to whoever may send notices from the same place."""

    id: strawberry.ID = gql.object_id("notice")
    audience = gql.word("audience", Audience, "Whom it is for.")
    title: str = gql.column("title", "The title.")
    body: str = gql.column("body", "The text.")
    community = gql.to_one("community_id", "The community that it comes from.")
    estate = gql.to_one("estate_id", "The estate that it is for; null if it is for the whole community.")
    published_by = gql.to_one("published_by", "The account that published it.")
    published_at: datetime = gql.column("published_at", "When it was published.")
    ends_at: datetime | None = gql.column("until", "The end of the time for which it holds; null if open-ended.")
    withdrawn_by = gql.to_one("withdrawn_by", "The account that withdrew it.")
    withdrawn_at: datetime | None = gql.column("withdrawn_at", "When it was withdrawn.")
    withdraw_reason: str | None = gql.column("withdraw_reason", "The reason for withdrawing it.")
    read: bool = gql.value(_is_read, "Whether the viewer has marked it as read.")
    readers: int | None = gql.value(
        _readers, "How many accounts have marked it as read; null unless the viewer may send notices from there."
    )
    timeline: Connection[JournalEntry] = timeline("notice_id")


@gql.entity(tables.Notice, visible_to=lambda *_: sql.TRUE, rows=lambda _: tables.public_notices(), main=False)
class NoticeOnWall:
    """A notice to everybody, as shown to the public."""

    notice_id: strawberry.ID = gql.object_id("notice")
    title: str = gql.column("title", "The title.")
    body: str = gql.column("body", "The text.")
    community: str = gql.column("community", "The community's name.")
    estate: str | None = gql.column("estate", "The estate's name.")
    published_at: datetime = gql.column("published_at", "When it was published.")
    ends_at: datetime | None = gql.column("until", "The end of the time for which it holds; null if open-ended.")
    time_zone: str = gql.column("time_zone", "The time zone of its community.")


@gql.roots
class NoticeRoots:
    notices: Connection[Notice] = gql.paged("Notices, latest first.", PUBLISHED, where=NoticeFilter)
    notice = gql.by_id("notice", "A notice.")
    notice_wall: Connection[NoticeOnWall] = gql.paged(
        "The notices to everybody that hold now, latest first. Needs no account.",
        PUBLISHED,
        link=lambda row, t: sql.or_(t.until.is_(None), t.until > now_of(row)),
        where=PublicFilter,
    )


@gql.event("noticePublished", "Notices for the viewer, when they are published.")
class NoticePublished(Happening):
    """A notice that was published for the viewer."""

    notice = gql.to_one("notice_id", "The notice; null if it is not visible to the viewer any more.")
