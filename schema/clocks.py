"""Deadlines of appeals in GraphQL, and the policies that they come from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db import appeals as tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.appeals import AppealCategory, AppealKind, AppealStatus, AppealUrgency
from rules.clocks import OF_APPEALS, SOON, Clock, DeadlineState
from schema.compiler import declare as gql
from schema.compiler.expressions import constant, label, said
from schema.compiler.sources import Row
from schema.starting_values import starting_value

_ANSWERED = (AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED)


def now_of(row: Row) -> Column:
    """The time of the request."""
    bound: Column = row.bind(sql.INSTANT, lambda run: run.now)
    return bound


def is_paused(row: Row) -> Column:
    """True if the clocks of an appeal are paused."""
    return sql.func.coalesce(row.c.paused_until > now_of(row), sql.FALSE)


def is_overdue(row: Row) -> Column:
    """True if a deadline has passed without being met, and the clocks are not paused."""
    late = [sql.and_(_met(row, clock).is_(None), _due(row, clock) <= now_of(row)) for clock in OF_APPEALS]
    return sql.and_(sql.not_(is_paused(row)), sql.func.coalesce(sql.or_(*late), sql.FALSE))


def _due(row: Row, clock: Clock) -> Column:
    due: Column = row.c.response_due_at if clock is Clock.RESPONSE else row.c.resolution_due_at
    return due


def _met(row: Row, clock: Clock) -> Column:
    """When a deadline was met: by the first call, by the answer, or by the end of the appeal."""
    ended = (row.c.rejected_at, row.c.withdrawn_at)
    if clock is Clock.RESPONSE:
        return sql.func.coalesce(row.c.accepted_at, *ended, row.c.closed_at)
    answered = sql.cast(row.c.status, sql.TEXT).in_(_ANSWERED)
    stands = sql.func.coalesce(row.c.answered_at, row.c.closed_at)
    return sql.func.coalesce(*ended, sql.case((answered, stands)))


def deadlines_of(row: Row, *of: sql.From) -> sql.From:
    """The deadlines of an appeal, which may be a row of the source ``of``; none for appeals without a policy."""
    every = sql.func.unnest(sql.array(OF_APPEALS, sql.TEXT))
    clock = sql.rows_of(every, "clock", {"clock": sql.TEXT}, ordinality="place")
    first = clock.c.clock == constant(Clock.RESPONSE)
    due, met = (sql.case((first, of(row, Clock.RESPONSE)), else_=of(row, Clock.RESOLUTION)) for of in (_due, _met))
    policy = alias(tables.ClockPolicy)
    minutes = sql.case((first, policy.c.response_minutes), else_=policy.c.resolution_minutes)
    allowed = sql.func.make_interval(0, 0, 0, 0, 0, minutes)
    soon = due - now_of(row) <= allowed / SOON
    state = sql.case(
        (met <= due, constant(DeadlineState.MET)),
        (met.is_not(None), constant(DeadlineState.MET_LATE)),
        (is_paused(row), constant(DeadlineState.PAUSED)),
        (due <= now_of(row), constant(DeadlineState.OVERDUE)),
        (soon, constant(DeadlineState.DUE_SOON)),
        else_=constant(DeadlineState.ON_TIME),
    )
    columns = {"place": clock.c.place, "kind": clock.c.clock, "due": due, "state": state, "met_at": met}
    return (
        sql.select(*(each.label(name) for name, each in columns.items()), _why(policy, clock, minutes).label("why"))
        .from_(*of, clock, policy)
        .where(policy.c.id == row.c.clock_policy_id, row.c.response_due_at.is_not(None))
        .subquery("deadline")
    )


def _why(policy: Any, clock: Any, minutes: Column) -> Column:
    """For example 「本社区规定的办结时限（供暖·紧急）：3天」."""
    case = sql.func.concat_ws(
        constant("·"),
        label(policy.c.category, AppealCategory),
        label(policy.c.kind, AppealKind),
        label(policy.c.urgency, AppealUrgency),
    )
    named = sql.case((case == constant(""), constant("")), else_=sql.func.concat(said("（"), case, said("）")))
    return sql.func.concat(said("本社区规定的"), label(clock.c.clock, Clock), named, said("："), _time(minutes))


def _time(minutes: Column) -> Column:
    day = 24 * 60
    hour = 60
    return sql.case(
        (minutes % day == 0, sql.func.concat(minutes / day, said("天"))),
        (minutes % hour == 0, sql.func.concat(minutes / hour, said("小时"))),
        else_=sql.func.concat(minutes, said("分钟")),
    )


@gql.derived
class Deadline:
    """A deadline, its state and its reason. Its clock stops only during a pause."""

    kind = gql.word("kind", Clock, "The purpose of the deadline.")
    due_at: datetime = gql.column("due", "The due time, which a pause moves.")
    state = gql.word("state", DeadlineState, "The state.")
    met_at: datetime | None = gql.column("met_at", "When it was met.")
    why: str = gql.column("why", "The rule that it comes from.")


def deadlines() -> list[Deadline]:
    found: list[Deadline] = gql.few_rows(
        deadlines_of, lambda t: [t.place], "The response and the resolution; empty for appeals without a policy."
    )
    return found


@gql.entity(tables.ClockPolicy)
class TimeLimitPolicy:
    """The time limits of appeals in a community. The most specific policy that matches an appeal applies."""

    kind: AppealKind | None = gql.column("kind", "Only for this kind.")
    category: AppealCategory | None = gql.column("category", "Only for this category.")
    urgency: AppealUrgency | None = gql.column("urgency", "Only for this urgency.")
    response_minutes: int = gql.column("response_minutes", "Minutes until the reporter is to be called back.")
    resolution_minutes: int = gql.column("resolution_minutes", "Minutes until the appeal is to be solved.")
    step_minutes: int = gql.column("step_minutes", "Minutes at each level before an overdue appeal is escalated again.")
    silence_days: int = gql.column("silence_days", "Days without a reply after which an answer counts as accepted.")
    reopen_days: int = gql.column("reopen_days", "Days in which a closed appeal can be reopened.")
    set_by = gql.to_one("set_by", "The account that set it; null for a starting value.")
    is_starting_value: bool = starting_value()
    set_at: datetime = gql.column("set_at", "When it took effect.")


@gql.roots
class ClockRoots:
    time_limit_policies: list[TimeLimitPolicy] = gql.to_many(
        lambda _, t: t.replaced_at.is_(None),
        lambda t: [t.community_id, t.kind, t.category, t.urgency, t.id],
        "The current time limits of appeals.",
    )
