"""Mediation in figures: how much there was to mediate, and what became of it (domain.md section 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from db import agreements, sql
from db.base import alias
from db.scope import Condition
from rules.agreements import AgreementForm
from rules.disputes import (
    PENDING,
    SETTLED,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
)
from rules.statistics import DisputeFigure
from schema.compiler.declare import argument, column, groups, labelled, paged, part, value
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row
from schema.disputes import Dispute, DisputeFilter
from schema.figures import Test, behind, between, both, count, month_of, share, status_in
from schema.orders import CASE_ORDERS, CaseOrder
from schema.relay import Connection

OF = argument("of", DisputeFigure | None, "The number whose cases are wanted; `ALL` by default.")


def _form(form: AgreementForm) -> Test:
    def condition(row: Row) -> Condition:
        agreement = alias(agreements.Agreement)
        own = sql.and_(agreement.c.dispute_id == row.c.id, sql.cast(agreement.c.form, sql.TEXT) == constant(form))
        return sql.exists(agreement).where(own)

    return condition


def _is(status: DisputeStatus) -> Test:
    return status_in(frozenset({status}))


def _closed(row: Row) -> Condition:
    return sql.not_(status_in(PENDING)(row))


def _in_grid(row: Row) -> Condition:
    return sql.cast(row.c.level, sql.TEXT) == constant(DisputeLevel.GRID)


_settled = status_in(SETTLED)
TESTS: dict[DisputeFigure, Test] = {
    DisputeFigure.ALL: lambda _: sql.TRUE,
    DisputeFigure.PENDING: status_in(PENDING),
    DisputeFigure.CLOSED: _closed,
    DisputeFigure.MEDIATED: status_in(SETTLED | {DisputeStatus.MEDIATING, DisputeStatus.FAILED}),
    DisputeFigure.SETTLED: _settled,
    DisputeFigure.ORAL: _form(AgreementForm.ORAL),
    DisputeFigure.WRITTEN: _form(AgreementForm.WRITTEN),
    DisputeFigure.SETTLED_IN_GRID: both(_settled, _in_grid),
    DisputeFigure.PERFORMED: _is(DisputeStatus.PERFORMED),
    DisputeFigure.BREACHED: _is(DisputeStatus.BREACHED),
    DisputeFigure.FAILED: _is(DisputeStatus.FAILED),
    DisputeFigure.REFUSED: _is(DisputeStatus.REFUSED),
    DisputeFigure.WITHDRAWN: _is(DisputeStatus.WITHDRAWN),
}


def _count(figure: DisputeFigure) -> Expression:
    return count(TESTS[figure])


def _share(over: DisputeFigure, under: DisputeFigure, description: str) -> Any:
    return value(share(_count(over), _count(under)), f"{description}: {over} / {under}. Null when there is none.")


def _cases(key: str | None = None, made: Expression | None = None) -> Any:
    link = behind(TESTS, between("opened_at"), key, made)
    return paged(
        "The disputes behind a number.", CASE_ORDERS, link=link, where=DisputeFilter, order_by=CaseOrder, also=[OF]
    )


_MONTH = month_of("opened_at")


@part
class DisputeFigures:
    """What became of disputes, as they stand now."""

    total: int = value(count(), "How many there were to mediate.")
    oral: int = value(_count(DisputeFigure.ORAL), "Settled by oral agreement.")
    written: int = value(_count(DisputeFigure.WRITTEN), "Settled by written agreement.")
    settled: int = value(_count(DisputeFigure.SETTLED), "Settled by agreement.")
    performed: int = value(_count(DisputeFigure.PERFORMED), "Settled, and the agreement was kept.")
    breached: int = value(_count(DisputeFigure.BREACHED), "Settled, and the agreement was broken.")
    failed: int = value(_count(DisputeFigure.FAILED), "Mediated without an agreement.")
    refused: int = value(_count(DisputeFigure.REFUSED), "Not mediated, as a party refused.")
    withdrawn: int = value(_count(DisputeFigure.WITHDRAWN), "Withdrawn by who reported it.")
    pending: int = value(_count(DisputeFigure.PENDING), "Reported or being mediated.")
    closed: int = value(_count(DisputeFigure.CLOSED), "Not pending any more.")
    mediated: int = value(_count(DisputeFigure.MEDIATED), "Mediation was begun.")
    settled_in_grid: int = value(
        _count(DisputeFigure.SETTLED_IN_GRID), "Settled without leaving the grid (小事不出网格)."
    )
    mediation_rate: float | None = _share(DisputeFigure.MEDIATED, DisputeFigure.ALL, "Taken up (调处率)")
    success_rate: float | None = _share(
        DisputeFigure.SETTLED, DisputeFigure.ALL, "Settled (成功率); a pending case stays in the denominator"
    )
    closed_success_rate: float | None = _share(
        DisputeFigure.SETTLED, DisputeFigure.CLOSED, "Settled, of those that are not pending any more"
    )
    settled_in_grid_share: float | None = _share(
        DisputeFigure.SETTLED_IN_GRID, DisputeFigure.SETTLED, "Settled without leaving the grid"
    )


@part
class DisputeTypeFigures(DisputeFigures):
    """Disputes of one type."""

    type: DisputeType = column("type", "The type.")
    label: str = labelled("type", DisputeType, "The type in Chinese.")
    cases: Connection[Dispute] = _cases("type")


@part
class DisputeLevelFigures(DisputeFigures):
    """Disputes handled at one level."""

    level: DisputeLevel = column("level", "The level.")
    label: str = labelled("level", DisputeLevel, "The level in Chinese.")
    cases: Connection[Dispute] = _cases("level")


@part
class DisputeOriginFigures(DisputeFigures):
    """Disputes that came in by one way."""

    origin: DisputeOrigin = column("origin", "The origin.")
    label: str = labelled("origin", DisputeOrigin, "The origin in Chinese.")
    cases: Connection[Dispute] = _cases("origin")


@part
class DisputeMonthFigures(DisputeFigures):
    """Disputes reported in one month by the community's calendar."""

    month: date = column("month", "The first day of the month.")
    cases: Connection[Dispute] = _cases("month", _MONTH)


@part
class DisputeStatistics(DisputeFigures):
    """Disputes reported in the period."""

    cases: Connection[Dispute] = _cases()
    by_type: list[DisputeTypeFigures] = groups("type", "By type, the most frequent first.")
    by_level: list[DisputeLevelFigures] = groups("level", "By level, the most frequent first.")
    by_origin: list[DisputeOriginFigures] = groups("origin", "By origin, the most frequent first.")
    by_month: list[DisputeMonthFigures] = groups(
        "month", "By month, the earliest first; months without any are left out.", made=_MONTH, by_size=False
    )
