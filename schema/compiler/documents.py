"""Writes the statement that reads documents of one kind: a fixed selection for each id that the viewer sees."""

from collections.abc import Callable
from dataclasses import dataclass, field

import graphql
from graphql import GraphQLObjectType, GraphQLSchema

from db import sql
from db.accounts import Assignment
from db.appeals import Appeal
from db.base import Row as TableRow
from db.base import alias
from db.disputes import Dispute
from db.holding import looking
from db.places import Grid
from db.scope import Condition, in_community, visible
from db.sql import Column
from db.submissions import Submission
from rules.access import LOOKED_AT, Role
from rules.documents import DocumentKind
from rules.submissions import ActOutcome
from schema.compiler.build import Build
from schema.compiler.expressions import constant, instant, json_list, json_object, typed_id
from schema.compiler.plan import WRITERS, Plan, finish
from schema.compiler.selection import Selected, Selections
from schema.compiler.sources import Row, Rows

_OF_BUILDING = frozenset({"Household", "Resident", "Alert"})
"""What a building head sees by building."""
Test = Callable[[Row], Condition]


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of documents: the fields of its type, which rows are documents, and which of them are open.

    A field ``xId: x { id }`` is written as the id alone.
    """

    type: str
    selection: str
    only: Test = lambda _: sql.TRUE
    open: Test | None = None
    parts: Rows | None = None
    """The rows of which a document has a list, instead of the type's table."""
    bucket: str = "grid_id"
    """The column with the place that a document belongs to."""
    sets: list[graphql.SelectionSetNode] = field(init=False)

    def __post_init__(self) -> None:
        (definition,) = graphql.parse(f"{{ {self.selection} }}", no_location=True).definitions
        assert isinstance(definition, graphql.OperationDefinitionNode)
        object.__setattr__(self, "sets", [definition.selection_set])


SHAPES: dict[DocumentKind, Shape] = {}
"""The shape of each kind that is a row (schema/documents.py)."""


def plan_documents(
    schema: GraphQLSchema, kind: DocumentKind, role: Role | None, language: str, *, only_open: bool = False
) -> Plan:
    """The plan of documents by ids (``Run.wanted``), with rows of ``id``, ``bucket`` and the JSON ``document``."""
    build = Build(schema, Selections(schema, {}, {}), {}, role, WRITERS, language=language)
    if kind is DocumentKind.ACT:
        return finish(build, looking(_write_acts(build), build.scope))
    shape = SHAPES[kind]
    found = _write_duties(build, shape) if shape.parts else _write(build, shape, only_open)
    return finish(build, looking(found, build.scope))


def plan_cases(schema: GraphQLSchema, role: Role) -> Plan:
    """The plan of the cases that a viewer from outside sees one by one, with rows of ``id``."""
    build = Build(schema, Selections(schema, {}, {}), {}, role, WRITERS)
    model: type[TableRow] = Appeal if role is Role.PARTNER else Dispute
    t = alias(model)
    return finish(build, looking(sql.select(t.c.id).from_(t).where(visible(model, t, build.scope)), build.scope))


def _write(build: Build, shape: Shape, only_open: bool) -> sql.Select:
    type_ = build.schema.type_map[shape.type]
    assert isinstance(type_, GraphQLObjectType)
    entity = build.entity(type_)
    t = entity.rows(build.row(None))
    row = build.row(t.c)
    tests = [shape.only, shape.open] if only_open and shape.open else [shape.only]
    return (
        sql.select(
            t.c.id,
            _bucket(build, shape, t).label("bucket", sql.UUID),
            sql.cast(_object(build, type_, shape, row), sql.TEXT).label("document"),
        )
        .from_(t)
        .where(t.c.id == sql.any_(_wanted(build)), entity.visible(t, row.scope), *(test(row) for test in tests))
    )


def _write_acts(build: Build) -> sql.Select:
    """What became of acts that the viewer submitted. Those that were not done were answered, and are not told again."""
    t = alias(Submission)
    told = [("id", typed_id("act", t.c.id)), ("outcome", t.c.outcome), ("object", t.c.object)]
    told += [("objectVersion", sql.cast(t.c.version, sql.TEXT)), ("sentAt", instant(t.c.sent_at))]
    document = sql.cast(json_object([*told, ("receivedAt", instant(t.c.received_at))]), sql.TEXT)
    done = t.c.outcome == constant(ActOutcome.DONE)
    return (
        sql.select(t.c.id, t.c.account_id.label("bucket"), document.label("document"))
        .from_(t)
        .where(t.c.id == sql.any_(_wanted(build)), visible(Submission, t, build.scope), done)
    )


def _bucket(build: Build, shape: Shape, t: sql.From) -> Column:
    """The bucket through which the viewer has a document: a head sees by building, or what is their own."""
    if shape.bucket == "account":
        post = alias(Assignment)
        here = post.c.account_id == t.c.id, in_community(post, build.scope)
        return (
            sql.select(post.c.community_id)
            .from_(post)
            .where(*here)
            .order_by(post.c.community_id.asc())
            .limit(1)
            .scalar()
        )
    if shape.bucket == "grid_id" and build.role in LOOKED_AT:
        return t.c.id
    if shape.bucket == "grid_id" and build.role is Role.BUILDING_HEAD:
        return t.c.building_id if shape.type in _OF_BUILDING else build.scope.account_id
    if shape.bucket == "call":
        return sql.func.coalesce(t.c.grid_id, t.c.community_id)
    return t.c[shape.bucket]


def _wanted(build: Build) -> Column:
    return build.bind(sql.array_of(sql.UUID), lambda run: list(run.wanted))


def _object(build: Build, type_: GraphQLObjectType, shape: Shape, row: Row) -> Column:
    selected = build.selections.of(type_, shape.sets)
    return json_object([(each.key, _field(build, type_, each, row)) for each in selected])


def _field(build: Build, type_: GraphQLObjectType, selected: Selected, row: Row) -> Column:
    found = build.field(type_, selected, row, (selected.key,))
    if not (selected.key.endswith("Id") and selected.selections):
        return found
    return sql.cast(found, sql.JSON).op("->>")(constant("id"))


def _write_duties(build: Build, shape: Shape) -> sql.Select:
    """A document for each grid, with the duties of today in walking order."""
    type_ = build.schema.type_map[shape.type]
    assert isinstance(type_, GraphQLObjectType)
    assert shape.parts is not None
    rows = shape.parts(build.row(None))
    listed = json_list(_object(build, type_, shape, build.row(rows.c)), order_by=[rows.c.walk_key, rows.c.key])
    own = (
        sql.select(rows.c.grid_id, listed.label("duties", sql.JSON))
        .from_(rows)
        .where(build.entity(type_).visible(rows, build.scope))
        .group_by(rows.c.grid_id)
        .subquery("own")
    )
    grid = alias(Grid)
    document = json_object(
        [
            ("id", typed_id("duties", grid.c.id)),
            ("gridId", typed_id("grid", grid.c.id)),
            ("duties", sql.func.coalesce(own.c.duties, sql.raw("'[]'::json"), type_=sql.JSON)),
        ]
    )
    return (
        sql.select(grid.c.id, grid.c.id.label("bucket"), sql.cast(document, sql.TEXT).label("document"))
        .from_(grid.outerjoin(own, own.c.grid_id == grid.c.id))
        .where(grid.c.id == sql.any_(_wanted(build)), visible(Grid, grid, build.scope))
    )
