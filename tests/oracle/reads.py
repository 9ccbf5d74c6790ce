"""Documents that together read everything: each type with what its objects lead to, each root, filter and order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import graphql

from tests.oracle.rows import CASES, TABLE_OF_PREFIX, TYPES

_PREFIXES = {
    "handledBy": "account",
    "mediator": "account",
    "party": "resident",
    "worker": "account",
    "standIn": "account",
    "on": "",
}
_LITERALS = {"Int": "1", "Boolean": "true", "Date": '"2023-12-20"', "DateTime": '"2023-12-20T00:00:00Z"'}
_TEXTS = {"week": '"2023-W51"', "number": '"11010519491231002X"', "text": '"¤"'}
"""Texts by the name of the argument. All marked texts have the sign that is searched for."""
_STEPS = 2
"""From a root field to the objects of its page, and on to what these lead to."""
_OF_PAGES = {"where", "orderBy", "first", "last", "after", "before"}
_PAGE = "hasNextPage hasPreviousPage startCursor endCursor"


@dataclass
class Reading:
    """A document, with the prefixes of its variables. ``ids`` is a list of ids of the type ``about``."""

    name: str
    body: str
    about: str | None = None
    given: set[str] = field(default_factory=set)
    filters: dict[str, str] = field(default_factory=dict)
    """The response key of each filtered connection, with the filter's type and field."""

    @property
    def query(self) -> str:
        """The text."""
        variables = [f"${prefix}: ID!" for prefix in sorted(self.given)] + ["$ids: [ID!]!"] * (self.about is not None)
        head = f"query({', '.join(variables)}) " if variables else ""
        return f"{head}{{ {self.body} }}"


def readings(schema: graphql.GraphQLSchema) -> Iterator[Reading]:
    """A document for each type with ids, and for each root field."""
    assert schema.query_type is not None
    for type_name, prefix in sorted(TYPES.values()):
        if type_name:
            made = Reading(type_name, "", prefix)
            inner = _Writer(schema, made).object(schema.type_map[type_name], 1)
            made.body = f"nodes(ids: $ids) {{ ... on {type_name} {{ {inner} }} }}"
            yield made
    for name, root in sorted(schema.query_type.fields.items()):
        for about in CASES if name == "case" else () if name in {"node", "nodes"} else (name,):
            made = Reading(about, "")
            made.body = " ".join(_Writer(schema, made).root(name, root))
            yield made


def subscriptions(schema: graphql.GraphQLSchema) -> dict[str, str]:
    """A document for each subscription, by its name."""
    assert schema.subscription_type is not None
    found = {}
    for name, root in schema.subscription_type.fields.items():
        inner = _Writer(schema, Reading(name, "")).object(graphql.get_named_type(root.type), 1)
        found[name] = f"subscription {{ {name} {{ {inner} }} }}"
    return found


@dataclass
class _Writer:
    schema: graphql.GraphQLSchema
    reading: Reading
    path: list[Any] = field(default_factory=list)
    """The types that enclose what is written."""

    def object(self, type_: Any, depth: int, alias: str = "") -> str:
        """The selections of an object: its values, and the objects that it leads to in ``depth`` steps."""
        if graphql.is_abstract_type(type_):
            members = self.schema.get_possible_types(type_)
            return "__typename " + " ".join(
                f"... on {each.name} {{ {self.object(each, depth, f'{each.name}_')} }}" for each in members
            )
        self.path.append(type_)
        parts = [self.field(name, each, depth, alias) for name, each in type_.fields.items()]
        self.path.pop()
        return " ".join(["__typename", *filter(None, parts)])

    def field(self, name: str, definition: graphql.GraphQLField, depth: int, alias: str = "") -> str:
        """A field with all below it; nothing for objects too deep."""
        target: Any = graphql.get_named_type(definition.type)
        called = f"{alias and f'{alias}{name}: '}{name}{self.arguments(definition)}"
        if graphql.is_leaf_type(target):
            return called
        if "pageInfo" in getattr(target, "fields", {}):
            node: Any = graphql.get_named_type(target.fields["nodes"].type)
            inner = self.below(node, depth)
            page = f"totalCount edges {{ cursor node {{ __typename }} }} pageInfo {{ {_PAGE} }}"
            return inner and f"{called} {{ {page} nodes {{ {inner} }} }}"
        inner = self.below(target, depth)
        return inner and f"{called} {{ {inner} }}"

    def below(self, type_: Any, depth: int) -> str:
        """The selections of an object that is led to. Parts of an object, which have no id, are no step."""
        if depth == 0 or type_ in self.path:
            return "" if depth == 0 else self.object(type_, 0)
        return self.object(type_, depth - 1 if _has_id(type_) else depth)

    def root(self, name: str, definition: graphql.GraphQLField) -> Iterator[str]:
        """A root field: plain, with all optional ids, with each filter, in each order, counted by each dimension."""
        paged = graphql.get_named_type(definition.type).name.endswith("Connection")
        yield self.field(name, definition, _STEPS if paged else 1)
        optional = {each for each, given in definition.args.items() if not graphql.is_required_argument(given)}
        for each in sorted(optional - _OF_PAGES):
            yield self.variant(name, definition, each, self.value(each, definition.args[each].type))
        if "where" in definition.args:
            filter_: Any = graphql.get_named_type(definition.args["where"].type)
            for each, part in filter_.fields.items():
                key = f"{name}_{each}"
                self.reading.filters[key] = f"{filter_.name}.{each}"
                yield self.variant(name, definition, "where", f"{{{each}: {self.value(each, part.type)}}}", key)
        if "orderBy" in definition.args:
            order: Any = graphql.get_named_type(definition.args["orderBy"].type)
            for each in order.values:
                yield self.variant(name, definition, "orderBy", each, f"{name}_{each}")

        if paged:
            yield self.counted(name, definition)

    def counted(self, name: str, definition: graphql.GraphQLField) -> str:
        """The numbers of a connection by each dimension, if it is counted. There may be too many days to count."""
        page: Any = graphql.get_named_type(definition.type)
        if "countsBy" not in page.fields:
            return ""
        field = page.fields["countsBy"]
        inner = self.object(graphql.get_named_type(field.type), 1)
        dimensions: Any = graphql.get_named_type(field.args["dimensions"].type)
        each = [f"{by}: countsBy(dimensions: {by}) {{ {inner} }}" for by in dimensions.values if by != "DAY"]
        return f"{name}_counts: {name}{self.arguments(definition)} {{ {' '.join(each)} }}"

    def variant(self, name: str, definition: graphql.GraphQLField, argument: str, value: str, key: str = "") -> str:
        """The field with one optional argument, and the values of what it shows."""
        target: Any = graphql.get_named_type(definition.type)
        arguments = self.arguments(definition, f"{argument}: {value}")
        called = f"{key or f'{name}_{argument}'}: {name}{arguments}"
        if graphql.is_leaf_type(target):
            return called
        if "pageInfo" in target.fields:
            inner = self.object(graphql.get_named_type(target.fields["nodes"].type), 0)
            return f"{called} {{ totalCount edges {{ cursor }} nodes {{ {inner} }} }}"
        return f"{called} {{ {self.object(target, 1)} }}"

    def arguments(self, definition: graphql.GraphQLField, more: str = "") -> str:
        """The required arguments, and ``more``."""
        required = [
            f"{name}: {self.value(name, each.type)}"
            for name, each in definition.args.items()
            if graphql.is_required_argument(each)
        ]
        given = ", ".join([*required, *([more] if more else [])])
        return f"({given})" if given else ""

    def value(self, name: str, type_: Any) -> str:
        """A value that finds much: all members of an enum, and a variable for an id."""
        nullable = graphql.get_nullable_type(type_)
        inner: Any = graphql.get_named_type(type_)
        if graphql.is_enum_type(inner):
            return f"[{' '.join(inner.values)}]" if graphql.is_list_type(nullable) else next(iter(inner.values))
        if graphql.is_input_object_type(inner):
            return f"{{{', '.join(f'{each}: {self.value(each, part.type)}' for each, part in inner.fields.items())}}}"
        if inner.name == "ID":
            prefix = _PREFIXES.get(name, name.lower())
            found = prefix if prefix in TABLE_OF_PREFIX else self.reading.name.lower()
            self.reading.given.add(found)
            return f"${found}"
        return _LITERALS.get(inner.name) or _TEXTS.get(name, '"ABCDEFGHJK"')


def _has_id(type_: Any) -> bool:
    return "id" in getattr(type_, "fields", {}) or graphql.is_abstract_type(type_)


def asked(schema: graphql.GraphQLSchema, queries: Sequence[str]) -> set[str]:
    """The fields, as ``Type.field``, that documents select."""
    found: set[str] = set()
    for query in queries:
        names = _Names(graphql.TypeInfo(schema))
        graphql.visit(graphql.parse(query), graphql.TypeInfoVisitor(names.info, names))
        found |= names.found
    return found


class _Names(graphql.Visitor):
    def __init__(self, info: graphql.TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[str] = set()

    def enter_field(self, node: graphql.FieldNode, *_: Any) -> None:
        parent = self.info.get_parent_type()
        if parent is not None:
            self.found.add(f"{parent.name}.{node.name.value}")
