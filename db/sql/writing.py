"""Turns a statement into text: finds out which columns are read, then names tables and numbers parameters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Protocol


class Node:
    """A piece of SQL: text and other pieces in order. Reading it has no side effect."""

    __slots__ = ("parts",)

    def __init__(self, *parts: str | Node) -> None:
        self.parts = parts

    def read(self, asked: Asked) -> None:
        """Tells which columns of subqueries this piece reads."""
        for part in self.parts:
            if part.__class__ is not str:
                part.read(asked)  # type: ignore[union-attr]

    def write(self, out: Writer) -> None:
        """Appends the SQL."""
        for part in self.parts:
            if part.__class__ is str:
                out.pieces.append(part)
            else:
                part.write(out)  # type: ignore[union-attr]

    @property
    def text(self) -> str:
        """The SQL by itself, for messages and tests."""
        return written(self).text


def joined(nodes: Sequence[str | Node], separator: str = ", ") -> Node:
    """Pieces with a separator between them."""
    return Node(*[part for node in nodes for part in (separator, node)][1:])


class Derived(Protocol):
    """The rows of a query under a name. A column of them is written only if something reads it."""

    @property
    def names(self) -> Collection[str]:
        """The names of its columns."""

    def read_column(self, name: str, asked: Asked) -> None:
        """Tells what the expression behind a column reads."""

    def read_rows(self, asked: Asked) -> None:
        """Tells what everything else in the query reads."""


class Asked:
    """The derived rows in a statement, and which of their columns the statement reads."""

    def __init__(self) -> None:
        self._columns: dict[Derived, set[str]] = {}
        self._entered: set[Derived] = set()

    def enter(self, rows: Derived) -> None:
        """Notes that the rows are in the statement."""
        if rows not in self._entered:
            self._entered.add(rows)
            rows.read_rows(self)

    def ask(self, rows: Derived, name: str) -> None:
        """Notes that a column is read."""
        columns = self._columns.setdefault(rows, set())
        if name not in columns:
            columns.add(name)
            rows.read_column(name, self)

    def keep_one(self) -> None:
        """Keeps the first column of rows of which no column is read: a SELECT needs one."""
        while empty := [rows for rows in self._entered if rows.names and rows not in self._columns]:
            for rows in empty:
                self.ask(rows, next(iter(rows.names)))

    def has(self, rows: Derived) -> bool:
        """Whether the rows are in the statement."""
        return rows in self._entered

    def of(self, rows: Derived) -> Collection[str]:
        """The columns of the rows that are read."""
        return self._columns.get(rows, ())


class Writer:
    """The text in the making, with the names and numbers given out so far."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.pieces: list[str] = []
        self.parameters: dict[Any, int] = {}
        self._names: dict[object, str] = {}

    def name(self, rows: object, stem: str) -> str:
        """The name of a table in the statement, given out at its first appearance."""
        found = self._names.get(rows)
        if found is None:
            found = self._names[rows] = f"{stem}_{len(self._names) + 1}"
        return found

    def number(self, parameter: object) -> int:
        """The number of a parameter."""
        return self.parameters.setdefault(parameter, len(self.parameters) + 1)

    def listed(self, nodes: Collection[Node], between: str = ", ") -> None:
        """Appends pieces with a separator."""
        first = True
        for node in nodes:
            if not first:
                self.pieces.append(between)
            first = False
            node.write(self)


class Written(NamedTuple):
    """A whole statement: its text, and the parameters in the order of their numbers."""

    text: str
    parameters: tuple[Any, ...]


def written(statement: Node) -> Written:
    """The text of a statement. Equal statements have equal texts."""
    asked = Asked()
    statement.read(asked)
    asked.keep_one()
    out = Writer(asked)
    statement.write(out)
    return Written("".join(out.pieces), tuple(out.parameters))
