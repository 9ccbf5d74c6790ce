"""Deadlines by calendar day, with the article or local rule that they come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from db import sql
from db.base import alias
from db.places import Community
from db.sql import Column
from rules.clocks import DeadlineState
from schema.clocks import now_of
from schema.compiler.declare import column, derived, one_row, word
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row

_SOON = 3
"""Days before the due day in which a deadline is due soon: a compromise between early and frequent warnings."""


@derived
class DayDeadline:
    """A deadline at the end of a day, in the community's time zone."""

    due_on: date = column("due", "The last day.")
    state = word("state", DeadlineState, "The state.")
    met_on: date | None = column("met_on", "The day on which it was met.")
    why: str = column("why", "The article or local rule that it comes from.")


def local_day(moment: Column, community_id: Column) -> Column:
    """The local day of an instant in a community."""
    community = alias(Community)
    zone = sql.select(community.c.time_zone).from_(community).where(community.c.id == community_id)
    return sql.cast(sql.func.timezone(zone.scalar(), moment), sql.DATE)


def state_of(last: Column, met: Column, today: Column) -> Column:
    """The state of a deadline at the end of the day ``last`` that was met on the day ``met``, or not yet."""
    return sql.case(
        (met <= last, constant(DeadlineState.MET)),
        (met.is_not(None), constant(DeadlineState.MET_LATE)),
        (last < today, constant(DeadlineState.OVERDUE)),
        (last - today <= _SOON, constant(DeadlineState.DUE_SOON)),
        else_=constant(DeadlineState.ON_TIME),
    )


def day_deadline(
    due: Expression, met_on: Expression, community_id: Callable[[Row], Column], why: Expression, description: str
) -> Any:
    """A field with a deadline; null if ``due`` is null."""

    def rows(row: Row) -> sql.From:
        last, met, today = due(row), met_on(row), local_day(now_of(row), community_id(row))
        named = {"due": last, "state": state_of(last, met, today), "met_on": met, "why": why(row)}
        columns = [each.label(name) for name, each in named.items()]
        return sql.select(*columns).where(last.is_not(None)).subquery("deadline")

    return one_row(rows, description)
