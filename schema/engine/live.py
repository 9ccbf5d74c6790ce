"""Starts a subscription: parses, validates and plans the document, and finds the starting position."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import graphql
import orjson

from db.positions import Cursor
from rules.access import Viewer
from schema.compiler.arguments import Argument, Run, read_argument
from schema.compiler.feeds import Event, begins_at_once, kinds_of
from schema.compiler.plan import Plan, plan_feed
from schema.compiler.refused import ArgumentError, RequestError, refuse_costly
from schema.compiler.selection import Selected
from schema.engine.bulkhead import HEAVY
from schema.engine.documents import InvalidDocument
from schema.engine.execution import coerced_variables, operation_of
from schema.engine.feed import Feed, Resync, Subscriber
from schema.engine.plans import Plans, plan_key


@dataclass(frozen=True, slots=True)
class Request:
    """A GraphQL request, from any transport."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None
    resume_after: str | None = None
    """The cursor of the last event that the client received, if the transport tells it. It replaces ``after``."""


async def subscribe(request: Request, viewer: Viewer, feed: Feed, plans: Plans, language: str = "zh") -> Subscriber:
    """A subscriber at its starting position, not yet added to the feed. Raises GraphQLError."""
    try:
        return await _subscriber(request, viewer, feed, plans, language)
    except InvalidDocument as invalid:
        raise invalid.errors[0] from None
    except ArgumentError as refused:
        raise refused.error from None


async def _subscriber(request: Request, viewer: Viewer, feed: Feed, plans: Plans, language: str) -> Subscriber:
    if viewer.role is None:
        raise RequestError("UNAUTHENTICATED", "请先登录，再订阅。")
    operation = await operation_of(request.query, request.operation_name, plans)
    if operation.node.operation is not graphql.OperationType.SUBSCRIPTION:
        raise RequestError("SUBSCRIPTIONS_ONLY", "查询和变更请通过 HTTP 发送。")
    variables = coerced_variables(operation, request.variables)
    root = operation.schema.subscription_type
    assert root is not None
    # Validation ensures that there is exactly one root field.
    (selected,) = operation.selections(variables).of(root, [operation.node.selection_set])
    definition = root.fields[selected.node.name.value]
    resumed = _resumed(definition, selected, request.resume_after)
    start = await _start(resumed or _given("after", definition, selected, variables), feed)
    role = viewer.role
    plan: Plan = await plans.get_or_make(
        plan_key(request.query, request.operation_name, role, variables, language),
        lambda: plan_feed(operation, variables, role, language),
    )
    # Refuses bad arguments and costly events now, instead of at the first event.
    run = Run(variables, viewer, datetime.now(UTC))
    refuse_costly(plan.cost(run), HEAVY)
    plan.parameters(run)
    question = language, _question(request, operation.node, variables)
    kinds = kinds_of(definition, _given("kinds", definition, selected, variables))
    subscriber = Subscriber(plan, variables, viewer, kinds, start.position, question)
    if begins_at_once(definition):
        fields = operation.selections(variables).of(graphql.get_named_type(definition.type), selected.selections)
        subscriber.batches.put_nowait([_first(start, selected.key, fields)])
    return subscriber


def _first(start: Cursor, key: str, fields: Sequence[Selected]) -> Event:
    """The event of the subscription itself, of a type with a cursor and no other field."""
    cursor = f"{start.epoch}.{start.position}"
    event = {each.key: cursor if each.node.name.value == "cursor" else "DocumentsChanged" for each in fields}
    return Event(cursor, orjson.dumps({key: event}))


async def _start(given: Argument | None, feed: Feed) -> Cursor:
    """Where it starts: after the cursor, or now."""
    cursor = None if given is None else Cursor.parse(given.sample)
    if given is not None and cursor is None:
        raise RequestError("INVALID_CURSOR", "这不是动态的游标。", list(given.field))
    try:
        return await feed.begin(cursor)
    except Resync as lost:
        raise RequestError("RESYNC_REQUIRED", lost.said) from None


def _resumed(field: graphql.GraphQLField, selected: Selected, cursor: str | None) -> Argument | None:
    if not cursor:
        return None
    return Argument(field.args["after"].type, cursor, lambda _: cursor, (selected.key,), ("after",))


def _given(name: str, field: graphql.GraphQLField, selected: Selected, variables: dict[str, Any]) -> Argument | None:
    node = next((each.value for each in selected.node.arguments or () if each.name.value == name), None)
    return read_argument(field.args[name].type, node, variables, (selected.key,), (name,)) if node else None


def _question(request: Request, operation: graphql.OperationDefinitionNode, variables: dict[str, Any]) -> Hashable:
    """A key without the cursor. Events of subscribers with equal keys are rendered once."""
    cursors = {each.variable.name.value for each in operation.variable_definitions or () if _is_cursor(each.type)}
    rest = {name: value for name, value in variables.items() if name not in cursors}
    return request.query, request.operation_name, repr(sorted(rest.items()))


def _is_cursor(type_: graphql.TypeNode) -> bool:
    return isinstance(type_, graphql.NamedTypeNode) and type_.name.value == "Cursor"
