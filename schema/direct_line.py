"""Statistics of the direct line (民声直通车): how many appeals came in, and how they were answered."""

from __future__ import annotations

from datetime import date
from typing import Any

from db import sql
from db.scope import Condition
from db.sql import Column
from rules.appeals import AppealCategory, AppealKind, AppealStatus
from rules.statistics import SATISFIED_FROM, AppealFigure
from schema.appeals import Appeal, AppealFilter
from schema.clocks import is_overdue, is_paused, now_of
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row
from schema.figures import (
    Figures,
    Rate,
    Test,
    behind,
    between,
    both,
    count,
    day_of_period,
    end_of_year,
    month_of,
    rate,
    status_in,
)
from schema.orders import APPEAL_ORDERS, CaseOrder
from schema.places import Estate
from schema.relay import Connection

KINDS = gql.argument("kinds", list[AppealKind] | None, "Only appeals of these kinds; problems by default.")
OF = gql.argument("of", AppealFigure | None, "The number whose cases are listed; `ALL` by default.")
_GIVEN_UP = frozenset({AppealStatus.REJECTED, AppealStatus.WITHDRAWN})


def _unresolved(row: Row) -> Condition:
    still_open = sql.or_(row.c.closed_at.is_(None), row.c.closed_at >= day_of_period(row, "endsOn"))
    return sql.and_(still_open, sql.not_(status_in(_GIVEN_UP)(row)))


def _responded_at(row: Row) -> Column:
    at: Column = sql.func.coalesce(row.c.accepted_at, row.c.rejected_at, row.c.closed_at)
    return at


def _is_past(due: str) -> Test:
    return lambda row: sql.and_(row.c[due] <= now_of(row), sql.not_(is_paused(row)))


def _response_due(row: Row) -> Condition:
    waits = sql.and_(row.c.withdrawn_at.is_(None), _is_past("response_due_at")(row))
    return sql.and_(row.c.response_due_at.is_not(None), sql.or_(_responded_at(row).is_not(None), waits))


def _to_resolve(row: Row) -> Condition:
    return sql.not_(status_in(_GIVEN_UP)(row))


def _resolution_due(row: Row) -> Condition:
    ended = sql.or_(_is_closed(row), _is_past("resolution_due_at")(row))
    return sql.and_(_to_resolve(row), row.c.resolution_due_at.is_not(None), ended)


_is_closed = status_in(frozenset({AppealStatus.CLOSED}))


def _resolved(row: Row) -> Condition:
    """Closed by the end of the year, so that the rate of a past year stays what it was."""
    return sql.and_(_is_closed(row), row.c.closed_at < end_of_year(row))


def _resolved_in_time(row: Row) -> Condition:
    due: Column = row.c.resolution_due_at
    return due >= sql.func.coalesce(row.c.answered_at, row.c.closed_at)


def _rated(row: Row) -> Condition:
    rating: Column = row.c.rating
    return rating.is_not(None)


def _satisfied(row: Row) -> Condition:
    rating: Column = row.c.rating
    return rating >= SATISFIED_FROM


TESTS: dict[AppealFigure, Test] = {
    AppealFigure.ALL: lambda _: sql.TRUE,
    AppealFigure.UNRESOLVED: _unresolved,
    AppealFigure.OVERDUE: is_overdue,
    AppealFigure.RESPONSE_DUE: _response_due,
    AppealFigure.RESPONDED_IN_TIME: both(_response_due, lambda row: _responded_at(row) <= row.c.response_due_at),
    AppealFigure.TO_RESOLVE: _to_resolve,
    AppealFigure.RESOLVED: _resolved,
    AppealFigure.RESOLUTION_DUE: _resolution_due,
    AppealFigure.RESOLVED_IN_TIME: both(_resolution_due, _is_closed, _resolved_in_time),
    AppealFigure.RATED: _rated,
    AppealFigure.SATISFIED: _satisfied,
}


def came_in(row: Row) -> list[Condition]:
    """Appeals of the given kinds that were opened in the period."""
    kind = sql.cast(row.c.kind, sql.TEXT)
    asked = row.arguments.get("kinds")
    if asked is None:
        return [*between("opened_at")(row), kind == constant(AppealKind.PROBLEM)]
    wanted = row.bind(sql.array_of(sql.TEXT), asked.convert(lambda kinds: [each.value for each in kinds]))
    return [*between("opened_at")(row), kind == sql.any_(wanted)]


def _rate(over: AppealFigure, under: AppealFigure, description: str) -> Any:
    return rate(TESTS[over], TESTS[under], f"{description}: {over} / {under}.")


def _cases(key: str | None = None, made: Expression | None = None) -> Any:
    link = behind(TESTS, came_in, key, made)
    return gql.paged("Appeals counted.", APPEAL_ORDERS, link=link, where=AppealFilter, order_by=CaseOrder, also=[OF])


_MONTH = month_of("opened_at")


@gql.part
class AppealFigures(Figures):
    """Counts and rates of appeals, by their current state."""

    total: int = gql.value(count(), "The number of appeals.")
    unresolved: int = gql.value(count(_unresolved), "The number that were unresolved at the end of the period.")
    overdue: int = gql.value(count(is_overdue), "The number that are past a deadline now.")
    response_rate: Rate = _rate(
        AppealFigure.RESPONDED_IN_TIME, AppealFigure.RESPONSE_DUE, "Called back in time (响应率)"
    )
    resolution_rate: Rate = _rate(
        AppealFigure.RESOLVED, AppealFigure.TO_RESOLVE, "Closed by the end of the year (办结率)"
    )
    timely_resolution_rate: Rate = _rate(
        AppealFigure.RESOLVED_IN_TIME, AppealFigure.RESOLUTION_DUE, "In time (按期办结率)"
    )
    satisfaction_rate: Rate = _rate(AppealFigure.SATISFIED, AppealFigure.RATED, "Satisfied, of the rated ones (满意率)")


@gql.part
class AppealKindFigures(AppealFigures):
    """Appeals of one kind."""

    kind = gql.word("kind", AppealKind, "The kind.", "label")
    cases: Connection[Appeal] = _cases("kind")


@gql.part
class AppealCategoryFigures(AppealFigures):
    """Appeals of one category."""

    category = gql.word("category", AppealCategory, "The category.", "label")
    cases: Connection[Appeal] = _cases("category")


@gql.part
class AppealGridFigures(AppealFigures):
    """Appeals of one grid, or of an estate or the community as a whole."""

    grid = gql.to_one("grid_id", "The grid; null for the appeals that concern more than one.")
    estate: Estate | None = gql.by_link(
        lambda row, t: t.id == row.c.grid_id,
        "The estate, for appeals about all of it; null with the grid for the community.",
    )
    cases: Connection[Appeal] = _cases("grid_id")


@gql.part
class AppealOrganisationFigures(AppealFigures):
    """Appeals for which one organisation is responsible."""

    organisation = gql.to_one("organisation_id", "The organisation responsible; null for the community itself.")
    cases: Connection[Appeal] = _cases("organisation_id")


@gql.part
class AppealMonthFigures(AppealFigures):
    """Appeals of one month in the community's time zone."""

    starts_on: date = gql.column("month", "The first day of the month.")
    cases: Connection[Appeal] = _cases("month", _MONTH)


@gql.part
class DirectLineStatistics(AppealFigures):
    """The direct line (民声直通车): the appeals opened in the period."""

    cases: Connection[Appeal] = _cases()
    by_kind: list[AppealKindFigures] = gql.groups("kind", "By kind, largest group first.")
    by_category: list[AppealCategoryFigures] = gql.groups("category", "By category, largest group first.")
    by_grid: list[AppealGridFigures] = gql.groups("grid_id", "By grid, largest group first.")
    by_organisation: list[AppealOrganisationFigures] = gql.groups(
        "organisation_id", "By the organisation responsible for the category, largest group first."
    )
    by_month: list[AppealMonthFigures] = gql.groups(
        "month", "By month, without empty ones.", made=_MONTH, by_size=False
    )
