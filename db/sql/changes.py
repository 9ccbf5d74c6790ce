"""INSERT, UPDATE and DELETE, by themselves or as CTEs of another statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from db.sql.expressions import Column, comma, quoted
from db.sql.sources import From, Query
from db.sql.statements import Parts, Select, collect_with, with_part, write_listed, write_where, write_with
from db.sql.writing import Node, Usage, Writer, joined


class Change(Query):
    """A statement that modifies rows of a table."""

    __slots__ = ("_parts", "_table")
    modifies = True

    def __init__(self, table: From, parts: Parts) -> None:
        self._table, self._parts = table, parts

    def _with(self, clause: str, *given: Any) -> Self:
        return type(self)(self._table, with_part(self._parts, clause, given))

    def returning(self, *columns: Column) -> Self:
        return self._with("RETURNING", *columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        return self._parts.get("RETURNING", ())

    def collect_rows(self, usage: Usage) -> None:
        collect_with(self._parts.get("WITH", ()), usage)
        for clause, given in self._parts.items():
            if clause not in {"WITH", "RETURNING"}:
                for each in given:
                    if isinstance(each, Node):
                        each.collect(usage)

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:
        write_with(self._parts.get("WITH", ()), out)
        self._write_change(out)
        if columns:
            out.pieces.append(" RETURNING ")
            write_listed(columns, out)

    def _write_change(self, out: Writer) -> None:
        raise NotImplementedError


class Insert(Change):
    """An INSERT."""

    __slots__ = ()

    def on_conflict(self, *keys: str, where: str | None = None, **values: Column) -> Self:
        """DO UPDATE with the values, or DO NOTHING without any.

        ``where`` is the condition of a partial unique index. :func:`excluded` is the value that was to be inserted.
        """
        target = f" ({', '.join(map(quoted, keys))}){f' WHERE {where}' if where else ''}" if keys else ""
        return self._with("CONFLICT", f" ON CONFLICT{target}", values and _assignments(values))

    def _write_change(self, out: Writer) -> None:
        names, rows = self._parts["ROWS"]
        out.pieces.append("INSERT INTO ")
        self._table.write(out)
        out.pieces.append(f" ({', '.join(map(quoted, names))}) ")
        rows.write(out)
        if "CONFLICT" in self._parts:
            target, values = self._parts["CONFLICT"]
            out.pieces.append(f"{target} DO {'UPDATE SET ' if values else 'NOTHING'}")
            if values:
                values.write(out)


class Update(Change):
    """An UPDATE."""

    __slots__ = ()

    def from_(self, *sources: From) -> Self:
        return self._with("FROM", *sources)

    def where(self, *conditions: Column) -> Self:
        return self._with("WHERE", *conditions)

    def _write_change(self, out: Writer) -> None:
        out.pieces.append("UPDATE ")
        self._table.write(out)
        out.pieces.append(" SET ")
        out.write_all(self._parts["SET"])
        if "FROM" in self._parts:
            out.pieces.append(" FROM ")
            out.write_all(self._parts["FROM"])
        write_where(self._parts.get("WHERE", ()), out)


class Delete(Change):
    """A DELETE."""

    __slots__ = ()

    def where(self, *conditions: Column) -> Self:
        return self._with("WHERE", *conditions)

    def _write_change(self, out: Writer) -> None:
        out.pieces.append("DELETE FROM ")
        self._table.write(out)
        write_where(self._parts.get("WHERE", ()), out)


def insert(table: From, *rows: Mapping[str, Any]) -> Insert:
    """Inserts rows of expressions or constants. All rows must have the same columns."""
    names = tuple(rows[0])
    values = joined([Node("(", comma(*(row[name] for name in names)), ")") for row in rows])
    return Insert(table, {"ROWS": (names, Node("VALUES ", values))})


def insert_from(table: From, names: Sequence[str], found: Select) -> Insert:
    """Inserts the rows of a SELECT into the columns ``names``, in their order."""
    return Insert(table, {"ROWS": (tuple(names), found)})


def update(table: From, **values: Any) -> Update:
    """Sets columns to expressions or constants."""
    return Update(table, {"SET": (_assignments(values),)})


def delete(table: From) -> Delete:
    return Delete(table, {})


def excluded(name: str, type_: str | None = None) -> Column:
    """The value that an INSERT with ON CONFLICT was to give a column."""
    return Column(f"excluded.{quoted(name)}", type_=type_)


def _assignments(values: Mapping[str, Any]) -> Node:
    return joined([Node(f"{quoted(name)} = ", comma(value)) for name, value in values.items()])
