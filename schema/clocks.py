"""Deadlines in GraphQL: what is due when, how it stands, and which rule it comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db import appeals as tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.appeals import (
    AppealCategory,
    AppealKind,
    AppealStatus,
    AppealUrgency,
)
from rules.clocks import SOON, Clock, DeadlineState
from schema.compiler.declare import column, derived, entity, few_rows, labelled, roots, to_many, to_one
from schema.compiler.expressions import constant, label
from schema.compiler.sources import Row

_ANSWERED = (AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED)


def now_of(row: Row) -> Column:
    """The moment of the request."""
    bound: Column = row.bind(sql.INSTANT, lambda run: run.now)
    return bound


def is_paused(row: Row) -> Column:
    """Whether the clocks stand still."""
    return sql.func.coalesce(row.c.paused_until > now_of(row), sql.FALSE)


def is_overdue(row: Row) -> Column:
    """Whether a clock ran out that was not met, and does not stand still."""
    late = [sql.and_(_met(row, clock).is_(None), _due(row, clock) <= now_of(row)) for clock in Clock]
    return sql.and_(sql.not_(is_paused(row)), sql.func.coalesce(sql.or_(*late), sql.FALSE))


def _due(row: Row, clock: Clock) -> Column:
    due: Column = row.c.response_due_at if clock is Clock.RESPONSE else row.c.resolution_due_at
    return due


def _met(row: Row, clock: Clock) -> Column:
    """When it was met: by calling back, by the answer that stands, or by the end."""
    ended = (row.c.rejected_at, row.c.withdrawn_at)
    if clock is Clock.RESPONSE:
        return sql.func.coalesce(row.c.accepted_at, *ended, row.c.closed_at)
    answered = sql.cast(row.c.status, sql.TEXT).in_(_ANSWERED)
    stands = sql.func.coalesce(row.c.answered_at, row.c.closed_at)
    return sql.func.coalesce(*ended, sql.case((answered, stands)))


def deadlines_of(row: Row) -> sql.From:
    """The deadlines of an appeal that has any."""
    every = sql.func.unnest(sql.array(list(Clock), sql.TEXT))
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
    columns = {"place": clock.c.place, "clock": clock.c.clock, "due": due, "state": state, "met_at": met}
    return (
        sql.select(*(each.label(name) for name, each in columns.items()), _why(policy, clock, minutes).label("why"))
        .from_(clock.join(policy, policy.c.id == row.c.clock_policy_id))
        .where(row.c.response_due_at.is_not(None))
        .subquery("deadline")
    )


def _why(policy: Any, clock: Any, minutes: Column) -> Column:
    """Such as 「本社区规定的办结时限(供暖·紧急):3天」."""
    case = sql.func.concat_ws(
        constant("·"),
        label(policy.c.category, AppealCategory),
        label(policy.c.kind, AppealKind),
        label(policy.c.urgency, AppealUrgency),
    )
    named = sql.case((case == constant(""), constant("")), else_=sql.func.concat(constant("（"), case, constant("）")))
    return sql.func.concat(constant("本社区规定的"), label(clock.c.clock, Clock), named, constant("："), _time(minutes))


def _time(minutes: Column) -> Column:
    day = 24 * 60
    hour = 60
    return sql.case(
        (minutes % day == 0, sql.func.concat(minutes / day, constant("天"))),
        (minutes % hour == 0, sql.func.concat(minutes / hour, constant("小时"))),
        else_=sql.func.concat(minutes, constant("分钟")),
    )


@derived
class Deadline:
    """Something that is due: by when, how that stands, and why. A clock stops for a pause alone."""

    clock: Clock = column("clock", "What is waited for.")
    clock_label: str = labelled("clock", Clock, "What is waited for, in Chinese.")
    due: datetime = column("due", "By when; a pause moves it.")
    state: DeadlineState = column("state", "How it stands.")
    state_label: str = labelled("state", DeadlineState, "How it stands, in Chinese.")
    met_at: datetime | None = column("met_at", "When it was met.")
    why: str = column("why", "The rule that it comes from: the community's own times, in Chinese.")


def deadlines() -> list[Deadline]:
    """The field of everything that has clocks."""
    found: list[Deadline] = few_rows(
        deadlines_of, lambda t: [t.place], "What is due: the response, then the resolution. Empty for what came before."
    )
    return found


@entity(tables.ClockPolicy)
class ClockPolicy:
    """How long appeals may take in a community; of the rows that fit a case the most precise one counts."""

    kind: AppealKind | None = column("kind", "For this kind alone.")
    category: AppealCategory | None = column("category", "For this category alone.")
    urgency: AppealUrgency | None = column("urgency", "For this urgency alone.")
    response_minutes: int = column("response_minutes", "Minutes until the reporter is to be called back.")
    resolution_minutes: int = column("resolution_minutes", "Minutes until it is to be solved.")
    step_minutes: int = column("step_minutes", "Minutes that each level has before an overdue appeal goes up again.")
    silence_days: int = column("silence_days", "Days after which an answer that nobody contradicts is taken as right.")
    reopen_days: int = column("reopen_days", "Days in which a closed appeal can be opened again.")
    set_by = to_one("set_by", "Who set it; null for what a community starts with.")
    set_at: datetime = column("set_at", "Since when it counts.")


@roots
class ClockRoots:
    """What can be read of how long appeals may take."""

    clock_policies: list[ClockPolicy] = to_many(
        lambda _, t: t.replaced_at.is_(None),
        lambda t: [t.community_id, t.kind, t.category, t.urgency, t.id],
        "How long appeals may take, as it holds for those that come now.",
    )
