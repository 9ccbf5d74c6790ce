"""Suggestions of places for a text, in SQL, by the rules of :mod:`rules.address_match`."""

from typing import Any

from db import places as tables
from db import sql
from db.base import alias
from db.scope import Condition, visible
from db.sql import Column
from rules.address_match import SHORTEST_STEM, STEM_SUFFIX, compared
from rules.addresses import LOOK_ALIKE, joined, read
from rules.codes import typed_code
from rules.places import QrTarget
from rules.text import check_optional
from schema.codes import PlaceSuggestion
from schema.compiler.declare import argument, few_rows, roots
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.places import address

TEXT = argument("text", str, "The reporter's words, up to 2,000 characters.")
CODE = argument("code", str | None, "The scanned QR code. Its place takes precedence, and the text narrows it.")
_BLANK = r"[\s\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\u20e3]"
_LAST = 1000
"""The position of the scanned place, after the places that the text mentions."""
_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("building", sql.TEXT),
    ("unit", sql.INTEGER),
    ("room", sql.TEXT),
    ("lead", sql.TEXT),
    ("firm", sql.BOOLEAN),
)


def suggested(row: Row) -> sql.From:
    """One row per place, in the order in which the text mentions them."""
    found = _by_code(row) if "code" in row.arguments else _by_text(row, _known)
    spots = found.subquery("spot")
    place = (spots.c.building_id, spots.c.unit, spots.c.household_id, spots.c.label, spots.c.estate)
    first = sql.func.min(spots.c.position)
    rank = sql.func.row_number().over(order_by=(first, spots.c.estate, spots.c.building_id, spots.c.unit))
    once = sql.select(*place[:4], rank.label("rank")).from_(spots).group_by(*place)
    return once.subquery("suggestion")


def _known(row: Row, building: Any) -> Condition:
    return visible(tables.Building, building, row.scope)


def _mentions(row: Row) -> Any:
    """The places that the text mentions, as a table."""

    def column(name: str) -> Any:
        return row.arguments["text"].convert(lambda text: [compared(each, name) for each in read(_checked(text))])

    arrays = [row.bind(sql.array_of(type_), column(name)) for name, type_ in _COLUMNS]
    return sql.rows_of(sql.func.unnest(*arrays), "mention", dict(_COLUMNS), ordinality="position")


def _checked(text: str) -> str:
    return check_optional(text) or ""


def _by_text(row: Row, candidates: Any) -> sql.Select:
    """The mentioned buildings. If the text names an estate, only those of that estate."""
    mention, building, estate = _mentions(row), alias(tables.Building), alias(tables.Estate)
    said = row.bind(sql.TEXT, row.arguments["text"].convert(lambda text: joined(_checked(text))))
    name = _plain_name(estate.c.name)
    leads, anywhere = _ends(mention.c.lead, name), sql.func.strpos(said, name) > 0
    some = [sql.func.bool_or(each).over(partition_by=mention.c.position) for each in (leads, anywhere)]
    wanted = sql.case((some[0], leads), (some[1], anywhere), else_=sql.TRUE)
    called = (
        sql.select(*_called(mention, building, estate), wanted.label("wanted"))
        .from_(
            mention.join(building, building.c.name_key == mention.c.building).join(
                estate, estate.c.id == building.c.estate_id
            )
        )
        .where(candidates(row, building))
        .subquery("called")
    )
    return _spots(called).where(called.c.wanted)


def _called(mention: sql.From, building: sql.From, estate: sql.From) -> list[Column]:
    """The columns that :func:`_spots` reads."""
    of_mention = [mention.c[name] for name in ("unit", "room", "position")]
    return [*of_mention, building.c.id, building.c.name, building.c.units, estate.c.name.label("estate")]


def _by_code(row: Row) -> sql.Union:
    """The place of a code that is in use, narrowed by the text. For a counter's code, the places in the text."""
    return sql.union_all(_by_text(row, _at_counter), _within(row), _itself(row))


def _code(row: Row) -> Any:
    code = alias(tables.QrCode)
    live = sql.and_(code.c.code == row.shown_code(typed_code), code.c.revoked_at.is_(None))
    return code, live


def _at_counter(row: Row, building: Any) -> Condition:
    code, live = _code(row)
    counter = code.c.target == constant(QrTarget.COUNTER)
    within: Condition = building.c.community_id.in_(sql.select(code.c.community_id).from_(code).where(live, counter))
    return within


def _within(row: Row) -> sql.Select:
    """The mentioned units and homes of the building whose code was scanned."""
    mention, building, estate = _mentions(row), alias(tables.Building), alias(tables.Estate)
    code, live = _code(row)
    fits = sql.and_(
        mention.c.firm,
        sql.or_(mention.c.building.is_(None), mention.c.building == building.c.name_key),
        sql.or_(mention.c.unit.is_(None), mention.c.unit.between(1, building.c.units)),
    )
    called = (
        sql.select(*_called(mention, building, estate))
        .from_(
            code.join(building, building.c.id == code.c.building_id)
            .join(estate, estate.c.id == building.c.estate_id)
            .join(mention, fits)
        )
        .where(live)
        .subquery("within")
    )
    return _spots(called)


def _itself(row: Row) -> sql.Select:
    """The building or the home whose code was scanned."""
    code, live = _code(row)
    home, building, estate = tables.doors(), alias(tables.Building), alias(tables.Estate)
    place = building.c.id == sql.func.coalesce(code.c.building_id, home.c.building_id)
    return (
        sql.select(
            building.c.id.label("building_id"),
            home.c.unit,
            home.c.id.label("household_id"),
            _label(estate.c.name, building.c.name, home.c.unit, home.c.room).label("label"),
            estate.c.name.label("estate"),
            sql.raw(str(_LAST)).label("position"),
        )
        .from_(
            code.outerjoin(home, home.c.id == code.c.household_id)
            .join(building, place)
            .join(estate, estate.c.id == building.c.estate_id)
        )
        .where(live)
    )


def _spots(called: sql.From) -> sql.Select:
    """The most precise existing place of each mention: the home if it is unique, the unit, or the building."""
    home = tables.doors()
    exists = sql.case((called.c.unit.between(1, called.c.units), called.c.unit))
    fits = sql.or_(called.c.unit.is_(None), home.c.unit == exists)
    door = (
        sql.select(
            sql.func.min(home.c.unit).label("unit"),
            sql.func.min(home.c.room).label("room"),
            sql.func.array_agg(home.c.id).label("ids"),
        )
        .from_(home)
        .where(home.c.building_id == called.c.id, home.c.room_key == called.c.room, fits)
        .having(sql.func.count() == 1)
        .lateral("door")
    )
    unit = sql.func.coalesce(door.c.unit, exists)
    return sql.select(
        called.c.id.label("building_id"),
        unit.label("unit"),
        door.c.ids[1].label("household_id"),
        _label(called.c.estate, called.c.name, unit, door.c.room).label("label"),
        called.c.estate,
        called.c.position,
    ).from_(called.outerjoin(door, sql.TRUE))


def _label(estate: Column, building: Column, unit: Column, room: Column) -> Column:
    return sql.func.concat(estate, address(building, unit, room))


def _plain_name(name: Column) -> Column:
    """An estate's name in the form of :func:`rules.addresses.plain`, without blanks."""
    spelt = sql.func.translate(sql.func.normalize(name, sql.raw("nfkc")), *map(constant, LOOK_ALIKE))
    return sql.func.regexp_replace(spelt, constant(_BLANK), constant(""), constant("g"))


def _ends(lead: Column, name: Column) -> Condition:
    """True if the text names an estate right before a building, in full or by its short form."""
    stem = sql.func.regexp_replace(name, constant(STEM_SUFFIX), constant(""))
    short = sql.func.length(stem) >= SHORTEST_STEM
    generic = [each.op("||")(constant("小区")) for each in (name, stem)]
    return sql.or_(
        *(_ends_with(sql.func.rtrim(lead, constant(",")), each) for each in (name, generic[0])),
        sql.and_(short, sql.or_(*(_ends_with(lead, each) for each in (stem, generic[1])))),
    )


def _ends_with(lead: Column, tail: Column) -> Condition:
    return sql.func.right(lead, sql.func.length(tail)) == tail


@roots
class SuggestionRoots:
    place_suggestions: list[PlaceSuggestion] = few_rows(
        suggested,
        lambda t: [t.rank],
        "The places that a text may refer to, in the order of the text. Without an account, a code is needed.",
        [TEXT, CODE],
    )
