"""Runs queries and mutations: a query is one statement, a mutation one transaction."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import graphql
import orjson
from graphql.execution.values import get_variable_values
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext, ExecutionResult

from schema.compiler.plan import Operation, Plan, fragments_of, plan_key, plan_query
from schema.compiler.refused import ArgumentError, RequestError
from schema.engine.audit import operation_name, record
from schema.engine.context import Context
from schema.engine.mutate import Call, plan_calls, run_calls

_LONG_NUMBER = re.compile("(?<![0-9])[0-9]{400}")
"""Longer than any Float (309 digits). Python converts up to 4,300 digits. The lookbehind keeps the search linear."""


def operation_of(context: ExecutionContext) -> graphql.OperationDefinitionNode:
    """The named or only operation. Strawberry would take the first of several. Raises RequestError if there is none."""
    assert context.graphql_document is not None
    operation = graphql.get_operation_ast(context.graphql_document, context.context.operation_name)
    if operation is None:
        raise RequestError("UNKNOWN_OPERATION", "Name the operation in `operationName`.")
    return operation


def coerced_variables(schema: Any, operation: graphql.OperationDefinitionNode, given: dict[str, Any]) -> dict[str, Any]:
    """The values of the operation's variables, with defaults. Raises GraphQLError (``INVALID_VARIABLES``)."""
    found = get_variable_values(schema, operation.variable_definitions or (), given, max_errors=1)
    if isinstance(found, list):
        error: graphql.GraphQLError = found[0]
        error.extensions = {"code": "INVALID_VARIABLES"}
        raise error
    coerced: dict[str, Any] = found.coerced
    return coerced


def refuse_long_numbers(query: str) -> None:
    """Raises RequestError for a document with a number so long that Python refuses to convert it."""
    if _LONG_NUMBER.search(query):
        raise RequestError("GRAPHQL_VALIDATION_FAILED", "A number in the document has too many digits.")


class Compiled(SchemaExtension):
    """Replaces Strawberry's execution of queries and mutations."""

    def on_parse(self) -> Iterator[None]:
        refuse_long_numbers(self.execution_context.query or "")
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        execution = self.execution_context
        operation = operation_of(execution)
        if not _is_introspection(operation):
            assert execution.graphql_document is not None
            fragments = fragments_of(execution.graphql_document)
            question = Question(execution.query or "", Operation(execution.schema._schema, operation, fragments))
            execution.result = await _answer(question, execution.variables or {}, execution.context)
            if not execution.result.errors:
                execution.context.plans.questions.put((question.text, execution.context.operation_name), question)
        yield


def _is_introspection(operation: graphql.OperationDefinitionNode) -> bool:
    """True if graphql-core answers the operation from the schema."""
    names = [getattr(node, "name", None) for node in operation.selection_set.selections]
    return all(name is not None and name.value in {"__schema", "__type"} for name in names)


@dataclass(frozen=True, slots=True)
class Question:
    """An operation and the text of its document."""

    text: str
    operation: Operation

    @property
    def mutates(self) -> bool:
        return self.operation.node.operation is graphql.OperationType.MUTATION


async def answer_known(
    text: str, variables: dict[str, Any], context: Context, *, reading: bool
) -> ExecutionResult | None:
    """The answer to a known document, without parsing or validation. None for a new one, or a mutation if ``reading``.

    Unexpected errors are raised unchanged.
    """
    question = context.plans.questions.get((text, context.operation_name))
    if question is None or (reading and question.mutates):
        return None
    return await _answer(question, variables, context)


async def _answer(question: Question, given: dict[str, Any], context: Context) -> ExecutionResult:
    try:
        variables = coerced_variables(question.operation.schema, question.operation.node, given)
        answer: Any = await (_mutate if question.mutates else _read)(question, variables, context)
    except graphql.GraphQLError as error:
        return ExecutionResult(data=None, errors=[error])
    except ArgumentError as refused:
        return ExecutionResult(data=None, errors=[refused.in_language(context.language)])
    return ExecutionResult(data=answer, errors=None)


async def _read(question: Question, variables: dict[str, Any], context: Context) -> orjson.Fragment:
    role = context.viewer.role
    plan: Plan = context.plans.get_or_make(
        plan_key(question.text, context.operation_name, role, variables),
        lambda: plan_query(question.operation, variables, role),
    )
    text = await plan.fetch(context.database, context.run(variables))
    await record(context, question.operation.node, question.text, variables, text)
    return orjson.Fragment(text or "null")


async def _mutate(question: Question, variables: dict[str, Any], context: Context) -> dict[str, Any]:
    """Runs all root fields in one transaction. An unexpected error rolls all of it back."""
    role = context.viewer.role
    calls: list[Call] = context.plans.get_or_make(
        plan_key(question.text, context.operation_name, role, _shaping(question, variables)),
        lambda: plan_calls(question.operation, variables, role),
    )
    name = operation_name(question.operation.node, question.text)
    return await context.database.transact(
        lambda tx: run_calls(calls, tx, context, variables, name),
        context.viewer,
        now=context.now,
        sealer=context.sealer,
        flood=context.flood,
    )


def _shaping(question: Question, variables: dict[str, Any]) -> dict[str, Any]:
    """The variables that can change the plan: all except inputs, which are read at each run."""
    schema = question.operation.schema
    of_acts = _inputs(schema)
    types = {
        each.variable.name.value: graphql.get_named_type(graphql.type_from_ast(schema, each.type))
        for each in question.operation.node.variable_definitions or ()
    }
    return {name: value for name, value in variables.items() if types[name] not in of_acts}


@cache
def _inputs(schema: graphql.GraphQLSchema) -> frozenset[Any]:
    assert schema.mutation_type is not None
    return frozenset(graphql.get_named_type(each.args["input"].type) for each in schema.mutation_type.fields.values())
