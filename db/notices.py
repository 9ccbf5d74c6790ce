"""Tables of notices (通知), and of who has read them."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Identified, Row, alias, check, choice, column_types, composite_key, moment, partial_index, ref, text
from db.branches import leads
from db.places import Building, Grid
from db.scope import Condition, Scope, in_community, seen_by
from rules.access import Role
from rules.notices import READERS, TOLD, Audience


class Notice(Identified, table=True):
    """通知 from a community, or from an estate, to its audience."""

    community_id: UUID = ref("community.id")
    estate_id: UUID | None = None
    audience: Audience = choice(Audience)
    title: str = text()
    body: str = text()
    published_by: UUID = ref("account.id")
    published_at: datetime = moment()
    until: datetime | None = moment(optional=True)
    withdrawn_by: UUID | None = ref("account.id", optional=True)
    withdrawn_at: datetime | None = moment(optional=True)
    withdraw_reason: str | None = text(optional=True)

    __table_args__ = (
        composite_key("fk_notice_estate", "estate", "community_id"),
        check("in_order", "until > published_at"),
        check("withdrawn", "num_nonnulls(withdrawn_by, withdrawn_at, withdraw_reason) in (0, 3)"),
        sa.Index("ix_notice_community", "community_id", "published_at", "id"),
        sa.Index("ix_notice_estate", "estate_id", "published_at", "id"),
        partial_index("ix_notice_public", "published_at", "id", where="audience = 'PUBLIC' and withdrawn_at is null"),
    )


class NoticeReading(Row, table=True):
    """That an account has read a notice. Only the number of readers is told."""

    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    read_at: datetime = moment()


_PUBLIC = ("id", "community_id", "title", "body", "published_at", "until")


def public_notices() -> sql.From:
    """The public notices that were not withdrawn: a view (db/wall_two.sql)."""
    named = dict.fromkeys(("community", "estate", "time_zone"), sql.TEXT)
    return sql.named("notice_wall", {name: column_types(Notice)[name] for name in _PUBLIC} | named)


def sent_by_viewer(t: sql.From, scope: Scope) -> Condition:
    """Notices of a place for which the viewer speaks."""
    return leads(t.c.community_id, t.c.estate_id, scope)


def _notice(t: sql.From, scope: Scope) -> Condition:
    """The audience sees a notice, and whoever could have sent it. Others read what is public on the wall."""
    if scope.role not in TOLD:
        return sql.FALSE
    audiences = sorted(each for each in Audience if scope.role in READERS[each])
    addressed = t.c.audience.in_(audiences), sql.or_(t.c.audience == Audience.PUBLIC, _is_here(t, scope))
    return sql.or_(sql.and_(in_community(t, scope), *addressed), sent_by_viewer(t, scope))


def _is_here(t: sql.From, scope: Scope) -> Condition:
    """True if the viewer works in the estate of a notice that is for one estate."""
    model, own = (Building, scope.buildings) if scope.role is Role.BUILDING_HEAD else (Grid, scope.grids)
    place = alias(model)
    inside = sql.exists(place).where(place.c.estate_id == t.c.estate_id, place.c.id == sql.any_(own))
    return sql.or_(t.c.estate_id.is_(None), inside)


def _reading(t: sql.From, scope: Scope) -> Condition:
    """One's own, and for the sender all of them, to be counted."""
    notice = alias(Notice)
    own = sql.and_(t.c.account_id == scope.account_id, _notice(notice, scope))
    return sql.exists(notice).where(notice.c.id == t.c.notice_id, sql.or_(own, sent_by_viewer(notice, scope)))


seen_by(_notice, Notice)
seen_by(_reading, NoticeReading)
