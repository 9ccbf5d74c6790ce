"""The journal: one row for every change, in the transaction that makes it.

Timeline, audit trail, live feed, delta and outbox in one. A reader orders by ``(xid, id)`` and reads below
``pg_snapshot_xmin(pg_current_snapshot())``, so that a transaction which commits late is never skipped.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Row, Xid8, moment, ref, text, word
from db.scope import Condition, Scope, in_community, in_grid, seen_by, seen_through
from rules.access import OUTSIDE, Role
from rules.journal import EntryKind


def _of(noun: str) -> sa.Index:
    """An entry concerns few things; an index that leaves out all others keeps an act's writing cheap."""
    return sa.Index(f"ix_journal_{noun}", f"{noun}_id", "id", postgresql_where=sa.text(f"{noun}_id is not null"))


class JournalKind(Row, table=True):
    """The kinds of entries, one row each; kept up to date with :class:`EntryKind` by every migration run."""

    __tablename__ = "journal_kind"

    kind: EntryKind = Field(sa_type=word(EntryKind), primary_key=True)


class Journal(Row, table=True):
    """What happened, whom it concerns, who did it, when it occurred and when it was recorded."""

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    xid: str | None = Field(
        default=None,
        sa_column=sa.Column(Xid8, server_default=sa.text("pg_current_xact_id()"), nullable=False),
    )
    kind: EntryKind = Field(sa_type=word(EntryKind), foreign_key="journal_kind.kind", nullable=False)
    community_id: UUID = ref("community.id")
    grid_id: UUID | None = ref("grid.id", optional=True)
    """Nothing for what concerns the community as a whole."""
    building_id: UUID | None = None
    household_id: UUID | None = None
    resident_id: UUID | None = ref("resident.id", optional=True)
    visit_id: UUID | None = ref("visit.id", optional=True)
    appeal_id: UUID | None = ref("appeal.id", optional=True)
    dispute_id: UUID | None = ref("dispute.id", optional=True)
    alert_id: UUID | None = ref("alert.id", optional=True)
    call_id: UUID | None = ref("help_call.id", optional=True)
    incident_id: UUID | None = ref("incident.id", optional=True)
    roster_week_id: UUID | None = ref("roster_week.id", optional=True)
    wish_id: UUID | None = ref("wish.id", optional=True)
    actor_id: UUID | None = ref("account.id", optional=True)
    act_id: UUID | None = None
    digest: bytes | None = None
    from_status: str | None = text(optional=True)
    to_status: str | None = text(optional=True)
    note: str | None = text(optional=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment(now=True)

    __table_args__ = (
        sa.Index("ix_journal_feed", "xid", "id"),
        sa.Index("ix_journal_grid", "grid_id", "id"),
        _of("resident"),
        _of("visit"),
        _of("appeal"),
        _of("dispute"),
        _of("alert"),
        _of("call"),
        _of("household"),
        _of("incident"),
        _of("roster_week"),
        _of("wish"),
        sa.Index("uq_journal_act", "act_id", unique=True, postgresql_where=sa.text("act_id is not null")),
        sa.CheckConstraint("(act_id is null) = (digest is null)", name="act"),
    )


def _journal(t: sql.From, scope: Scope) -> Condition:
    """Workers see entries by place; others see those about the cases that they see, and the public wishes."""
    on_wall = sql.and_(t.c.wish_id.is_not(None), t.c.grid_id.is_(None), in_community(t, scope))

    def about(noun: str) -> Condition:
        return seen_through(t, f"{noun}_id", scope)

    if scope.role is Role.BUILDING_HEAD:
        return sql.or_(about("appeal"), about("alert"), about("wish"), on_wall)
    if scope.role is Role.PARTNER:
        return sql.or_(about("appeal"), about("incident"), on_wall)
    if scope.role in OUTSIDE:
        return sql.or_(sql.and_(t.c.dispute_id.is_not(None), about("dispute")), on_wall)
    of_roster = sql.or_(t.c.roster_week_id.is_(None), about("roster_week"))
    return sql.or_(in_grid(t, scope), sql.and_(t.c.grid_id.is_(None), in_community(t, scope), of_roster))


seen_by(_journal, Journal)
