"""Tables of visits, of the residents whom they reached, and of what a visit said before it was corrected."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Identified, Row, at_home, check, choice, composite_key, moment, partial_index, ref, text
from db.scope import Condition, in_grid, seen_by, through
from rules.visits import VisitMode

_STANDS = "withdrawn_at is null"


class Visit(Identified, table=True):
    """走访, to a household or to premises. ``occurred_at`` is by the phone's clock, ``recorded_at`` by the server's."""

    household_id: UUID | None = None
    building_id: UUID | None = None
    """The building of the household."""
    premises_id: UUID | None = None
    grid_id: UUID
    worker_id: UUID = ref("account.id")
    mode: VisitMode = choice(VisitMode)
    note: str | None = text(optional=True)
    spoke_with: str | None = text(optional=True)
    """With whom the worker spoke, in words: at premises, or people who are not on the register."""
    is_attempt: bool = Field(False, sa_column_kwargs={"server_default": sa.text("false")})
    """Nobody was met (:func:`rules.visits.is_attempt`)."""
    occurred_at: datetime = moment()
    recorded_at: datetime = moment(now=True)
    withdrawn_at: datetime | None = moment(optional=True)
    """A withdrawn visit reached nobody, and counts nowhere."""

    __table_args__ = (
        at_home("visit"),
        composite_key("fk_visit_premises", "premises", "grid_id", cascade=True),
        check("place", "num_nonnulls(household_id, premises_id) = 1"),
        check("building", "(household_id is null) = (building_id is null)"),
        # Without the withdrawn visits, so that leaving them out costs a query nothing.
        partial_index("ix_visit_household", "household_id", "occurred_at", "id", where=_STANDS),
        partial_index(
            "ix_visit_premises", "premises_id", "occurred_at", "id", where=f"premises_id is not null and {_STANDS}"
        ),
        partial_index("ix_visit_grid", "grid_id", "occurred_at", "id", where=_STANDS),
        partial_index("ix_visit_worker", "worker_id", "occurred_at", "id", where=_STANDS),
        partial_index("ix_visit_occurred", "occurred_at", "id", where=_STANDS),
        partial_index("ix_visit_withdrawn", "grid_id", "occurred_at", "id", where="withdrawn_at is not null"),
        sa.UniqueConstraint("id", "household_id", "mode", "occurred_at", name="uq_visit_reach"),
    )


class VisitResident(Row, table=True):
    """A resident who was reached in a visit. Repeats the columns of the visit by which duties are judged."""

    visit_id: UUID
    resident_id: UUID = ref("resident.id")
    household_id: UUID
    mode: VisitMode = choice(VisitMode)
    occurred_at: datetime = moment()

    __table_args__ = (
        sa.PrimaryKeyConstraint("visit_id", "resident_id"),
        composite_key("fk_visit_resident_visit", "visit", "household_id", "mode", "occurred_at"),
        sa.Index("ix_visit_resident_resident", "resident_id", "occurred_at", "mode"),
        sa.Index("ix_visit_resident_household", "household_id", "occurred_at", "mode"),
    )


class VisitCorrection(Identified, table=True):
    """The content of a visit before it was corrected or withdrawn, with who did that, when and why."""

    visit_id: UUID = ref("visit.id", index=True)
    withdraws: bool = False
    reason: str | None = text(optional=True)
    """Null when the person whom it may name was erased."""
    household_id: UUID | None = ref("household.id", optional=True, index=True)
    premises_id: UUID | None = ref("premises.id", optional=True, index=True)
    mode: VisitMode = choice(VisitMode)
    note: str | None = text(optional=True)
    spoke_with: str | None = text(optional=True)
    occurred_at: datetime = moment()
    corrected_by: UUID = ref("account.id")
    corrected_at: datetime = moment()


class VisitCorrectionResident(Row, table=True):
    """A resident whom the visit had said to have reached before the correction."""

    visit_correction_id: UUID = ref("visit_correction.id")
    resident_id: UUID = ref("resident.id", index=True)

    __table_args__ = (sa.PrimaryKeyConstraint("visit_correction_id", "resident_id"),)


def stands(visit: Any) -> Condition:
    """The visit was not withdrawn, by its columns."""
    found: Condition = visit.withdrawn_at.is_(None)
    return found


def met(visit: Any) -> Condition:
    """The visit stands, and met somebody."""
    return sql.and_(stands(visit), sql.not_(visit.is_attempt))


seen_by(in_grid, Visit)
seen_by(through("visit_id"), VisitCorrection)
seen_by(through("visit_correction_id"), VisitCorrectionResident)
