"""Residents in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import people as tables
from db import places as place_tables
from db import sql
from db.acts.id_numbers import indexed
from db.base import alias
from db.people import lives_here
from db.scope import Condition, looked_up
from db.sql import Column
from rules.access import WORKERS
from rules.finding import wanted_terms
from rules.id_numbers import check_id_number, masked
from rules.people import AgeBand, Colour, Relation, Sex, Tenure
from rules.refusals import Refusal
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.arguments import Argument, Getter, Run
from schema.compiler.counts import counted, key, key_to
from schema.compiler.expressions import constant, json_list, label
from schema.compiler.sources import Expression, Row
from schema.filters import TimeRange, changed_within, checked_search, in_area, is_id
from schema.ids import parse_id
from schema.journal import JournalEntry
from schema.orders import BY_ID
from schema.places import Building, Grid, Household, homes_named
from schema.relay import Connection, Node

_MASKED_WHOLE, _MASKED_SHORT = 11, 7
"""The digits of the shortest number that shows seven of them, and of the shortest that shows two."""


def _colours(row: Row) -> Column:
    held = alias(tables.ResidentColour)
    found = (
        sql.select(json_list(held.c.colour, order_by=[held.c.colour]))
        .from_(held)
        .where(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
    )
    return found.scalar()


def _masked_phone(row: Row) -> Column:
    """The first three and the last four digits; of a shorter number the last two; of one under seven digits none."""
    digits = sql.func.regexp_replace(row.c.phone, constant("[^0-9]"), constant(""), constant("g"))
    count, hidden = sql.func.length(digits), constant("****")
    whole = sql.func.left(digits, 3).op("||")(hidden).op("||")(sql.func.right(digits, 4))
    short = sql.case((count >= _MASKED_SHORT, hidden.op("||")(sql.func.right(digits, 2))), else_=hidden)
    return sql.case((row.c.phone.is_(None), sql.NULL), (count >= _MASKED_WHOLE, whole), else_=short)


def _masked_id_number(row: Row) -> Column:
    return constant(masked("")).op("||")(row.c.id_number_tail)


def _has_colour(row: Row, given: Argument) -> Condition:
    held = alias(tables.ResidentColour)
    wanted = row.bind(sql.array_of(sql.TEXT), given.convert(lambda values: [value.value for value in values]))
    colour = sql.cast(held.c.colour, sql.TEXT)
    own = sql.and_(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
    return sql.exists(held).where(own, colour == sql.any_(wanted))


def _colours_held(row: Row) -> tuple[sql.From, Condition]:
    held = alias(tables.ResidentColour)
    return held, sql.and_(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))


def _age_band(row: Row) -> Column:
    """The band of the age by the viewer's calendar."""
    local = sql.func.timezone(place_tables.time_zone(row.scope), now_of(row))
    *younger, oldest = AgeBand
    born: Column = row.c.born_on
    whens = [
        (born > sql.cast(local - sql.raw(f"interval '{band.until} years'"), sql.DATE), constant(band))
        for band in younger
    ]
    return sql.case((born.is_(None), sql.NULL), *whens, else_=constant(oldest))


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


def found_by(row: Row, given: Argument) -> Condition:
    """Looks residents up by the index of terms, and by the homes at an address."""
    whole = row.scope.role in WORKERS
    wanted = row.bind(sql.TEXT, given.convert(lambda text: wanted_terms(checked_search(text), whole=whole)))
    return looked_up(row.c.id, sql.union_all(_with_terms(row, wanted), _at_address(row, given)).array())


def _with_terms(row: Row, wanted: Column) -> sql.Select:
    """The residents of the viewer's places whose terms match. The second wall looks, because its index needs that."""
    return sql.select(sql.func.unnest(sql.Column("wall.found_residents(", wanted, ", ", row.scope.grids, ")")))


def _at_address(row: Row, given: Argument) -> sql.Select:
    """The residents of the homes that a text names. A text that names none has no rows."""
    homes, home = homes_named(row, given)
    there = alias(tables.Resident)
    return sql.select(there.c.id).from_(homes.join(there, there.c.household_id == home.c.id))


def _has_number(row: Row, given: Argument) -> Condition:
    """Compares blind indexes, which differ between communities and between generations of the sealing key."""
    if row.scope.role not in WORKERS:
        return sql.FALSE
    found: Condition = row.c.id_number_index == sql.any_(row.bind(sql.array_of(sql.BYTES), _indexes(given)))
    return found


def _indexes(given: Argument) -> Getter:
    def indexes(run: Run) -> list[bytes]:
        wanted = given.get(run)
        try:
            number = check_id_number(wanted["number"], "number")
            community = parse_id("community", wanted["community"], "community")
        except Refusal as refusal:
            raise given.refused(refusal) from None
        return run.sealer.indexes(indexed(community, number)) if run.sealer else []

    return indexes


@gql.filters
class IdNumberFilter:
    """An ID number, which is looked up as a whole on the register of a community."""

    community: strawberry.ID = strawberry.field(description="The community on whose register it is.")
    number: str = strawberry.field(
        description="The ID number, of 18 characters or 15 digits, in any width and spacing."
    )


@gql.filters
class ResidentFilter:
    """A filter of residents."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    building: strawberry.ID | None = gql.where(is_id("building", "building_id"), "In this building.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "In this household.")
    community: strawberry.ID | None = gql.where(in_area("community"), "In this community.")
    estate: strawberry.ID | None = gql.where(in_area("estate"), "In this estate.")
    changed_between: TimeRange | None = gql.where(changed_within("resident"), "Changed in this range of time.")
    colour: list[Colour] | None = gql.where(_has_colour, "With one of these colours; none for a building head.")
    text: str | None = gql.where(
        found_by,
        "With this in the name or a former name, in any spelling, width and case, or in pinyin, in full or by initials;"
        " with a telephone that begins with this; or at this address (3号楼2单元501). A building head finds by neither"
        " former names nor telephones.",
    )
    id_number: IdNumberFilter | None = gql.where(_has_number, "With this ID number; none for a building head.")


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
class ColourRecord:
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
    former_names: list[str] | None = gql.value(
        lambda row: sql.func.string_to_array(row.c.former_names, constant("\n")),
        "Earlier names on the register, of many the ten latest; by them the resident is found too.",
    )
    sex: Sex = gql.column("sex", "Sex, as in the household register.")
    born_on: date | None = gql.column("born_on", "Date of birth, if known.")
    phone: str | None = gql.column("phone", "Telephone; null for a building head.")
    phone_masked: str | None = gql.value(
        _masked_phone,
        "Telephone with most digits masked: 139****5678, of fewer than eleven digits ****78, of fewer than seven ****.",
    )
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
    colour_history: list[ColourRecord] = gql.to_many(
        "resident_id", lambda t: [t.set_at, t.id], "All present and past colours; empty for a building head."
    )
    merged_into = gql.to_one("merged_into", "The record into which this one was merged.")
    timeline: Connection[JournalEntry] = gql.paged(
        "Changes in the register, in order, including those of merged records.", BY_ID, link=_about
    )


@counted(Resident)
class ResidentCount:
    """Residents with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid.", shows="household")
    building: Building | None = key_to("building_id", "The building.", shows="household")
    sex: Sex | None = key("sex", "The sex.")
    age_band: AgeBand | None = key("age_band", "The age, in bands; null if unknown.", _age_band, shows="bornOn")
    colour: Colour | None = key(
        "colour",
        "A colour: who has several counts for each, who has none under null.",
        shows="colours",
        beside=_colours_held,
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
