"""Tables of the safety ladder: its policy, the alerts, and the rungs that rang."""

from datetime import date, datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import scope
from db.base import Identified, Row, at_home, check, choice, moment, partial_index, ref, text
from rules.alerts import REACH_BY, STEP_MINUTES, AlertFinding, Rung


class LadderPolicy(Row, table=True):
    """A community's local time by which RED residents must be reached, and the minutes between two rungs."""

    community_id: UUID = Field(foreign_key="community.id", primary_key=True)
    reach_by: time = REACH_BY
    step_minutes: int = STEP_MINUTES
    set_by: UUID | None = ref("account.id", optional=True)

    __table_args__ = (check("step", "step_minutes between 1 and 1440"),)


class Alert(Identified, table=True):
    """An alert about a RED resident who was not reached by the hour on a day, or whom a worker could not reach."""

    resident_id: UUID = ref("resident.id")
    household_id: UUID
    building_id: UUID
    grid_id: UUID
    community_id: UUID = ref("community.id")
    day: date
    raised_at: datetime = moment()
    raised_by: UUID | None = ref("account.id", optional=True)
    """The worker who raised it; null for the hour."""
    reason: str | None = text(optional=True)
    acknowledged_by: UUID | None = ref("account.id", optional=True)
    acknowledged_at: datetime | None = moment(optional=True)
    note: str | None = text(optional=True)
    finding: AlertFinding | None = choice(AlertFinding, optional=True)
    """The latest report."""
    found_by: UUID | None = ref("account.id", optional=True)
    found_at: datetime | None = moment(optional=True)
    found_note: str | None = text(optional=True)
    urgent_at: datetime | None = moment(optional=True)
    """When all rungs were first told that the resident needs help."""
    ended_at: datetime | None = moment(optional=True)

    __table_args__ = (
        at_home("alert"),
        sa.UniqueConstraint("resident_id", "day"),
        sa.Index("ix_alert_grid", "grid_id", "raised_at", "id"),
        sa.Index("ix_alert_building", "building_id", "raised_at", "id"),
        partial_index("ix_alert_open", "raised_at", where="acknowledged_at is null and ended_at is null"),
        check("acknowledged", "acknowledged_by is null or acknowledged_at is not null"),
        check("found", "(finding is null) = (found_at is null)"),
    )


class AlertRung(Row, table=True):
    """A rung that rang. Each rings once for an alert."""

    alert_id: UUID = ref("alert.id")
    rung: Rung = choice(Rung)
    rung_at: datetime = moment()
    reached: int | None = None
    """How many of its people could be told. Null for rungs from before this was counted."""

    __table_args__ = (sa.PrimaryKeyConstraint("alert_id", "rung"), check("reached", "reached >= 0"))


scope.seen_by(scope.in_community, LadderPolicy)
scope.seen_by(scope.by_home, Alert)
scope.seen_by(scope.through("alert_id"), AlertRung)
