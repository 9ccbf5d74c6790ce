"""Tables of people: residents, where they lived when, and their colours."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from db.base import Identified, at_home, choice, moment, ref, text
from db.scope import by_home, in_grid, seen_by, through
from rules.people import Colour, Sex

ONE_OF_EACH_NUMBER = "uq_resident_id_number"
"""The index that keeps two records of a community from having one ID number, unless one was merged into the other."""
_LIVES_THERE = sa.text("left_on is null and merged_into is null")


class Resident(Identified, table=True):
    """居民: lives in one household, or did until the day they left."""

    household_id: UUID
    building_id: UUID
    grid_id: UUID
    name: str = text()
    sex: Sex = choice(Sex)
    born_on: date | None = None
    phone: str | None = text(optional=True)
    id_number_sealed: bytes | None = None
    id_number_index: bytes | None = None
    id_number_tail: str | None = text(optional=True)
    left_on: date | None = None
    """The day from which they live here no longer; the home is then the last one."""
    merged_into: UUID | None = ref("resident.id", optional=True, index=True)
    """The record of the same person that took over what was on this one."""

    __table_args__ = (
        at_home("resident"),
        sa.Index("ix_resident_household", "household_id", "id"),
        sa.Index("ix_resident_grid", "grid_id", "id"),
        sa.Index("ix_resident_living", "grid_id", "id", postgresql_where=_LIVES_THERE),
        sa.Index("ix_resident_building", "building_id", "id"),
        sa.Index("ix_resident_name", "name", "id"),
        sa.Index(
            ONE_OF_EACH_NUMBER,
            "id_number_index",
            unique=True,
            postgresql_where=sa.text("id_number_index is not null and merged_into is null"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(id_number_sealed, id_number_index, id_number_tail) in (0, 3)", name="id_number"
        ),
    )


class Residency(Identified, table=True):
    """Who lived where, and when: from the day of moving in up to, and not including, that of moving out."""

    resident_id: UUID = ref("resident.id")
    household_id: UUID
    building_id: UUID
    grid_id: UUID
    moved_in_on: date
    moved_out_on: date | None = None
    recorded_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment(now=True)

    __table_args__ = (
        at_home("residency"),
        sa.CheckConstraint("moved_out_on is null or moved_out_on >= moved_in_on", name="in_order"),
        sa.Index("ix_residency_resident", "resident_id", "moved_in_on"),
        sa.Index("ix_residency_grid", "grid_id", "resident_id"),
        sa.Index("ix_residency_household", "household_id", "moved_in_on", "id"),
        sa.Index("uq_residency_current", "resident_id", unique=True, postgresql_where=sa.text("moved_out_on is null")),
    )


class ResidentColour(Identified, table=True):
    """One colour of a resident: who set it, when and why, and likewise who took it away."""

    __tablename__ = "resident_colour"

    resident_id: UUID = ref("resident.id")
    colour: Colour = choice(Colour)
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment(now=True)
    reason: str | None = text(optional=True)
    removed_by: UUID | None = ref("account.id", optional=True)
    removed_at: datetime | None = moment(optional=True)
    removed_reason: str | None = text(optional=True)

    __table_args__ = (
        sa.CheckConstraint("removed_at is null or removed_at >= set_at", name="in_order"),
        sa.Index("ix_resident_colour_resident", "resident_id", "set_at", "id"),
        sa.Index("ix_resident_colour_colour", "colour", "resident_id"),
        sa.Index(
            "uq_resident_colour_held",
            "resident_id",
            "colour",
            unique=True,
            postgresql_where=sa.text("removed_at is null"),
        ),
    )


class ResidentMerge(Identified, table=True):
    """Two records of one person made one: what was moved, so that it can be put back."""

    __tablename__ = "resident_merge"

    kept_id: UUID = ref("resident.id", index=True)
    merged_id: UUID = ref("resident.id", index=True)
    moved: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    merged_by: UUID = ref("account.id")
    merged_at: datetime = moment(now=True)
    undone_by: UUID | None = ref("account.id", optional=True)
    undone_at: datetime | None = moment(optional=True)

    __table_args__ = (
        sa.CheckConstraint("kept_id <> merged_id", name="two"),
        sa.CheckConstraint("(undone_at is null) = (undone_by is null)", name="undone"),
    )


seen_by(by_home, Resident, Residency)
# What is kept about a resident for those who work with them is not for neighbours.
seen_by(through("resident_id", in_grid), ResidentColour)
seen_by(through("kept_id", in_grid), ResidentMerge)
