"""The writer of SQL: what it writes means what was asked for, however it is nested."""

import operator
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest

from db import sql

Pair = tuple[sql.Column, Any]
"""An expression, and what it is."""
_COMPARED: list[Callable[[Any, Any], Any]] = [
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]
_RECKONED: list[Callable[[Any, Any], Any]] = [operator.add, operator.sub, operator.mul]


class Maker:
    """Draws expressions together with what they are."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def number(self, depth: int) -> Pair:
        """A small number, or a sum of some."""
        if depth == 0 or self._random.random() < 0.3:
            number = self._random.randint(0, 3)
            return sql.raw(str(number)), number
        with_ = self._random.choice(_RECKONED)
        (one, is_one), (other, is_other) = self.number(depth - 1), self.number(depth - 1)
        return with_(one, other), with_(is_one, is_other)

    def truth(self, depth: int) -> Pair:
        """Something true or false."""
        if depth == 0:
            return self._random.choice([(sql.TRUE, True), (sql.FALSE, False)])
        made: Pair = self._random.choice([self.compared, self.joined, self.among, self.chosen])(depth - 1)
        return made if self._random.random() < 0.7 else (sql.not_(made[0]), not made[1])

    def compared(self, depth: int) -> Pair:
        """Two of a kind beside an operator."""
        draw = self._random.choice([self.number, self.truth])
        (one, is_one), (other, is_other) = draw(depth), draw(depth)
        with_ = self._random.choice(_COMPARED)
        return with_(one, other), with_(is_one, is_other)

    def joined(self, depth: int) -> Pair:
        """Some of them beside AND or OR."""
        some = [self.truth(depth) for _ in range(self._random.randint(0, 3))]
        expressions, are = [each for each, _ in some], [is_ for _, is_ in some]
        if self._random.random() < 0.5:
            return sql.and_(*expressions), all(are)
        return sql.or_(*expressions), any(are)

    def among(self, depth: int) -> Pair:
        """A number between two, or one of some, or null."""
        (one, is_one), (low, is_low) = self.number(depth), self.number(depth)
        some = [self.number(depth) for _ in range(self._random.randint(0, 2))]
        expressions, are = [each for each, _ in some], [is_ for _, is_ in some]
        ways: list[Pair] = [
            (one.between(low, low + 1), is_low <= is_one <= is_low + 1),
            (one.in_(expressions), is_one in are),
            (one.not_in(expressions), is_one not in are),
            (one.is_(None), False),
            (one.is_not_distinct_from(low), is_one == is_low),
        ]
        return self._random.choice(ways)

    def chosen(self, depth: int) -> Pair:
        """One or the other."""
        (when, is_when), (then, is_then), (other, is_other) = (self.truth(depth) for _ in range(3))
        return sql.case((when, then), else_=other), is_then if is_when else is_other


@pytest.mark.parametrize("seed", range(4))
async def test_brackets_stand_where_they_are_needed(fresh_url: str, seed: int) -> None:
    maker = Maker(Random(seed))  # noqa: S311  a case that fails must come again
    pairs = [maker.truth(4) for _ in range(250)]
    statement = sql.select(*(sql.cast(expression, sql.BOOLEAN) for expression, _ in pairs))
    connection = await asyncpg.connect(fresh_url)
    found = await connection.fetchrow(statement.text)
    await connection.close()
    assert list(found) == [wanted for _, wanted in pairs]


def test_an_expression_is_not_taken_for_an_answer_by_python() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(sql.raw("a") == sql.raw("b"))


def test_only_expressions_and_constants_of_ours_are_written() -> None:
    with pytest.raises(TypeError, match="no expression"):
        sql.func.lower(["x"])
    assert sql.func.concat("it's", 1).text == "concat('it''s', 1)"


def test_a_column_that_is_not_there_is_named() -> None:
    found = sql.select(sql.raw("1").label("one")).subquery("found")
    with pytest.raises(LookupError, match="'two' among one"):
        found.c.two  # noqa: B018


def test_equal_statements_have_equal_texts_and_a_parameter_has_one_number() -> None:
    def made() -> sql.Written:
        appeal, again = (sql.named("appeal", {"id": sql.UUID}) for _ in range(2))
        wanted = sql.parameter("id", sql.UUID)
        other = sql.exists(again).where(again.c.id == wanted, again.c.id != appeal.c.id)
        return sql.written(sql.select(appeal.c.id).from_(appeal).where(appeal.c.id == wanted, other))

    assert made() == made()
    text, parameters = made()
    assert parameters == ("id",)
    assert text.startswith("SELECT appeal_1.id FROM appeal AS appeal_1 WHERE appeal_1.id = CAST($1 AS UUID) AND EXISTS")
    assert text.endswith("WHERE appeal_2.id = CAST($1 AS UUID) AND appeal_2.id <> appeal_1.id)")


def test_a_column_that_nothing_reads_is_not_written() -> None:
    appeal = sql.named("appeal", {"id": sql.UUID, "body": sql.TEXT, "grid_id": sql.UUID})
    inner = sql.select(*appeal.c).from_(appeal).subquery("inner")
    outer = sql.select(*inner.c, sql.func.length(inner.c.body).label("size")).from_(inner).cte("outer")
    unread = sql.select(sql.raw("1").label("one")).cte("unread")
    read = sql.select(outer.c.id).from_(outer).with_(outer, unread)
    text, _ = sql.written(read.where(outer.c.id.is_not(None)))
    assert text == (
        "WITH outer_1 AS (SELECT inner_2.id FROM (SELECT appeal_3.id FROM appeal AS appeal_3) AS inner_2)"
        " SELECT outer_1.id FROM outer_1 WHERE outer_1.id IS NOT NULL"
    )


def test_reading_the_text_of_a_statement_changes_nothing() -> None:
    appeal = sql.named("appeal", {"id": sql.UUID, "body": sql.TEXT})
    inner = sql.select(*appeal.c).from_(appeal).subquery("inner")
    assert inner.c.body.text == "inner_1.body"
    assert sql.select(inner.c.id).from_(inner).text == (
        "SELECT inner_1.id FROM (SELECT appeal_2.id FROM appeal AS appeal_2) AS inner_1"
    )


async def test_what_nobody_asks_for_changes_no_number_of_rows(fresh_url: str) -> None:
    some = sql.rows_of(sql.func.generate_series(1, 3), "some", {"n": sql.INTEGER})
    one = sql.select(sql.func.max(some.c.n).label("most")).from_(some).subquery("one")
    each = sql.union(*(sql.select(sql.raw("1").label("a"), sql.raw(b).label("b")) for b in "122")).subquery("each")
    connection = await asyncpg.connect(fresh_url)
    for source, rows in ((one, 1), (each, 2)):
        counted = sql.select(sql.func.count()).from_(source).text
        assert await connection.fetchval(counted) == rows
    await connection.close()


async def test_rows_are_inserted_changed_and_deleted_in_one_statement(fresh_url: str) -> None:
    connection = await asyncpg.connect(fresh_url)
    await connection.execute("create temporary table thing (id integer primary key, name text, size integer)")
    t, other = (sql.named("thing", {"id": sql.INTEGER, "name": sql.TEXT, "size": sql.INTEGER}) for _ in range(2))
    name = sql.parameter("name", sql.TEXT)
    new = sql.insert(t, {"id": 1, "name": name, "size": 9}).returning(t.c.id, t.c.size)
    text, parameters = sql.written(new)
    assert parameters == ("name",)
    assert [tuple(row) for row in await connection.fetch(text, "one")] == [(1, 9)]

    await connection.execute(sql.insert(t, {"id": 1, "name": "newer", "size": 0}).on_conflict_do_nothing().text)
    await connection.execute(sql.insert(t, {"id": 2, "name": "two", "size": 3}).text)
    grown = sql.update(t, size=t.c.size + other.c.size).from_(other).where(t.c.id == 1, other.c.id == 2)
    gone = sql.delete(t).where(t.c.id == 2).returning(t.c.id)
    both = grown.cte("grown")
    assert await connection.fetchval(gone.with_(both).text) == 2
    assert [tuple(row) for row in await connection.fetch("select * from thing")] == [(1, "one", 12)]
    await connection.close()


def test_a_change_runs_though_nothing_reads_what_it_returns() -> None:
    t = sql.named("thing", {"id": sql.INTEGER})
    made = sql.insert_from(t, ["id"], sql.select(sql.raw("1"))).cte("made")
    read = sql.select(t.c.id).from_(t).order_by(t.c.id).for_update(t, skip_locked=True)
    assert sql.written(read.with_(made)).text == (
        "WITH made_1 AS (INSERT INTO thing AS thing_2 (id) SELECT 1) SELECT thing_2.id FROM thing AS thing_2"
        " ORDER BY thing_2.id ASC FOR NO KEY UPDATE OF thing_2 SKIP LOCKED"
    ).replace(" ASC", "")


def test_no_other_library_writes_sql() -> None:
    root = Path(__file__).parents[1]
    other = re.compile(r"Async(?:Session)|session(?:_scope)|sqlmodel\.(?:select)|\bsa\.(?:select)")
    folders = ("api", "bench", "db", "examples", "rules", "schema", "seeds", "tests")
    files = [each for name in folders for each in (root / name).rglob("*.py") if "migrations" not in each.parts]
    assert len(files) > 400
    assert [each for each in files if other.search(each.read_text("utf-8"))] == []
