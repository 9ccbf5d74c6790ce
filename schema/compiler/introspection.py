"""Answers __schema and __type inside an operation that also reads data; graphql-core does the work."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TypeNode,
    execute_sync,
)


def introspector(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
) -> Callable[[Sequence[FieldNode], Mapping[str, Any]], str]:
    """A function that answers one introspection field of the operation as JSON."""
    definitions = tuple(each for each in operation.variable_definitions or () if _is_plain(each.type))
    names = {each.variable.name.value for each in definitions}

    def answer(nodes: Sequence[FieldNode], variables: Mapping[str, Any]) -> str:
        alone = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=definitions,
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        document = DocumentNode(definitions=(alone, *fragments.values()))
        given = {name: value for name, value in variables.items() if name in names}
        result = execute_sync(schema, document, variable_values=given)
        assert result.data is not None, result.errors
        return orjson.dumps(result.data[(nodes[0].alias or nodes[0].name).value]).decode()

    return answer


def _is_plain(type_: TypeNode) -> bool:
    """Introspection takes strings and booleans only."""
    if isinstance(type_, NonNullTypeNode):
        return _is_plain(type_.type)
    return isinstance(type_, NamedTypeNode) and type_.name.value in {"String", "Boolean"}
