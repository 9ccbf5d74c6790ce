"""How mutations are declared: inputs that read as the arguments of an act, and payloads that show what it changed."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import capitalize_first, to_camel_case

from db.base import Row
from db.transaction import Transaction
from rules.refusals import invalid, refusals_under
from schema.compiler.declare import argument
from schema.compiler.registry import described
from schema.ids import parse_id
from schema.problems import Problem

PHOTOS = "SHA-256 of photos that were sent by `PUT /photos/{sha256}`; a case has 9 at most."
MOST_IN_A_LIST = 50
MUTATION, _PREFIX, _TO, _CHANGE = "mutation", "prefix", "to", "change"
Class = TypeVar("Class", bound=type)
Act = Callable[[Transaction, Any], Awaitable[Any]]
Shown = Callable[[Any, Any], Mapping[str, Any]]


def takes(target: type) -> Callable[[Class], Class]:
    """An input type, described by its docstring, that is read as the dataclass that an act takes.

    Its fields are those of the dataclass by name, unless a field says otherwise by ``to``. What is left out or null
    keeps the dataclass's default. A field of the dataclass that the input does not know needs a default.
    """

    def declare(cls: Class) -> Class:
        made: Any = strawberry.input(cls, description=described(cls))
        made.__target__ = target
        return cls

    return declare


def needs(description: str, prefix: str | None = None, *, to: str | None = None) -> Any:
    """A required field; with ``prefix`` the id, or the ids, of objects of that type."""
    return strawberry.field(description=description, metadata={_PREFIX: prefix, _TO: to})


def may(description: str, prefix: str | None = None, *, to: str | None = None) -> Any:
    """A field that can be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description, metadata={_PREFIX: prefix, _TO: to})


def change(description: str) -> Any:
    """A correction: it is among the ``changes`` if it is given, and null is a value."""
    return strawberry.field(default=strawberry.UNSET, description=description, metadata={_CHANGE: True})


def own_id(prefix: str) -> Any:
    """The id that the client made."""
    return needs(f"`{prefix}_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.", prefix)


def act_id() -> Any:
    """The id of the act itself."""
    return may("`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.", "act")


def input_of(name: str, target: type, description: str, **fields: Any) -> type:
    """An input type made of some fields of a dataclass; the types of its fields are those of the dataclass."""
    hints = get_type_hints(target)
    made = {each: _input_type(hints[field.metadata.get(_TO) or each], field) for each, field in fields.items()}
    return takes(target)(type(name, (), {"__annotations__": made, "__doc__": description, **fields}))


def _input_type(hint: Any, field: Any) -> Any:
    """The GraphQL type for the type of a dataclass's field: ids for UUIDs, and null where it can be left out."""
    (bare,) = [each for each in get_args(hint) if each is not type(None)] if type(None) in get_args(hint) else [hint]
    bare = {UUID: strawberry.ID, list[UUID]: list[strawberry.ID]}.get(bare, bare)
    return bare if field.default is MISSING else bare | None


def move(act: Act, payload: type, description: str, *, shown: Shown | None = None, **fields: Any) -> Any:
    """A mutation that makes a move of a case; its input has these fields, and the id of the act as the last."""
    signature = get_type_hints(act)
    target = signature[list(inspect.signature(act).parameters)[1]]
    name = capitalize_first(to_camel_case(act.__name__))
    taken = input_of(f"{name}Input", target, described(act), **fields, act=act_id())
    return mutation(taken, act, payload, description, shown)


def reason(description: str) -> Any:
    """Why, or what is said, which the move needs."""
    return needs(description, to="note")


def reader_of(cls: type) -> Callable[[Mapping[str, Any]], Any]:
    """Reads a coerced input object as the dataclass; refuses malformed ids and too long lists, with their path."""
    return _reader(cls).read


@cache
def _reader(cls: Any) -> _Reader:
    found = [_field(each) for each in cls.__strawberry_definition__.fields]
    _check(cls, found)
    return _Reader(cls.__target__, found)


def _check(cls: Any, found: Sequence[_Field]) -> None:
    """Whether what an input has is what its dataclass wants."""
    target = {each.name: each for each in fields(cls.__target__)}
    known = {"changes" if each.change else each.to for each in found}
    required = {name for name, each in target.items() if each.default is each.default_factory is MISSING}
    if not required <= known <= target.keys():
        wrong = sorted((required - known) | (known - target.keys()))
        raise TypeError(f"{cls.__name__} does not fit {cls.__target__.__name__}: {', '.join(wrong)}")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    to: str
    prefix: str | None
    change: bool
    many: bool
    nested: type | None

    def read(self, value: Any) -> Any:
        """The value as the dataclass has it."""
        if not self.many:
            return self._item(value, self.name)
        if len(value) > MOST_IN_A_LIST:
            raise invalid(f"最多 {MOST_IN_A_LIST} 项", f"at most {MOST_IN_A_LIST} items", self.name)
        return [self._item(each, self.name, index) for index, each in enumerate(value)]

    def _item(self, value: Any, *path: str | int) -> Any:
        if self.prefix is not None:
            return parse_id(self.prefix, value, *path)
        if self.nested is None:
            return value
        with refusals_under(*path):
            return _reader(self.nested).read(value)


def _field(field: StrawberryField) -> _Field:
    type_: Any = field.type.of_type if isinstance(field.type, StrawberryOptional) else field.type
    many = isinstance(type_, StrawberryList)
    item = type_.of_type if many else type_
    return _Field(
        name=to_camel_case(field.python_name),
        to=field.metadata.get(_TO) or field.python_name,
        prefix=field.metadata.get(_PREFIX),
        change=field.metadata.get(_CHANGE, False),
        many=many,
        nested=item if hasattr(item, "__target__") else None,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    target: type
    fields: Sequence[_Field]

    def read(self, given: Mapping[str, Any]) -> Any:
        """The dataclass."""
        found: dict[str, Any] = {}
        changes = {each.to: given[each.name] for each in self.fields if each.change and each.name in given}
        for each in self.fields:
            value = given.get(each.name)
            if value is not None and not each.change:
                found[each.to] = each.read(value)
        return self.target(**found, changes=changes) if changes else self.target(**found)


def payload(cls: Class) -> Class:
    """A payload type, described by its docstring; why an act was refused is in its ``errors``."""
    cls.__annotations__["errors"] = list[Problem]
    cls.errors = strawberry.field(  # type: ignore[attr-defined]
        default_factory=list, description="Why it was refused; empty when it was done."
    )
    return strawberry.type(cls, description=described(cls))


def shows(description: str) -> Any:
    """An object that an act made or changed; nothing when it was refused."""
    return strawberry.field(default=None, description=description)


def lists(description: str) -> Any:
    """Objects that an act made or changed; none when it was refused."""
    return strawberry.field(default_factory=list, description=description)


@dataclass(frozen=True, slots=True)
class Mutation:
    """What a mutation reads, does and shows."""

    takes: type
    act: Act
    payload: type
    shown: Shown
    """Fields of the payload, from what was given and what was made; ids stand for objects."""


def mutation(
    takes: type,
    act: Act,
    payload: type,
    description: str,
    shown: Shown | None = None,
) -> Any:
    """A field that does one act inside the request's transaction; refused, the act leaves nothing behind.

    What the act gives back, a row or an id, is the first field of the payload, unless ``shown`` says otherwise.
    """
    first = next(iter(payload.__annotations__))
    declared = Mutation(takes, act, payload, shown or (lambda _, made: {first: id_of(made)}))
    field = StrawberryField(description=description, metadata={MUTATION: declared})
    field.arguments = [argument("input", takes, "What to do.")]
    return field


def id_of(made: Row | UUID) -> UUID:
    """The id of a row, or an id itself."""
    found: UUID = made if isinstance(made, UUID) else made.__dict__["id"]
    return found
