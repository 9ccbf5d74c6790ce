"""Answers ``__schema`` and ``__type`` in an operation that also reads data, by graphql-core."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import graphql
import orjson


def introspector(
    schema: graphql.GraphQLSchema,
    fragments: Mapping[str, graphql.FragmentDefinitionNode],
    operation: graphql.OperationDefinitionNode,
) -> Callable[[Sequence[graphql.FieldNode], Mapping[str, Any]], str]:
    """A function that returns the JSON of one introspection field of the operation."""
    definitions = tuple(each for each in operation.variable_definitions or () if _is_plain(each.type))
    names = {each.variable.name.value for each in definitions}

    def answer(nodes: Sequence[graphql.FieldNode], variables: Mapping[str, Any]) -> str:
        introspection = graphql.OperationDefinitionNode(
            operation=graphql.OperationType.QUERY,
            variable_definitions=definitions,
            selection_set=graphql.SelectionSetNode(selections=tuple(nodes)),
        )
        document = graphql.DocumentNode(definitions=(introspection, *fragments.values()))
        given = {name: value for name, value in variables.items() if name in names}
        result = graphql.execute_sync(schema, document, variable_values=given)
        assert result.data is not None, result.errors
        return orjson.dumps(result.data[(nodes[0].alias or nodes[0].name).value]).decode()

    return answer


def _is_plain(type_: graphql.TypeNode) -> bool:
    """True if a variable is a string or a boolean, the only types of arguments of introspection."""
    if isinstance(type_, graphql.NonNullTypeNode):
        return _is_plain(type_.type)
    return isinstance(type_, graphql.NamedTypeNode) and type_.name.value in {"String", "Boolean"}
