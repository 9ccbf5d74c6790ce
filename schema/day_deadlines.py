"""Deadlines by the calendar: by which day, how it stands, and which article or local rule it comes from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa

from db.places import Community
from db.scope import alias, table
from rules.clocks import DEADLINE_LABELS, DeadlineState
from schema.clocks import now_of
from schema.compiler.declare import column, derived, labelled, one_row
from schema.compiler.expressions import constant
from schema.compiler.sources import Column, Expression, Row

_SOON: Column = sa.literal_column("3")
"""Days before it is due in which it is due soon."""


@derived
class DayDeadline:
    """Something that is due by the end of a day, by the community's calendar."""

    due: date = column("due", "The last day.")
    state: DeadlineState = column("state", "How it stands.")
    state_label: str = labelled("state", DEADLINE_LABELS, "How it stands, in Chinese.")
    met_on: date | None = column("met_on", "When it was met.")
    why: str = column("why", "The article or the local rule that it comes from, in Chinese.")


def local_day(moment: Column, community_id: Column) -> Column:
    """The day of a moment by the calendar of a community."""
    community = alias(table(Community))
    zone = sa.select(community.c.time_zone).where(community.c.id == community_id).correlate_except(community)
    return sa.cast(sa.func.timezone(zone.scalar_subquery(), moment), sa.Date)


def day_deadline(
    due: Expression,
    met_on: Expression,
    community_id: Callable[[Row], Column],
    why: Expression,
    description: str,
) -> Any:
    """The field of something with a deadline; null while ``due`` is."""

    def rows(row: Row) -> sa.FromClause:
        last, met, today = due(row), met_on(row), local_day(now_of(row), community_id(row))
        state = sa.case(
            (met <= last, constant(DeadlineState.MET)),
            (met.is_not(None), constant(DeadlineState.MET_LATE)),
            (last < today, constant(DeadlineState.OVERDUE)),
            (last - today <= _SOON, constant(DeadlineState.DUE_SOON)),
            else_=constant(DeadlineState.ON_TIME),
        )
        named = {"due": last, "state": state, "met_on": met, "why": why(row)}
        found = sa.select(*(sql.label(name) for name, sql in named.items())).where(last.is_not(None))
        return found.correlate_except().subquery("deadline")

    return one_row(rows, description)
