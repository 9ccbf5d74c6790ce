"""Tables of the duty to reach people: how often, and who need not be reached for a while."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db.base import Identified, at_home, choice, moment, ref, text
from db.scope import in_community, in_grid, seen_by
from rules.duty import Period
from rules.people import Colour


class VisitPolicy(Identified, table=True):
    """The cadence of a colour in a community from a day on, until another one begins; no period: no due date."""

    __tablename__ = "visit_policy"

    community_id: UUID = ref("community.id")
    colour: Colour = choice(Colour)
    period: Period | None = choice(Period, None, nullable=True)
    modes: list[str] = Field(sa_type=ARRAY(sa.Text()), nullable=False)
    grace_days: int = 0
    starts_on: date
    ends_on: date | None = None
    """The first day on which it no longer holds."""
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment(now=True)

    __table_args__ = (
        sa.UniqueConstraint("community_id", "colour", "starts_on"),
        sa.CheckConstraint("ends_on is null or ends_on > starts_on", name="in_order"),
        sa.CheckConstraint("grace_days between 0 and 31", name="grace"),
        sa.Index(
            "uq_visit_policy_current",
            "community_id",
            "colour",
            unique=True,
            postgresql_where=sa.text("ends_on is null"),
        ),
    )


class DutyPause(Identified, table=True):
    """Why somebody need not be reached for some days: a resident, or without one the whole household."""

    __tablename__ = "duty_pause"

    household_id: UUID
    building_id: UUID
    grid_id: UUID
    resident_id: UUID | None = ref("resident.id", optional=True)
    starts_on: date
    ends_on: date
    """The last day; the day before ``starts_on`` when it was taken back."""
    reason: str = text()
    set_by: UUID = ref("account.id")
    set_at: datetime = moment(now=True)

    __table_args__ = (
        at_home("duty_pause"),
        sa.CheckConstraint("ends_on >= starts_on - 1", name="in_order"),
        sa.Index("ix_duty_pause_resident", "resident_id", "starts_on"),
        sa.Index("ix_duty_pause_household", "household_id", "starts_on", "id"),
    )


seen_by(in_community, VisitPolicy)
seen_by(in_grid, DutyPause)
