"""Residents in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import people as tables
from db import sql
from db.base import alias
from db.people import lives_here
from db.scope import Condition
from db.sql import Column
from rules.id_numbers import masked
from rules.people import Colour, Relation, Sex, Tenure
from schema.compiler import declare as gql
from schema.compiler.arguments import Argument
from schema.compiler.expressions import constant, json_list, label
from schema.compiler.sources import Expression, Row
from schema.filters import contains, is_id
from schema.journal import JournalEntry
from schema.orders import BY_ID
from schema.places import Grid, Household
from schema.relay import Connection, Node


def _colours(row: Row) -> Column:
    held = alias(tables.ResidentColour)
    found = (
        sql.select(json_list(held.c.colour, order_by=[held.c.colour]))
        .from_(held)
        .where(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
    )
    return found.scalar()


def _masked_phone(row: Row) -> Column:
    phone = row.c.phone
    return sql.func.left(phone, 3).op("||")(constant("****")).op("||")(sql.func.right(phone, 4))


def _masked_id_number(row: Row) -> Column:
    return constant(masked("")).op("||")(row.c.id_number_tail)


def _has_colour(row: Row, given: Argument) -> Condition:
    held = alias(tables.ResidentColour)
    wanted = row.bind(sql.array_of(sql.TEXT), given.convert(lambda values: [value.value for value in values]))
    colour = sql.cast(held.c.colour, sql.TEXT)
    own = sql.and_(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
    return sql.exists(held).where(own, colour == sql.any_(wanted))


def _of_stay(name: str) -> Expression:
    """A column of the resident's current stay."""

    def expression(row: Row) -> Column:
        stay = alias(tables.Residency)
        own = stay.c.resident_id == row.c.id, stay.c.moved_out_on.is_(None)
        return sql.select(stay.c[name]).from_(stay).where(*own).scalar()

    return expression


def _of_head(name: str) -> Expression:
    """A column of the current stay of the household's head."""

    def expression(row: Row) -> Column:
        stay = alias(tables.Residency)
        here = stay.c.household_id == row.c.id, stay.c.moved_out_on.is_(None)
        # As in the condition of the unique index on heads.
        head = sql.cast(stay.c.relation, sql.TEXT) == constant(Relation.HEAD)
        return sql.select(stay.c[name]).from_(stay).where(*here, head).scalar()

    return expression


def _about(row: Row, entry: Any) -> Condition:
    """Entries about the resident and about records merged into this one."""
    merge = alias(tables.ResidentMerge)
    merged = sql.select(merge.c.merged_id).from_(merge).where(merge.c.kept_id == row.c.id, merge.c.undone_at.is_(None))
    records = sql.func.array_append(merged.array(), row.c.id)
    # The index has only the entries about residents, which PostgreSQL does not derive from the array.
    return sql.and_(entry.resident_id.is_not(None), entry.resident_id == sql.any_(records))


@gql.filters
class ResidentFilter:
    """A filter of residents."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    building: strawberry.ID | None = gql.where(is_id("building", "building_id"), "In this building.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "In this household.")
    colour: list[Colour] | None = gql.where(_has_colour, "With one of these colours; none for a building head.")
    text: str | None = gql.where(contains("name"), "With this in the name.")


@gql.entity(tables.Residency)
class Residency:
    """A period in which a resident lived in a household."""

    resident = gql.to_one("resident_id", "The resident.")
    household = gql.to_one("household_id", "The household.")
    moved_in_on: date = gql.column("moved_in_on", "The first day.")
    moved_out_on: date | None = gql.column("moved_out_on", "The first day after the residency; null if it continues.")
    relation = gql.word("relation", Relation | None, "The relation to the head of the household, if known.")
    tenure = gql.word("tenure", Tenure | None, "The right by which they lived there, if known.")
    recorded_by = gql.to_one("recorded_by", "The account that recorded it; null for imported data.")
    recorded_at: datetime = gql.column("recorded_at", "When it was recorded.")


@gql.entity(tables.ResidentColour)
class ColourHeld:
    """A colour of a resident, from setting to removal."""

    colour = gql.word("colour", Colour, "The colour.")
    set_by = gql.to_one("set_by", "The account that set it.")
    set_at: datetime = gql.column("set_at", "When it was set.")
    reason: str | None = gql.column("reason", "The reason for setting it.")
    removed_by = gql.to_one("removed_by", "The account that removed it.")
    removed_at: datetime | None = gql.column("removed_at", "When it was removed; null if it is held.")
    removed_reason: str | None = gql.column("removed_reason", "The reason for removing it.")


@gql.entity(tables.Resident, "resident")
class Resident(Node):
    """A resident (居民)."""

    id: strawberry.ID = gql.object_id("resident")
    name: str = gql.column("name", "Name.")
    sex: Sex = gql.column("sex", "Sex, as in the household register.")
    born_on: date | None = gql.column("born_on", "Date of birth, if known.")
    phone: str | None = gql.column("phone", "Telephone; null for a building head.")
    phone_masked: str | None = gql.value(_masked_phone, "Telephone with the middle digits masked.")
    id_number_masked: str | None = gql.value(
        _masked_id_number, "ID number with all but the last four characters masked; null for a building head."
    )
    colours: list[Colour] | None = gql.value(
        _colours,
        "The colours (六色), which decide how often to visit them and when to call them; visible to workers only.",
    )
    household = gql.to_one("household_id", "The household; the last one of former residents.")
    relation: Relation | None = gql.value(
        _of_stay("relation"), "The relation to the head of the present household (户主), if known."
    )
    relation_label: str | None = gql.value(
        lambda row: label(_of_stay("relation")(row), Relation),
        "The relation to the head, as a label.",
    )
    tenure: Tenure | None = gql.value(_of_stay("tenure"), "The right by which they live in the household, if known.")
    tenure_label: str | None = gql.value(
        lambda row: label(_of_stay("tenure")(row), Tenure),
        "The right by which they live there, as a label.",
    )
    left_on: date | None = gql.column("left_on", "The first day on which they no longer lived here.")
    residencies: list[Residency] = gql.to_many(
        "resident_id", lambda t: [t.moved_in_on, t.moved_out_on, t.id], "The residencies, in order."
    )
    colour_history: list[ColourHeld] = gql.to_many(
        "resident_id", lambda t: [t.set_at, t.id], "All present and past colours; empty for a building head."
    )
    merged_into = gql.to_one("merged_into", "The record into which this one was merged.")
    timeline: Connection[JournalEntry] = gql.paged(
        "Changes in the register, in order, including those of merged records.", BY_ID, link=_about
    )


gql.extend(
    Grid,
    residents=(
        Connection[Resident],
        gql.paged("Current residents.", BY_ID, link=lambda row, t: sql.and_(t.grid_id == row.c.id, lives_here(t))),
    ),
)
gql.extend(
    Household,
    residents=(
        list[Resident],
        gql.to_many(
            lambda row, t: sql.and_(t.household_id == row.c.id, lives_here(t)), lambda t: [t.id], "Current residents."
        ),
    ),
    head=(
        Resident | None,
        gql.by_link(lambda row, t: t.id == _of_head("resident_id")(row), "The head of the household (户主), if known."),
    ),
    tenure=(
        Tenure | None,
        gql.value(_of_head("tenure"), "The right by which the head lives in it: owner, tenant or lodger."),
    ),
    tenure_label=(
        str | None,
        gql.value(
            lambda row: label(_of_head("tenure")(row), Tenure),
            "The tenure of the head, as a label.",
        ),
    ),
    residencies=(
        Connection[Residency],
        gql.paged("Present and past residencies, in the order of recording.", BY_ID, link="household_id"),
    ),
)


@gql.roots
class PeopleRoots:
    residents: Connection[Resident] = gql.paged(
        "Current residents.", BY_ID, link=lambda _, t: lives_here(t), where=ResidentFilter
    )
    former_residents: Connection[Resident] = gql.paged(
        "Former residents, who are found under their last home.",
        BY_ID,
        link=lambda _, t: sql.and_(t.left_on.is_not(None), t.merged_into.is_(None), t.erased_at.is_(None)),
        where=ResidentFilter,
    )
    resident = gql.by_id("resident", "A resident.")
