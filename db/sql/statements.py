"""SELECT, UNION and EXISTS. The methods of a statement are named after the clauses that they add to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from db.sql.expressions import BOOLEAN, TRUE, Column, and_, comma
from db.sql.sources import Cte, From, Query, Subquery
from db.sql.writing import Node, Usage, Writer

Parts = Mapping[str, tuple[Any, ...]]
"""What is in each clause of a statement."""
_NO_PARTS: Parts = {}
_CLAUSES = ("GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET")


def with_part(parts: Parts, clause: str, given: tuple[Any, ...]) -> Parts:
    """The parts with more in one clause."""
    return {**parts, clause: (*parts.get(clause, ()), *given)}


class Select(Query):
    """A SELECT."""

    __slots__ = ("_columns", "_parts")

    def __init__(self, columns: tuple[Column, ...], parts: Parts = _NO_PARTS) -> None:
        self._columns, self._parts = columns, parts

    @property
    def columns(self) -> tuple[Column, ...]:
        return self._columns

    def _with(self, clause: str, *given: Any) -> Self:
        return type(self)(self._columns, with_part(self._parts, clause, given))

    def from_(self, *sources: From) -> Self:
        return self._with("FROM", *sources)

    def where(self, *conditions: Column) -> Self:
        return self._with("WHERE", *conditions)

    def group_by(self, *keys: Column) -> Self:
        return self._with("GROUP BY", *keys)

    def having(self, condition: Column) -> Self:
        return self._with("HAVING", condition)

    def order_by(self, *orders: Column) -> Self:
        return self._with("ORDER BY", *orders)

    def limit(self, most: Column | int) -> Self:
        return self._with("LIMIT", most)

    def offset(self, skipped: int) -> Self:
        """OFFSET 0 is an optimization fence: the planner does not merge the subquery into the outer query."""
        return self._with("OFFSET", skipped)

    def for_update(self, *tables: From, share: bool = False, skip_locked: bool = False) -> Self:
        """Locks the rows of these tables: ``FOR NO KEY UPDATE``, which allows foreign key checks, or ``FOR SHARE``."""
        return self._with("FOR", tables, share, skip_locked)

    def collect_rows(self, usage: Usage) -> None:
        parts = self._parts
        collect_with(parts.get("WITH", ()), usage)
        for clause in ("FROM", "WHERE", *_CLAUSES):
            for each in parts.get(clause, ()):
                if isinstance(each, Node):
                    each.collect(usage)

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:
        parts, pieces = self._parts, out.pieces
        write_with(parts.get("WITH", ()), out)
        pieces.append("SELECT ")
        write_listed(columns, out)
        if "FROM" in parts:
            pieces.append(" FROM ")
            out.write_all(parts["FROM"])
        write_where(parts.get("WHERE", ()), out)
        self._write_clauses(out)
        if "FOR" in parts:
            _write_lock(parts["FOR"], out)

    def _write_clauses(self, out: Writer) -> None:
        for clause in _CLAUSES:
            if clause in self._parts:
                out.pieces.append(f" {clause} ")
                comma(*self._parts[clause]).write(out)

    def scalar(self) -> Column:
        """A scalar subquery: the one value."""
        return Column("(", self, ")", type_=self._columns[0].type)

    def array(self) -> Column:
        """The values as an array."""
        return Column("ARRAY(", self, ")")

    def subquery(self, stem: str) -> From:
        return Subquery("", self, stem)

    def lateral(self, stem: str) -> From:
        """A subquery that can refer to the items before it in FROM."""
        return Subquery("LATERAL ", self, stem)


def collect_with(ctes: tuple[Cte, ...], usage: Usage) -> None:
    """Records the CTEs that modify rows: they are executed even if nothing reads them."""
    for each in ctes:
        if each.query.modifies:
            usage.add(each)


def write_with(ctes: tuple[Cte, ...], out: Writer) -> None:
    """Appends the WITH clause, with the CTEs that are used."""
    word = "WITH "
    for each in ctes:
        if out.usage.has(each):
            out.pieces.append(word)
            each.define(out)
            word = ", "
    if word == ", ":
        out.pieces.append(" ")


def write_listed(columns: tuple[Column, ...], out: Writer) -> None:
    """Appends a list of columns with their names."""
    separator = ""
    for each in columns:
        if separator:
            out.pieces.append(separator)
        each.write_listed(out)
        separator = ", "


def write_where(conditions: tuple[Column, ...], out: Writer) -> None:
    """Appends the WHERE clause, unless it is always true."""
    where = and_(*conditions)
    if where is not TRUE:
        out.pieces.append(" WHERE ")
        where.write(out)


def _write_lock(lock: tuple[Any, ...], out: Writer) -> None:
    tables, share, skip_locked = lock
    of = f" OF {', '.join(each.named(out) for each in tables)}" if tables else ""
    out.pieces.append(f" FOR {'SHARE' if share else 'NO KEY UPDATE'}{of}{' SKIP LOCKED' if skip_locked else ''}")


class Union(Select):
    """A UNION or UNION ALL of SELECTs with the same columns."""

    __slots__ = ("_united", "_word")

    def __init__(self, word: str, united: tuple[Select, ...], parts: Parts = _NO_PARTS) -> None:
        super().__init__(united[0].columns, parts)
        self._word, self._united = word, united

    def _with(self, clause: str, *given: Any) -> Self:
        return type(self)(self._word, self._united, with_part(self._parts, clause, given))

    def collect_rows(self, usage: Usage) -> None:
        """Records all columns of all parts, because UNION compares whole rows."""
        super().collect_rows(usage)
        for each in self._united:
            each.collect(usage)

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:  # noqa: ARG002
        """Appends the parts with all of their columns."""
        write_with(self._parts.get("WITH", ()), out)
        out.write_all(self._united, f" {self._word} ")
        self._write_clauses(out)


def select(*columns: Column) -> Select:
    return Select(columns)


class Exists(Column):
    """EXISTS with a SELECT."""

    __slots__ = ("_found",)

    def __init__(self, found: Select) -> None:
        super().__init__("EXISTS (", found, ")", type_=BOOLEAN)
        self._found = found

    def where(self, *conditions: Column) -> Exists:
        return Exists(self._found.where(*conditions))


def exists(*sources: From) -> Exists:
    """Whether the sources have a row; :meth:`Exists.where` narrows them down."""
    return Exists(Select((Column("1"),)).from_(*sources))


def union_all(*parts: Select) -> Union:
    return Union("UNION ALL", parts)


def union(*parts: Select) -> Union:
    return Union("UNION", parts)
