"""Writes a connection: the rows of one page, cursors, page info and the total."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from graphql import GraphQLInputField, GraphQLObjectType, get_named_type

from db import sql
from db.scope import Condition, InGrids, LookedUp
from db.sql import Column
from rules.access import may_read
from schema.compiler.arguments import Path
from schema.compiler.build import Asked, Build
from schema.compiler.counting import CountsWriter
from schema.compiler.counts import COUNTS
from schema.compiler.declare import PREDICATE, Entity
from schema.compiler.expressions import constant, json_list, json_object
from schema.compiler.keyset import (
    beyond,
    bind_cursor,
    cursor,
    order_by,
    read_bounds,
)
from schema.compiler.selection import Selected
from schema.compiler.sources import Order, Page, Predicate, Row, Rows, Size

COUNT_WEIGHT = 100
"""The cost of a total: counting some thousand rows in an index."""
_PLACE = "page_row"


def write_page(asked: Asked, source: Page, row: Row) -> Column:
    return PageWriter(asked, source, row).json()


@dataclass
class PageWriter:
    """Writes one connection."""

    asked: Asked
    source: Page
    row: Row

    def __post_init__(self) -> None:
        self.build: Build = self.asked.build
        self.fields: list[Selected] = self.build.selections.of(self.asked.type, self.asked.sets)
        self.node_type: GraphQLObjectType = get_named_type(self.asked.type.fields["nodes"].type)
        self.entity: Entity = self.build.entity(self.node_type, self.source.rule)
        self.rows: Rows = self.source.rows or self.entity.rows
        self.bounds = read_bounds(self.row.arguments)
        self.within: Size = self.build.size(self.bounds.size, self.row.within)
        chosen = self.row.arguments.get("orderBy")
        self.order: Order = self.source.orders[chosen.sample if chosen else None]
        self.names = {each.node.name.value for each in self.fields}
        self.peeks = "pageInfo" in self.names
        self.counts = self.source.rows is not None and "totalCount" in self.names and self.reads_page

    def json(self) -> Column:
        """The connection's object. The page is read only if a field of it is selected."""
        pairs = [(each.key, self._field(each, (*self.asked.path, each.key))) for each in self.fields]
        if not self.reads_page:
            return json_object(pairs)
        # HAVING makes it one row even without an aggregate function, as in `pageInfo { __typename }`.
        whole = sql.select(json_object(pairs)).from_(self.page).having(sql.TRUE)
        if self.counts:
            whole = whole.with_(self._derived)
        return whole.scalar()

    @property
    def reads_page(self) -> bool:
        """True if a selected field needs the rows of the page."""
        return not self.names.isdisjoint({"nodes", "edges", "pageInfo"})

    @cached_property
    def size(self) -> Column:
        return self.row.bind(sql.BIGINT, self.bounds.size)

    @cached_property
    def page(self) -> sql.From:
        """The rows of the page, numbered by ``page_row``."""
        t, matching = self._matching
        conditions = matching + self._between_cursors(t)
        if self._is_spread(t, matching):
            t, conditions = self._firsts_of_grids(t, conditions), []
        number = sql.func.row_number().over(order_by=self._order_by(t)).label(_PLACE, sql.BIGINT)
        return self._first(t, [*t.c, number], conditions).subquery("page")

    @property
    def place(self) -> Column:
        return self.page.c[_PLACE]

    def _first(self, t: sql.From, columns: list[Any], conditions: list[Condition]) -> sql.Select:
        """The first rows in the page's direction, and one more if ``pageInfo`` is selected."""
        limit = self.size + 1 if self.peeks else self.size
        return sql.select(*columns).from_(t).where(*conditions).order_by(*self._order_by(t)).limit(limit)

    def _order_by(self, t: sql.From) -> list[Any]:
        return order_by(self.order, t.c, backward=self.bounds.backward)

    def _is_spread(self, t: sql.From, matching: list[Condition]) -> bool:
        """True if the viewer sees only the rows of their grids. Rows that were looked up are read by id instead."""
        if any(isinstance(each, LookedUp) for each in matching):
            return False
        return self.row.c is None and isinstance(self.entity.visible(t, self.row.scope), InGrids)

    def _firsts_of_grids(self, t: sql.From, conditions: list[Condition]) -> sql.From:
        """The first rows of each of the viewer's grids, from an index that starts with the grid.

        Without it, the planner reads all rows of the grids, or the rows of all grids until it has found enough.
        """
        grid = sql.rows_of(sql.func.unnest(self.row.scope.grids), "in_grid", {"id": sql.UUID})
        inside = [t.c.grid_id == grid.c.id, *conditions]
        firsts = self._first(t, [*t.c], inside).lateral("first")
        return sql.select(*firsts.c).from_(grid.join(firsts, sql.TRUE)).subquery("first")

    @cached_property
    def _matching(self) -> tuple[sql.From, list[Condition]]:
        """The rows to page through, and their conditions."""
        if self.counts:
            return self._derived, []
        t = self.rows(self.row)
        return t, self._conditions(t)

    @cached_property
    def _derived(self) -> sql.Cte:
        """Derived rows are expensive, so the page and the total read them from one CTE."""
        t = self.rows(self.row)
        return sql.select(*t.c).from_(t).where(*self._conditions(t)).cte("every")

    def _conditions(self, t: sql.From) -> list[Condition]:
        conditions = [self.entity.visible(t, self.row.scope)]
        if self.source.link is not None:
            conditions.append(self.source.link(self.row, t.c))
        if self.order.present:
            conditions.append(t.c[self.order.columns[0]].is_not(None))
        return conditions + self._filters(t)

    def _filters(self, t: sql.From) -> list[Condition]:
        given = self.row.arguments.get("where")
        if given is None:
            return []
        type_: Any = get_named_type(given.type)
        fields, row = type_.fields, self.build.row(t.c)
        conditions = {name: _predicate(fields[name])(row, part) for name, part in given.parts().items()}
        # A filter by what the viewer may not read finds nothing.
        return [each if may_read(self.build.role, type_.name, name) else sql.FALSE for name, each in conditions.items()]

    def _between_cursors(self, t: sql.From) -> list[Condition]:
        found = []
        for given, later in ((self.bounds.after, True), (self.bounds.before, False)):
            if given is not None:
                mark = bind_cursor(self.row, self.order, t.c, given)
                found.append(beyond(self.order, t.c, mark, later=later))
        return found

    def _field(self, selected: Selected, path: Path) -> Column:
        name = selected.node.name.value
        if name == "nodes":
            return self._list(self.build.object(self.node_type, selected.selections, self._node, path))
        if name == "edges":
            return self._list(self._edge(selected, path))
        if name == "pageInfo":
            return self._object(selected, self._page_info)
        if name == "totalCount":
            return self._total()
        if name == "countsBy":
            return self._counts(selected, path)
        return constant(self.asked.type.name)

    @cached_property
    def _node(self) -> Row:
        return self.build.row(self.page.c, self.within)

    def _list(self, item: Column) -> Column:
        backward = [self.place.desc()] if self.bounds.backward else []
        return json_list(item, order_by=backward, only=self._within_page)

    @property
    def _within_page(self) -> Condition | None:
        return self.place <= self.size if self.peeks else None

    def _edge(self, selected: Selected, path: Path) -> Column:
        def write(each: Selected) -> Column:
            if each.node.name.value == "cursor":
                return cursor(self.order, self.page.c)
            return self.build.object(self.node_type, each.selections, self._node, (*path, each.key))

        return self._object(selected, write)

    def _object(self, selected: Selected, write: Callable[[Selected], Column]) -> Column:
        """A part of the connection without a table: an edge, or the page info."""
        type_ = get_named_type(self.asked.type.fields[selected.node.name.value].type)
        fields = self.build.selections.of(type_, selected.selections)
        typename = constant(type_.name)
        return json_object([(e.key, typename if e.node.name.value == "__typename" else write(e)) for e in fields])

    def _page_info(self, selected: Selected) -> Column:
        name = selected.node.name.value
        if name in {"hasNextPage", "hasPreviousPage"}:
            return self._has_more(later=name == "hasNextPage")
        at_start = name == "startCursor"
        first = at_start is not self.bounds.backward
        direction = self.place.asc() if first else self.place.desc()
        ordered = sql.ordered(cursor(self.order, self.page.c), direction)
        return sql.func.array_agg(ordered).filter(self.place <= self.size)[1]

    def _has_more(self, *, later: bool) -> Column:
        """True if there are rows after the page, or before it if ``later`` is false."""
        given = self.bounds.before if later else self.bounds.after
        beyond_cursor = sql.FALSE if given is None else self._exists_from(given, later=later)
        if later is self.bounds.backward:
            return beyond_cursor
        return sql.or_(sql.func.count() > self.size, beyond_cursor)

    def _exists_from(self, given: Any, *, later: bool) -> Column:
        """True if there is a row at the cursor or beyond it."""
        t = self.rows(self.row)
        mark = bind_cursor(self.row, self.order, t.c, given)
        side = beyond(self.order, t.c, mark, later=later, inclusive=True)
        return sql.exists(t).where(*self._conditions(t), side)

    def _total(self) -> Column:
        self.build.charge(COUNT_WEIGHT, self.row.within)
        t, conditions = self._matching
        if self.entity.counted is not None and self._is_whole_scope(t, conditions):
            t = self.entity.counted()
            conditions = [self.entity.visible(t, self.row.scope)]
        return sql.select(sql.func.count()).from_(t).where(*conditions).scalar()

    def _is_whole_scope(self, t: sql.From, conditions: list[Condition]) -> bool:
        """True if the rows are all those of the viewer's grids."""
        return self.source.rows is None and len(conditions) == 1 and self._is_spread(t, conditions)

    def _counts(self, selected: Selected, path: Path) -> Column:
        field = self.asked.type.fields["countsBy"]
        given = self.build.arguments(field, selected.node, path)
        asked = Asked(self.build, get_named_type(field.type), selected.selections, path)
        row = replace(self.row, arguments={**self.row.arguments, **given})
        counts = COUNTS[self.node_type.extensions["strawberry-definition"].origin]
        return CountsWriter(asked, counts, self.node_type, row, self._matching_again).json()

    def _matching_again(self) -> tuple[sql.From, list[Condition]]:
        t = self.rows(self.row)
        return t, self._conditions(t)


def _predicate(field: GraphQLInputField) -> Predicate:
    predicate: Predicate = field.extensions["strawberry-definition"].metadata[PREDICATE]
    return predicate
