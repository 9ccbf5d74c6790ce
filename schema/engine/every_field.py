"""Compiles every field, argument and filter of the schema for every role, without a database.

Neither the type checker nor the SDL shows a misspelt column in a declaration. This check does. Orders, the parts of a
page and fields without their optional arguments, which do not depend on the role, are compiled for the first role only.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import graphql

from db import sql
from rules.access import Role
from schema.compiler.declare import Entity
from schema.compiler.feeds import write_feed
from schema.compiler.plan import Operation, finish
from schema.engine.mutate import plan_calls
from schema.mutations.parts import SUBMITS

_ROLES = (*Role, None)
_SAMPLES = {"Int": "1", "Float": "1.0", "Boolean": "true", "Date": '"2023-01-01"', "Decimal": '"1.00"'}
_SAMPLES["DateTime"] = '"2023-01-01T00:00:00Z"'
_PAGE = "{ totalCount nodes { __typename } edges { cursor node { __typename } } pageInfo { hasNextPage startCursor } }"


class Problem(NamedTuple):
    """A field that does not compile for a role, and the error."""

    field: str
    role: Role | None
    reason: str


class _Place(NamedTuple):
    """A path to objects of a type: the type where the document starts, and the selections opened on the way."""

    start: graphql.GraphQLObjectType
    opened: str = ""
    depth: int = 0

    def below(self, opened: str) -> "_Place":
        return _Place(self.start, f"{self.opened}{opened} {{ ", self.depth + 1)

    def operation(self, schema: graphql.GraphQLSchema, selections: Sequence[str]) -> Operation:
        text = f"{{ {self.opened}{' '.join(selections)} {'}' * self.depth} }}"
        node = graphql.get_operation_ast(graphql.parse(text, no_location=True))
        assert node is not None
        return Operation(schema, node, {})


def problems(schema: graphql.GraphQLSchema) -> Iterator[Problem]:
    """All fields that do not compile. A type is compiled as a whole; if that fails, field by field."""
    assert schema.mutation_type is not None
    for name, field in schema.mutation_type.fields.items():
        if _submits(field):
            continue
        yield from _problems(schema, _Place(schema.mutation_type), "Mutation", {name: field})
    for type_, place in _places(schema).items():
        yield from _problems(schema, place, type_.name, type_.fields)


def _problems(
    schema: graphql.GraphQLSchema, place: _Place, type_name: str, fields: Mapping[str, graphql.GraphQLField]
) -> Iterator[Problem]:
    variants = {name: _variants(name, field) for name, field in fields.items()}
    whole = place.operation(schema, list(chain.from_iterable(variants.values())))
    of_role = place.operation(schema, [_of_role(name, field)[-1] for name, field in fields.items()])
    # The plan of a payload does not depend on the role. The types of its objects are compiled separately.
    for role in _ROLES[:1] if place.start is schema.mutation_type else _ROLES:
        if _refused(place, whole if role is _ROLES[0] else of_role, role) is None:
            continue
        for name, field in fields.items():
            reason = _refused(place, place.operation(schema, variants[name]), role)
            if reason is not None:
                called, reason = _narrowed(schema, place, name, field, role) or (name, reason)
                yield Problem(f"{type_name}.{called}", role, reason)
        return


def _narrowed(
    schema: graphql.GraphQLSchema, place: _Place, name: str, field: graphql.GraphQLField, role: Role | None
) -> tuple[str, str] | None:
    """The field with the first optional argument that does not compile, and the error."""
    for given in ["", *_optional(field), *_filters(field), *_choices(field)]:
        reason = _refused(place, place.operation(schema, [_selected(name, field, given)]), role)
        if reason is not None:
            return _called(name, field, given), reason
    return None


def _refused(place: _Place, operation: Operation, role: Role | None) -> str | None:
    """The error of a document for a role; None if it compiles."""
    try:
        _compile(place.start, operation, role)
    except Exception as error:  # noqa: BLE001  an error of any kind is a problem
        return repr(error)
    return None


def _compile(start: graphql.GraphQLObjectType, operation: Operation, role: Role | None) -> None:
    if start is operation.schema.mutation_type:
        plan_calls(operation, {}, role)
        return
    build = operation.build({}, role)
    if start is operation.schema.subscription_type:
        write_feed(build, operation.node)
        return
    row, conditions = build.row(None), []
    if start is not operation.schema.query_type:
        entity = build.entity(start)
        t = entity.rows(row)
        row, conditions = build.row(t.c), [entity.visible(t, build.scope)]
    found = build.object(start, [operation.node.selection_set], row, ())
    if role is _ROLES[0]:
        # The text is written by the same code for all roles.
        finish(build, sql.select(found).where(*conditions))


def _places(schema: graphql.GraphQLSchema) -> dict[graphql.GraphQLObjectType, _Place]:
    """A short path to each object type, from its table or from a root."""
    found: dict[graphql.GraphQLObjectType, _Place] = {}
    objects = [each for each in schema.type_map.values() if isinstance(each, graphql.GraphQLObjectType)]
    waiting = deque((each, _Place(each)) for each in objects if each is schema.query_type or _has_table(each))
    for root in (schema.mutation_type, schema.subscription_type):
        if root is not None:
            waiting += _below(_Place(root), root)
    while waiting:
        type_, place = waiting.popleft()
        if graphql.is_abstract_type(type_):
            waiting += [(each, place.below(f"... on {each.name}")) for each in schema.get_possible_types(type_)]
        elif _is_page(type_):
            waiting.append((graphql.get_named_type(type_.fields["nodes"].type), place.below("nodes")))
        elif isinstance(type_, graphql.GraphQLObjectType) and type_ not in found:
            found[type_] = place
            waiting += _below(place, type_)
    return found


def _below(place: _Place, type_: graphql.GraphQLObjectType) -> list[tuple[Any, _Place]]:
    return [
        (graphql.get_named_type(field.type), place.below(_called(name, field)))
        for name, field in type_.fields.items()
        if not graphql.is_leaf_type(graphql.get_named_type(field.type)) and not _submits(field)
    ]


def _submits(field: graphql.GraphQLField) -> bool:
    """True for a mutation that runs others. It has no statement of its own."""
    return SUBMITS in field.extensions["strawberry-definition"].metadata


def _has_table(type_: graphql.GraphQLObjectType) -> bool:
    origin = getattr(type_.extensions.get("strawberry-definition"), "origin", None)
    entity: Entity | None = getattr(origin, "__entity__", None)
    return entity is not None and entity.model is not None


def _is_page(type_: Any) -> bool:
    return isinstance(type_, graphql.GraphQLObjectType) and "pageInfo" in type_.fields


def _variants(name: str, field: graphql.GraphQLField) -> list[str]:
    """The field without optional arguments, with all that are compatible, and with each value of its enum arguments."""
    variants = _of_role(name, field, _PAGE)
    for each in _choices(field):
        page = "{ edges { cursor } }" if each.startswith("orderBy") else "{ totalCount }"
        variants.append(f"{name}_{len(variants)}: {_selected(name, field, each, page)}")
    return variants


def _of_role(name: str, field: graphql.GraphQLField, page: str = "{ nodes { __typename } }") -> list[str]:
    """The field without optional arguments, and with all that are compatible."""
    # Pages refuse `last` and `before` beside `first` and `after`. No other field has arguments of these names.
    together = [each for each in _optional(field) if not each.startswith(("last:", "before:"))]
    if filters := _filters(field):
        together.append(f"where: {{{', '.join(each[8:-1] for each in filters)}}}")
    given = ["", ", ".join(together)] if together else [""]
    return [f"{name}_{index}: {_selected(name, field, each, page)}" for index, each in enumerate(given)]


def _optional(field: graphql.GraphQLField) -> list[str]:
    """Each optional argument except the filter and enums."""
    return [
        f"{name}: {_sample(argument.type)}"
        for name, argument in field.args.items()
        if name != "where"
        and not graphql.is_required_argument(argument)
        and not graphql.is_enum_type(graphql.get_named_type(argument.type))
    ]


def _filters(field: graphql.GraphQLField) -> list[str]:
    """Each field of the filter, separately."""
    type_ = graphql.get_named_type(field.args["where"].type) if "where" in field.args else None
    if not isinstance(type_, graphql.GraphQLInputObjectType):
        return []
    return [f"where: {{{name}: {_sample(each.type)}}}" for name, each in type_.fields.items()]


def _choices(field: graphql.GraphQLField) -> list[str]:
    """Each value of the enum arguments, such as the order of a page."""
    enums = {name: graphql.get_named_type(argument.type) for name, argument in field.args.items()}
    return [
        f"{name}: {value}"
        for name, enum in enums.items()
        if isinstance(enum, graphql.GraphQLEnumType)
        for value in enum.values
    ]


def _selected(name: str, field: graphql.GraphQLField, given: str = "", page: str = _PAGE) -> str:
    """The field with the smallest selection; a connection gets the selection ``page``."""
    type_ = graphql.get_named_type(field.type)
    below = "" if graphql.is_leaf_type(type_) else page if _is_page(type_) else "{ __typename }"
    return f"{_called(name, field, given)} {below}"


def _called(name: str, field: graphql.GraphQLField, given: str = "") -> str:
    required = [f"{each}: {_sample(arg.type)}" for each, arg in field.args.items() if graphql.is_required_argument(arg)]
    arguments = ", ".join([*required, *([given] if given else [])])
    return f"{name}({arguments})" if arguments else name


def _sample(type_: graphql.GraphQLInputType) -> str:
    nullable: Any = graphql.get_nullable_type(type_)
    if isinstance(nullable, graphql.GraphQLList):
        return f"[{_sample(nullable.of_type)}]"
    if isinstance(nullable, graphql.GraphQLInputObjectType):
        required = [(name, each) for name, each in nullable.fields.items() if graphql.is_required_input_field(each)]
        return f"{{{', '.join(f'{name}: {_sample(each.type)}' for name, each in required)}}}"
    if isinstance(nullable, graphql.GraphQLEnumType):
        return str(next(iter(nullable.values)))
    return _SAMPLES.get(nullable.name, '"x"')
