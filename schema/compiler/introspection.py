"""Answers ``__schema`` and ``__type`` by graphql-core, with a bound on the fields that it resolves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import graphql
import orjson

from schema.compiler.refused import RequestError
from schema.compiler.selection import Selected

ROOTS = frozenset({"__schema", "__type"})
WEIGHT = 50_000
"""The cost of an introspection field. The queries of common tools have one, and take some 0.4 s of the process."""
MOST_RESOLVED = 150_000
"""Fields that introspection resolves for one operation: three times those of the queries of common tools."""


class _TooMany(BaseException):
    """Stops graphql-core, which would turn an Exception into an error of one field and go on."""


def introspect(
    schema: graphql.GraphQLSchema,
    fragments: Mapping[str, graphql.FragmentDefinitionNode],
    operation: graphql.OperationDefinitionNode,
    selected: Sequence[Selected],
    variables: Mapping[str, Any],
) -> dict[str, str]:
    """The JSON of the introspection fields of an operation, by response key. Raises RequestError."""
    asked = graphql.OperationDefinitionNode(
        operation=graphql.OperationType.QUERY,
        variable_definitions=_plain(operation),
        selection_set=graphql.SelectionSetNode(selections=tuple(node for each in selected for node in each.nodes)),
    )
    document = graphql.DocumentNode(definitions=(asked, *fragments.values()))
    given = plain_values(operation, variables)
    try:
        result = graphql.execute_sync(schema, document, variable_values=given, middleware=[_counter()])
    except _TooMany:
        raise RequestError("QUERY_TOO_COSTLY", "查询接口定义最多解析 {most} 个字段。", most=MOST_RESOLVED) from None
    assert result.data is not None, result.errors
    return {each.key: orjson.dumps(result.data[each.key]).decode() for each in selected}


def plain_values(operation: graphql.OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the variables that introspection may use: strings and booleans."""
    names = (each.variable.name.value for each in _plain(operation))
    return {name: variables[name] for name in names if name in variables}


def _plain(operation: graphql.OperationDefinitionNode) -> tuple[graphql.VariableDefinitionNode, ...]:
    return tuple(each for each in operation.variable_definitions or () if _is_plain(each.type))


def _is_plain(type_: graphql.TypeNode) -> bool:
    if isinstance(type_, graphql.NonNullTypeNode):
        return _is_plain(type_.type)
    return isinstance(type_, graphql.NamedTypeNode) and type_.name.value in {"String", "Boolean"}


def _counter() -> Callable[..., Any]:
    """A resolver middleware that stops the execution after ``MOST_RESOLVED`` fields."""
    left = MOST_RESOLVED

    def resolve(following: Any, source: Any, info: Any, **arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooMany
        return following(source, info, **arguments)

    return resolve
