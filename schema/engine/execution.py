"""Answers operations: a query is one statement, a mutation one transaction. Each is refused if it costs too much."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from functools import cache
from typing import Any

import graphql
import orjson
from graphql import ExecutionResult, OperationType
from graphql.execution.values import get_variable_values
from graphql.pyutils import Undefined
from graphql.utilities import coerce_input_value

from rules.access import FOR_EVERYBODY, Role
from schema.compiler.arguments import Run
from schema.compiler.introspection import introspect, plain_values
from schema.compiler.plan import BASE_COST, Operation, Plan, plan_query
from schema.compiler.refused import ArgumentError, RequestError, refuse_costly, too_large
from schema.engine import documents, replication, submitting
from schema.engine.audit import operation_name, record
from schema.engine.context import Context, Misses
from schema.engine.mutate import Calls, count_attempts, look_up_codes, plan_calls, read_inputs, run_calls
from schema.engine.plans import Plans, plan_key

MOST_SECRETS = 10
"""Codes that one operation may look up. An app follows a few receipts of one person. A guesser sends thousands."""


MOST_ERRORS = 20
"""Wrong variables that one answer tells."""


PREPARE: Mapping[str, Callable[[Context, graphql.GraphQLSchema, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]] = {
    "changes": replication.changes,
    "pull_documents": replication.pull_documents,
}
"""How each prepared field is made (:class:`schema.compiler.sources.Prepared`)."""


class WrongOperation(Exception):
    """An operation of a type that this kind of request does not allow."""

    def __init__(self, type_: OperationType) -> None:
        super().__init__(type_.value)
        self.type = type_


async def operation_of(text: str, name: str | None, plans: Plans) -> Operation:
    """The named or only operation of a document. One that was read before is neither parsed nor validated again.

    Raises GraphQLError or InvalidDocument.
    """
    found = plans.operations.get((text, name))
    if found is None:
        async with plans.turn():
            found = plans.operations.get((text, name)) or await documents.read(text, name)
        plans.operations.put((text, name), found, len(text))
    return found


async def answer(
    text: str, variables: Mapping[str, Any], context: Context, allowed: Collection[OperationType]
) -> ExecutionResult:
    """The answer to an operation. Raises WrongOperation, and unexpected errors unchanged."""
    try:
        operation = await operation_of(text, context.operation_name, context.plans)
        if operation.node.operation not in allowed:
            raise WrongOperation(operation.node.operation)
        coerced = coerced_variables(operation, variables)
        data, cost = await (_mutate if operation.mutates else _read)(text, operation, coerced, context)
    except documents.InvalidDocument as invalid:
        return ExecutionResult(None, invalid.errors)
    except graphql.GraphQLError as error:
        return ExecutionResult(None, [error])
    except ArgumentError as refused:
        return ExecutionResult(None, [refused.error])
    return ExecutionResult(data, None, {"cost": cost})


def coerced_variables(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the operation's variables, with defaults. Raises InvalidDocument (``INVALID_VARIABLES``)."""
    documents.refuse_many(given)
    if (known := _given_variables(operation, given)) is not None:
        return known
    definitions = operation.node.variable_definitions or ()
    found = get_variable_values(operation.schema, definitions, dict(given), MOST_ERRORS)
    if isinstance(found, list):
        for error in found:
            error.extensions = {"code": "INVALID_VARIABLES"}
        raise documents.InvalidDocument(found)
    coerced: dict[str, Any] = found.coerced
    return coerced


def _given_variables(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values, if all variables are given and right. Otherwise graphql-core finds the defaults and the errors."""
    try:
        found = {name: coerce_input_value(given[name], type_) for name, type_ in operation.variables.items()}
    except (KeyError, RecursionError):
        return None
    return None if Undefined in found.values() else found


async def _read(text: str, operation: Operation, variables: dict[str, Any], context: Context) -> tuple[Any, int]:
    role, language = context.viewer.role, context.label_language
    plan: Plan = await context.plans.get_or_make(
        plan_key(text, context.operation_name, role, variables, language),
        lambda: plan_query(_open_to(role, operation, variables), variables, role, language),
    )
    run = context.run(variables)
    cost = BASE_COST + plan.cost(run)
    refuse_costly(cost)
    if len(plan.secrets) > MOST_SECRETS:
        raise too_large("一次操作最多查询 {most} 个代码。", most=MOST_SECRETS)
    looking_up = _looking_up(context, codes=bool(plan.secrets))
    async with looking_up as misses, context.bulkhead.place(context.viewer.account_id, cost):
        if plan.introspected:
            run = replace(run, introspected=await _introspected(text, operation, plan, variables, context))
        if plan.prepared:
            run = replace(run, prepared=await _prepared(operation, plan, run, context))
        if plan.live and context.place is not None:
            await context.place()
        found = await plan.fetch(context.database, run)
        if plan.secrets:
            misses.unknown = _unknown(plan, found)
    await record(context, operation, variables, found)
    return orjson.Fragment(found or "null"), cost


async def _prepared(operation: Operation, plan: Plan, run: Run, context: Context) -> Mapping[str, str]:
    """The JSON of the fields that are made before the statement."""
    found = {}
    for each in plan.prepared:
        given = {name: argument.get(run) for name, argument in each.arguments.items()}
        each.arguments["limit"].convert(replication.check_limit)(run)
        made = {"__typename": each.type, **await PREPARE[each.name](context, operation.schema, given)}
        found[each.key] = orjson.dumps({part.key: made[part.node.name.value] for part in each.fields}).decode()
    return found


def _open_to(role: Role | None, operation: Operation, variables: Mapping[str, Any]) -> Operation:
    """The operation, before it is planned. Refuses what needs an account to viewers without one.

    Otherwise a lost token would look like an empty community. A refused operation gets no plan, so that one with a plan
    needs no check.
    """
    closed = [] if role is not None else [name for name in operation.roots(variables) if _is_closed(name)]
    if closed:
        raise RequestError("UNAUTHENTICATED", "请先登录，再查询 {fields}。", fields=", ".join(closed))
    return operation


def _is_closed(root: str) -> bool:
    return not root.startswith("__") and root not in FOR_EVERYBODY


def _looking_up(context: Context, *, codes: bool) -> AbstractAsyncContextManager[Misses]:
    """Refuses to look codes up for a client that sent too many unknown ones."""
    return context.guesses.looking_up() if codes and context.guesses is not None else nullcontext(Misses())


def _unknown(plan: Plan, found: str | None) -> int:
    told = orjson.loads(found or "{}")
    return sum(told[key] is None for key in plan.secrets if key in told)


async def _introspected(
    text: str, operation: Operation, plan: Plan, variables: dict[str, Any], context: Context
) -> Mapping[str, str]:
    """The JSON of the introspection fields. They are resolved in a thread, so that other requests go on."""
    if context.viewer.role is None and not context.introspection:
        raise RequestError("UNAUTHENTICATED", "请先登录，再查询接口定义。")
    given = orjson.dumps([*plain_values(operation.node, variables).values()])
    key = text, context.operation_name, given
    found = context.plans.introspected.get(key)
    if found is None:
        node, fragments = operation.node, operation.fragments
        found = await asyncio.to_thread(introspect, operation.schema, fragments, node, plan.introspected, variables)
        context.plans.introspected.put(key, found, len(text) + len(given) + sum(map(len, found.values())))
    return found


async def _mutate(text: str, operation: Operation, variables: dict[str, Any], context: Context) -> tuple[Any, int]:
    """Runs all root fields in one transaction. An unexpected error rolls all of it back."""
    role, language = context.viewer.role, context.label_language
    if (submitted := submitting.submitted(operation, variables)) is not None:
        _open_to(role, operation, variables)
        async with context.bulkhead.place(context.viewer.account_id, BASE_COST):
            return await submitting.answered(operation, submitted, variables, context), BASE_COST
    calls: Calls = await context.plans.get_or_make(
        plan_key(text, context.operation_name, role, _shaping(operation, variables), language),
        lambda: plan_calls(_open_to(role, operation, variables), variables, role, language),
    )
    run = context.run(variables)
    cost = BASE_COST + sum(BASE_COST + plan.cost(run) for plan in calls.plans)
    refuse_costly(cost)
    name, inputs = operation_name(operation.node), read_inputs(calls, variables)
    async with _looking_up(context, codes=look_up_codes(calls, inputs)) as misses:
        if context.flood is not None:
            await count_attempts(calls, inputs, context.viewer, context.flood)
        async with context.bulkhead.place(context.viewer.account_id, cost):
            done = await context.database.transact(
                lambda tx: run_calls(calls, inputs, tx, context, variables, name),
                context.viewer,
                now=context.now,
                sealer=context.sealer,
                flood=context.flood,
            )
            misses.unknown = done.unknown
    return done.answers, cost


def _shaping(operation: Operation, variables: dict[str, Any]) -> dict[str, Any]:
    """The variables that can change the plan: all except inputs, which are read at each run."""
    of_acts, types = _inputs(operation.schema), operation.variables
    return {name: value for name, value in variables.items() if graphql.get_named_type(types[name]) not in of_acts}


@cache
def _inputs(schema: graphql.GraphQLSchema) -> frozenset[Any]:
    assert schema.mutation_type is not None
    given = (each.args.get("input") for each in schema.mutation_type.fields.values())
    return frozenset(graphql.get_named_type(each.type) for each in given if each is not None)
