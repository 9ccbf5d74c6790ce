"""Deadlines in GraphQL: what is due when, how it stands, and which rule it comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from db import appeals as tables
from db.scope import alias, table
from rules.appeals import (
    CATEGORY_LABELS,
    KIND_LABELS,
    URGENCY_LABELS,
    AppealCategory,
    AppealKind,
    AppealStatus,
    AppealUrgency,
)
from rules.clocks import CLOCK_LABELS, DEADLINE_LABELS, SOON, Clock, DeadlineState
from schema.accounts import Account
from schema.compiler.declare import column, derived, entity, few_rows, labelled, to_one
from schema.compiler.expressions import constant, label, values
from schema.compiler.sources import Column, Row

_ANSWERED = values([AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED])


def now_of(row: Row) -> Column:
    """The moment of the request."""
    bound: Column = row.bind(sa.DateTime(timezone=True), lambda run: run.now)
    return bound


def is_paused(row: Row) -> sa.ColumnElement[bool]:
    """Whether the clocks stand still."""
    return sa.func.coalesce(row.c.paused_until > now_of(row), sa.false())


def is_overdue(row: Row) -> sa.ColumnElement[bool]:
    """Whether a clock ran out that was not met, and does not stand still."""
    late = [sa.and_(_met(row, clock).is_(None), _due(row, clock) <= now_of(row)) for clock in Clock]
    return sa.and_(sa.not_(is_paused(row)), sa.func.coalesce(sa.or_(*late), sa.false()))


def _due(row: Row, clock: Clock) -> Column:
    due: Column = row.c.response_due_at if clock is Clock.RESPONSE else row.c.resolution_due_at
    return due


def _met(row: Row, clock: Clock) -> Column:
    """When it was met: by calling back, by the answer that stands, or by the end."""
    ended = (row.c.rejected_at, row.c.withdrawn_at)
    if clock is Clock.RESPONSE:
        return sa.func.coalesce(row.c.accepted_at, *ended, row.c.closed_at)
    answered = sa.cast(row.c.status, sa.Text).in_(_ANSWERED)
    stands = sa.func.coalesce(row.c.answered_at, row.c.closed_at)
    return sa.func.coalesce(*ended, sa.case((answered, stands), else_=sa.null()))


def deadlines_of(row: Row) -> sa.Subquery:
    """The deadlines of an appeal that has any."""
    clock = (
        sa.func.unnest(array(values(list(Clock))))
        .table_valued(sa.column("clock", sa.Text()), with_ordinality="place", name="clock")
        .render_derived()
    )
    first = clock.c.clock == constant(Clock.RESPONSE)
    due, met = (sa.case((first, of(row, Clock.RESPONSE)), else_=of(row, Clock.RESOLUTION)) for of in (_due, _met))
    policy = alias(table(tables.ClockPolicy))
    minutes = sa.case((first, policy.c.response_minutes), else_=policy.c.resolution_minutes)
    allowed = sa.func.make_interval(0, 0, 0, 0, 0, minutes)
    soon = due - now_of(row) <= allowed / sa.literal_column(str(SOON))
    state = sa.case(
        (met <= due, constant(DeadlineState.MET)),
        (met.is_not(None), constant(DeadlineState.MET_LATE)),
        (is_paused(row), constant(DeadlineState.PAUSED)),
        (due <= now_of(row), constant(DeadlineState.OVERDUE)),
        (soon, constant(DeadlineState.DUE_SOON)),
        else_=constant(DeadlineState.ON_TIME),
    )
    columns = {"place": clock.c.place, "clock": clock.c.clock, "due": due, "state": state, "met_at": met}
    return (
        sa.select(*(each.label(name) for name, each in columns.items()), _why(policy, clock, minutes).label("why"))
        .select_from(clock.join(policy, policy.c.id == row.c.clock_policy_id))
        .where(row.c.response_due_at.is_not(None))
        .correlate_except(clock, policy)
        .subquery("deadline")
    )


def _why(policy: Any, clock: Any, minutes: Column) -> Column:
    """Such as 「本社区规定的办结时限(供暖·紧急):3天」."""
    case = sa.func.concat_ws(
        constant("·"),
        label(policy.c.category, CATEGORY_LABELS),
        label(policy.c.kind, KIND_LABELS),
        label(policy.c.urgency, URGENCY_LABELS),
    )
    named = sa.case((case == constant(""), constant("")), else_=sa.func.concat(constant("("), case, constant(")")))
    return sa.func.concat(
        constant("本社区规定的"), label(clock.c.clock, CLOCK_LABELS), named, constant(":"), _time(minutes)
    )


def _time(minutes: Column) -> Column:
    day: Column = sa.literal_column("1440")
    hour: Column = sa.literal_column("60")
    return sa.case(
        (minutes % day == sa.literal_column("0"), sa.func.concat(minutes // day, constant("天"))),
        (minutes % hour == sa.literal_column("0"), sa.func.concat(minutes // hour, constant("小时"))),
        else_=sa.func.concat(minutes, constant("分钟")),
    )


@derived
class Deadline:
    """Something that is due: by when, how that stands, and why. A clock stops for a pause alone."""

    clock: Clock = column("clock", "What is waited for.")
    clock_label: str = labelled("clock", CLOCK_LABELS, "What is waited for, in Chinese.")
    due: datetime = column("due", "By when; a pause moves it.")
    state: DeadlineState = column("state", "How it stands.")
    state_label: str = labelled("state", DEADLINE_LABELS, "How it stands, in Chinese.")
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
    set_by: Account | None = to_one("set_by", "Who set it; null for what a community starts with.")
    set_at: datetime = column("set_at", "Since when it counts.")
