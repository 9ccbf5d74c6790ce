"""The direct line (民声直通车) in figures: how much came in, and how well it was answered, solved and liked."""

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
from schema.compiler.declare import argument, column, groups, labelled, paged, part, to_one, value
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row
from schema.figures import Rate, Test, behind, between, both, count, day_of_period, month_of, rate, status_in
from schema.orders import CASE_ORDERS, CaseOrder
from schema.relay import Connection

KINDS = argument("kinds", list[AppealKind] | None, "Appeals of these kinds; problems by default.")
OF = argument("of", AppealFigure | None, "The number whose cases are wanted; `ALL` by default.")
_GIVEN_UP = frozenset({AppealStatus.REJECTED, AppealStatus.WITHDRAWN})


def _unresolved(row: Row) -> Condition:
    still_open = sql.or_(row.c.closed_at.is_(None), row.c.closed_at >= day_of_period(row, "last"))
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
    ended = sql.or_(_resolved(row), _is_past("resolution_due_at")(row))
    return sql.and_(_to_resolve(row), row.c.resolution_due_at.is_not(None), ended)


_resolved = status_in(frozenset({AppealStatus.CLOSED}))


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
    AppealFigure.RESOLVED_IN_TIME: both(_resolution_due, _resolved, _resolved_in_time),
    AppealFigure.RATED: _rated,
    AppealFigure.SATISFIED: _satisfied,
}


def came_in(row: Row) -> list[Condition]:
    """Appeals of the wanted kinds that were opened in the period."""
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
    return paged(
        "The appeals behind a number.", CASE_ORDERS, link=link, where=AppealFilter, order_by=CaseOrder, also=[OF]
    )


_MONTH = month_of("opened_at")


@part
class AppealFigures:
    """How appeals were answered, solved and liked, as it stands now."""

    total: int = value(count(), "How many.")
    unresolved: int = value(count(_unresolved), "How many were unresolved at the period's end.")
    overdue: int = value(count(is_overdue), "How many drag: past a deadline now that was not met.")
    response_rate: Rate = _rate(
        AppealFigure.RESPONDED_IN_TIME, AppealFigure.RESPONSE_DUE, "Called back in time (响应率)"
    )
    resolution_rate: Rate = _rate(AppealFigure.RESOLVED, AppealFigure.TO_RESOLVE, "Closed (办结率)")
    timely_resolution_rate: Rate = _rate(
        AppealFigure.RESOLVED_IN_TIME, AppealFigure.RESOLUTION_DUE, "Closed in time (按期办结率)"
    )
    satisfaction_rate: Rate = _rate(
        AppealFigure.SATISFIED, AppealFigure.RATED, "Satisfied, of those who rated it (满意率)"
    )


@part
class KindFigures(AppealFigures):
    """Appeals of one kind."""

    kind: AppealKind = column("kind", "The kind.")
    label: str = labelled("kind", AppealKind, "The kind in Chinese.")
    cases: Connection[Appeal] = _cases("kind")


@part
class CategoryFigures(AppealFigures):
    """Appeals of one category."""

    category: AppealCategory = column("category", "The category.")
    label: str = labelled("category", AppealCategory, "The category in Chinese.")
    cases: Connection[Appeal] = _cases("category")


@part
class GridFigures(AppealFigures):
    """Appeals of one grid."""

    grid = to_one("grid_id", "The grid.")
    cases: Connection[Appeal] = _cases("grid_id")


@part
class OrganisationFigures(AppealFigures):
    """Appeals for which one organisation answers."""

    organisation = to_one("organisation_id", "Who answers for the category; null where the community does so itself.")
    cases: Connection[Appeal] = _cases("organisation_id")


@part
class MonthFigures(AppealFigures):
    """Appeals of one month by the community's calendar."""

    month: date = column("month", "The first day of the month.")
    cases: Connection[Appeal] = _cases("month", _MONTH)


@part
class DirectLineStatistics(AppealFigures):
    """The direct line (民声直通车): what came in during the period."""

    cases: Connection[Appeal] = _cases()
    by_kind: list[KindFigures] = groups("kind", "By kind, the most frequent first.")
    by_category: list[CategoryFigures] = groups("category", "By category, the most frequent first.")
    by_grid: list[GridFigures] = groups("grid_id", "By grid, the one with most first.")
    by_organisation: list[OrganisationFigures] = groups(
        "organisation_id", "By the organisation that answers for the category, the one with most first."
    )
    by_month: list[MonthFigures] = groups(
        "month", "By month, the earliest first; months without any are left out.", made=_MONTH, by_size=False
    )
