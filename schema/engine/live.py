"""Takes a subscription: parses, validates and plans it, and finds the place it starts from."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import graphql

from db.feed import Place, parse_cursor
from rules.access import Role, Viewer
from schema.compiler.arguments import Argument, Run, Window, read_argument
from schema.compiler.feeds import kinds_of
from schema.compiler.plan import Plan, Plans, fragments_of, plan_feed, plan_key
from schema.compiler.refused import ArgumentError, RequestError
from schema.compiler.selection import Selected, Selections
from schema.engine.execution import coerced_variables, refuse_long_numbers
from schema.engine.feed import Feed, Subscriber
from schema.schema import MOST_TOKENS, SCHEMA

_GRAPHQL = SCHEMA._schema


@dataclass(frozen=True, slots=True)
class Request:
    """A GraphQL request as it arrives by any transport."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


@lru_cache(maxsize=500)
def _checked(query: str) -> graphql.DocumentNode:
    refuse_long_numbers(query)
    document = graphql.parse(query, max_tokens=MOST_TOKENS)
    errors = graphql.validate(_GRAPHQL, document)
    if errors:
        raise errors[0]
    return document


async def subscribe(request: Request, viewer: Viewer, feed: Feed, plans: Plans, language: str = "zh") -> Subscriber:
    """A subscriber at its place, not yet added to the feed; raises what is wrong as a GraphQL error."""
    try:
        return await _subscriber(request, viewer, feed, plans)
    except ArgumentError as refused:
        raise refused.in_language(language) from None


async def _subscriber(request: Request, viewer: Viewer, feed: Feed, plans: Plans) -> Subscriber:
    if viewer.role is None:
        raise RequestError("UNAUTHENTICATED", "Sign in to subscribe.")
    document = _checked(request.query)
    operation = _subscription(document, request.operation_name)
    variables = coerced_variables(_GRAPHQL, operation, request.variables)
    selected = _root_field(operation, document, variables)
    place, already = await _start(selected, variables, feed)
    plan = _plan(request, document, operation, variables, viewer.role, plans)
    _try(plan, variables, viewer)
    return Subscriber(
        plan, variables, viewer, _kinds(selected), place, _question(request, operation, variables), already
    )


def _subscription(document: graphql.DocumentNode, name: str | None) -> graphql.OperationDefinitionNode:
    operation = graphql.get_operation_ast(document, name)
    if operation is None:
        raise RequestError("UNKNOWN_OPERATION", "Say which operation is meant.")
    if operation.operation is not graphql.OperationType.SUBSCRIPTION:
        raise RequestError("SUBSCRIPTIONS_ONLY", "Queries and mutations go over HTTP.")
    return operation


def _root_field(
    operation: graphql.OperationDefinitionNode, document: graphql.DocumentNode, variables: dict[str, Any]
) -> Selected:
    """The one root field; validation lets no other document pass."""
    root = _GRAPHQL.subscription_type
    assert root is not None
    selections = Selections(_GRAPHQL, fragments_of(document), variables)
    (selected,) = selections.of(root, [operation.selection_set])
    return selected


async def _start(selected: Selected, variables: dict[str, Any], feed: Feed) -> tuple[Place, frozenset[Place]]:
    """Where the subscription begins: after its cursor, or now; and what is not news to it."""
    head, already = await feed.now()
    given = _after(selected, variables)
    if given is None:
        return head, already
    parsed = parse_cursor(given.sample)
    if parsed is None:
        raise RequestError("INVALID_CURSOR", "This is not a cursor of the feed.", list(given.field))
    place, _ = parsed
    if place.xid > head.xid and place not in already:
        raise RequestError("RESYNC_REQUIRED", "This cursor is not of this feed; read everything anew.")
    return parsed


def _after(selected: Selected, variables: dict[str, Any]) -> Argument | None:
    """The argument ``after``, if it is given."""
    node = next((each.value for each in selected.node.arguments or () if each.name.value == "after"), None)
    type_ = _definition(selected).args["after"].type
    return read_argument(type_, node, variables, (selected.key,), ("after",)) if node else None


def _kinds(selected: Selected) -> frozenset[str]:
    return kinds_of(_definition(selected))


def _definition(selected: Selected) -> graphql.GraphQLField:
    assert _GRAPHQL.subscription_type is not None
    definition: graphql.GraphQLField = _GRAPHQL.subscription_type.fields[selected.node.name.value]
    return definition


def _plan(
    request: Request,
    document: graphql.DocumentNode,
    operation: graphql.OperationDefinitionNode,
    variables: dict[str, Any],
    role: Role,
    plans: Plans,
) -> Plan:
    plan: Plan = plans.get_or_make(
        plan_key(request.query, request.operation_name, role, variables),
        lambda: plan_feed(_GRAPHQL, document, operation, variables, role),
    )
    return plan


def _try(plan: Plan, variables: dict[str, Any], viewer: Viewer) -> None:
    """Refuses arguments that no event could be read with, before the feed relies on them."""
    plan.parameters(Run(variables, viewer, datetime.now(UTC), window=Window(0, 0, 0)))


def _question(request: Request, operation: graphql.OperationDefinitionNode, variables: dict[str, Any]) -> Hashable:
    """What is asked, whatever the place it is resumed from; equal questions are rendered once."""
    cursors = {each.variable.name.value for each in operation.variable_definitions or () if _is_cursor(each.type)}
    rest = {name: value for name, value in variables.items() if name not in cursors}
    return request.query, request.operation_name, repr(sorted(rest.items()))


def _is_cursor(type_: graphql.TypeNode) -> bool:
    return isinstance(type_, graphql.NamedTypeNode) and type_.name.value == "Cursor"
