"""Tables of people: residents and their colours."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from db.base import Identified, at_home, choice, moment, ref, text
from rules.people import Colour, Sex


class Resident(Identified, table=True):
    """居民: lives in one household."""

    household_id: UUID
    building_id: UUID
    grid_id: UUID
    name: str = text()
    sex: Sex = choice(Sex)
    born_on: date | None = None
    phone: str | None = text(optional=True)

    __table_args__ = (
        at_home("resident"),
        sa.Index("ix_resident_household", "household_id", "id"),
        sa.Index("ix_resident_grid", "grid_id", "id"),
        sa.Index("ix_resident_building", "building_id", "id"),
    )


class ResidentColour(SQLModel, table=True):
    """One colour of a resident: who set it, when and why."""

    __tablename__ = "resident_colour"

    resident_id: UUID = ref("resident.id")
    colour: Colour = choice(Colour)
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment(now=True)
    reason: str | None = text(optional=True)

    __table_args__ = (
        sa.PrimaryKeyConstraint("resident_id", "colour"),
        sa.Index("ix_resident_colour_colour", "colour", "resident_id"),
    )
