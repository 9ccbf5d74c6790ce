"""Tables of people: residents, where they lived when, and their colours."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from db import sql
from db.base import Identified, Row, at_home, check, choice, composite_key, moment, partial_index, ref, text
from db.scope import Condition, by_home, in_grid, seen_by, through
from rules.finding import terms_of
from rules.folding import folded_name
from rules.people import Colour, Relation, Sex, Tenure

UNIQUE_ID_NUMBER = "uq_resident_id_number"
"""The unique index on ID numbers. Blind indexes differ between communities, so it holds within each community."""
ONE_HEAD = "uq_residency_head"
"""The unique index on heads of households."""
TERMS = "array_to_tsvector(string_to_array(found_by, chr(10)))"
"""The terms of a resident as the index has them, each a lexeme of its own."""
_FOUND = ("name", "former_names", "phone")
"""The columns that the terms are made of."""
MOST_FORMER_NAMES = 10
"""Former names of a resident that are kept: a compromise, more than anybody has had, and few terms to search for."""
_COUNTS = "id_number_index is not null and merged_into is null"


class Resident(Identified, table=True):
    """居民. Lives in one household, or did until they left."""

    household_id: UUID
    building_id: UUID
    grid_id: UUID
    name: str = text()
    name_folded: str = text(default=None)
    """The name as it is compared. It is kept with the name, and so are the terms."""
    former_names: str | None = text(optional=True)
    """Names that were corrected, the latest last, one in a line: of more than :data:`MOST_FORMER_NAMES` the latest."""
    found_by: str = text(default=None)
    """The terms by which the resident is found, one in a line (rules/finding.py)."""
    sex: Sex = choice(Sex)
    born_on: date | None = None
    phone: str | None = text(optional=True)
    id_number_sealed: bytes | None = None
    id_number_index: bytes | None = None
    id_number_tail: str | None = text(optional=True)
    left_on: date | None = None
    """The first day after they left. The household is then the last one."""
    merged_into: UUID | None = ref("resident.id", optional=True, index=True)
    """The record of the same person into which this one was merged."""
    erased_at: datetime | None = moment(optional=True)
    """When the person was erased. The row then stands for somebody unknown who lived here."""

    __table_args__ = (
        at_home("resident"),
        sa.UniqueConstraint("id", "grid_id", name="uq_resident_grid"),
        sa.Index("ix_resident_household", "household_id", "id"),
        sa.Index("ix_resident_grid", "grid_id", "id"),
        partial_index("ix_resident_living", "grid_id", "id", where="left_on is null and merged_into is null"),
        sa.Index("ix_resident_building", "building_id", "id"),
        sa.Index("ix_resident_name", "name_folded", "id"),
        sa.Index("ix_resident_found_by", sa.text(f"({TERMS})"), postgresql_using="gin"),
        partial_index(UNIQUE_ID_NUMBER, "id_number_index", unique=True, where=_COUNTS),
        check("id_number", "num_nonnulls(id_number_sealed, id_number_index, id_number_tail) in (0, 3)"),
        check("erased", "erased_at is null or num_nonnulls(phone, born_on, id_number_sealed, former_names) = 0"),
    )

    def derive(self, stored: Mapping[str, Any]) -> None:
        """Keeps the folded name and the terms."""
        now = [self.__dict__[name] for name in _FOUND]
        if now == [stored.get(name) for name in _FOUND]:
            return
        self.name_folded = folded_name(self.name) or self.name
        self.found_by = terms_of(self.name, former_names(self), self.phone)


class SealingGeneration(Row, table=True):
    """A generation of the sealing key that is or was in use, with a proof to recognise the key by."""

    number: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    proof: bytes
    since: datetime = moment()


class ResidentKey(Row, table=True):
    """The data key of a resident, sealed by a generation, under which the blind index is as well.

    Deleting the row makes the resident's ID number unreadable. Numbers from before this table have none.
    """

    resident_id: UUID = Field(foreign_key="resident.id", primary_key=True)
    generation: int = ref("sealing_generation.number")
    sealed: bytes

    __table_args__ = (sa.Index("ix_resident_key_generation", "generation", "resident_id"),)


class Residency(Identified, table=True):
    """A stay of a resident in a household. ``moved_out_on`` is the first day after it."""

    resident_id: UUID = ref("resident.id")
    household_id: UUID
    building_id: UUID
    grid_id: UUID
    moved_in_on: date
    moved_out_on: date | None = None
    relation: Relation | None = choice(Relation, optional=True)
    """The relation to the head of the household, if it is known."""
    tenure: Tenure | None = choice(Tenure, optional=True)
    recorded_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment(now=True)

    __table_args__ = (
        at_home("residency"),
        check("in_order", "moved_out_on is null or moved_out_on >= moved_in_on"),
        sa.Index("ix_residency_resident", "resident_id", "moved_in_on"),
        sa.Index("ix_residency_grid", "grid_id", "resident_id"),
        sa.Index("ix_residency_household", "household_id", "moved_in_on", "id"),
        partial_index("uq_residency_current", "resident_id", unique=True, where="moved_out_on is null"),
        partial_index(ONE_HEAD, "household_id", unique=True, where="relation = 'HEAD' and moved_out_on is null"),
    )


class ResidentColour(Identified, table=True):
    """A colour of a resident, with the author, time and reason of setting and of removing it."""

    resident_id: UUID
    grid_id: UUID
    """The grid of the resident."""
    colour: Colour = choice(Colour)
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment(now=True)
    reason: str | None = text(optional=True)
    removed_by: UUID | None = ref("account.id", optional=True)
    removed_at: datetime | None = moment(optional=True)
    removed_reason: str | None = text(optional=True)

    __table_args__ = (
        composite_key("fk_resident_colour_resident", "resident", "grid_id", cascade=True),
        check("in_order", "removed_at is null or removed_at >= set_at"),
        sa.Index("ix_resident_colour_resident", "resident_id", "set_at", "id"),
        sa.Index("ix_resident_colour_colour", "colour", "resident_id"),
        partial_index("uq_resident_colour_held", "resident_id", "colour", unique=True, where="removed_at is null"),
    )


class ResidentMerge(Identified, table=True):
    """A merge of two records of one person. ``moved`` lists what was moved, for undoing it."""

    kept_id: UUID = ref("resident.id", index=True)
    merged_id: UUID = ref("resident.id", index=True)
    moved: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    merged_by: UUID = ref("account.id")
    merged_at: datetime = moment(now=True)
    undone_by: UUID | None = ref("account.id", optional=True)
    undone_at: datetime | None = moment(optional=True)

    __table_args__ = (
        check("two", "kept_id <> merged_id"),
        check("undone", "(undone_at is null) = (undone_by is null)"),
    )


def former_names(resident: Resident) -> list[str]:
    """The names that the resident had on the register before, the latest last."""
    return (resident.former_names or "").splitlines()


def add_former_name(resident: Resident, name: str) -> None:
    """Keeps another name for the resident, unless it is the same as the present one."""
    kept: dict[str, str] = {}
    for each in (*former_names(resident), name):
        kept.pop(folded_name(each), None)
        kept[folded_name(each)] = each
    kept.pop(folded_name(resident.name), None)
    resident.former_names = "\n".join(list(kept.values())[-MOST_FORMER_NAMES:]) or None


def lives_here(resident: Any) -> Condition:
    """True for residents who live here now and whose record was not merged into another. Takes the columns."""
    return sql.and_(resident.left_on.is_(None), resident.merged_into.is_(None))


seen_by(by_home, Resident, Residency)
# Building heads, who are neighbours, see neither colours nor merges.
seen_by(through("resident_id", in_grid), ResidentColour)
seen_by(through("kept_id", in_grid), ResidentMerge)
