"""The shortest path from the query root to each type.

Documents begin at any type in this way, so that types deep in the schema are queried as often as others.
"""

from collections import deque
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
    print_ast,
)

_SAMPLES = {"Int": "3", "Date": '"2023-11-15"'}
_NUMBER = '"0"'
"""A placeholder for the number by which a value is chosen."""


@dataclass(frozen=True)
class Way:
    """The text before the selections of a type, and how many braces to close after them."""

    type: GraphQLObjectType
    opened: str = ""
    depth: int = 0

    def led(self, begun: DocumentNode, number: int) -> DocumentNode:
        """The selections of a query on the type, below the path to it."""
        (operation,) = begun.definitions
        assert isinstance(operation, OperationDefinitionNode)
        return self._below(print_ast(operation.selection_set), number)

    def whole(self, hidden: frozenset[str], number: int) -> DocumentNode:
        """All fields of the type but the hidden ones, objects by their names, below the path to it."""
        shown = [(name, each) for name, each in self.type.fields.items() if name not in hidden]
        selected = [
            f"{_called(name, each)}{'' if is_leaf_type(get_named_type(each.type)) else ' { __typename }'}"
            for name, each in shown
        ]
        return self._below(f"{{ {' '.join(selected)} }}", number)

    def _below(self, selections: str, number: int) -> DocumentNode:
        text = f"{self.opened} {selections}{' }' * self.depth}".replace(_NUMBER, f'"{number}"')
        return parse(text, no_location=True)


def ways(schema: GraphQLSchema, without: Container[str] = ()) -> Iterator[Way]:
    """The shortest path to each object type, not through some fields."""
    assert schema.query_type is not None
    waiting: deque[tuple[Any, str, int]] = deque([(schema.query_type, "", 0)])
    found = set()
    while waiting:
        type_, opened, depth = waiting.popleft()
        if is_abstract_type(type_):
            waiting += [
                (each, f"{opened} {{ ... on {each.name}", depth + 1) for each in schema.get_possible_types(type_)
            ]
        elif isinstance(type_, GraphQLObjectType) and type_ not in found:
            found.add(type_)
            yield Way(type_, opened, depth)
            for name, each in type_.fields.items():
                if name in without:
                    continue
                waiting.append((get_named_type(each.type), f"{opened} {{ {_called(name, each)}", depth + 1))


def _called(name: str, field: GraphQLField) -> str:
    """A field with the arguments that it requires."""
    required = [f"{each}: {_sample(given.type)}" for each, given in field.args.items() if is_required_argument(given)]
    return f"{name}({', '.join(required)})" if required else name


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
    return _SAMPLES.get(nullable.name, _NUMBER)
