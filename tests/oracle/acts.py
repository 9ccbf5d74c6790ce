"""Inputs of mutations made up from their declarations, with ids of a viewer's own, of others, and of nothing."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import orjson
from graphql import OperationType
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.utils.str_converters import to_camel_case

from db.database import Database
from db.transaction import Transaction
from rules.access import Viewer
from schema.engine.bulkhead import Bulkhead
from schema.engine.context import Context
from schema.engine.execution import answer
from schema.mutations.parts import MUTATION, Mutation
from schema.schema import SCHEMA
from tests.oracle.guarded import Guarded
from tests.oracle.rows import TABLE_OF_PREFIX, Row, global_id
from tests.oracle.sides import Sides
from tests.oracle.sight import Sight, of_seen_case

MADE_BY_CLIENT = "made by the client"
"""In the description of an id that a mutation gives to something new."""
_OPTIONAL, _SINGLE, _RELATED = 0.15, 0.4, 0.8
"""How often an optional field is given, a list has one item, and objects of one matter are chosen."""
_TEXTS = {
    **dict.fromkeys(("phone", "volunteerPhone", "reporterPhone"), "13900000000"),
    "reachBy": "10:30",
    "opens": "09:30",
    "closes": "13:30",
}
"""Texts in a form of their own, by the name of the field."""


@dataclass(frozen=True)
class Field:
    """A field of an input type."""

    name: str
    prefix: str | None
    required: bool
    many: bool
    new: bool
    """An id that the client makes."""
    type: Any
    """The type of a value: an enum, a scalar, or the strawberry definition of a nested input."""


@dataclass(frozen=True)
class Slot:
    """An argument of a mutation that names an object: its path, and the prefix of its ids."""

    mutation: str
    path: tuple[Field, ...]

    def __str__(self) -> str:
        return f"{self.mutation}({'.'.join(each.name for each in self.path)})"

    @property
    def prefix(self) -> str:
        """The prefix of its ids."""
        prefix = self.path[-1].prefix
        assert prefix is not None
        return prefix


@cache
def mutations() -> dict[str, Mutation]:
    """All mutations, by name."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    return {
        name: field.extensions["strawberry-definition"].metadata[MUTATION]
        for name, field in sorted(root.fields.items())
    }


@cache
def fields_of(input_type: Any) -> list[Field]:
    """The fields of an input type."""
    return [_field(each) for each in input_type.__strawberry_definition__.fields]


def _field(declared: Any) -> Field:
    type_, required = declared.type, True
    if isinstance(type_, StrawberryOptional):
        type_, required = type_.of_type, False
    many = isinstance(type_, StrawberryList)
    prefix = declared.metadata.get("prefix")
    new = prefix == "act" or (prefix is not None and MADE_BY_CLIENT in (declared.description or ""))
    name = to_camel_case(declared.python_name)
    return Field(name, prefix, required, many, new, type_.of_type if many else type_)


def slots(name: str, mutation: Mutation) -> Iterator[Slot]:
    """The arguments that name existing objects, also in nested inputs and lists."""

    def below(input_type: Any, path: tuple[Field, ...]) -> Iterator[Slot]:
        for each in fields_of(input_type):
            if each.prefix is not None and not each.new:
                yield Slot(name, (*path, each))
            elif hasattr(each.type, "__target__") and each not in path:
                yield from below(each.type, (*path, each))

    yield from below(mutation.takes, ())


_TIES = ("dispute", "agreement", "incident", "week", "household", "building", "unit", "category", "grid", "community")
"""Columns that rows of one matter share."""


@dataclass(frozen=True)
class Anchor:
    """The object that an input is about: the path of its id, and its row. Other ids are of what goes with it."""

    path: str
    row: Row


@dataclass(frozen=True)
class Inputs:
    """Makes inputs for one viewer from what they see. Equal seeds give equal inputs."""

    sight: Sight
    seed: int

    def make(self, mutation: Mutation, slot: Slot | None = None, given: str = "") -> dict[str, Any]:
        """An input for a mutation. The id ``given`` is put into the slot."""
        first = next((each for each in fields_of(mutation.takes) if each.prefix and not each.new), None)
        row = self._chosen(first.prefix, "anchor", None) if first and first.prefix else None
        anchor = Anchor(f".{first.name}", row) if first and row else None
        return self._input(mutation.takes, "", anchor, slot.path if slot else (), given)

    def own(self, slot: Slot) -> str | None:
        """The id of an object that the viewer sees."""
        found = self._chosen(slot.prefix, "own", None)
        return global_id(found) if found else None

    def others(self, slot: Slot) -> str | None:
        """The id of an object that exists and that the viewer does not see."""
        hidden = _hidden(self.sight, TABLE_OF_PREFIX[slot.prefix])
        return global_id(self._chance("other").choice(hidden)) if hidden else None

    def _chance(self, path: str) -> random.Random:
        return random.Random(f"{self.seed}/{path}")  # noqa: S311  repeatable test data

    def _input(
        self, input_type: Any, at: str, anchor: Anchor | None, path: tuple[Field, ...], slot: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in fields_of(input_type):
            name, on_path = f"{at}.{each.name}", path[:1] == (each,)
            if each.required or on_path or self._chance(f"{name}?").random() < _OPTIONAL:
                below = path[1:] if on_path else ()
                given = slot if on_path else ""
                value = self._value(each, name, anchor, below, given)
                found[each.name] = self._listed(each, name, anchor, value) if each.many else value
        return found

    def _listed(self, each: Field, name: str, anchor: Anchor | None, value: Any) -> list[Any]:
        """A list of one or two, in which a given value comes last."""
        first = self._value(each, f"{name}.first", anchor, (), "")
        return [value] if first == value or self._chance(name).random() < _SINGLE else [first, value]

    def _value(self, each: Field, name: str, anchor: Anchor | None, path: tuple[Field, ...], slot: str) -> Any:
        if each.prefix is not None:
            return slot or self._id(each, name, anchor)
        if hasattr(each.type, "__target__"):
            return self._input(each.type, name, anchor, path, slot)
        chance = self._chance(name)
        if isinstance(each.type, StrawberryEnumDefinition):
            return chance.choice(list(each.type.wrapped_cls)).value
        return _scalar(each, chance)

    def _id(self, each: Field, name: str, anchor: Anchor | None) -> str:
        assert each.prefix is not None
        if each.new:
            return f"{each.prefix}_{UUID(int=self._chance(name).getrandbits(128), version=4)}"
        at = name.removesuffix(".first")
        found = anchor.row if anchor and anchor.path == at == name else self._chosen(each.prefix, name, anchor)
        return global_id(found) if found else nothing(each.prefix)

    def _chosen(self, prefix: str, name: str, anchor: Anchor | None) -> Row | None:
        """An object that the viewer sees, one of those that have most in common with the anchor."""
        table = TABLE_OF_PREFIX[prefix]
        rows = self.sight.rows(table)
        if anchor is not None and rows and self._chance(f"{name}!").random() < _RELATED:
            rows = _related(self.sight, table, anchor.row)
        return self._chance(name).choice(rows) if rows else None


@cache
def _hidden(sight: Sight, table: str) -> list[Row]:
    """The rows that the viewer neither sees nor may act on."""
    seen = {row["id"] for row in sight.rows(table)}
    return [row for row in sight.world[table] if row["id"] not in seen and not _known(sight, row)]


@cache
def _related(sight: Sight, table: str, anchor: Row) -> list[Row]:
    """The rows that the viewer sees and that have most in common with the anchor."""
    shared = [(_ties(row, anchor), row) for row in sight.rows(table) if row is not anchor] or [(0, anchor)]
    most = max(number for number, _ in shared)
    return [row for number, row in shared if number == most]


def _ties(row: Row, anchor: Row) -> int:
    """What a row and the anchor have in common."""
    points = row["id"] == _column(anchor, row.table) or _column(row, anchor.table) == anchor["id"]
    equal = [_column(row, name) is not None and _column(row, name) == _column(anchor, name) for name in _TIES]
    return int(sum(equal)) + (5 if points else 0)


def _column(row: Row, name: str) -> Any:
    return row.values.get(f"{name}_id", row.values.get(name))


def _known(sight: Sight, row: Row) -> bool:
    """Wishes on the wall are everybody's to claim. Whoever sees a case is told of the photos removed from it."""
    if row.table == "photo":
        return of_seen_case(sight, row)
    return row.table == "wish" and row["published_at"] is not None


def _scalar(each: Field, chance: random.Random) -> Any:
    today = datetime.now(UTC).date()
    if each.type is date:
        days = (0, 1, 7 - today.weekday(), -7 - today.weekday(), -400)
        return str(today + timedelta(chance.choice(days)))
    if each.type is datetime:
        return (datetime.now(UTC) + timedelta(hours=chance.choice((-1, 30)))).isoformat()
    named = {int: chance.choice((1, 2, 5)), bool: chance.random() < 0.5, Decimal: "100.00"}
    return _TEXTS.get(each.name, "已核对情况，按规定办理完毕。") if each.type is str else named[each.type]


def nothing(prefix: str) -> str:
    """An id that nothing has."""
    return f"{prefix}_{uuid4()}"


@dataclass(frozen=True)
class Kept:
    """A database whose transactions are kept if the act was refused, so that what it wrote nevertheless is found."""

    database: Database

    async def transact(self, work: Any, viewer: Viewer, **given: Any) -> Any:
        """Runs the work, and rolls back what was done."""

        async def done(tx: Transaction) -> Any:
            answered = await work(tx)
            if not all(each["errors"] for each in orjson.loads(orjson.dumps(answered.answers)).values()):
                await tx.rollback()
            return answered

        return await self.database.transact(done, viewer, **given)


class Doer:
    """Does mutations for a viewer, without keeping what was done."""

    def __init__(self, sides: Sides, guarded: Guarded, viewer: Viewer) -> None:
        self.runner, self.viewer = sides.runner, viewer
        self.database, self.plans = cast(Database, Kept(guarded.database)), guarded.plans

    def do(self, slot: Slot, inputs: Inputs, given: str) -> Any:
        """The errors of a mutation with this id in the slot."""
        return self.do_all(slot, [(inputs, given)])[0]

    def do_all(self, slot: Slot, calls: Sequence[tuple[Inputs, str]]) -> list[Any]:
        """The errors of each of several mutations in one request."""
        name, mutation = slot.mutation, mutations()[slot.mutation]
        made = {f"input{index}": each.make(mutation, slot, given) for index, (each, given) in enumerate(calls)}
        type_ = name[0].upper() + name[1:] + "Input"
        head = ", ".join(f"${key}: {type_}!" for key in made)
        body = " ".join(f"{key}: {name}(input: ${key}) {{ errors {{ code message path }} }}" for key in made)
        context = Context(self.database, self.plans, Bulkhead(), datetime.now(UTC), self.viewer)
        result: Any = self.runner.run(
            answer(f"mutation({head}) {{ {body} }}", made, context, frozenset({OperationType.MUTATION}))
        )
        if result.errors:
            raise AssertionError(f"{name}: {result.errors[0]}, given {made}")
        return [each["errors"] for each in orjson.loads(orjson.dumps(result.data)).values()]


async def digest(url: str, tables: list[str]) -> dict[str, str]:
    """A digest of the rows of each table."""
    parts = [
        f"select '{name}' as name, md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) as digest"
        f" from {name} t"
        for name in tables
    ]
    owner = await asyncpg.connect(url)
    rows = await owner.fetch(" union all ".join(parts))
    await owner.close()
    return {row["name"]: row["digest"] for row in rows}
