"""Residents in GraphQL. Their colours and full numbers are the workers' alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import people as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.access import WORKERS
from rules.id_numbers import masked
from rules.people import Colour, Sex
from schema.compiler.arguments import Argument
from schema.compiler.declare import (
    by_id,
    column,
    entity,
    extend,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant, json_list
from schema.compiler.sources import Row
from schema.filters import contains, is_id
from schema.journal import JournalEntry
from schema.orders import BY_ID
from schema.places import Grid, Household, on_register
from schema.relay import Connection, Node


def _workers_only(row: Row, found: Column) -> Column:
    """Neighbours, and a building head is one, are not told: they get null."""
    return found if row.scope.role in WORKERS else sql.NULL


def _colours(row: Row) -> Column:
    held = alias(tables.ResidentColour)
    found = (
        sql.select(json_list(held.c.colour, order_by=[held.c.colour]))
        .from_(held)
        .where(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
    )
    return _workers_only(row, found.scalar())


def _masked_phone(row: Row) -> Column:
    phone = row.c.phone
    return sql.func.left(phone, 3).op("||")(constant("****")).op("||")(sql.func.right(phone, 4))


def _masked_id_number(row: Row) -> Column:
    return _workers_only(row, constant(masked("")).op("||")(row.c.id_number_tail))


def _has_colour(row: Row, given: Argument) -> Condition:
    """Filters by colour find nothing for those who may not know colours."""
    if row.scope.role not in WORKERS:
        return sql.FALSE
    held = alias(tables.ResidentColour)
    wanted = row.bind(sql.array_of(sql.TEXT), given.convert(lambda values: [value.value for value in values]))
    colour = sql.cast(held.c.colour, sql.TEXT)
    own = sql.and_(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
    return sql.exists(held).where(own, colour == sql.any_(wanted))


def _about(row: Row, entry: Any) -> Condition:
    """Entries about the resident, and about records that were merged into theirs."""
    merge = alias(tables.ResidentMerge)
    merged = sql.select(merge.c.merged_id).from_(merge).where(merge.c.kept_id == row.c.id, merge.c.undone_at.is_(None))
    return sql.or_(entry.resident_id == row.c.id, entry.resident_id.in_(merged))


@filters
class ResidentFilter:
    """Which residents."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "Of this grid.")
    building: strawberry.ID | None = where(is_id("building", "building_id"), "Of this building.")
    household: strawberry.ID | None = where(is_id("household", "household_id"), "Of this household.")
    colour: list[Colour] | None = where(_has_colour, "With one of these colours; nobody, for a building head.")
    text: str | None = where(contains("name"), "Whose name contains this.")


@entity(tables.Residency)
class Residency:
    """That somebody lived in a household, and from when to when."""

    resident = to_one("resident_id", "Who.")
    household = to_one("household_id", "Where.")
    moved_in_on: date = column("moved_in_on", "The first day.")
    moved_out_on: date | None = column("moved_out_on", "The day from which no longer; null while it goes on.")
    recorded_by = to_one("recorded_by", "Who wrote it down; null for what was there before.")
    recorded_at: datetime = column("recorded_at", "When it was written down.")


@entity(tables.ResidentColour)
class ColourHeld:
    """A colour of a resident, from when it was set until it was taken away."""

    colour: Colour = column("colour", "The colour.")
    colour_label: str = labelled("colour", Colour, "Its people in Chinese.")
    set_by = to_one("set_by", "Who set it.")
    set_at: datetime = column("set_at", "When.")
    reason: str | None = column("reason", "Why.")
    removed_by = to_one("removed_by", "Who took it away.")
    removed_at: datetime | None = column("removed_at", "When; null while it is held.")
    removed_reason: str | None = column("removed_reason", "Why it was taken away.")


@entity(tables.Resident, "resident")
class Resident(Node):
    """A resident (居民)."""

    id: strawberry.ID = object_id("resident")
    name: str = column("name", "Name.")
    sex: Sex = column("sex", "Sex, as in the household register.")
    born_on: date | None = column("born_on", "Date of birth, if known.")
    phone: str | None = value(lambda row: _workers_only(row, row.c.phone), "Telephone; null for a building head.")
    phone_masked: str | None = value(_masked_phone, "Telephone with its middle hidden.")
    id_number_masked: str | None = value(
        _masked_id_number, "ID number with all but its last four characters hidden; null for a building head."
    )
    colours: list[Colour] | None = value(
        _colours,
        "The colours (六色) that say how often to reach them or what to call them for; workers only.",
    )
    household = to_one("household_id", "Where they live; the last home of those who left.")
    left_on: date | None = column("left_on", "The day from which they live here no longer.")
    residencies: list[Residency] = to_many(
        "resident_id",
        lambda t: [t.moved_in_on, t.moved_out_on, t.id],
        "Where they have lived, and from when to when.",
    )
    colour_history: list[ColourHeld] = to_many(
        "resident_id",
        lambda t: [t.set_at, t.id],
        "Every colour they hold or held, who set it and why; nothing for a building head.",
    )
    merged_into = to_one("merged_into", "The record of the same person that took over this one.")
    timeline: Connection[JournalEntry] = paged(
        "What was changed about them in the register, in order; also while it stood on a merged record.",
        BY_ID,
        link=_about,
    )


extend(
    Grid,
    residents=(
        Connection[Resident],
        paged("Who lives in it.", BY_ID, link=lambda row, t: sql.and_(t.grid_id == row.c.id, on_register(t))),
    ),
)
extend(
    Household,
    residents=(
        list[Resident],
        to_many(
            lambda row, t: sql.and_(t.household_id == row.c.id, on_register(t)), lambda t: [t.id], "Who lives there."
        ),
    ),
    residencies=(
        Connection[Residency],
        paged("Who has lived there, and from when to when, in the order of recording.", BY_ID, link="household_id"),
    ),
)


@roots
class PeopleRoots:
    """What can be read of residents."""

    residents: Connection[Resident] = paged(
        "Who lives here now.", BY_ID, link=lambda _, t: on_register(t), where=ResidentFilter
    )
    former_residents: Connection[Resident] = paged(
        "Who has moved away; their last home is where they are found.",
        BY_ID,
        link=lambda _, t: sql.and_(t.left_on.is_not(None), t.merged_into.is_(None)),
        where=ResidentFilter,
    )
    resident = by_id("resident", "A resident.")
