"""Tables of visits and of the residents whom they reached."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, Row, at_home, choice, composite_key, moment, ref, text
from db.scope import in_grid, seen_by
from rules.visits import VisitMode


class Visit(Identified, table=True):
    """走访. ``occurred_at`` is by the phone's clock, ``recorded_at`` by the server's."""

    household_id: UUID
    building_id: UUID
    grid_id: UUID
    worker_id: UUID = ref("account.id")
    mode: VisitMode = choice(VisitMode)
    note: str | None = text(optional=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment(now=True)

    __table_args__ = (
        at_home("visit"),
        sa.Index("ix_visit_household", "household_id", "occurred_at", "id"),
        sa.Index("ix_visit_grid", "grid_id", "occurred_at", "id"),
        sa.Index("ix_visit_worker", "worker_id", "occurred_at", "id"),
        sa.Index("ix_visit_occurred", "occurred_at", "id"),
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


seen_by(in_grid, Visit)
