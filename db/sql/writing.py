"""Writes a tree of SQL as text, in two passes.

The first pass collects the columns of subqueries that the statement uses, because unused ones are left out. The second
pass writes the text, names the tables and numbers the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, Protocol


class Node:
    """A piece of SQL: strings and other nodes, in order. Nodes are immutable."""

    __slots__ = ("parts",)

    def __init__(self, *parts: str | Node) -> None:
        self.parts = parts

    def collect(self, usage: Usage) -> None:
        """Records the columns of derived tables that the node uses."""
        for part in self.parts:
            if part.__class__ is not str:
                part.collect(usage)  # type: ignore[union-attr]

    def write(self, out: Writer) -> None:
        """Appends the SQL of the node."""
        pieces = out.pieces
        for part in self.parts:
            if part.__class__ is str:
                pieces.append(part)
            else:
                part.write(out)  # type: ignore[union-attr]

    @property
    def text(self) -> str:
        """The SQL of the node by itself, for messages and tests."""
        return written(self).text


class Worded(Node):
    """A piece of SQL with words in the language of the statement, without columns and parameters."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def write(self, out: Writer) -> None:
        out.pieces.append(self._make(out.language))


def separated(nodes: Iterable[str | Node], separator: str = ", ") -> list[str | Node]:
    """The nodes with a separator between them, as the parts of another node."""
    return [part for node in nodes for part in (separator, node)][1:]


class Derived(Protocol):
    """A derived table: the rows of a query. Its unused columns are not written."""

    @property
    def names(self) -> Collection[str]:
        """The names of its columns."""

    def collect_column(self, name: str, usage: Usage) -> None:
        """Records what the expression of a column uses."""

    def collect_rows(self, usage: Usage) -> None:
        """Records what the rest of the query uses."""


class Usage:
    """The derived tables in a statement, and the columns of each that the statement uses."""

    def __init__(self) -> None:
        self._columns: dict[Derived, set[str]] = {}
        self._tables: set[Derived] = set()

    def add(self, table: Derived) -> None:
        """Records that a table is in the statement."""
        if table not in self._tables:
            self._tables.add(table)
            table.collect_rows(self)

    def add_column(self, table: Derived, name: str) -> None:
        """Records that a column is used."""
        columns = self._columns.setdefault(table, set())
        if name not in columns:
            columns.add(name)
            table.collect_column(name, self)

    def fill_empty(self) -> None:
        """Adds the first column of each table of which no column is used, because a subquery needs one."""
        while empty := [table for table in self._tables if table.names and table not in self._columns]:
            for table in empty:
                self.add_column(table, next(iter(table.names)))

    def has(self, table: Derived) -> bool:
        """True if the table is in the statement."""
        return table in self._tables

    def columns_of(self, table: Derived) -> Collection[str]:
        """The names of the table's columns that are used."""
        return self._columns.get(table, ())


class Writer:
    """The text written so far, with the names of tables and the numbers of parameters."""

    def __init__(self, usage: Usage, language: str) -> None:
        self.usage, self.language = usage, language
        self.pieces: list[str] = []
        self.parameters: dict[Any, int] = {}
        self.names: dict[object, str] = {}

    def name(self, table: object, stem: str) -> str:
        """The name of a table: the stem, and a number by the order of first appearance."""
        found = self.names.get(table)
        if found is None:
            found = self.names[table] = f"{stem}_{len(self.names) + 1}"
        return found

    def number(self, parameter: object) -> int:
        """The number of a parameter, by the order of first appearance."""
        return self.parameters.setdefault(parameter, len(self.parameters) + 1)

    def write_all(self, nodes: Collection[Node], separator: str = ", ") -> None:
        """Appends nodes with a separator between them."""
        first = True
        for node in nodes:
            if not first:
                self.pieces.append(separator)
            first = False
            node.write(self)


class Written(NamedTuple):
    """The text of a statement, and the keys of its parameters in the order of their numbers."""

    text: str
    parameters: tuple[Any, ...]


def written(statement: Node, language: str = "zh") -> Written:
    """Writes a statement, with its words in a language.

    Equal statements have equal texts, so they share a prepared statement.
    """
    usage = Usage()
    statement.collect(usage)
    usage.fill_empty()
    out = Writer(usage, language)
    statement.write(out)
    return Written("".join(out.pieces), tuple(out.parameters))
