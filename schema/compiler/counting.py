"""Writes counts: the rows of a connection, grouped by one to three dimensions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import graphql

from db import sql
from db.places import time_zone
from db.scope import Condition, InGrids
from db.sql import Column
from rules.access import may_read
from rules.refusals import invalid
from schema.compiler.arguments import Argument, Fixed
from schema.compiler.build import Asked
from schema.compiler.counts import MOST_DIMENSIONS, MOST_GROUPS, PERIODS, Counts
from schema.compiler.declare import PREDICATE
from schema.compiler.expressions import constant, json_list, nothing
from schema.compiler.sources import Row, Size, Within
from schema.ids import parse_id

WEIGHT = 500
"""The cost of a count: grouping some thousand rows."""
Matching: TypeAlias = Callable[[], tuple[sql.From, list[Condition]]]
"""The rows of the connection and their conditions, for each place in a statement."""
_COUNT, _PLACE, _STARTS, _ENDS = "count", "place", "starts", "ends"
_TOO_MANY = MOST_GROUPS + 1
"""As many groups as show that there are too many."""
_DAYS = {"day": 1, "week": 7, "month": 31}
"""The most days of each period."""
_MOMENT: Column = sql.raw("interval '1 microsecond'")
_NEVER: Column = sql.raw("timestamptz 'infinity'")
_FIELDS = {"week": "isodow", "month": "day"}
"""The field of a day that is 1 where a period begins."""


@dataclass
class CountsWriter:
    """Writes the groups of one count."""

    asked: Asked
    counts: Counts
    noun: graphql.GraphQLObjectType
    row: Row
    """With the arguments of the connection, and the dimensions."""
    matching: Matching

    def __post_init__(self) -> None:
        self.build = self.asked.build
        given = self.row.arguments["dimensions"]
        self.fields: list[str] = [*dict.fromkeys(each.value.lower() for each in given.sample)]
        if not 1 <= len(self.fields) <= MOST_DIMENSIONS:
            raise given.refused(invalid("请选择 1 到 {most} 个统计维度", most=MOST_DIMENSIONS))
        self.periods = [each for each in self.fields if each in PERIODS]
        self.keys = [self.counts.keys[each] for each in self.fields if each not in PERIODS]
        self.columns = [each.column for each in self.keys]

    def json(self) -> Column:
        """The groups as a list: periods in order, then the largest group first."""
        self.build.charge(WEIGHT, self.row.within)
        group = self._group
        keys = [sql.cast(group.c[each], sql.TEXT).collate("C").nulls_last() for each in self.columns]
        order = [*([group.c[_PLACE]] if self.periods else []), group.c[_COUNT].desc(), *keys]
        item = self.asked.object(self.build.row(group.c, Size(Fixed(MOST_GROUPS), self.row.within)))
        few = Column("wall.few(", sql.func.count(), f", {MOST_GROUPS})", type_=sql.BOOLEAN)
        found = sql.select(sql.case((few, json_list(item, order_by=order)))).from_(group)
        written = (found.with_(self._span, self._bounds, self._counted) if self.periods else found).scalar()
        return written if self._may_count() else nothing(graphql.GraphQLNonNull(self.asked.type))

    @cached_property
    def _group(self) -> sql.From:
        """The groups, with a column for each field. Those that were not asked for are null."""
        if self.periods:
            rows, bound = self._over_time.subquery("merged"), self._bounds.again()
            source = rows.join(bound, bound.c[_PLACE] == rows.c[_PLACE])
            known = [rows.c[_PLACE], *(bound.c[each] for each in self.periods)]
        else:
            source = rows = self._grouped.limit(_TOO_MANY).subquery("few")
            known = []
        known += [rows.c[each] for each in (*self.columns, _COUNT)]
        others = {each.column: each for name, each in self.counts.keys.items() if name not in self.fields}
        nulls = [sql.cast(sql.NULL, each.type).label(column) for column, each in others.items()]
        return sql.select(*known, *nulls).from_(source).subquery("group")

    @cached_property
    def _grouped(self) -> sql.Select:
        """The number of rows by their keys, and by the place of their period."""
        t, conditions = self.matching()
        if self._is_ranged(conditions):
            return self._ranged(t, conditions)
        made, source = [], t
        if self.periods:
            bound = self._bounds
            edges = sql.select(bound.c[_STARTS]).from_(bound).order_by(bound.c[_STARTS]).array()
            made.append(sql.func.width_bucket(t.c[self._moment], edges).label(_PLACE, sql.INTEGER))
        for key in self.keys:
            columns = t.c
            if key.beside is not None:
                other, is_its = key.beside(self.build.row(t.c))
                source, columns = source.outerjoin(other, is_its), other.c
            value = columns[key.column] if key.made is None else key.made(self.build.row(columns))
            made.append(value.label(key.column, key.type))
        keyed = sql.select(*made).from_(source).where(*conditions).subquery("keyed")
        return sql.select(*keyed.c, sql.func.count().label(_COUNT)).from_(keyed).group_by(*keyed.c)

    def _is_ranged(self, conditions: list[Condition]) -> bool:
        """True if an index on grid and instant answers the count: weeks or months of all rows in the viewer's grids.

        Days are too many ranges. Other keys and filters need the rows themselves.
        """
        if not self.periods or "day" in self.periods or self.columns not in ([], ["grid_id"]):
            return False
        only_span = all(predicate == Within(self._moment) for predicate, _ in self._where().values())
        return only_span and isinstance(conditions[0], InGrids) and len(conditions) == 1 + len(self._where())

    def _ranged(self, t: sql.From, conditions: list[Condition]) -> sql.Select:
        """The number of rows in each period, by a range of the index for each: in half the time of buckets."""
        bound, at = self._bounds, t.c[self._moment]
        within = (at >= bound.c[_STARTS], at < bound.c[_ENDS])
        keys = [t.c[each] for each in self.columns]
        found = sql.select(*keys, sql.func.count().label(_COUNT)).from_(t).where(*conditions, *within)
        found = found.group_by(*keys) if keys else found
        ranged = found.lateral("ranged")
        return sql.select(bound.c[_PLACE], *ranged.c).from_(bound, ranged)

    def _may_count(self) -> bool:
        """True if the viewer's role reads the fields of the noun that show the keys."""
        role = self.build.role
        return all(
            may_read(role, self.noun.name, self.counts.keys[each].shows) and may_read(role, self.asked.type.name, each)
            for each in self.fields
        )

    @cached_property
    def _counted(self) -> sql.Cte:
        return self._grouped.cte("counted")

    @property
    def _over_time(self) -> sql.Select:
        """The numbers in each period: a zero where only other periods have a group."""
        counted, bound = self._counted, self._bounds
        names = [_PLACE, *self.columns]
        zero = sql.raw("0", sql.BIGINT).label(_COUNT)
        if self.columns:
            own = [counted.c[each] for each in self.columns]
            series = sql.select(*own).from_(counted).group_by(*own).limit(_TOO_MANY).subquery("series")
            empty = sql.select(bound.c[_PLACE], *series.c, zero).from_(bound, series).limit(_TOO_MANY).subquery("empty")
        else:
            empty = sql.select(bound.c[_PLACE], zero).from_(bound).subquery("empty")
        parts = [sql.select(*(each.c[name] for name in (*names, _COUNT))).from_(each) for each in (counted, empty)]
        every = sql.union_all(*parts).subquery("every")
        total = sql.cast(sql.func.sum(every.c[_COUNT]), sql.BIGINT).label(_COUNT)
        keys = [every.c[each] for each in names]
        return sql.select(*keys, total).from_(every).group_by(*keys).limit(_TOO_MANY)

    @cached_property
    def _bounds(self) -> sql.Cte:
        """The periods: when each starts, and its names. A period that the span cuts in two is one period."""
        span = self._span
        local = [sql.func.timezone(span.c.zone, span.c[each], type_=sql.LOCAL_TIME) for each in ("since", "until")]
        first, last = (sql.cast(sql.cast(each, sql.DATE), sql.LOCAL_TIME) for each in local)
        most = sql.raw(f"interval '{_TOO_MANY * min(_DAYS[each] for each in self.periods)} days'")
        # Without any row there is no last day, which LEAST would ignore.
        until = sql.case((last > first + most, first + most), else_=last)
        days = sql.func.generate_series(first, until, sql.raw("interval '1 day'"))
        day = sql.rows_of(days, "day", {"day": sql.LOCAL_TIME})
        begins = sql.or_(day.c.day == first, *(self._begins(each, day.c.day) for each in self.periods))
        names = [sql.cast(sql.func.date_trunc(constant(each), day.c.day), sql.DATE).label(each) for each in PERIODS]
        place = sql.cast(sql.func.row_number().over(order_by=[day.c.day]), sql.INTEGER)
        starts = sql.func.timezone(span.c.zone, day.c.day, type_=sql.INSTANT)
        next_one = sql.func.lead(starts).over(order_by=[day.c.day])
        edges = (starts.label(_STARTS), sql.func.coalesce(next_one, _NEVER).label(_ENDS, sql.INSTANT))
        found = sql.select(place.label(_PLACE), *edges, *names).from_(span, day).where(begins)
        return found.order_by(day.c.day).limit(_TOO_MANY).cte("bound")

    @staticmethod
    def _begins(period: str, day: Column) -> Condition:
        """True if a period begins on the day."""
        if period not in _FIELDS:
            return sql.TRUE
        return Column(f"extract({_FIELDS[period]} from ", day, ") = 1", type_=sql.BOOLEAN)

    @cached_property
    def _span(self) -> sql.Cte:
        """The calendar, and the first and the last instant: of the filter, else of the rows that match."""
        t, conditions = self.matching()
        at, given = t.c[self._moment], self._filtered_span()
        bounds = {name: self.row.bind(sql.INSTANT, part.get) for name, part in given.items()}
        since = bounds.get("startsAt", sql.func.min(at))
        until = bounds["endsAt"] - _MOMENT if "endsAt" in bounds else sql.func.max(at)
        zone = time_zone(self.row.scope, self._community()).label("zone")
        found = sql.select(zone, since.label("since", sql.INSTANT), until.label("until", sql.INSTANT))
        return (found if len(bounds) == 2 else found.from_(t).where(*conditions)).cte("span")  # noqa: PLR2004

    @property
    def _moment(self) -> str:
        assert self.counts.moment is not None
        return self.counts.moment

    def _where(self) -> dict[str, tuple[Any, Argument]]:
        """The fields of the filter: how each narrows, and its value."""
        given = self.row.arguments.get("where")
        if given is None:
            return {}
        type_: Any = graphql.get_named_type(given.type)
        fields = type_.fields
        facts = {name: fields[name].extensions["strawberry-definition"].metadata for name in given.parts()}
        return {name: (facts[name][PREDICATE], part) for name, part in given.parts().items()}

    def _filtered_span(self) -> dict[str, Argument]:
        """The range of time that the filter gives for the column by which periods are counted."""
        ranges = [part for predicate, part in self._where().values() if predicate == Within(self._moment)]
        return ranges[0].parts() if ranges else {}

    def _community(self) -> Column | None:
        """The community of the filter, whose calendar counts."""
        _, given = self._where().get("community", (None, None))
        if given is None:
            return None
        return self.row.bind(sql.UUID, given.convert(lambda text: parse_id("community", text)))
