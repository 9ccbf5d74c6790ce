"""SELECTs and what they read from, as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count
from typing import Any

from db.sql.expressions import ATOM, BIGINT, BOOLEAN, PARAMETER, TRUE, Column, Rows, and_, comma, quoted

_NAME = "\x01"
_MARK = re.compile(rf"{_NAME}(\w+){_NAME}\d+{_NAME}|{PARAMETER}(\w+){PARAMETER}")
_fresh = count().__next__


class Columns:
    """The columns of something in FROM, by name; ``asked`` are those that some expression reads."""

    __slots__ = ("_name", "_types", "asked")

    def __init__(self, name: str, types: Mapping[str, str | None], asked: set[str] | None = None) -> None:
        self._name, self._types = name, types
        self.asked: set[str] = set() if asked is None else asked

    def __getitem__(self, name: str) -> Column:
        if name not in self._types:
            raise LookupError(f"no column {name!r} among {', '.join(self._types)}")
        return _Named(self.asked, self._name, name, self._types[name])

    def __getattr__(self, name: str) -> Column:
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[Column]:
        return map(self.__getitem__, self._types)

    def under(self, name: str) -> Columns:
        """The same columns under another name."""
        return Columns(name, self._types, self.asked)


class _Named(Column):
    """A column by its name, which is asked for as soon as it is written."""

    __slots__ = ("_asked", "_key", "_source")

    def __init__(self, asked: set[str], source: str, key: str, type_: str | None) -> None:
        self._asked, self._source, self._key = asked, source, key
        self.name, self.type, self._rank = key, type_, ATOM

    @property
    def text(self) -> str:  # type: ignore[override]
        """The SQL."""
        self._asked.add(self._key)
        return f"{self._source}.{quoted(self._key)}"


class From:
    """Something in FROM under a name, with its columns."""

    __slots__ = ("_written", "c")

    def __init__(self, written: str, c: Columns) -> None:
        self._written, self.c = written, c

    @property
    def text(self) -> str:
        """The SQL; written last, when it is known which columns are asked for."""
        return self._written

    def join(self, other: From, on: Column) -> From:
        """Its rows with those of another."""
        return _Joined(self, "JOIN", other, on)

    def outerjoin(self, other: From, on: Column) -> From:
        """The same, and its rows without any."""
        return _Joined(self, "LEFT JOIN", other, on)


class _Joined(From):
    __slots__ = ("_left", "_on", "_right", "_word")

    def __init__(self, left: From, word: str, right: From, on: Column) -> None:
        self._left, self._word, self._right, self._on = left, word, right, on

    @property
    def text(self) -> str:
        """The SQL."""
        on = self._on.text
        right = f"({self._right.text})" if isinstance(self._right, _Joined) else self._right.text
        return f"{self._left.text} {self._word} {right} ON {on}"


class _Subquery(From):
    """The rows of a SELECT, which has only the columns that are asked for."""

    __slots__ = ("_select", "_word")

    def __init__(self, word: str, found: Select, name: str) -> None:
        super().__init__(name, Columns(name, found.types))
        self._word, self._select = word, found

    @property
    def text(self) -> str:
        """The SQL."""
        return f"{self._word}({self._select.only(self.c.asked).text}) AS {self._written}"


class Cte(From):
    """The rows of a SELECT that is defined at the head of a statement; see :meth:`Select.with_`."""

    __slots__ = ("_materialized", "_select")

    def __init__(self, name: str, found: Select, *, materialized: bool = False) -> None:
        super().__init__(name, Columns(name, found.types))
        self._select, self._materialized = found, materialized

    @property
    def defined(self) -> str:
        """Its definition."""
        word = "MATERIALIZED " if self._materialized else ""
        return f"{self._written} AS {word}({self._select.only(self.c.asked).text})"

    def again(self) -> From:
        """The same rows under another name, to be read a second time."""
        name = _mark("again")
        return From(f"{self._written} AS {name}", self.c.under(name))


def _mark(stem: str) -> str:
    """A name of its own in the statement."""
    return f"{_NAME}{stem}{_NAME}{_fresh()}{_NAME}"


def named(table: str, types: Mapping[str, str | None], *, alias: bool = True) -> From:
    """A table, under a name of its own or the one that it has."""
    name = _mark(table) if alias else quoted(table)
    return From(f"{quoted(table)} AS {name}" if alias else name, Columns(name, types))


def rows_of(call: Column, stem: str, types: Mapping[str, str], ordinality: str | None = None) -> From:
    """What a function, or VALUES in brackets, returns, as a table; ``ordinality`` names the column of the place."""
    name, known = _mark(stem), {**types, **({ordinality: BIGINT} if ordinality else {})}
    place = " WITH ORDINALITY" if ordinality else ""
    return From(f"{call.text}{place} AS {name}({', '.join(known)})", Columns(name, known))


_NOTHING_YET: Mapping[str, tuple[Any, ...]] = {}
_CLAUSES = ("GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET")


class Select(Rows):
    """A SELECT in the making; every step makes a new one."""

    __slots__ = ("_parts", "columns")

    def __init__(self, columns: tuple[Column, ...], parts: Mapping[str, tuple[Any, ...]] = _NOTHING_YET) -> None:
        self.columns, self._parts = columns, parts

    def _with(self, clause: str, *given: Any) -> Select:
        return Select(self.columns, {**self._parts, clause: (*self._parts.get(clause, ()), *given)})

    def from_(self, *sources: From) -> Select:
        """Where the rows come from."""
        return self._with("FROM", *sources)

    def where(self, *conditions: Column) -> Select:
        """Which rows."""
        return self._with("WHERE", *conditions)

    def group_by(self, *keys: Column) -> Select:
        """One row for each of these."""
        return self._with("GROUP BY", *keys)

    def having(self, condition: Column) -> Select:
        """Which groups."""
        return self._with("HAVING", condition)

    def order_by(self, *orders: Column) -> Select:
        """In which order."""
        return self._with("ORDER BY", *orders)

    def limit(self, most: Column | int) -> Select:
        """How many rows."""
        return self._with("LIMIT", most)

    def offset(self, skipped: int) -> Select:
        """How many are left out; none keeps the planner from writing this SELECT into the one around it."""
        return self._with("OFFSET", skipped)

    def with_(self, *ctes: Cte) -> Select:
        """Defines what it reads by name; a later one may read an earlier one."""
        return self._with("WITH", *ctes)

    def only(self, names: Collection[str]) -> Select:
        """With these of its columns; one is left, so that an aggregate of the whole stays one."""
        kept = tuple([each for each in self.columns if each.name in names])
        return Select(kept or self.columns[:1], self._parts)

    @property
    def text(self) -> str:
        """The SQL."""
        parts = self._parts
        written = [f"SELECT {', '.join([each.listed for each in self.columns])}"]
        where = and_(*parts.get("WHERE", ()))
        if where is not TRUE:
            written.append(f"WHERE {where.text}")
        written += [f"{clause} {comma(*parts[clause])}" for clause in _CLAUSES if clause in parts]
        # What is read is written after all that reads it.
        if "FROM" in parts:
            written.insert(1, f"FROM {', '.join([each.text for each in parts['FROM']])}")
        if "WITH" in parts:
            defined = [each.defined for each in reversed(parts["WITH"])]
            written.insert(0, f"WITH {', '.join(reversed(defined))}")
        return " ".join(written)

    @property
    def types(self) -> dict[str, str | None]:
        """The types of its columns by name."""
        return {each.name: each.type for each in self.columns if each.name is not None}

    def scalar(self) -> Column:
        """Its one value."""
        return Column(f"({self.text})", self.columns[0].type)

    def array(self) -> Column:
        """Its values as an array."""
        return Column(f"ARRAY({self.text})")

    def subquery(self, stem: str) -> From:
        """Its rows, to select from."""
        return _Subquery("", self, _mark(stem))

    def lateral(self, stem: str) -> From:
        """Its rows for each row of what stands before it in FROM."""
        return _Subquery("LATERAL ", self, _mark(stem))

    def cte(self, stem: str, *, materialized: bool = False) -> Cte:
        """Its rows under a name, to be read more than once; ``materialized``: computed once, whoever reads them."""
        return Cte(_mark(stem), self, materialized=materialized)


class Union(Select):
    """The rows of several SELECTs with the same columns, all of which count."""

    __slots__ = ("_text",)

    def __init__(self, word: str, united: tuple[Select, ...]) -> None:
        super().__init__(united[0].columns)
        self._text = f" {word} ".join([each.text for each in united])

    def only(self, names: Collection[str]) -> Select:  # noqa: ARG002
        """All of its columns: rows are told apart by them."""
        return self

    @property
    def text(self) -> str:
        """The SQL."""
        return self._text


def select(*columns: Column) -> Select:
    """Columns of rows."""
    return Select(columns)


def exists(*sources: From) -> Exists:
    """Whether there is a row."""
    return Exists(Select((Column("1"),)).from_(*sources))


class Exists(Column):
    """Whether a SELECT has a row."""

    __slots__ = ("_select",)

    def __init__(self, found: Select) -> None:
        super().__init__(f"EXISTS ({found.text})", BOOLEAN)
        self._select = found

    def where(self, *conditions: Column) -> Exists:
        """Which rows."""
        return Exists(self._select.where(*conditions))


def union_all(*parts: Select) -> Union:
    """All rows of all parts."""
    return Union("UNION ALL", parts)


def union(*parts: Select) -> Union:
    """The rows of all parts, each once."""
    return Union("UNION", parts)


def numbered(text: str) -> tuple[str, list[str]]:
    """A whole statement: every mark gets its number, in the order of appearance; and its parameters by name."""
    parameters: dict[str, int] = {}
    return _given_out(text, lambda name: f"${parameters.setdefault(name, len(parameters) + 1)}"), list(parameters)


def for_session(text: str) -> str:
    """A statement of SQLAlchemy's, or part of one: parameters by name."""
    return _given_out(text.replace(":", r"\:"), lambda name: f":{name}")


def _given_out(text: str, write: Callable[[str], str]) -> str:
    given: dict[str, str] = {}
    next_number = count(1).__next__

    def give(mark: re.Match[str]) -> str:
        found = given.get(mark[0])
        if found is None:
            stem, parameter = mark[1], mark[2]
            found = given[mark[0]] = f"{stem}_{next_number()}" if parameter is None else write(parameter)
        return found

    return _MARK.sub(give, text)
