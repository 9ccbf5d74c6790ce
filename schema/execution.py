"""Where the compiler enters Strawberry: queries whole, mutations' payloads object by object."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
)
from graphql.execution.values import get_variable_values
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from schema.compiler.arguments import Run
from schema.compiler.plan import Plan, fragments_of, plan_key, plan_object, plan_query
from schema.compiler.refused import ArgumentError, RequestError
from schema.compiler.selection import Selections
from schema.context import Context, Touched
from schema.looks import record, record_touched

MOST_MUTATIONS = 5


def operation_of(context: ExecutionContext) -> OperationDefinitionNode:
    """The operation that is meant; Strawberry would take the first of several that are not told apart."""
    assert context.graphql_document is not None
    operation = get_operation_ast(context.graphql_document, context.context.operation_name)
    if operation is None:
        raise RequestError("UNKNOWN_OPERATION", "Say by `operationName` which operation is meant.")
    return operation


def coerced_variables(schema: Any, operation: OperationDefinitionNode, given: dict[str, Any]) -> dict[str, Any]:
    """The operation's variables as their types want them, or the errors in them."""
    found = get_variable_values(schema, operation.variable_definitions or (), given)
    if isinstance(found, list):
        error: GraphQLError = found[0]
        error.extensions = {"code": "INVALID_VARIABLES"}
        raise error
    coerced: dict[str, Any] = found.coerced
    return coerced


class Compiled(SchemaExtension):
    """Answers a query by one statement; gives a mutation one transaction."""

    async def on_execute(self) -> AsyncIterator[None]:
        execution = self.execution_context
        operation = operation_of(execution)
        if execution.operation_type is OperationType.MUTATION:
            async with _transaction(execution, operation):
                yield
        else:
            if not _is_introspection(operation):
                assert execution.graphql_document is not None
                graphql_schema = execution.schema._schema
                question = Question(graphql_schema, execution.query or "", execution.graphql_document, operation)
                execution.result = await _answer(question, execution.variables or {}, execution.context)
                _remember(question, execution)
            yield


def _is_introspection(operation: OperationDefinitionNode) -> bool:
    """Whether graphql-core answers the operation alone, from the schema."""
    names = [getattr(node, "name", None) for node in operation.selection_set.selections]
    return all(name is not None and name.value in {"__schema", "__type"} for name in names)


@dataclass(frozen=True, slots=True)
class Question:
    """A query operation that has been parsed and validated."""

    schema: GraphQLSchema
    text: str
    document: DocumentNode
    operation: OperationDefinitionNode


async def answer_known(text: str, variables: dict[str, Any], context: Context) -> ExecutionResult | None:
    """The answer to a query whose document was answered before; nothing when it is new to this process.

    What was parsed and validated once is so for ever, so a known document needs neither Strawberry nor graphql-core.
    """
    question = context.plans.questions.get((text, context.operation_name))
    if question is None:
        return None
    try:
        return await _answer(question, variables, context)
    except Exception as error:  # noqa: BLE001  as Strawberry does; the edge masks and logs it
        return ExecutionResult(data=None, errors=[GraphQLError(str(error), original_error=error)])


def _remember(question: Question, execution: ExecutionContext) -> None:
    """Keeps a question that could be answered."""
    if execution.result is not None and not execution.result.errors:
        context: Context = execution.context
        context.plans.questions.put((question.text, context.operation_name), question)


async def _answer(question: Question, given: dict[str, Any], context: Context) -> ExecutionResult:
    try:
        variables = coerced_variables(question.schema, question.operation, given)
        text = await _plan(question, variables, context).fetch(context.database, context.run(variables))
        await record(context, question.operation, question.text, variables, text)
    except GraphQLError as error:
        return ExecutionResult(data=None, errors=[error])
    except ArgumentError as refused:
        return ExecutionResult(data=None, errors=[refused.in_language(context.language)])
    answer: Any = orjson.Fragment(text or "null")
    return ExecutionResult(data=answer, errors=None)


def _plan(question: Question, variables: dict[str, Any], context: Context) -> Plan:
    role = context.viewer.role
    return context.plans.get_or_make(
        plan_key(question.text, context.operation_name, role, variables),
        lambda: plan_query(question.schema, question.document, question.operation, variables, role),
    )


@asynccontextmanager
async def _transaction(execution: ExecutionContext, operation: OperationDefinitionNode) -> AsyncIterator[None]:
    """One request, one transaction, one commit: if anything unexpected happens, nothing was done."""
    context: Context = execution.context
    context.acts = _root_fields(execution, operation)
    if context.acts > MOST_MUTATIONS:
        raise RequestError("TOO_MANY_MUTATIONS", f"A document has {MOST_MUTATIONS} mutations at most.")
    async with context.database.acting() as session:
        context.session = session
        yield
        result: Any = execution.result
        if result.errors:
            await session.rollback()
            result.data = None
        else:
            await session.commit()


def _root_fields(execution: ExecutionContext, operation: OperationDefinitionNode) -> int:
    schema = execution.schema._schema
    assert schema.mutation_type is not None
    assert execution.graphql_document is not None
    variables = coerced_variables(schema, operation, execution.variables or {})
    selections = Selections(schema, fragments_of(execution.graphql_document), variables)
    return len(selections.of(schema.mutation_type, [operation.selection_set]))


class PayloadExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, which leaves what a mutation touched to the compiler."""

    def complete_value(
        self,
        return_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The selection of a touched object by one statement; everything else as usual."""
        if isinstance(result, Touched) and isinstance(return_type, GraphQLObjectType):
            sets = [details.node.selection_set for details in field_details_list]
            return _select(info, return_type, sets, path.as_list(), result)
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)


async def _select(info: Any, type_: GraphQLObjectType, sets: Any, path: list[Any], touched: Touched) -> Any:
    context: Context = info.context
    variables, role = info.variable_values, context.viewer.role
    place = ".".join(key for key in path if isinstance(key, str))
    plan = context.plans.get_or_make(
        plan_key(info.operation.loc.source.body, place, role, variables),
        lambda: plan_object(info, type_, sets, variables, role),
    )
    shown = await _fetch(context, plan, context.run(variables, touched.id))
    async with context.selecting:
        await record_touched(context, info.operation, info.operation.loc.source.body, touched.id)
    return shown


async def _fetch(context: Context, plan: Plan, run: Run) -> orjson.Fragment | None:
    """Reads inside the mutation's transaction, so the answer shows what was just written."""
    assert context.session is not None
    async with context.selecting:
        await context.session.flush()
        connection = await context.session.connection()
        raw = await connection.get_raw_connection()
        text = await plan.fetch(raw.driver_connection, run)  # type: ignore[arg-type]
    return None if text is None else orjson.Fragment(text)
