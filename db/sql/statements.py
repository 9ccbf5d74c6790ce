"""SELECTs and the tables, subqueries and CTEs that they read from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Self

from db.sql.expressions import ATOM, BIGINT, BOOLEAN, TRUE, Column, Rows, and_, comma, quoted
from db.sql.writing import Asked, Node, Writer


class Columns:
    """The columns of something in FROM, by name."""

    __slots__ = ("_made", "_rows", "_types")

    def __init__(self, rows: From, types: Mapping[str, str | None]) -> None:
        self._rows, self._types = rows, types
        self._made: dict[str, Reference] = {}

    def __getitem__(self, name: str) -> Column:
        found = self._made.get(name)
        if found is None:
            if name not in self._types:
                raise LookupError(f"no column {name!r} among {', '.join(self._types)}")
            found = self._made[name] = Reference(self._rows, name, self._types[name])
        return found

    def __getattr__(self, name: str) -> Column:
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[Column]:
        return map(self.__getitem__, self._types)

    @property
    def types(self) -> Mapping[str, str | None]:
        """The types of the columns by name."""
        return self._types


class Reference(Column):
    """A column of something in FROM."""

    __slots__ = ("_key", "_rows")

    def __init__(self, rows: From, key: str, type_: str | None) -> None:
        self.parts, self.type, self.name, self._rank = (), type_, key, ATOM
        self._rows, self._key = rows, key

    def read(self, asked: Asked) -> None:
        """Asks the rows for the column."""
        self._rows.ask(self._key, asked)

    def write(self, out: Writer) -> None:
        """Appends the qualified name."""
        out.pieces.append(f"{self._rows.named(out)}.{quoted(self._key)}")

    def write_listed(self, out: Writer) -> None:
        """Appends the qualified name; a list of columns gives it the same name."""
        self.write(out)


class From(Node):
    """Something in FROM under a name, with its columns."""

    __slots__ = ("c", "stem")

    def __init__(self, stem: str, types: Mapping[str, str | None], *parts: str | Node) -> None:
        super().__init__(*parts)
        self.stem, self.c = stem, Columns(self, types)

    def named(self, out: Writer) -> str:
        """Its name in the statement."""
        return out.name(self, self.stem)

    def ask(self, name: str, asked: Asked) -> None:
        """Notes that a column is read."""

    def write(self, out: Writer) -> None:
        """Appends the SQL with the name."""
        super().write(out)
        out.pieces.append(f" AS {self.named(out)}")

    def join(self, other: From, on: Column) -> From:
        """Its rows with those of another."""
        return _Joined(self, "JOIN", other, on)

    def outerjoin(self, other: From, on: Column) -> From:
        """Its rows with those of another, and its rows that match none."""
        return _Joined(self, "LEFT JOIN", other, on)


class Table(From):
    """A table under its own name; :func:`named` gives it an alias."""

    __slots__ = ("table",)

    def __init__(self, table: str, types: Mapping[str, str | None]) -> None:
        super().__init__(table, types, quoted(table))
        self.table = quoted(table)

    def named(self, out: Writer) -> str:  # noqa: ARG002
        """Its own name."""
        return self.table

    def write(self, out: Writer) -> None:
        """Appends its name."""
        out.pieces.append(self.table)


class _Joined(From):
    __slots__ = ("_left", "_on", "_right", "_word")

    def __init__(self, left: From, word: str, right: From, on: Column) -> None:
        self._left, self._word, self._right, self._on = left, word, right, on

    def read(self, asked: Asked) -> None:
        """Tells what both sides and the condition read."""
        for node in (self._left, self._right, self._on):
            node.read(asked)

    def write(self, out: Writer) -> None:
        """Appends both sides and the condition."""
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
        """Appends the call, its name, and the names of its columns."""
        super().write(out)
        out.pieces.append(f"({', '.join(self.c.types)})")


class Query(Rows):
    """A statement that has rows: a SELECT, or a change with RETURNING."""

    __slots__ = ()
    modifies = False
    """Whether it is run even if nothing reads its rows."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns."""
        raise NotImplementedError

    def with_(self, *ctes: Cte) -> Self:
        """Defines CTEs; a later one may read an earlier one. An unread CTE is left out unless it changes rows."""
        raise NotImplementedError

    def read_rows(self, asked: Asked) -> None:
        """Tells what everything but its columns reads."""
        raise NotImplementedError

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:
        """Appends the statement with these of its columns."""
        raise NotImplementedError

    def read(self, asked: Asked) -> None:
        """Tells what all of it reads."""
        for column in self.columns:
            column.read(asked)
        self.read_rows(asked)

    def write(self, out: Writer) -> None:
        """Appends the statement with all of its columns."""
        self.write_columns(out, self.columns)

    @property
    def types(self) -> dict[str, str | None]:
        """The types of its columns by name."""
        return {each.name: each.type for each in self.columns if each.name is not None}

    def cte(self, stem: str, *, materialized: bool = False) -> Cte:
        """Its rows under a name, to be read more than once; ``materialized``: computed once, whoever reads them."""
        return Cte(stem, self, materialized=materialized)


class _OfQuery(From):
    """The rows of a query. Only those of its columns that are read are written."""

    __slots__ = ("_by_name", "query")

    def __init__(self, stem: str, query: Query) -> None:
        super().__init__(stem, query.types)
        self.query = query
        self._by_name: Mapping[str, Column] = {each.name: each for each in query.columns if each.name is not None}

    @property
    def names(self) -> Collection[str]:
        """The names of its columns."""
        return self._by_name

    def read(self, asked: Asked) -> None:
        """Notes that the rows are in the statement."""
        asked.enter(self)

    def ask(self, name: str, asked: Asked) -> None:
        """Notes that a column is read."""
        asked.ask(self, name)

    def read_column(self, name: str, asked: Asked) -> None:
        """Tells what the expression behind a column reads."""
        self._by_name[name].read(asked)

    def read_rows(self, asked: Asked) -> None:
        """Tells what everything else in the query reads."""
        self.query.read_rows(asked)

    def write_query(self, out: Writer) -> None:
        """Appends the query with the columns that are read."""
        names = out.asked.of(self)
        self.query.write_columns(out, tuple([each for name, each in self._by_name.items() if name in names]))


class Subquery(_OfQuery):
    """A query in FROM."""

    __slots__ = ("_word",)

    def __init__(self, word: str, query: Query, stem: str) -> None:
        super().__init__(stem, query)
        self._word = word

    def write(self, out: Writer) -> None:
        """Appends the query in parentheses, and its name."""
        out.pieces.append(f"{self._word}(")
        self.write_query(out)
        out.pieces.append(f") AS {self.named(out)}")


class Cte(_OfQuery):
    """A query that is defined at the head of a statement; see :meth:`Select.with_`."""

    __slots__ = ("_materialized",)

    def __init__(self, stem: str, query: Query, *, materialized: bool = False) -> None:
        super().__init__(stem, query)
        self._materialized = materialized

    def write(self, out: Writer) -> None:
        """Appends its name."""
        out.pieces.append(self.named(out))

    def define(self, out: Writer) -> None:
        """Appends its definition."""
        out.pieces.append(f"{self.named(out)} AS {'MATERIALIZED ' if self._materialized else ''}(")
        self.write_query(out)
        out.pieces.append(")")

    def again(self) -> From:
        """The same rows under another name, to be read a second time."""
        return _Again(self)


class _Again(From):
    __slots__ = ("_cte",)

    def __init__(self, cte: Cte) -> None:
        super().__init__("again", cte.c.types, cte)
        self._cte = cte

    def ask(self, name: str, asked: Asked) -> None:
        """Notes that a column is read."""
        self._cte.ask(name, asked)


def read_with(ctes: tuple[Cte, ...], asked: Asked) -> None:
    """Tells what the CTEs read that run whether they are read or not."""
    for each in ctes:
        if each.query.modifies:
            asked.enter(each)


def write_with(ctes: tuple[Cte, ...], out: Writer) -> None:
    """Appends the definitions of the CTEs that are in the statement."""
    word = "WITH "
    for each in ctes:
        if out.asked.has(each):
            out.pieces.append(word)
            each.define(out)
            word = ", "
    if word == ", ":
        out.pieces.append(" ")


def named(table: str, types: Mapping[str, str | None]) -> From:
    """A table under an alias of its own."""
    return From(table, types, quoted(table))


def rows_of(call: Column, stem: str, types: Mapping[str, str], ordinality: str | None = None) -> From:
    """What a function, or VALUES in parentheses, returns, as a table; ``ordinality`` names the column of the place."""
    if ordinality is None:
        return _Call(stem, types, call)
    return _Call(stem, {**types, ordinality: BIGINT}, call, " WITH ORDINALITY")


_NOTHING_YET: Mapping[str, tuple[Any, ...]] = {}
_CLAUSES = ("GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET")


class Select(Query):
    """A SELECT in the making; every step makes a new one."""

    __slots__ = ("_columns", "_parts")

    def __init__(self, columns: tuple[Column, ...], parts: Mapping[str, tuple[Any, ...]] = _NOTHING_YET) -> None:
        self._columns, self._parts = columns, parts

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns."""
        return self._columns

    def _with(self, clause: str, *given: Any) -> Self:
        return type(self)(self._columns, {**self._parts, clause: (*self._parts.get(clause, ()), *given)})

    def from_(self, *sources: From) -> Self:
        """Where the rows come from."""
        return self._with("FROM", *sources)

    def where(self, *conditions: Column) -> Self:
        """Which rows."""
        return self._with("WHERE", *conditions)

    def group_by(self, *keys: Column) -> Self:
        """One row for each of these."""
        return self._with("GROUP BY", *keys)

    def having(self, condition: Column) -> Self:
        """Which groups."""
        return self._with("HAVING", condition)

    def order_by(self, *orders: Column) -> Self:
        """In which order."""
        return self._with("ORDER BY", *orders)

    def limit(self, most: Column | int) -> Self:
        """How many rows."""
        return self._with("LIMIT", most)

    def offset(self, skipped: int) -> Self:
        """How many are left out; 0 keeps the planner from merging this SELECT into the one around it."""
        return self._with("OFFSET", skipped)

    def for_update(self, *tables: From, share: bool = False, skip_locked: bool = False) -> Self:
        """Locks the rows of these tables against changes; foreign keys to them may still be checked."""
        return self._with("FOR", tables, share, skip_locked)

    def with_(self, *ctes: Cte) -> Self:
        """Defines CTEs."""
        return self._with("WITH", *ctes)

    def read_rows(self, asked: Asked) -> None:
        """Tells what everything but its columns reads."""
        parts = self._parts
        read_with(parts.get("WITH", ()), asked)
        for clause in ("FROM", "WHERE", *_CLAUSES):
            for each in parts.get(clause, ()):
                if isinstance(each, Node):
                    each.read(asked)

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:
        """Appends the statement with these of its columns."""
        parts, pieces = self._parts, out.pieces
        write_with(parts.get("WITH", ()), out)
        pieces.append("SELECT ")
        write_listed(columns, out)
        if "FROM" in parts:
            pieces.append(" FROM ")
            out.listed(parts["FROM"])
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
        """Its one value."""
        return Column("(", self, ")", type_=self._columns[0].type)

    def array(self) -> Column:
        """Its values as an array."""
        return Column("ARRAY(", self, ")")

    def subquery(self, stem: str) -> From:
        """Its rows, to select from."""
        return Subquery("", self, stem)

    def lateral(self, stem: str) -> From:
        """Its rows for each row of what stands before it in FROM."""
        return Subquery("LATERAL ", self, stem)


def write_listed(columns: tuple[Column, ...], out: Writer) -> None:
    """Appends a list of columns with their names."""
    between = ""
    for each in columns:
        if between:
            out.pieces.append(between)
        each.write_listed(out)
        between = ", "


def write_where(conditions: tuple[Column, ...], out: Writer) -> None:
    """Appends a WHERE clause, unless every row meets it."""
    where = and_(*conditions)
    if where is not TRUE:
        out.pieces.append(" WHERE ")
        where.write(out)


def _write_lock(lock: tuple[Any, ...], out: Writer) -> None:
    tables, share, skip_locked = lock
    of = f" OF {', '.join(each.named(out) for each in tables)}" if tables else ""
    out.pieces.append(f" FOR {'SHARE' if share else 'NO KEY UPDATE'}{of}{' SKIP LOCKED' if skip_locked else ''}")


class Union(Select):
    """The rows of several SELECTs with the same columns, all of which count."""

    __slots__ = ("_united", "_word")

    def __init__(
        self, word: str, united: tuple[Select, ...], parts: Mapping[str, tuple[Any, ...]] = _NOTHING_YET
    ) -> None:
        super().__init__(united[0].columns, parts)
        self._word, self._united = word, united

    def _with(self, clause: str, *given: Any) -> Self:
        parts = {**self._parts, clause: (*self._parts.get(clause, ()), *given)}
        return type(self)(self._word, self._united, parts)

    def read_rows(self, asked: Asked) -> None:
        """Tells what all of its parts read: rows are told apart by all of their columns."""
        super().read_rows(asked)
        for each in self._united:
            each.read(asked)

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:  # noqa: ARG002
        """Appends all parts with all of their columns."""
        write_with(self._parts.get("WITH", ()), out)
        out.listed(self._united, f" {self._word} ")
        self._write_clauses(out)


def select(*columns: Column) -> Select:
    """Columns of rows."""
    return Select(columns)


class Exists(Column):
    """Whether a SELECT has a row."""

    __slots__ = ("_found",)

    def __init__(self, found: Select) -> None:
        super().__init__("EXISTS (", found, ")", type_=BOOLEAN)
        self._found = found

    def where(self, *conditions: Column) -> Exists:
        """Which rows."""
        return Exists(self._found.where(*conditions))


def exists(*sources: From) -> Exists:
    """Whether there is a row."""
    return Exists(Select((Column("1"),)).from_(*sources))


def union_all(*parts: Select) -> Union:
    """All rows of all parts."""
    return Union("UNION ALL", parts)


def union(*parts: Select) -> Union:
    """The rows of all parts, each once."""
    return Union("UNION", parts)
