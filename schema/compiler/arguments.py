"""Arguments of a field: their shape is part of the plan, their values are read at each run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

import graphql
from graphql.utilities.coerce_input_value import coerce_input_literal

from db.sealing import Sealer
from rules.access import Viewer
from rules.refusals import Refusal
from rules.vocabulary import Word
from schema.compiler.refused import ArgumentError, null_variable

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A range of positions of the live feed: beyond ``after``, up to ``head``."""

    after: int
    head: int


@dataclass(frozen=True, slots=True)
class Run:
    """The source of a plan's parameters: the variables, viewer and time of a request."""

    variables: Mapping[str, Any]
    viewer: Viewer
    now: datetime
    touched: UUID | None = None
    """For payloads: the id of the object that the mutation touched."""
    public_url: str | None = None
    """Base URL of the public pages that QR codes link to."""
    photo_secret: bytes = b""
    """Key for signatures of photo URLs."""
    push_key: str | None = None
    """The public key of Web Push."""
    sealer: Sealer | None = None
    """The keys of blind indexes."""
    introspected: Mapping[str, str] = field(default_factory=dict)
    """The JSON of each introspection field, by response key."""
    prepared: Mapping[str, str] = field(default_factory=dict)
    """The JSON of each prepared field, by response key."""
    window: Window = Window(0, 0)
    """For feeds: the positions to read."""
    wanted: Sequence[UUID] = ()
    """For documents: their ids."""


Getter: TypeAlias = Callable[[Run], Any]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A getter of a value that is the same in every run."""

    value: Any

    def __call__(self, _: Run) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class Argument:
    """A given argument: ``sample`` is the value when the plan was made, ``get`` reads the value of a run."""

    type: graphql.GraphQLInputType
    sample: Any
    get: Getter
    field: Path
    """Path of the field in the answer."""
    path: Path
    """Path of the value in the field's arguments."""
    literal: Mapping[str, "Argument"] | None = None
    """The fields of an input object literal, which may contain variables."""

    def parts(self) -> dict[str, "Argument"]:
        """The fields of an input object that are given and not null."""
        if self.literal is not None:
            return dict(self.literal)
        fields = graphql.get_nullable_type(self.type).fields  # type: ignore[union-attr]

        def part(name: str, sample: Any) -> Argument:
            return Argument(fields[name].type, sample, lambda run: self.get(run)[name], self.field, (*self.path, name))

        return {name: part(name, value) for name, value in self.sample.items() if value is not None}

    def convert(self, function: Callable[[Any], Any]) -> Getter:
        """A getter that converts the value. It raises a Refusal as ArgumentError, with the path of the value."""

        def getter(run: Run) -> Any:
            try:
                return function(self.get(run))
            except Refusal as refusal:
                raise self.refused(refusal) from None

        return getter

    def refused(self, refusal: Refusal) -> ArgumentError:
        return ArgumentError(refusal.under(*self.path), self.field)


def read_argument(
    type_: graphql.GraphQLInputType, node: graphql.ValueNode, variables: Mapping[str, Any], field: Path, path: Path
) -> Argument | None:
    """The argument given by ``node``; None for null, or for a variable without a value."""

    def part(type_: graphql.GraphQLInputType, node: graphql.ValueNode, step: str | int) -> Argument | None:
        return read_argument(type_, node, variables, field, (*path, step))

    nullable = graphql.get_nullable_type(type_)
    if isinstance(node, graphql.VariableNode):
        name = node.name.value
        value = _value_of(name, type_, variables)
        return None if value is None else Argument(type_, value, lambda run: run.variables[name], field, path)
    if isinstance(node, graphql.ObjectValueNode) and isinstance(nullable, graphql.GraphQLInputObjectType):
        given = {item.name.value: item.value for item in node.fields}
        fields = {name: part(nullable.fields[name].type, value, name) for name, value in given.items()}
        return _object(type_, {name: each for name, each in fields.items() if each is not None}, field, path)
    if isinstance(nullable, graphql.GraphQLList) and not isinstance(node, graphql.NullValueNode):
        return _list(type_, [part(nullable.of_type, each, at) for at, each in enumerate(_items(node))], field, path)
    constant = coerce_input_literal(node, type_)
    return None if constant is None else Argument(type_, constant, Fixed(constant), field, path)


def _object(type_: graphql.GraphQLInputType, parts: Mapping[str, Argument], field: Path, path: Path) -> Argument:
    sample = {name: part.sample for name, part in parts.items()}
    return Argument(
        type_, sample, lambda run: {name: part.get(run) for name, part in parts.items()}, field, path, parts
    )


def _list(type_: graphql.GraphQLInputType, items: Sequence[Argument | None], field: Path, path: Path) -> Argument:
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


class Dimension(Word):
    """The dimensions by which the rows of a noun can be counted."""


def shape(value: Any) -> Any:
    """The part of a value that the text of a statement may depend on: given fields, booleans, enums and dimensions."""
    if value is None or isinstance(value, bool | Enum):
        return value
    if isinstance(value, list) and all(isinstance(each, Dimension) for each in value):
        return tuple(value)
    if isinstance(value, Mapping):
        return tuple((key, shape(part)) for key, part in value.items() if part is not None)
    return type(value).__name__


def input_getter(type_: graphql.GraphQLInputType, node: graphql.ValueNode) -> Callable[[Mapping[str, Any]], Any]:
    """A getter of an input's value from the variables. Objects keep null, and omit variables without a value."""
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
