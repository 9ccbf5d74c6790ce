"""The sources of a statement: tables, joins, function calls, subqueries and CTEs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Self

from db.sql.expressions import ATOM, BIGINT, TRUE, Column, Rows, and_, quoted
from db.sql.writing import Node, Usage, Writer

Clauses = Mapping[str, tuple[Any, ...]]
"""The contents of each clause of a statement."""
_NO_CLAUSES: Clauses = {}


class Columns:
    """The columns of a source by name: ``t.c.name`` or ``t.c["name"]``. Raises LookupError for an unknown name."""

    __slots__ = ("_made", "_source", "types")

    def __init__(self, source: From, types: Mapping[str, str | None]) -> None:
        self._source, self.types = source, types
        self._made: dict[str, Reference] = {}

    def __getitem__(self, name: str) -> Column:
        found = self._made.get(name)
        if found is None:
            if name not in self.types:
                raise LookupError(f"no column {name!r} among {', '.join(self.types)}")
            found = self._made[name] = Reference(self._source, name, self.types[name])
        return found

    def __getattr__(self, name: str) -> Column:
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def __iter__(self) -> Iterator[Column]:
        return map(self.__getitem__, self.types)


class Reference(Column):
    """A column of a source."""

    __slots__ = ("_source",)
    name: str
    parts, _rank = (), ATOM

    def __init__(self, source: From, name: str, type_: str | None) -> None:
        self._source, self.name, self.type = source, name, type_

    def collect(self, usage: Usage) -> None:
        self._source.use(self.name, usage)

    def write(self, out: Writer) -> None:
        source = out.names.get(self._source) or self._source.named(out)
        out.pieces.append(f"{source}.{quoted(self.name)}")

    def write_listed(self, out: Writer) -> None:
        self.write(out)


class From(Node):
    """An item of FROM with its columns. It is written with a new alias, which begins with ``stem``."""

    __slots__ = ("c", "stem")

    def __init__(self, stem: str, types: Mapping[str, str | None], *parts: str | Node) -> None:
        super().__init__(*parts)
        self.stem, self.c = stem, Columns(self, types)

    def named(self, out: Writer) -> str:
        """Its alias in the statement."""
        return out.name(self, self.stem)

    def use(self, name: str, usage: Usage) -> None:
        """Records that a column is used."""

    def write(self, out: Writer) -> None:
        super().write(out)
        out.pieces.append(f" AS {self.named(out)}")

    def join(self, other: From, on: Column) -> From:
        return _Joined(self, "JOIN", other, on)

    def outerjoin(self, other: From, on: Column) -> From:
        return _Joined(self, "LEFT JOIN", other, on)


class Table(From):
    """A table under its own name; :func:`named` gives it an alias."""

    __slots__ = ("table",)

    def __init__(self, table: str, types: Mapping[str, str | None]) -> None:
        super().__init__(table, types, quoted(table))
        self.table = quoted(table)

    def named(self, out: Writer) -> str:  # noqa: ARG002
        return self.table

    def write(self, out: Writer) -> None:
        out.pieces.append(self.table)


class _Joined(From):
    __slots__ = ("_left", "_on", "_right", "_word")

    def __init__(self, left: From, word: str, right: From, on: Column) -> None:
        self._left, self._word, self._right, self._on = left, word, right, on

    def collect(self, usage: Usage) -> None:
        for node in (self._left, self._right, self._on):
            node.collect(usage)

    def write(self, out: Writer) -> None:
        opening, closing = ("(", ")") if isinstance(self._right, _Joined) else ("", "")
        self._left.write(out)
        out.pieces.append(f" {self._word} {opening}")
        self._right.write(out)
        out.pieces.append(f"{closing} ON ")
        self._on.write(out)


class _Call(From):
    """The rows of a function or of VALUES."""

    __slots__ = ()

    def write(self, out: Writer) -> None:
        super().write(out)
        out.pieces.append(f"({', '.join(self.c.types)})")


class Query(Rows):
    """A statement with rows: a SELECT, or a change with RETURNING. Every method returns a new statement."""

    __slots__ = ("_clauses", "_subject")
    modifies = False
    """True if a CTE of the statement is executed even if nothing reads its rows."""

    def __init__(self, subject: Any, clauses: Clauses = _NO_CLAUSES) -> None:
        self._subject, self._clauses = subject, clauses

    def _with(self, clause: str, *given: Any) -> Self:
        """The statement with more in one of its clauses."""
        return type(self)(self._subject, {**self._clauses, clause: (*self._clauses.get(clause, ()), *given)})

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""
        raise NotImplementedError

    def with_(self, *ctes: Cte) -> Self:
        """Defines CTEs, each of which can read those before it. An unused CTE is left out unless it modifies rows."""
        return self._with("WITH", *ctes)

    def collect_rows(self, usage: Usage) -> None:
        """Records what everything but its columns uses. A CTE is recorded where it is read, or if it modifies rows."""
        for clause, given in self._clauses.items():
            for each in given:
                if clause == "WITH":
                    if each.query.modifies:
                        usage.add(each)
                elif clause != "RETURNING" and isinstance(each, Node):
                    each.collect(usage)

    def collect(self, usage: Usage) -> None:
        for column in self.columns:
            column.collect(usage)
        self.collect_rows(usage)

    def write(self, out: Writer) -> None:
        self.write_columns(out, self.columns)

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:
        """Appends the statement with these of its columns."""
        raise NotImplementedError

    def _write_with(self, out: Writer) -> None:
        """Appends the WITH clause, with the CTEs that are used."""
        used = [each for each in self._clauses.get("WITH", ()) if out.usage.has(each)]
        for index, each in enumerate(used):
            out.pieces.append(", " if index else "WITH ")
            each.define(out)
        if used:
            out.pieces.append(" ")

    def _write_from(self, out: Writer) -> None:
        """Appends FROM, and WHERE unless it is always true."""
        if "FROM" in self._clauses:
            out.pieces.append(" FROM ")
            out.write_all(self._clauses["FROM"])
        where = and_(*self._clauses.get("WHERE", ()))
        if where is not TRUE:
            out.pieces.append(" WHERE ")
            where.write(out)

    def cte(self, stem: str, *, materialized: bool = False) -> Cte:
        """Its rows under a name. ``materialized`` keeps PostgreSQL from inlining it."""
        return Cte(stem, self, materialized=materialized)


def write_listed(columns: tuple[Column, ...], out: Writer) -> None:
    """Appends a list of columns with their names."""
    for index, each in enumerate(columns):
        if index:
            out.pieces.append(", ")
        each.write_listed(out)


class _OfQuery(From):
    """The rows of a query. Only its used columns are written."""

    __slots__ = ("_by_name", "query")

    def __init__(self, stem: str, query: Query) -> None:
        self._by_name: Mapping[str, Column] = {each.name: each for each in query.columns if each.name is not None}
        super().__init__(stem, {name: each.type for name, each in self._by_name.items()})
        self.query = query

    @property
    def names(self) -> Collection[str]:
        return self._by_name

    def collect(self, usage: Usage) -> None:
        usage.add(self)

    def use(self, name: str, usage: Usage) -> None:
        usage.add_column(self, name)

    def collect_column(self, name: str, usage: Usage) -> None:
        self._by_name[name].collect(usage)

    def collect_rows(self, usage: Usage) -> None:
        self.query.collect_rows(usage)

    def write_query(self, out: Writer) -> None:
        """Appends the query with the columns that are used."""
        names = out.usage.columns_of(self)
        self.query.write_columns(out, tuple([each for name, each in self._by_name.items() if name in names]))


class Subquery(_OfQuery):
    """A query in FROM, ``LATERAL`` or not."""

    __slots__ = ("_word",)

    def __init__(self, word: str, query: Query, stem: str) -> None:
        super().__init__(stem, query)
        self._word = word

    def write(self, out: Writer) -> None:
        out.pieces.append(f"{self._word}(")
        self.write_query(out)
        out.pieces.append(f") AS {self.named(out)}")


class Cte(_OfQuery):
    """A query in WITH; see :meth:`Query.with_`."""

    __slots__ = ("_materialized",)

    def __init__(self, stem: str, query: Query, *, materialized: bool = False) -> None:
        super().__init__(stem, query)
        self._materialized = materialized

    def write(self, out: Writer) -> None:
        out.pieces.append(self.named(out))

    def define(self, out: Writer) -> None:
        """Appends its definition."""
        out.pieces.append(f"{self.named(out)} AS {'MATERIALIZED ' if self._materialized else ''}(")
        self.write_query(out)
        out.pieces.append(")")

    def again(self) -> From:
        """The same rows under another alias, for reading them twice in one FROM."""
        return _Again(self)


class _Again(From):
    __slots__ = ("_cte",)

    def __init__(self, cte: Cte) -> None:
        super().__init__("again", cte.c.types, cte)
        self._cte = cte

    def use(self, name: str, usage: Usage) -> None:
        self._cte.use(name, usage)


def named(table: str, types: Mapping[str, str | None]) -> From:
    """A table under a new alias."""
    return From(table, types, quoted(table))


def rows_of(call: Column, stem: str, types: Mapping[str, str], ordinality: str | None = None) -> From:
    """The rows of a function, or of VALUES in parentheses. ``ordinality`` names a column with each row's number."""
    if ordinality is None:
        return _Call(stem, types, call)
    return _Call(stem, {**types, ordinality: BIGINT}, call, " WITH ORDINALITY")
