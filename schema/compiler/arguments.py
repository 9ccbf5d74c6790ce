"""Arguments of a field: their shape decides the plan, their values are read anew at each run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

import graphql
from graphql.utilities.coerce_input_value import coerce_input_literal

from rules.access import Viewer
from rules.refusals import Refusal
from schema.compiler.refused import ArgumentError, null_variable

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

    type: graphql.GraphQLInputType
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
        type_ = graphql.get_nullable_type(self.type).fields[name].type  # type: ignore[union-attr]
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
    type_: graphql.GraphQLInputType, node: graphql.ValueNode, variables: Mapping[str, Any], field: Path, path: Path
) -> Argument | None:
    """The argument given by ``node``; ``None`` when that is null or a variable without a value."""
    if isinstance(node, graphql.VariableNode):
        return _variable(type_, node.name.value, variables, field, path)
    nullable = graphql.get_nullable_type(type_)
    if isinstance(node, graphql.ObjectValueNode) and isinstance(nullable, graphql.GraphQLInputObjectType):
        return _object(nullable, node, variables, field, path)
    if isinstance(nullable, graphql.GraphQLList) and not isinstance(node, graphql.NullValueNode):
        return _list(nullable, _items(node), variables, field, path)
    value = coerce_input_literal(node, type_)
    return None if value is None else Argument(type_, value, lambda _: value, field, path)


def _variable(
    type_: graphql.GraphQLInputType, name: str, variables: Mapping[str, Any], field: Path, path: Path
) -> Argument | None:
    sample = _value_of(name, type_, variables)
    if sample is None:
        return None
    return Argument(type_, sample, lambda run: run.variables[name], field, path)


def _object(
    type_: graphql.GraphQLInputObjectType,
    node: graphql.ObjectValueNode,
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
    type_: graphql.GraphQLList[graphql.GraphQLInputType],
    nodes: Sequence[graphql.ValueNode],
    variables: Mapping[str, Any],
    field: Path,
    path: Path,
) -> Argument:
    items = [read_argument(type_.of_type, each, variables, field, (*path, at)) for at, each in enumerate(nodes)]
    sample = [item and item.sample for item in items]
    return Argument(type_, sample, lambda run: [item and item.get(run) for item in items], field, path)


def _items(node: graphql.ValueNode) -> Sequence[graphql.ValueNode]:
    """The items of a list. A single value where a list is expected is a list of one."""
    return node.values if isinstance(node, graphql.ListValueNode) else [node]


def _value_of(name: str, type_: graphql.GraphQLInputType, variables: Mapping[str, Any]) -> Any:
    """The value of a variable where ``type_`` is expected; None without one.

    Validation accepts a nullable variable with a default for a non-null type. An explicit null is refused here.
    """
    value = variables.get(name)
    if value is None and graphql.is_non_null_type(type_):
        raise null_variable(name)
    return value


def shape(value: Any) -> Any:
    """What of a value may change the statement: which parts are given, booleans, and enums; not the rest."""
    if value is None or isinstance(value, bool | Enum):
        return value
    if isinstance(value, Mapping):
        return tuple((key, shape(part)) for key, part in value.items() if part is not None)
    return type(value).__name__


def input_getter(type_: graphql.GraphQLInputType, node: graphql.ValueNode) -> Callable[[Mapping[str, Any]], Any]:
    """A getter of an input from the variables, in which null is a value; what is missing is left out of objects."""
    if isinstance(node, graphql.VariableNode):
        name = node.name.value
        return lambda variables: _value_of(name, type_, variables)
    nullable = graphql.get_nullable_type(type_)
    if isinstance(node, graphql.ObjectValueNode) and isinstance(nullable, graphql.GraphQLInputObjectType):
        parts = {item.name.value: item.value for item in node.fields}
        getters = {name: input_getter(nullable.fields[name].type, value) for name, value in parts.items()}
        names = {name: value.name.value for name, value in parts.items() if isinstance(value, graphql.VariableNode)}
        return lambda variables: {
            name: get(variables) for name, get in getters.items() if names.get(name) is None or names[name] in variables
        }
    if isinstance(nullable, graphql.GraphQLList) and not isinstance(node, graphql.NullValueNode):
        items = [input_getter(nullable.of_type, item) for item in _items(node)]
        return lambda variables: [get(variables) for get in items]
    constant = coerce_input_literal(node, type_)
    return lambda _: constant
