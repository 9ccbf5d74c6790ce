"""Deadlines by the calendar: by which day, how it stands, and which article or local rule it comes from."""

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
from schema.compiler.declare import column, derived, labelled, one_row
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row

_SOON = 3
"""Days before it is due in which it is due soon."""


@derived
class DayDeadline:
    """Something that is due by the end of a day, by the community's calendar."""

    due: date = column("due", "The last day.")
    state: DeadlineState = column("state", "How it stands.")
    state_label: str = labelled("state", DeadlineState, "How it stands, in Chinese.")
    met_on: date | None = column("met_on", "When it was met.")
    why: str = column("why", "The article or the local rule that it comes from, in Chinese.")


def local_day(moment: Column, community_id: Column) -> Column:
    """The day of a moment by the calendar of a community."""
    community = alias(Community)
    zone = sql.select(community.c.time_zone).from_(community).where(community.c.id == community_id)
    return sql.cast(sql.func.timezone(zone.scalar(), moment), sql.DATE)


def day_deadline(
    due: Expression,
    met_on: Expression,
    community_id: Callable[[Row], Column],
    why: Expression,
    description: str,
) -> Any:
    """The field of something with a deadline; null while ``due`` is."""

    def rows(row: Row) -> sql.From:
        last, met, today = due(row), met_on(row), local_day(now_of(row), community_id(row))
        state = sql.case(
            (met <= last, constant(DeadlineState.MET)),
            (met.is_not(None), constant(DeadlineState.MET_LATE)),
            (last < today, constant(DeadlineState.OVERDUE)),
            (last - today <= _SOON, constant(DeadlineState.DUE_SOON)),
            else_=constant(DeadlineState.ON_TIME),
        )
        named = {"due": last, "state": state, "met_on": met, "why": why(row)}
        columns = [each.label(name) for name, each in named.items()]
        return sql.select(*columns).where(last.is_not(None)).subquery("deadline")

    return one_row(rows, description)
