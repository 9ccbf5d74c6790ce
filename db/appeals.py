"""Tables of appeals, incidents and dispatches, and of the policies for them."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Identified, Row, alias, check, choice, composite_key, moment, partial_index, ref, text
from db.places import in_area
from db.scope import Condition, Scope, in_community, in_grid, own_in_office, seen_by, seen_through
from rules import appeals as rules
from rules.access import Role

_OPEN_DISPATCH = sa.ForeignKey(
    "dispatch.id", name="fk_appeal_dispatch_id", use_alter=True, deferrable=True, initially="DEFERRED"
)


_RUNNING = "status in ('SUBMITTED', 'ACCEPTED', 'DISPATCHED', 'IN_PROGRESS')"


class CategoryPolicy(Row, table=True):
    """The organisation that answers for a category in a community."""

    community_id: UUID = ref("community.id")
    category: rules.AppealCategory = choice(rules.AppealCategory)
    organisation_id: UUID | None = ref("organisation.id", optional=True)

    __table_args__ = (sa.PrimaryKeyConstraint("community_id", "category"),)


class ClockPolicy(Identified, table=True):
    """A community's deadlines for a kind, category and urgency. Of the rows that match, the most specific applies."""

    community_id: UUID = ref("community.id")
    kind: rules.AppealKind | None = choice(rules.AppealKind, optional=True)
    category: rules.AppealCategory | None = choice(rules.AppealCategory, optional=True)
    urgency: rules.AppealUrgency | None = choice(rules.AppealUrgency, optional=True)
    response_minutes: int
    resolution_minutes: int
    step_minutes: int
    silence_days: int
    reopen_days: int
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment(now=True)
    replaced_at: datetime | None = moment(optional=True)
    """When another row replaced it. Appeals opened before keep their deadlines."""

    __table_args__ = (
        sa.Index(
            "uq_clock_policy_case",
            *("community_id", "kind", "category", "urgency"),
            unique=True,
            postgresql_where=sa.text("replaced_at is null"),
            postgresql_nulls_not_distinct=True,
        ),
        check("minutes", "response_minutes > 0 and resolution_minutes >= response_minutes"),
        check("positive", "step_minutes > 0 and silence_days > 0 and reopen_days > 0"),
    )


class Incident(Identified, table=True):
    """Appeals of several households about one matter. They share a dispatch; each keeps its receipt and rating."""

    community_id: UUID
    grid_id: UUID
    building_id: UUID = ref("building.id", index=True)
    unit: int | None = None
    category: rules.AppealCategory = choice(rules.AppealCategory)
    title: str = text()
    made_by: UUID = ref("account.id")
    made_at: datetime = moment()
    closed_at: datetime | None = moment(optional=True)

    __table_args__ = (
        composite_key("fk_incident_grid", "grid", "community_id"),
        sa.Index("ix_incident_grid", "grid_id", "made_at", "id"),
    )


class Dispatch(Identified, table=True):
    """An appeal or an incident that was given to an organisation, and the organisation's answer."""

    community_id: UUID
    grid_id: UUID
    organisation_id: UUID = ref("organisation.id")
    incident_id: UUID | None = ref("incident.id", optional=True, index=True)
    appeal_id: UUID | None = ref("appeal.id", optional=True, index=True)
    status: rules.DispatchStatus = choice(rules.DispatchStatus, rules.DispatchStatus.PENDING)
    note: str | None = text(optional=True)
    dispatched_by: UUID = ref("account.id")
    dispatched_at: datetime = moment()
    answered_by: UUID | None = ref("account.id", optional=True)
    answered_at: datetime | None = moment(optional=True)
    reason: str | None = text(optional=True)

    __table_args__ = (
        in_area("dispatch"),
        check("one_matter", "num_nonnulls(appeal_id, incident_id) = 1"),
        check("answered", "(status = 'PENDING') = (answered_at is null)"),
        check("reason", "(status in ('OBJECTED', 'RECALLED')) = (reason is not null)"),
        sa.Index("ix_dispatch_grid", "grid_id", "dispatched_at", "id"),
        sa.Index("ix_dispatch_organisation", "organisation_id", "dispatched_at", "id"),
    )


class Appeal(Identified, table=True):
    """诉求: a request or problem that a resident brings to the community."""

    community_id: UUID
    grid_id: UUID
    """The grid. Of a matter of a whole estate or community, the estate or the community (:class:`db.places.Area`)."""
    building_id: UUID | None = ref("building.id", optional=True)
    unit: int | None = None
    household_id: UUID | None = ref("household.id", optional=True)
    premises_id: UUID | None = ref("premises.id", optional=True)
    estate_id: UUID | None = ref("estate.id", optional=True)
    """The estate, of a matter of the estate as a whole."""
    resident_id: UUID | None = ref("resident.id", optional=True)
    reporter_name: str | None = text(optional=True)
    reporter_phone: str | None = text(optional=True)
    source: rules.AppealSource = choice(rules.AppealSource)
    kind: rules.AppealKind = choice(rules.AppealKind)
    report_kind: rules.ReportKind | None = choice(rules.ReportKind, optional=True)
    category: rules.AppealCategory = choice(rules.AppealCategory)
    urgency: rules.AppealUrgency = choice(rules.AppealUrgency, rules.AppealUrgency.NORMAL)
    level: rules.AppealLevel = choice(rules.AppealLevel, rules.AppealLevel.GRID)
    status: rules.AppealStatus = choice(rules.AppealStatus, rules.AppealStatus.SUBMITTED)
    body: str = text()
    answer: str | None = text(optional=True)
    rating: int | None = None
    organisation_id: UUID | None = ref("organisation.id", optional=True)
    registered_by: UUID | None = ref("account.id", optional=True)
    handled_by: UUID | None = ref("account.id", optional=True)
    visit_id: UUID | None = ref("visit.id", optional=True, index=True)
    from_report_id: UUID | None = ref("appeal.id", optional=True)
    """The building head's report that was turned into this appeal."""
    receipt_code: str = text()
    opened_at: datetime = moment()
    recorded_at: datetime = moment(now=True)
    accepted_at: datetime | None = moment(optional=True)
    answered_at: datetime | None = moment(optional=True)
    closed_at: datetime | None = moment(optional=True)
    closed_by_silence: bool = False
    reopen_until: datetime | None = moment(optional=True)
    """The end of the time in which a closed appeal can be reopened."""
    rejected_at: datetime | None = moment(optional=True)
    withdrawn_at: datetime | None = moment(optional=True)
    turn_to: str | None = text(optional=True)
    """For a rejected appeal: where the reporter can turn instead."""
    clock_policy_id: UUID | None = ref("clock_policy.id", optional=True)
    response_due_at: datetime | None = moment(optional=True)
    resolution_due_at: datetime | None = moment(optional=True)
    paused_until: datetime | None = moment(optional=True)
    pause_reason: str | None = text(optional=True)
    escalated_at: datetime | None = moment(optional=True)
    objections: int = 0
    dispatch_id: UUID | None = Field(default=None, sa_column=sa.Column(_OPEN_DISPATCH, index=True))
    """The dispatch by which it is with an organisation now."""
    incident_id: UUID | None = ref("incident.id", optional=True, index=True)

    __table_args__ = (
        in_area("appeal"),
        check("one_place", "num_nonnulls(building_id, premises_id, estate_id) <= 1"),
        check("of_estate", "estate_id = grid_id"),
        check("rejected", "(status = 'REJECTED') = (rejected_at is not null)"),
        check("withdrawn", "(status = 'WITHDRAWN') = (withdrawn_at is not null)"),
        check("paused", "(paused_until is null) = (pause_reason is null)"),
        check("due", "(response_due_at is null) = (resolution_due_at is null)"),
        check("objections", "objections >= 0"),
        partial_index("ix_appeal_due", "resolution_due_at", "id", where=_RUNNING),
        partial_index("ix_appeal_unanswered", "response_due_at", "id", where="status = 'SUBMITTED'"),
        partial_index("ix_appeal_awaiting", "answered_at", "id", where="status = 'AWAITING_CONFIRMATION'"),
        sa.UniqueConstraint("receipt_code"),
        check("reported", "(kind = 'REPORT') = (report_kind is not null)"),
        check("rating", "rating between 1 and 5"),
        check("closed", "(status = 'CLOSED') = (closed_at is not null)"),
        sa.Index("ix_appeal_grid", "grid_id", "opened_at", "id"),
        sa.Index("ix_appeal_grid_status", "grid_id", "status", "opened_at", "id"),
        sa.Index("ix_appeal_opened", "opened_at", "id"),
        sa.Index("ix_appeal_household", "household_id", "opened_at", "id"),
        sa.Index("ix_appeal_building", "building_id", "opened_at", "id"),
        partial_index("ix_appeal_premises", "premises_id", "opened_at", "id", where="premises_id is not null"),
        partial_index("ix_appeal_estate", "estate_id", "opened_at", "id", where="estate_id is not null"),
        sa.Index("ix_appeal_resident", "resident_id", "opened_at", "id"),
        sa.Index("uq_appeal_from_report", "from_report_id", unique=True),
        sa.Index("ix_appeal_grid_closed", "grid_id", "closed_at", "id"),
        sa.Index("ix_appeal_registered", "registered_by", "opened_at", "id"),
        sa.Index(
            "ix_appeal_published",
            *("community_id", "opened_at"),
            postgresql_include=["category", "status", "rating"],
            postgresql_where=sa.text("kind = 'PROBLEM'"),
        ),
        partial_index("ix_appeal_handled", "handled_by", "opened_at", "id", where="handled_by is not null"),
        partial_index(
            "ix_appeal_grid_due",
            *("grid_id", "resolution_due_at", "id"),
            where="resolution_due_at is not null and status not in ('CLOSED', 'REJECTED', 'WITHDRAWN')",
        ),
    )


def counted() -> sql.From:
    """The appeals of the viewer's grids, for counting them. Row-level security finds these grids in the index."""
    return sql.From("appeal", {"grid_id": sql.UUID}, "appeal_counted")


def on_wall() -> sql.From:
    """The published figures by month: a view, which has only what is public (db/wall_two.sql)."""
    columns = {"community_id": sql.UUID, "community": sql.TEXT, "month": sql.DATE, "category": sql.TEXT}
    numbers = {"received": sql.INTEGER, "resolved": sql.INTEGER, "open": sql.INTEGER, "satisfied": sql.DOUBLE}
    return sql.named("direct_line_wall", columns | numbers)


def _appeal(t: sql.From, scope: Scope) -> Condition:
    """A building head sees the appeals that they reported, an organisation those that are dispatched to it."""
    if scope.role is Role.BUILDING_HEAD:
        return own_in_office(t.c.registered_by, scope)
    if scope.role is Role.PARTNER:
        return seen_through(t, "dispatch_id", scope)
    return in_grid(t, scope)


def _dispatch(t: sql.From, scope: Scope) -> Condition:
    """An organisation sees all dispatches to it."""
    if scope.role is Role.PARTNER:
        return t.c.organisation_id == sql.any_(scope.organisations)
    return in_grid(t, scope)


def _incident(t: sql.From, scope: Scope) -> Condition:
    """An organisation sees an incident while the incident is dispatched to it."""
    if scope.role is Role.PARTNER:
        dispatch = alias(Dispatch)
        held = dispatch.c.status.in_(rules.OPEN_DISPATCHES)
        return sql.exists(dispatch).where(dispatch.c.incident_id == t.c.id, held, _dispatch(dispatch, scope))
    return in_grid(t, scope)


seen_by(_appeal, Appeal)
seen_by(_dispatch, Dispatch)
seen_by(_incident, Incident)
seen_by(in_community, ClockPolicy, CategoryPolicy)
