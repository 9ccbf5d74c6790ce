"""Runs mutations: each root field reads its input, does one act, and selects the objects that the act touched.

A document is one transaction. Plans are cached, so a known document is not parsed, validated or planned again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import graphql
import orjson

from db.acts.journal import count_attempt
from db.flood import Flood
from db.transaction import Transaction
from rules.access import Role, Viewer
from rules.refusals import Refusal
from schema.compiler.arguments import input_getter
from schema.compiler.plan import Operation, Plan, plan_object
from schema.compiler.refused import RequestError
from schema.compiler.selection import Selected
from schema.engine.audit import record_touched
from schema.engine.context import Context
from schema.languages import CHINESE
from schema.mutations.parts import MUTATION, SUBMITS, Mutation, reader_of
from schema.problems import problems_of
from schema.scalars import rfc_3339

MOST_MUTATIONS = 5
"""A compromise between fewer requests of clients and short transactions, which hold locks."""

Show = Callable[[Plan, UUID], Awaitable[Any]]
"""Selects an object by its id."""


@dataclass(frozen=True, slots=True)
class Part:
    """A selected field of a payload: its response key, the attribute with its value, and how the value is written."""

    key: str
    attribute: str
    plan: Plan | None = None
    """For objects with a table: selects each by its id, which is the value of the attribute."""
    parts: Sequence["Part"] = ()
    """For objects without a table."""
    constant: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One root field: the mutation, a reader of its input, and the selected fields of its payload."""

    key: str
    does: Mutation | None
    """None for ``__typename``."""
    read: Callable[[Mapping[str, Any]], Any]
    parts: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """The root fields of a mutation, in order, and the plans of all objects in their payloads."""

    calls: Sequence[Call]
    plans: Sequence[Plan]

    @property
    def size(self) -> int:
        """Characters of the statements."""
        return sum(plan.size for plan in self.plans)


def plan_calls(operation: Operation, variables: Mapping[str, Any], role: Role | None, language: str = CHINESE) -> Calls:
    """The root fields of a mutation, in order, for a role and a shape of variables. At most ``MOST_MUTATIONS``."""
    selections, root = operation.selections(variables), operation.schema.mutation_type
    assert root is not None
    plans: list[Plan] = []

    def call(selected: Selected) -> Call:
        if selected.node.name.value == "__typename":
            return Call(selected.key, None, lambda _: root.name)
        definition = root.fields[selected.node.name.value]
        if SUBMITS in definition.extensions["strawberry-definition"].metadata:
            name = selected.node.name.value
            raise RequestError("TOO_MANY_MUTATIONS", "请把「{name}」放在单独的文档里发送。", name=name)
        does: Mutation = definition.extensions["strawberry-definition"].metadata[MUTATION]
        (argument,) = selected.node.arguments or ()
        given = input_getter(definition.args["input"].type, argument.value)
        read, asked = reader_of(does.takes), parts(definition.type, selected, (selected.key,))
        return Call(selected.key, does, lambda variables: read(given(variables)), asked)

    def parts(type_: Any, selected: Selected, path: tuple[str, ...]) -> list[Part]:
        own = graphql.get_named_type(type_)
        return [part(own, each, (*path, each.key)) for each in selections.of(own, selected.selections)]

    def part(type_: Any, selected: Selected, path: tuple[str, ...]) -> Part:
        name = selected.node.name.value
        if name == "__typename":
            return Part(selected.key, name, constant=type_.name)
        field = type_.fields[name]
        attribute, inner = field.extensions["strawberry-definition"].python_name, graphql.get_named_type(field.type)
        if not isinstance(inner, graphql.GraphQLObjectType):
            return Part(selected.key, attribute)
        if not hasattr(inner.extensions["strawberry-definition"].origin, "__entity__"):
            return Part(selected.key, attribute, parts=parts(inner, selected, path))
        build = operation.build(variables, role, language, acting=True)
        plans.append(plan_object(build, inner, selected.selections, path))
        return Part(selected.key, attribute, plan=plans[-1])

    selected = selections.of(root, [operation.node.selection_set])
    if len(selected) > MOST_MUTATIONS:
        raise RequestError("TOO_MANY_MUTATIONS", "一份文档最多 {most} 个变更。", most=MOST_MUTATIONS)
    return Calls([call(each) for each in selected], plans)


@dataclass(frozen=True, slots=True)
class Done:
    """The payloads of a mutation, and how many of its codes are unknown."""

    answers: Mapping[str, Any]
    unknown: int


def read_inputs(asked: Calls, variables: Mapping[str, Any]) -> list[Any]:
    """The input of each act, or its refusal."""
    return [_read(call, variables) for call in asked.calls]


def look_up_codes(asked: Calls, inputs: Sequence[Any]) -> bool:
    """True if one of the acts looks up a code that grants access."""
    return any(call.does and call.does.looks_up(given) for call, given in zip(asked.calls, inputs, strict=True))


async def count_attempts(asked: Calls, inputs: Sequence[Any], viewer: Viewer, flood: Flood) -> None:
    """Counts the acts that are limited, before the transaction."""
    for call, given in zip(asked.calls, inputs, strict=True):
        if call.does is not None and not isinstance(given, Refusal):
            await count_attempt(flood, viewer, call.does.act, given)


async def run_calls(
    asked: Calls, inputs: Sequence[Any], tx: Transaction, context: Context, variables: Mapping[str, Any], operation: str
) -> Done:
    """Runs the acts in order. A refused act is rolled back, and its payload contains the errors."""

    async def show(plan: Plan, uuid: UUID) -> orjson.Fragment | None:
        text = await tx.fetchval(plan.sql, *plan.parameters(context.run(variables, uuid)))
        await record_touched(tx, operation, uuid)
        return None if text is None else orjson.Fragment(text)

    calls = asked.calls
    if len(calls) > 1:
        await tx.lock_ids(set().union(*map(_ids_in, inputs)))
    answers: dict[str, Any] = {}
    unknown = 0
    for call, given in zip(calls, inputs, strict=True):
        if call.does is None:
            answers[call.key] = given
        else:
            made = await _do(call.does, given, tx, context.language, single=len(calls) == 1)
            unknown += call.does.missed(made.errors)
            answers[call.key] = {part.key: await _written(part, made, show) for part in call.parts}
    return Done(answers, unknown)


def _read(call: Call, variables: Mapping[str, Any]) -> Any:
    """The input of an act, or its refusal."""
    try:
        return call.read(variables)
    except Refusal as refusal:
        return refusal


def _ids_in(value: Any) -> set[UUID]:
    """The ids in an input. A refusal has none."""
    if isinstance(value, UUID):
        return {value}
    if is_dataclass(value):
        value = [getattr(value, each.name) for each in fields(value)]
    return set().union(*map(_ids_in, value)) if isinstance(value, list) else set()


async def _do(does: Mutation, given: Any, tx: Transaction, language: str, *, single: bool) -> Any:
    """The payload of one act. In a document with several acts, each has a savepoint."""
    if isinstance(given, Refusal):
        return does.payload(errors=problems_of(given, language))
    try:
        async with nullcontext() if single else tx.savepoint():
            shown = does.shown(given, await does.do(tx, given))
    except Refusal as refusal:
        if single:
            await tx.rollback()
        return does.payload(errors=problems_of(refusal, language))
    return does.payload(**shown)


async def _written(part: Part, made: Any, show: Show) -> Any:
    if part.constant is not None:
        return part.constant
    value = getattr(made, part.attribute)
    if isinstance(value, list):
        return [await _item(part, each, show) for each in value]
    return await _item(part, value, show)


async def _item(part: Part, value: Any, show: Show) -> Any:
    if value is None or not (part.plan or part.parts):
        return rfc_3339(value) if isinstance(value, datetime) else value
    if part.plan is not None:
        return await show(part.plan, value)
    return {each.key: await _written(each, value, show) for each in part.parts}
