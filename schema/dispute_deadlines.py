"""The deadlines of disputes: the community's limit of mediation, and the day from which arbitration is open."""

from typing import Any

from db import disputes as tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.clocks import Clock
from rules.disputes import ARBITRATION_DAYS, ARBITRATION_WHY, LABOUR
from schema.clocks import Deadline, now_of
from schema.compiler import declare as gql
from schema.compiler.expressions import constant, said
from schema.compiler.sources import Row
from schema.day_deadlines import day_deadline, local_day, state_of
from schema.places import zone_of


def is_labour(row: Row) -> Column:
    return sql.cast(row.c.type, sql.TEXT).in_(sorted(LABOUR))


def _mediate_by(row: Row) -> Column:
    last: Column = row.c.mediate_by
    return last


def _why_mediate_by(row: Row) -> Column:
    """The community's policy when mediation began; a community that had none has the limit of the start."""
    policy = alias(tables.MediationPolicy)
    own = policy.c.community_id == row.c.community_id, policy.c.days == row.c.mediation_days
    then = policy.c.set_at <= row.c.begun_at
    whose = sql.case(
        (sql.exists(policy).where(*own, then), said("本社区规定的调解期限：")),
        else_=said("默认的调解期限（社区尚未规定）："),
    )
    return sql.func.concat(whose, row.c.mediation_days, said("天"))


def _arbitration_from(row: Row) -> Column:
    last = local_day(row.c.opened_at, row.c.community_id) + ARBITRATION_DAYS
    return sql.case((is_labour(row), last))


def _ended_on(row: Row) -> Column:
    return local_day(row.c.closed_at, row.c.community_id)


def _deadlines_of(row: Row) -> sql.From:
    """The deadlines of a dispute as instants: each ends with its last day."""
    every = sql.func.unnest(sql.array([Clock.MEDIATION, Clock.ARBITRATION], sql.TEXT))
    clock = sql.rows_of(every, "clock", {"clock": sql.TEXT}, ordinality="place")
    first = clock.c.clock == constant(Clock.MEDIATION)
    last = sql.case((first, _mediate_by(row)), else_=_arbitration_from(row))
    columns = {
        "place": clock.c.place,
        "kind": clock.c.clock,
        "due": sql.func.timezone(zone_of(row), sql.cast(last + 1, sql.LOCAL_TIME)),
        "state": state_of(last, _ended_on(row), local_day(now_of(row), row.c.community_id)),
        "met_at": row.c.closed_at,
        "why": sql.case((first, _why_mediate_by(row)), else_=said(ARBITRATION_WHY)),
    }
    listed = [each.label(name) for name, each in columns.items()]
    return sql.select(*listed).from_(clock).where(last.is_not(None)).subquery("deadline")


def deadlines() -> list[Deadline]:
    found: list[Deadline] = gql.few_rows(
        _deadlines_of,
        lambda t: [t.place],
        "The community's limit of mediation, once it began, and for labour disputes the day before arbitration is open;"
        " each is due when its day ends.",
    )
    return found


def mediation_deadline() -> Any:
    return day_deadline(
        _mediate_by,
        _ended_on,
        lambda row: row.c.community_id,
        _why_mediate_by,
        "The community's own time limit of mediation, which is not a legal one; null before mediation begins.",
    )


def arbitration_open_from() -> Any:
    return day_deadline(
        _arbitration_from,
        _ended_on,
        lambda row: row.c.community_id,
        lambda _: said(ARBITRATION_WHY),
        "Labour disputes: without an agreement by this day, either side may apply for arbitration.",
    )
