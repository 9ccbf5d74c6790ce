"""Tables of duties: the cadence of each colour, and pauses."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db.base import Identified, at_home, check, choice, moment, partial_index, ref, text
from db.scope import in_community, in_grid, seen_by
from rules.duty import Period
from rules.people import Colour


class VisitPolicy(Identified, table=True):
    """The cadence of a colour in a community for a span of days. Without a period, nothing is ever due."""

    community_id: UUID = ref("community.id")
    colour: Colour = choice(Colour)
    period: Period | None = choice(Period, optional=True)
    modes: list[str] = Field(sa_type=ARRAY(sa.Text()), nullable=False)
    grace_days: int = 0
    starts_on: date
    ends_on: date | None = None
    """The first day on which the policy is no longer in force."""
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment(now=True)

    __table_args__ = (
        sa.UniqueConstraint("community_id", "colour", "starts_on"),
        check("in_order", "ends_on is null or ends_on > starts_on"),
        check("grace", "grace_days between 0 and 31"),
        partial_index("uq_visit_policy_current", "community_id", "colour", unique=True, where="ends_on is null"),
    )


class DutyPause(Identified, table=True):
    """A pause of the duties to a resident, or to the whole household if no resident is named."""

    household_id: UUID
    building_id: UUID
    grid_id: UUID
    resident_id: UUID | None = ref("resident.id", optional=True)
    starts_on: date
    ends_on: date
    """The last day. The day before ``starts_on`` for a pause that was cancelled."""
    reason: str = text()
    set_by: UUID = ref("account.id")
    set_at: datetime = moment(now=True)

    __table_args__ = (
        at_home("duty_pause"),
        check("in_order", "ends_on >= starts_on - 1"),
        sa.Index("ix_duty_pause_resident", "resident_id", "starts_on"),
        sa.Index("ix_duty_pause_household", "household_id", "starts_on", "id"),
    )


seen_by(in_community, VisitPolicy)
seen_by(in_grid, DutyPause)
