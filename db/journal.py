"""The journal: one row for every change, in the transaction that makes it.

It is the timeline of a case, the audit trail, the live feed, the delta for phones and the outbox of webhooks. Entries
get their positions in the live feed after their commit (db/positions.py).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from db import sql
from db.activities import organised
from db.base import Identified, Row, alias, check, enum_type, model_of, moment, partial_index, ref, text
from db.scope import Condition, Scope, in_community, in_grid, seen, seen_by, seen_through
from rules.access import COMMUNITY_ROLES, OUTSIDE, WORKERS, Role
from rules.appeals import OPEN_DISPATCHES
from rules.journal import EntryKind

_INDEXED = (
    *("resident", "visit", "appeal", "dispute", "alert", "call", "household", "incident", "roster_week", "wish"),
    *("activity", "notice"),
)
"""Each has a partial index: an entry concerns few of them, so that an insert touches few indexes."""

_CASES = sorted({*_INDEXED} - {"roster_week"})
"""What an entry may concern that an administrator does not see."""


class JournalKind(Row, table=True):
    """The kinds of entries. Every migration run adds the members of :class:`EntryKind` that are missing."""

    kind: EntryKind = Field(sa_type=enum_type(EntryKind), primary_key=True)


class Journal(Row, table=True):
    """A change: its kind, what it concerns, who made it, when it occurred and when it was recorded."""

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    kind: EntryKind = Field(sa_type=enum_type(EntryKind), foreign_key="journal_kind.kind", nullable=False)
    community_id: UUID = ref("community.id")
    grid_id: UUID | None = ref("area.id", optional=True)
    """The area of the case or the place. Null if the entry concerns the community as a whole and is no case."""
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
    activity_id: UUID | None = ref("activity.id", optional=True)
    notice_id: UUID | None = ref("notice.id", optional=True)
    actor_id: UUID | None = ref("account.id", optional=True)
    act_id: UUID | None = None
    digest: bytes | None = None
    from_status: str | None = text(optional=True)
    to_status: str | None = text(optional=True)
    note: str | None = text(optional=True)
    before: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB, nullable=True)
    """The content that the entry's act replaced (``rules.corrections``). It is emptied together with the note."""
    note_erased_at: datetime | None = moment(optional=True)
    """When the note was emptied, because a resident was erased: ``recorded_at`` of the entry that says so."""
    occurred_at: datetime = moment()
    recorded_at: datetime = moment(now=True)

    __table_args__ = (
        sa.Index("ix_journal_grid", "grid_id", "id"),
        *(partial_index(f"ix_journal_{noun}", f"{noun}_id", "id", where=f"{noun}_id is not null") for noun in _INDEXED),
        sa.Index("ix_journal_recorded", "recorded_at", postgresql_using="brin"),
        partial_index("ix_journal_revealed", "actor_id", "recorded_at", where="kind = 'ID_NUMBER_REVEALED'"),
        partial_index("ix_journal_erased", "recorded_at", where="kind = 'RESIDENT_ERASED'"),
        partial_index("uq_journal_act", "act_id", unique=True, where="act_id is not null"),
        check("act", "(act_id is null) = (digest is null)"),
    )


class QuietAct(Identified, table=True):
    """An act that left no journal entry, such as one that changed nothing: its id, for its retries, and no time."""

    digest: bytes
    actor_id: UUID | None = ref("account.id", optional=True)


def _journal(t: sql.From, scope: Scope) -> Condition:
    """Workers see entries by place, and all about an appeal that a correction brought to their grids.

    Other roles see entries about cases that they see, and about public wishes.
    An organisation sees those since the dispatch to it, an administrator those that are about no person and no case.
    Entries about a notice are its readers', those about an activity its organisers'.
    """
    on_wall = sql.and_(t.c.wish_id.is_not(None), t.c.grid_id.is_(None), in_community(t, scope))

    def about(noun: str) -> Condition:
        return seen_through(t, f"{noun}_id", scope)

    if scope.role is Role.BUILDING_HEAD:
        own = (about(each) for each in ("appeal", "alert", "wish", "notice"))
        return sql.or_(*own, _of_activity(t, scope), on_wall)
    if scope.role is Role.PARTNER:
        return sql.or_(_since_dispatch(t, scope), on_wall)
    if scope.role in OUTSIDE:
        return sql.or_(sql.and_(t.c.dispute_id.is_not(None), about("dispute")), on_wall)
    of_roster = sql.or_(t.c.roster_week_id.is_(None), about("roster_week"))
    if scope.role is Role.ADMIN:
        about_nobody = sql.func.num_nonnulls(*(t.c[f"{noun}_id"] for noun in _CASES)) == 0
        return sql.and_(in_community(t, scope), about_nobody, of_roster, t.c.kind != EntryKind.SITE_PATROLLED)
    of_notice = sql.or_(t.c.notice_id.is_(None), about("notice"))
    of_activity = sql.or_(t.c.activity_id.is_(None), _of_activity(t, scope))
    here = sql.and_(t.c.grid_id.is_(None), in_community(t, scope))
    by_place = in_grid(t, scope), sql.and_(here, of_roster, of_notice, of_activity)
    return sql.or_(*by_place) if scope.role in COMMUNITY_ROLES else sql.or_(*by_place, _came_along(t, scope))


def of_case(t: sql.From, scope: Scope) -> Condition:
    """The rule for entries about appeals, incidents and disputes, which are never about a community as a whole.

    It says the same as the table's rule, without what other entries need. PostgreSQL prepares all of a statement.
    """
    if scope.role not in WORKERS:
        return seen(t, scope)
    return in_grid(t, scope) if scope.role in COMMUNITY_ROLES else sql.or_(in_grid(t, scope), _came_along(t, scope))


def _came_along(t: sql.From, scope: Scope) -> Condition:
    """Entries from before the appeal came to the viewer's grids. A scalar is looked up row by row, EXISTS is not.

    The place of the appeal is read from a view (db/wall_two.sql), which has no policy to prepare.
    """
    appeal = sql.named("appeal_place", dict.fromkeys(("id", "grid_id"), sql.UUID))
    area = sql.select(appeal.c.grid_id).from_(appeal).where(appeal.c.id == t.c.appeal_id)
    return area.scalar() == sql.any_(scope.grids)


def _of_activity(t: sql.From, scope: Scope) -> Condition:
    return seen_through(t, "activity_id", scope, organised)


def _since_dispatch(t: sql.From, scope: Scope) -> Condition:
    """Entries about an appeal or an incident that the organisation sees, beginning with the dispatch to it.

    Every appeal has its own entry of the dispatch. An incident's dispatch has the time of the incident's entry.
    """
    dispatched, dispatch = alias(Journal), alias(model_of("dispatch"))
    of_appeal = dispatched.c.appeal_id == t.c.appeal_id, dispatched.c.kind == EntryKind.APPEAL_DISPATCHED
    begin = sql.select(sql.func.max(dispatched.c.id)).from_(dispatched).where(*of_appeal)
    appeal = sql.and_(seen_through(t, "appeal_id", scope), t.c.id >= begin.scalar())
    of_incident = dispatch.c.incident_id == t.c.incident_id, dispatch.c.dispatched_at <= t.c.occurred_at
    held = sql.exists(dispatch).where(
        *of_incident, dispatch.c.status.in_(sorted(OPEN_DISPATCHES)), seen(dispatch, scope)
    )
    return sql.or_(appeal, sql.and_(t.c.appeal_id.is_(None), held))


seen_by(_journal, Journal)
