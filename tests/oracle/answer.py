"""Answers a query by graphql-core alone."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    get_operation_ast,
    is_leaf_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from rules.access import WORKERS, Role
from tests.oracle.checks import Checks
from tests.oracle.counts import Group, counted
from tests.oracle.figures import FIGURES
from tests.oracle.paging import Page, read_instant
from tests.oracle.resolvers import RESOLVERS, plain, snake
from tests.oracle.rows import TABLE_OF_TYPE, Refused, Row, global_id
from tests.oracle.sight import Sight

MOST_TOKENS = 1_000
_HIDDEN = {
    "Premises.contactName": Role.ADMIN,
    "Premises.contactPhone": Role.ADMIN,
    "Shift.reason": Role.ADMIN,
    "Query.doorstep": Role.ADMIN,
    "Appeal.pauseReason": Role.PARTNER,
    "Appeal.turnTo": Role.PARTNER,
}
"""Fields of objects that a role sees without them."""
_OF_WORKERS = {"DutyCompliance", "WeekBuildingFigures", "WeekDutyFigures", "WeekWorkerFigures"}
"""Lists of figures for workers only."""


def plain_schema(sdl: str) -> GraphQLSchema:
    """The schema as its text says; dates and instants are read as such."""
    schema = build_schema(sdl)
    for name, parse_value in (("Date", date.fromisoformat), ("DateTime", read_instant)):
        scalar: Any = schema.get_type(name)
        scalar.parse_value = scalar.coerce_input_value = parse_value
    return schema


def resolve(source: Any, info: GraphQLResolveInfo[Sight], **given: Any) -> Any:
    """The value of any field, by the type and the name of the field."""
    type_name, name = info.parent_type.name, info.field_name
    role = info.context.viewer.role
    if role is not None and role is _HIDDEN.get(f"{type_name}.{name}"):
        return None
    if (type_name, name) in RESOLVERS:
        hidden = get_named_type(info.return_type).name in _OF_WORKERS and role not in WORKERS
        return [] if hidden else RESOLVERS[type_name, name](info.context, source, given)
    if type_name in FIGURES:
        return FIGURES[type_name][name](source)
    if isinstance(source, Page):
        return _of_page(source, name) if name in _PAGE else counted(info.context, source, type_name, **given)
    if isinstance(source, tuple):
        page, row = source
        return _of_edge(page, row, name)
    return _of_row(source, info)


class Oracle:
    """Answers over one schema, for any viewer's sight."""

    def __init__(self, sdl: str, resolver: Callable[..., Any] = resolve) -> None:
        self.schema = plain_schema(sdl)
        self.read = cache(self._read)
        self._resolver = resolver

    def answer(self, query: str, variables: Mapping[str, Any], sight: Sight, operation_name: str | None = None) -> Any:
        """The data, or :class:`Refused`."""
        document = self.read(query)
        if isinstance(document, str):
            raise Refused(document)
        self._check(document, dict(variables), operation_name)
        result = execute_sync(
            self.schema,
            document,
            context_value=sight,
            variable_values=dict(variables),
            operation_name=operation_name,
            field_resolver=self._resolver,
            type_resolver=lambda row, *_: row.type_name,
        )
        if result.errors:
            raise result.errors[0].original_error or result.errors[0]
        return result.data

    def _read(self, query: str) -> DocumentNode | str:
        """The document, or why it is none of this schema."""
        try:
            document = parse(query, max_tokens=MOST_TOKENS)
        except GraphQLError as error:
            return error.message
        errors = validate(self.schema, document)
        return errors[0].message if errors else document

    def _check(self, document: DocumentNode, variables: dict[str, Any], name: str | None) -> None:
        operation = get_operation_ast(document, name)
        assert operation is not None
        coerced = get_variable_values(self.schema, operation.variable_definitions or (), variables)
        if isinstance(coerced, list):
            raise Refused(coerced[0].message)
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        Checks(self.schema, fragments, operation, coerced).run()


def _of_row(row: Row | Group, info: GraphQLResolveInfo[Sight]) -> Any:
    name = info.field_name
    if isinstance(row, Group):
        return row.value(info.context, name)
    if name == "id":
        return global_id(row)
    target = get_named_type(info.return_type)
    if is_leaf_type(target):
        return plain(row, name)
    column = f"{snake(name)}_id"
    key = row[column] if column in row else row[snake(name)]
    return info.context.find(TABLE_OF_TYPE[target.name], key)


def _of_edge(page: Page, row: Row, name: str) -> Any:
    return row if name == "node" else page.order.cursor(row)


def _of_page(page: Page, name: str) -> Any:
    return _PAGE[name](page)


def _cursor(page: Page, at: int) -> str | None:
    return page.order.cursor(page.rows[at]) if page.rows else None


_PAGE: dict[str, Callable[[Page], Any]] = {
    "totalCount": lambda page: page.total,
    "nodes": lambda page: page.rows,
    "edges": lambda page: [(page, row) for row in page.rows],
    "pageInfo": lambda page: page,
    "hasNextPage": Page.has_next,
    "hasPreviousPage": Page.has_previous,
    "startCursor": lambda page: _cursor(page, 0),
    "endCursor": lambda page: _cursor(page, -1),
}
