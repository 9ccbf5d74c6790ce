"""Answers __schema and __type inside an operation that also reads data; graphql-core does the work."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import graphql
import orjson


def introspector(
    schema: graphql.GraphQLSchema,
    fragments: Mapping[str, graphql.FragmentDefinitionNode],
    operation: graphql.OperationDefinitionNode,
) -> Callable[[Sequence[graphql.FieldNode], Mapping[str, Any]], str]:
    """A function that answers one introspection field of the operation as JSON."""
    definitions = tuple(each for each in operation.variable_definitions or () if _is_plain(each.type))
    names = {each.variable.name.value for each in definitions}

    def answer(nodes: Sequence[graphql.FieldNode], variables: Mapping[str, Any]) -> str:
        alone = graphql.OperationDefinitionNode(
            operation=graphql.OperationType.QUERY,
            variable_definitions=definitions,
            selection_set=graphql.SelectionSetNode(selections=tuple(nodes)),
        )
        document = graphql.DocumentNode(definitions=(alone, *fragments.values()))
        given = {name: value for name, value in variables.items() if name in names}
        result = graphql.execute_sync(schema, document, variable_values=given)
        assert result.data is not None, result.errors
        return orjson.dumps(result.data[(nodes[0].alias or nodes[0].name).value]).decode()

    return answer


def _is_plain(type_: graphql.TypeNode) -> bool:
    """Introspection takes strings and booleans only."""
    if isinstance(type_, graphql.NonNullTypeNode):
        return _is_plain(type_.type)
    return isinstance(type_, graphql.NamedTypeNode) and type_.name.value in {"String", "Boolean"}
