"""INSERT, UPDATE and DELETE, by themselves or as CTEs of another statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from db.sql.expressions import Column, comma, quoted
from db.sql.sources import From, Query, write_listed
from db.sql.statements import Select
from db.sql.writing import Node, Writer


class Change(Query):
    """A statement that modifies rows of a table."""

    __slots__ = ()
    modifies = True

    def returning(self, *columns: Column) -> Self:
        return self._with("RETURNING", *columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        return self._clauses.get("RETURNING", ())

    def write_columns(self, out: Writer, columns: tuple[Column, ...]) -> None:
        self._write_with(out)
        self._write_change(out)
        if columns:
            out.pieces.append(" RETURNING ")
            write_listed(columns, out)

    def _write_change(self, out: Writer) -> None:
        raise NotImplementedError


class Insert(Change):
    """An INSERT."""

    __slots__ = ()

    def on_conflict_do_nothing(self) -> Self:
        return self._with("ON CONFLICT", "DO NOTHING")

    def _write_change(self, out: Writer) -> None:
        names, rows = self._clauses["ROWS"]
        out.pieces.append("INSERT INTO ")
        self._subject.write(out)
        out.pieces.append(f" ({', '.join(map(quoted, names))}) ")
        rows.write(out)
        if "ON CONFLICT" in self._clauses:
            out.pieces.append(" ON CONFLICT DO NOTHING")


class Update(Change):
    """An UPDATE."""

    __slots__ = ()

    def from_(self, *sources: From) -> Self:
        return self._with("FROM", *sources)

    def where(self, *conditions: Column) -> Self:
        return self._with("WHERE", *conditions)

    def _write_change(self, out: Writer) -> None:
        out.pieces.append("UPDATE ")
        self._subject.write(out)
        out.pieces.append(" SET ")
        out.write_all(self._clauses["SET"])
        self._write_from(out)


class Delete(Change):
    """A DELETE."""

    __slots__ = ()

    def where(self, *conditions: Column) -> Self:
        return self._with("WHERE", *conditions)

    def _write_change(self, out: Writer) -> None:
        out.pieces.append("DELETE FROM ")
        self._subject.write(out)
        self._write_from(out)


def insert(table: From, values: Mapping[str, Any]) -> Insert:
    """Inserts one row of expressions or constants."""
    return Insert(table, {"ROWS": (tuple(values), Node("VALUES (", *comma(values.values()), ")"))})


def insert_from(table: From, names: Sequence[str], found: Select) -> Insert:
    """Inserts the rows of a SELECT into the columns ``names``, in their order."""
    return Insert(table, {"ROWS": (tuple(names), found)})


def update(table: From, **values: Any) -> Update:
    """Sets columns to expressions or constants."""
    return Update(table, {"SET": tuple([Node(f"{quoted(name)} = ", *comma([each])) for name, each in values.items()])})


def delete(table: From) -> Delete:
    return Delete(table)
