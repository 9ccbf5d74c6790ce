"""Compiles every field, filter and order of the schema for every role, without a database.

What is misspelt in a declaration passes the type checker and the SDL; it does not pass this.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
)

from rules.access import Role
from schema.compiler.plan import fragments_of, plan_feed, plan_query, start_build
from schema.engine.mutate import plan_calls

_ROLES = (*Role, None)
_SAMPLES = {"Int": "1", "Float": "1.0", "Boolean": "true", "Date": '"2023-01-01"', "Decimal": '"1.00"'}
_SAMPLES["DateTime"] = '"2023-01-01T00:00:00Z"'


class Problem(NamedTuple):
    """What does not compile, for which role, and why."""

    field: str
    role: Role | None
    reason: str


class _Spot(NamedTuple):
    """How a document comes to an object of a type: what stands before its selections, and how many braces to close."""

    opened: str
    depth: int

    def document(self, selections: str) -> str:
        return f"{self.opened}{{ {selections} }}{' }' * self.depth}"

    def below(self, opened: str, depth: int = 1) -> "_Spot":
        return _Spot(f"{self.opened}{{ {opened} ", self.depth + depth)


def problems(schema: GraphQLSchema) -> Iterator[Problem]:
    """Everything that does not compile. A type is tried whole, and field by field where that fails."""
    for type_, spot in _spots(schema).items():
        fields = {f"{type_.name}.{name}": each for name, each in _selections(type_)}
        whole = parse(spot.document(" ".join(fields.values())), no_location=True)
        for role in _ROLES:
            if _refused(schema, whole, role) is None:
                continue
            for name, selection in fields.items():
                reason = _refused(schema, parse(spot.document(selection), no_location=True), role)
                if reason is not None:
                    yield Problem(name, role, reason)


def _refused(schema: GraphQLSchema, document: DocumentNode, role: Role | None) -> str | None:
    """Why a document does not compile for a role."""
    try:
        _plan(schema, document, role)
    except Exception as error:  # noqa: BLE001  each is a problem to be told
        return repr(error)
    return None


def _plan(schema: GraphQLSchema, document: DocumentNode, role: Role | None) -> None:
    operation = get_operation_ast(document)
    assert operation is not None
    assert schema.query_type is not None
    if operation.operation is OperationType.MUTATION:
        plan_calls(schema, fragments_of(document), operation, {}, role)
    elif operation.operation is OperationType.SUBSCRIPTION:
        plan_feed(schema, document, operation, {}, role)
    elif role is _ROLES[0]:
        plan_query(schema, document, operation, {}, role)
    else:
        # What a role changes is in the expressions; how they are written is the same for all.
        build = start_build(schema, {}, operation, {}, role)
        build.object(schema.query_type, [operation.selection_set], build.row(None), ())


def _spots(schema: GraphQLSchema) -> dict[GraphQLObjectType, _Spot]:
    """The shortest way to each object type from the roots."""
    found: dict[GraphQLObjectType, _Spot] = {}
    waiting = deque([(schema.query_type, _Spot("query ", 0))])
    for root, word in ((schema.mutation_type, "mutation"), (schema.subscription_type, "subscription")):
        assert root is not None
        waiting += [
            (get_named_type(each.type), _Spot(f"{word} {{ {_called(name, each)} ", 1))
            for name, each in root.fields.items()
        ]
    while waiting:
        type_, spot = waiting.popleft()
        if is_abstract_type(type_):
            waiting += [(each, spot.below(f"... on {each.name}")) for each in schema.get_possible_types(type_)]
        elif isinstance(type_, GraphQLObjectType) and type_ not in found:
            found[type_] = spot
            waiting += [(get_named_type(f.type), spot.below(_called(name, f))) for name, f in type_.fields.items()]
    return found


def _selections(type_: GraphQLObjectType) -> Iterator[tuple[str, str]]:
    """Each field of a type, and again with each field of its filter and each of its orders."""
    for name, field in type_.fields.items():
        whole = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
        if "nodes" in getattr(get_named_type(field.type), "fields", {}):
            whole = " { totalCount nodes { __typename } }"
        for index, given in enumerate(_variants(field)):
            yield f"{name}{given}", f"{name}_{index}: {_called(name, field, given)}{whole}"


def _variants(field: GraphQLField) -> list[str]:
    """No argument but those required; each field of a filter; each order."""
    found = [""]
    for name, argument in field.args.items():
        type_ = get_nullable_type(argument.type)
        if name == "where" and isinstance(type_, GraphQLInputObjectType):
            found += [f"where: {{{each}: {_sample(part.type)}}}" for each, part in type_.fields.items()]
        if name == "orderBy" and isinstance(type_, GraphQLEnumType):
            found += [f"orderBy: {each}" for each in type_.values]
    return found


def _called(name: str, field: GraphQLField, given: str = "") -> str:
    required = [f"{each}: {_sample(arg.type)}" for each, arg in field.args.items() if is_required_argument(arg)]
    arguments = ", ".join([*required, *([given] if given else [])])
    return f"{name}({arguments})" if arguments else name


def _sample(type_: GraphQLInputType) -> str:
    """A literal of a type."""
    nullable: Any = get_nullable_type(type_)
    if isinstance(nullable, GraphQLList):
        return f"[{_sample(nullable.of_type)}]"
    if isinstance(nullable, GraphQLInputObjectType):
        required = [(name, each) for name, each in nullable.fields.items() if is_required_input_field(each)]
        return f"{{{', '.join(f'{name}: {_sample(each.type)}' for name, each in required)}}}"
    if isinstance(nullable, GraphQLEnumType):
        return str(next(iter(nullable.values)))
    return _SAMPLES.get(nullable.name, '"x"')
