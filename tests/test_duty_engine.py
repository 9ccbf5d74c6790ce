"""The duty engine against a slow, obvious reference implementation, before and after visits are put right by acts."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from db import sql
from db.acts.visit_corrections import CorrectedVisit, Withdrawal, correct_visit, withdraw_visit
from db.database import Database
from db.owed import Days, duties, owed_since
from db.transaction import Transaction
from rules.access import Role, Viewer
from rules.refusals import Refusal
from rules.visits import VisitMode
from tests.client import serving
from tests.duties import AT_PREMISES, DAY, Found, Village, Visit, expected, random_moment, random_village, rows_of
from tests.runs import first

STARTS = (date(2018, 2, 1), date(2023, 12, 10), date(2024, 2, 20), date(2018, 10, 15))
"""A leap day, ends of years and months, clocks put forward and back at midnight and at night."""
_CORRECTED, _WITHDRAWN = 0.5, 0.3
"""The share of visits whose correction is tried, and that of withdrawals among these.

Corrections that name somebody who did not live there are refused.
"""


def _statement() -> sql.Written:
    days = Days(sql.parameter("now", sql.INSTANT), sql.parameter("first", sql.DATE), sql.parameter("last", sql.DATE))
    duty = duties(days).subquery("duty")
    wanted = (duty.c.community_id, duty.c.key, duty.c.state, duty.c.visit_id, duty.c.pause_id)
    return sql.written(sql.select(*wanted, owed_since(duty).label("owed_since")).from_(duty))


async def _settle(connection: Any, villages: list[Village]) -> UUID:
    """Writes the villages; returns the account of the secretary of all of them."""
    account = uuid4()
    await connection.execute(
        """insert into account (id, username, username_key, name, role, password_hash)
            values ($1, $2, $2, '某', 'SECRETARY', '')""",
        account,
        str(account),
    )
    for table, rows in rows_of(villages, account).items():
        columns = list(rows[0])
        records = [tuple(row[column] for column in columns) for row in rows]
        await connection.copy_records_to_table(table, records=records, columns=columns)
    posts = [(account, village.id, date(2000, 1, 1)) for village in villages]
    await connection.copy_records_to_table(
        "assignment", records=posts, columns=["account_id", "community_id", "starts_on"]
    )
    await connection.execute("analyze")
    return account


async def _put_right(database: Database, account: UUID, random: Random, villages: list[Village], start: date) -> int:
    """Corrects and withdraws some visits by the acts. Returns how many; refused corrections change nothing."""
    secretary, now = Viewer(account, Role.SECRETARY), datetime.combine(start, time(), UTC) + timedelta(days=365)
    done = 0
    for village in villages:
        for number, visit in enumerate(village.visits):
            if random.random() < _CORRECTED:
                right = _correction(random, village, visit, start)
                with suppress(Refusal):
                    await database.transact(partial(_correct, village, visit, right), secretary, now=now)
                    village.visits[number] = right or replace(visit, reached=())
                    done += 1
        village.forget()
    return done


def _correction(random: Random, village: Village, visit: Visit, start: date) -> Visit | None:
    """What the visit should have said; None if it is withdrawn."""
    if random.random() < _WITHDRAWN:
        return None
    people = list(village.homes)
    wanted: dict[str, Any] = {
        "household": random.choice(village.households),
        "mode": random.choice(list(VisitMode)),
        "occurred_at": random_moment(random, village, start - 10 * DAY, 100),
        "reached": tuple(random.sample(people, random.randint(0, len(people)))),
    }
    names = random.sample(list(wanted), random.randint(1, len(wanted)))
    right = replace(visit, **{name: wanted[name] for name in names})
    to_premises = right.household is None or random.random() < AT_PREMISES
    return replace(right, household=None, reached=()) if to_premises else right


async def _correct(village: Village, visit: Visit, right: Visit | None, tx: Transaction) -> None:
    if right is None:
        await withdraw_visit(tx, Withdrawal(visit.id, "误登记"))
        return
    moved = right.household != visit.household
    given = CorrectedVisit(
        visit.id,
        "写错了",
        mode=right.mode,
        occurred_at=right.occurred_at,
        household=right.household if moved else None,
        premises=village.id if moved and right.household is None else None,
        residents=list(right.reached),
    )
    await correct_visit(tx, given)


async def _found(connection: Any, first: date, last: date, now: datetime) -> dict[UUID, set[Found]]:
    sql, names = _statement()
    given = {"now": now, "first": first, "last": last}
    found: dict[UUID, set[Found]] = defaultdict(set)
    for row in await connection.fetch(sql, *(given[name] for name in names)):
        duty = row["key"], row["state"], row["visit_id"], row["pause_id"], row["owed_since"]
        assert duty not in found[row["community_id"]], "a duty was told twice"
        found[row["community_id"]].add(duty)
    return found


@pytest.mark.long
@pytest.mark.parametrize("start", first(1, STARTS), ids=str)
async def test_the_engine_agrees_with_the_reference(fresh_url: str, start: date) -> None:
    await _compare(fresh_url, start, Random(str(start)), villages=25, questions=10)  # noqa: S311


@pytest.mark.long
@pytest.mark.parametrize("start", STARTS, ids=str)
async def test_the_engine_agrees_with_the_reference_in_ten_thousand_fresh_cases(
    fresh_url: str, fresh_seed: int, start: date
) -> None:
    await _compare(fresh_url, start, Random(f"{fresh_seed} {start}"), villages=125, questions=20)  # noqa: S311


async def _compare(url: str, start: date, random: Random, *, villages: int, questions: int) -> None:
    """Compares the duties of random villages for random questions around a day."""
    made = [random_village(random, start) for _ in range(villages)]
    connection = await asyncpg.connect(url)
    seen = 0
    try:
        account = await _settle(connection, made)
        async with serving(url) as client:
            corrected = await _put_right(client.app.state.database, account, random, made, start)
        assert corrected > villages
        for _ in range(questions):
            first = start + timedelta(random.randrange(-20, 70))
            last = first + timedelta(random.choice((0, 1, 6, 30)))
            now = datetime.combine(last, time(), UTC) + timedelta(seconds=random.randrange(-10 * 86_400, 40 * 86_400))
            found = await _found(connection, first, last, now)
            for village in made:
                wanted = {duty.found for duty in expected(village, first, last, now)}
                assert found[village.id] == wanted, (village, first, last, now)
                seen += len(wanted)
    finally:
        await connection.close()
    assert seen > villages * questions
