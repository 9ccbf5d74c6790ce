"""SELECT, UNION and EXISTS. The methods of a statement are named after the clauses that they add to."""

from __future__ import annotations

from typing import Any, Self

from db.sql.expressions import BOOLEAN, Column, comma
from db.sql.sources import From, Query, Subquery, write_listed
from db.sql.writing import Node, Usage, Writer

_LAST_CLAUSES = ("GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET")


class Select(Query):
    """A SELECT."""

    __slots__ = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        columns: tuple[Column, ...] = self._subject
        return columns

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

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:
        self._write_with(out)
        out.pieces.append("SELECT ")
        write_listed(columns, out)
        self._write_from(out)
        self._write_last_clauses(out)
        if "FOR" in self._clauses:
            _write_lock(self._clauses["FOR"], out)

    def _write_last_clauses(self, out: Writer) -> None:
        for clause in _LAST_CLAUSES:
            if clause in self._clauses:
                out.pieces.append(f" {clause} ")
                Node(*comma(self._clauses[clause])).write(out)

    def scalar(self) -> Column:
        """A scalar subquery: the one value."""
        return Column("(", self, ")", type_=self.columns[0].type)

    def array(self) -> Column:
        """The values as an array."""
        return Column("ARRAY(", self, ")")

    def subquery(self, stem: str) -> From:
        return Subquery("", self, stem)

    def lateral(self, stem: str) -> From:
        """A subquery that can refer to the items before it in FROM."""
        return Subquery("LATERAL ", self, stem)


def _write_lock(lock: tuple[Any, ...], out: Writer) -> None:
    tables, share, skip_locked = lock
    of = f" OF {', '.join(each.named(out) for each in tables)}" if tables else ""
    out.pieces.append(f" FOR {'SHARE' if share else 'NO KEY UPDATE'}{of}{' SKIP LOCKED' if skip_locked else ''}")


class Union(Select):
    """A UNION or UNION ALL of SELECTs with the same columns."""

    __slots__ = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        _, united = self._subject
        columns: tuple[Column, ...] = united[0].columns
        return columns

    def collect_rows(self, usage: Usage) -> None:
        """Records all columns of all parts, because UNION compares whole rows."""
        super().collect_rows(usage)
        for each in self._subject[1]:
            each.collect(usage)

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:  # noqa: ARG002
        """Appends the parts with all of their columns."""
        self._write_with(out)
        word, united = self._subject
        out.write_all(united, f" {word} ")
        self._write_last_clauses(out)


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
    """True if the sources have a row; :meth:`Exists.where` narrows them down."""
    return Exists(Select((Column("1"),)).from_(*sources))


def union_all(*parts: Select) -> Union:
    return Union(("UNION ALL", parts))


def union(*parts: Select) -> Union:
    return Union(("UNION", parts))
