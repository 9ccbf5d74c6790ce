"""SELECTs and what they read from, as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from db.sql.expressions import BIGINT, BOOLEAN, PARAMETER, TRUE, Column, Rows, and_, comma, quoted

_NAME = "\x01"
_MARK = re.compile(rf"{_NAME}(\w+){_NAME}\d+{_NAME}|{PARAMETER}(\w+){PARAMETER}")
_fresh = count().__next__


class Columns:
    """The columns of something in FROM, by name."""

    __slots__ = ("_name", "_types")

    def __init__(self, name: str, types: Mapping[str, str | None]) -> None:
        self._name, self._types = name, types

    def __getitem__(self, name: str) -> Column:
        if name not in self._types:
            raise LookupError(f"no column {name!r} among {', '.join(self._types)}")
        return Column(f"{self._name}.{quoted(name)}", self._types[name], name)

    def __getattr__(self, name: str) -> Column:
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[Column]:
        return map(self.__getitem__, self._types)


_NO_COLUMNS = Columns("", {})


class From:
    """Something in FROM: a table under a name, a SELECT, a function, or several of them joined."""

    __slots__ = ("_joined", "c", "defined", "name", "text")

    def __init__(
        self, text: str, name: str = "", c: Columns = _NO_COLUMNS, *, joined: bool = False, defined: str = ""
    ) -> None:
        self.text, self.name, self.c, self.defined, self._joined = text, name, c, defined, joined

    def join(self, other: From, on: Column) -> From:
        """Its rows with those of another."""
        return self._with("JOIN", other, on)

    def outerjoin(self, other: From, on: Column) -> From:
        """The same, and its rows without any."""
        return self._with("LEFT JOIN", other, on)

    def _with(self, word: str, other: From, on: Column) -> From:
        right = f"({other.text})" if other._joined else other.text
        return From(f"{self.text} {word} {right} ON {on.text}", joined=True)

    def again(self) -> From:
        """A CTE under another name, to be read a second time."""
        name = mark("again")
        return From(f"{self.name} AS {name}", name, Columns(name, self.c._types))


def mark(stem: str) -> str:
    """A name of its own in the statement."""
    return f"{_NAME}{stem}{_NAME}{_fresh()}{_NAME}"


def named(table: str, types: Mapping[str, str | None], *, alias: bool = True) -> From:
    """A table, under a name of its own or the one that it has."""
    if not alias:
        return From(quoted(table), quoted(table), Columns(quoted(table), types))
    name = mark(table)
    return From(f"{quoted(table)} AS {name}", name, Columns(name, types))


def rows_of(call: Column, stem: str, types: Mapping[str, str], ordinality: str | None = None) -> From:
    """What a function, or VALUES in brackets, returns, as a table; ``ordinality`` names the column of the place."""
    name, known = mark(stem), {**types, **({ordinality: BIGINT} if ordinality else {})}
    place = " WITH ORDINALITY" if ordinality else ""
    return From(f"{call.text}{place} AS {name}({', '.join(known)})", name, Columns(name, known))


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
        return self._with("FROM", *[each.text for each in sources])

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

    def with_(self, *ctes: From) -> Select:
        """Defines what it reads by name."""
        return self._with("WITH", *[each.defined for each in ctes])

    @property
    def text(self) -> str:
        """The SQL."""
        parts = self._parts
        written = [f"WITH {', '.join(parts['WITH'])}"] if "WITH" in parts else []
        written.append(f"SELECT {', '.join([each.listed for each in self.columns])}")
        if "FROM" in parts:
            written.append(f"FROM {', '.join(parts['FROM'])}")
        where = and_(*parts.get("WHERE", ()))
        if where is not TRUE:
            written.append(f"WHERE {where.text}")
        written += [f"{clause} {comma(*parts[clause])}" for clause in _CLAUSES if clause in parts]
        return " ".join(written)

    @property
    def _types(self) -> dict[str, str | None]:
        return {each.name: each.type for each in self.columns if each.name is not None}

    def scalar(self) -> Column:
        """Its one value."""
        return Column(f"({self.text})", self.columns[0].type)

    def array(self) -> Column:
        """Its values as an array."""
        return Column(f"ARRAY({self.text})")

    def subquery(self, stem: str = "found") -> From:
        """Its rows, to select from."""
        return self.under(mark(stem))

    def lateral(self, stem: str) -> From:
        """Its rows for each row of what stands before it in FROM."""
        return self.under(mark(stem), "LATERAL ")

    def under(self, name: str, word: str = "") -> From:
        """Its rows under a name that is a :func:`mark` already."""
        return From(f"{word}({self.text}) AS {name}", name, Columns(name, self._types))

    def cte(self, stem: str, *, materialized: bool = False) -> From:
        """Its rows under a name, to be read more than once; see :meth:`with_`."""
        return cte(mark(stem), self.text, self._types, materialized=materialized)


class Union(Select):
    """The rows of several SELECTs with the same columns."""

    __slots__ = ("_text",)

    def __init__(self, word: str, united: tuple[Select, ...]) -> None:
        super().__init__(united[0].columns)
        self._text = f" {word} ".join([each.text for each in united])

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


def cte(name: str, text: str, types: Mapping[str, str | None], *, materialized: bool = False) -> From:
    """The rows of a SELECT under a name; where ``materialized`` they are computed once, whoever reads them."""
    word = "MATERIALIZED " if materialized else ""
    return From(name, name, Columns(name, types), defined=f"{name} AS {word}({text})")


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
