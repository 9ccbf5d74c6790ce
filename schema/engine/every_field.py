"""Compiles every field, argument and filter of the schema for every role, without a database.

Neither the type checker nor the SDL shows a misspelt column in a declaration. This check does. Each visibility rule is
compiled for every role. A field is compiled for the first role, and for the others if it reads the role by itself.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, ClassVar, NamedTuple

import graphql

from db import sql
from db.scope import Condition, Rule, Scope
from rules.access import Role
from schema.compiler.arguments import Path
from schema.compiler.build import Build
from schema.compiler.declare import Entity
from schema.compiler.feeds import write_feed
from schema.compiler.plan import WRITERS, Operation, finish
from schema.compiler.selection import Selected
from schema.compiler.sources import Row
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


class _Watched(Scope):
    """A scope that counts how often its role is read, except by visibility rules."""

    reads: ClassVar[int] = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "role":
            _Watched.reads += 1
        return super().__getattribute__(name)

    @staticmethod
    def by_rule(rule: Rule) -> Rule:
        """The rule; what it reads does not count."""

        def unwatched(t: sql.From, scope: Scope) -> Condition:
            reads = _Watched.reads
            try:
                return rule(t, scope)
            finally:
                _Watched.reads = reads

        return unwatched


class _WatchedBuild(Build):
    """A build that notes the fields that read the viewer's role. A field also counts what is selected below it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.scope = _Watched(self.role, self.scope.account_id, self.scope.places, self.scope.joined)
        self.by_role: set[tuple[str, str]] = set()

    def entity(self, type_: graphql.GraphQLObjectType, rule: Rule | None = None) -> Entity:
        found = super().entity(type_, rule)
        return replace(found, visible=_Watched.by_rule(found.visible))

    def field(self, type_: graphql.GraphQLObjectType, selected: Selected, row: Row, path: Path) -> sql.Column:
        reads = _Watched.reads
        written = super().field(type_, selected, row, path)
        if _Watched.reads > reads:
            self.by_role.add((type_.name, selected.node.name.value))
        return written


def problems(schema: graphql.GraphQLSchema) -> Iterator[Problem]:
    """All fields that do not compile. A type is compiled as a whole; if that fails, field by field."""
    assert schema.mutation_type is not None
    for name, field in schema.mutation_type.fields.items():
        if not _submits(field):
            yield from _problems(schema, _Place(schema.mutation_type), "Mutation", {name: field})
    for type_, place in _places(schema).items():
        yield from _problems(schema, place, type_.name, type_.fields)


def _problems(
    schema: graphql.GraphQLSchema, place: _Place, type_name: str, fields: Mapping[str, graphql.GraphQLField]
) -> Iterator[Problem]:
    variants = {name: _variants(name, field) for name, field in fields.items()}
    operation = place.operation(schema, list(chain.from_iterable(variants.values())))
    by_role: set[tuple[str, str]] = set()
    for role in _ROLES:
        if _refused(place, operation, role, by_role) is not None:
            yield from _separately(schema, place, type_name, fields, role)
            return
        if role is _ROLES[0]:
            # The plan of a payload does not depend on the role. The types of its objects are compiled separately.
            if place.start is schema.mutation_type:
                return
            again = [name for name in fields if place.start is schema.subscription_type or (type_name, name) in by_role]
            selections = [_of_role(name, fields[name])[-1] for name in again]
            if not selections and not _has_table(place.start):
                return
            operation = place.operation(schema, selections or ["__typename"])


def _separately(
    schema: graphql.GraphQLSchema,
    place: _Place,
    type_name: str,
    fields: Mapping[str, graphql.GraphQLField],
    role: Role | None,
) -> Iterator[Problem]:
    """The fields that do not compile for a role."""
    for name, field in fields.items():
        reason = _refused(place, place.operation(schema, _variants(name, field)), role)
        if reason is not None:
            called, reason = _narrowed(schema, place, name, field, role) or (name, reason)
            yield Problem(f"{type_name}.{called}", role, reason)


def _narrowed(
    schema: graphql.GraphQLSchema, place: _Place, name: str, field: graphql.GraphQLField, role: Role | None
) -> tuple[str, str] | None:
    """The field with the first optional argument that does not compile, and the error."""
    for given in ["", *_optional(field), *_filters(field), *_choices(field)]:
        reason = _refused(place, place.operation(schema, [_selected(name, field, given)]), role)
        if reason is not None:
            return _called(name, field, given), reason
    return None


def _refused(
    place: _Place, operation: Operation, role: Role | None, by_role: set[tuple[str, str]] | None = None
) -> str | None:
    """The error of a document for a role; None if it compiles. Fields that read the role are added to ``by_role``."""
    try:
        found = _compile(place.start, operation, role)
    except Exception as error:  # noqa: BLE001  an error of any kind is a problem
        return repr(error)
    if by_role is not None:
        by_role |= found
    return None


def _compile(start: graphql.GraphQLObjectType, operation: Operation, role: Role | None) -> set[tuple[str, str]]:
    """Compiles a document. Returns the types and names of the fields that read the role."""
    if start is operation.schema.mutation_type:
        plan_calls(operation, {}, role)
        return set()
    build = _WatchedBuild(operation.schema, operation.selections({}), {}, role, WRITERS)
    if start is operation.schema.subscription_type:
        write_feed(build, operation.node)
        return set()
    row, conditions = build.row(None), []
    if start is not operation.schema.query_type:
        entity = build.entity(start)
        t = entity.rows(row)
        row, conditions = build.row(t.c), [entity.visible(t, build.scope)]
    found = build.object(start, [operation.node.selection_set], row, ())
    if role is _ROLES[0]:
        # The text is written by the same code for all roles.
        finish(build, sql.select(found).where(*conditions))
    return build.by_role


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
        elif _is_page(type_) and "countsBy" not in type_.fields:
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
