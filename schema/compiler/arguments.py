"""Arguments of a field: their shape decides the plan, their values are read anew at each run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
)
from graphql.utilities.coerce_input_value import coerce_input_literal

from rules.access import Viewer
from rules.refusals import Refusal
from schema.compiler.refused import ArgumentError

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the journal: after one place, below a transaction that had not ended yet."""

    xid: int
    id: int
    head: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a plan gets its parameters from: the request's variables, its viewer and its moment."""

    variables: Mapping[str, Any]
    viewer: Viewer
    now: datetime
    touched: UUID | None = None
    """The object that a mutation touched, where the plan is for its payload."""
    public_url: str | None = None
    """Under which address people reach the pages behind QR codes."""
    photo_secret: bytes = b""
    """Signs the addresses of photos."""
    window: Window | None = None
    """The stretch of the journal to read, where the plan is for a feed."""


Getter: TypeAlias = Callable[[Run], Any]


@dataclass(frozen=True, slots=True)
class Argument:
    """A given argument: ``sample`` has the shape that this plan is made for, ``get`` reads a run's value."""

    type: GraphQLInputType
    sample: Any
    get: Getter
    field: Path
    """Where the field stands in the answer."""
    path: Path
    """Where the value stands in the field's arguments."""
    literal: Mapping[str, "Argument"] | None = None
    """The fields of an input object that the document spells out; they may hold variables."""

    def parts(self) -> dict[str, "Argument"]:
        """The fields of an input object that are given and not null."""
        if self.literal is not None:
            return dict(self.literal)
        given = {name: value for name, value in self.sample.items() if value is not None}
        return {name: self._part(name, value) for name, value in given.items()}

    def _part(self, name: str, sample: Any) -> "Argument":
        type_ = get_nullable_type(self.type).fields[name].type  # type: ignore[union-attr]
        return Argument(type_, sample, lambda run: self.get(run)[name], self.field, (*self.path, name))

    def convert(self, function: Callable[[Any], Any]) -> Getter:
        """A getter that also converts; a refusal tells where the value stands."""

        def getter(run: Run) -> Any:
            try:
                return function(self.get(run))
            except Refusal as refusal:
                raise self.refused(refusal) from None

        return getter

    def refused(self, refusal: Refusal) -> ArgumentError:
        """The refusal of this argument's value."""
        return ArgumentError(refusal.under(*self.path), self.field)


def read_argument(
    type_: GraphQLInputType, node: ValueNode, variables: Mapping[str, Any], field: Path, path: Path
) -> Argument | None:
    """The argument given by ``node``; ``None`` when that is null or a variable without a value."""
    if isinstance(node, VariableNode):
        return _variable(type_, node.name.value, variables, field, path)
    nullable = get_nullable_type(type_)
    if isinstance(node, ObjectValueNode) and isinstance(nullable, GraphQLInputObjectType):
        return _object(nullable, node, variables, field, path)
    if isinstance(node, ListValueNode) and isinstance(nullable, GraphQLList):
        return _list(nullable, node, variables, field, path)
    value = coerce_input_literal(node, type_)
    return None if value is None else Argument(type_, value, lambda _: value, field, path)


def _variable(
    type_: GraphQLInputType, name: str, variables: Mapping[str, Any], field: Path, path: Path
) -> Argument | None:
    sample = variables.get(name)
    if sample is None:
        return None
    return Argument(type_, sample, lambda run: run.variables[name], field, path)


def _object(
    type_: GraphQLInputObjectType,
    node: ObjectValueNode,
    variables: Mapping[str, Any],
    field: Path,
    path: Path,
) -> Argument:
    parts: dict[str, Argument] = {}
    for item in node.fields:
        name = item.name.value
        part = read_argument(type_.fields[name].type, item.value, variables, field, (*path, name))
        if part is not None:
            parts[name] = part
    sample = {name: part.sample for name, part in parts.items()}
    return Argument(
        type_, sample, lambda run: {name: part.get(run) for name, part in parts.items()}, field, path, parts
    )


def _list(
    type_: GraphQLList[GraphQLInputType],
    node: ListValueNode,
    variables: Mapping[str, Any],
    field: Path,
    path: Path,
) -> Argument:
    items = [
        read_argument(type_.of_type, item, variables, field, (*path, index)) for index, item in enumerate(node.values)
    ]
    sample = [item and item.sample for item in items]
    return Argument(type_, sample, lambda run: [item and item.get(run) for item in items], field, path)


def shape(value: Any) -> Any:
    """What of a value may change the statement: which parts are given, booleans, and enums; not the rest."""
    if value is None or isinstance(value, bool | Enum):
        return value
    if isinstance(value, Mapping):
        return tuple((key, shape(part)) for key, part in value.items() if part is not None)
    return type(value).__name__


def input_getter(type_: GraphQLInputType, node: ValueNode) -> Callable[[Mapping[str, Any]], Any]:
    """A getter of an input from the variables, in which null is a value; what is missing is left out of objects."""
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: variables.get(name)
    nullable = get_nullable_type(type_)
    if isinstance(node, ObjectValueNode) and isinstance(nullable, GraphQLInputObjectType):
        parts = {item.name.value: item.value for item in node.fields}
        getters = {name: input_getter(nullable.fields[name].type, value) for name, value in parts.items()}
        names = {name: value.name.value for name, value in parts.items() if isinstance(value, VariableNode)}
        return lambda variables: {
            name: get(variables) for name, get in getters.items() if names.get(name) is None or names[name] in variables
        }
    if isinstance(node, ListValueNode) and isinstance(nullable, GraphQLList):
        items = [input_getter(nullable.of_type, item) for item in node.values]
        return lambda variables: [get(variables) for get in items]
    constant = coerce_input_literal(node, type_)
    return lambda _: constant
