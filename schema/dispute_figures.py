"""Statistics of mediation (domain.md section 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from db import agreements, sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.agreements import AgreementForm
from rules.disputes import SETTLED, DisputeLevel, DisputeOrigin, DisputeStatus, DisputeType
from rules.statistics import DisputeFigure
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row
from schema.disputes import Dispute, DisputeFilter
from schema.figures import Figures, Test, behind, between, both, count, end_of_year, month_of, share, status_in
from schema.orders import DISPUTE_ORDERS, CaseOrder
from schema.relay import Connection

OF = gql.argument("of", DisputeFigure | None, "The number whose cases are listed; `ALL` by default.")


def _closed(row: Row) -> Condition:
    """Closed by the end of the year, so that the figures of a past year stay what they were."""
    closed_at: Column = row.c.closed_at
    return sql.and_(closed_at.is_not(None), closed_at < end_of_year(row))


def _pending(row: Row) -> Condition:
    return sql.not_(_closed(row))


def _ended(*statuses: DisputeStatus) -> Test:
    return both(_closed, status_in(frozenset(statuses)))


def _form(form: AgreementForm) -> Test:
    def condition(row: Row) -> Condition:
        agreement = alias(agreements.Agreement)
        own = sql.and_(agreement.c.dispute_id == row.c.id, sql.cast(agreement.c.form, sql.TEXT) == constant(form))
        return sql.exists(agreement).where(own)

    return both(_closed, condition)


def _not_checked_since(row: Row) -> Condition:
    """True if the status is that of the end of the year: no follow-up has changed it afterwards."""
    agreement, check = alias(agreements.Agreement), alias(agreements.PerformanceCheck)
    own = sql.and_(check.c.agreement_id == agreement.c.id, agreement.c.dispute_id == row.c.id)
    later = check.c.recorded_at >= end_of_year(row)
    return sql.not_(sql.exists(agreement.join(check, own)).where(later))


def _in_grid(row: Row) -> Condition:
    return sql.cast(row.c.level, sql.TEXT) == constant(DisputeLevel.GRID)


_settled = _ended(*SETTLED)
TESTS: dict[DisputeFigure, Test] = {
    DisputeFigure.ALL: lambda _: sql.TRUE,
    DisputeFigure.PENDING: _pending,
    DisputeFigure.CLOSED: _closed,
    DisputeFigure.MEDIATED: status_in(SETTLED | {DisputeStatus.MEDIATING, DisputeStatus.FAILED}),
    DisputeFigure.SETTLED: _settled,
    DisputeFigure.ORAL: _form(AgreementForm.ORAL),
    DisputeFigure.WRITTEN: _form(AgreementForm.WRITTEN),
    DisputeFigure.SETTLED_IN_GRID: both(_settled, _in_grid),
    DisputeFigure.PERFORMED: both(_ended(DisputeStatus.PERFORMED), _not_checked_since),
    DisputeFigure.BREACHED: both(_ended(DisputeStatus.BREACHED), _not_checked_since),
    DisputeFigure.FAILED: _ended(DisputeStatus.FAILED),
    DisputeFigure.REFUSED: _ended(DisputeStatus.REFUSED),
    DisputeFigure.WITHDRAWN: _ended(DisputeStatus.WITHDRAWN),
}


def _count(figure: DisputeFigure) -> Expression:
    return count(TESTS[figure])


def _share(over: DisputeFigure, under: DisputeFigure, description: str) -> Any:
    return gql.value(share(_count(over), _count(under)), f"{description}: {over} / {under}. Null when there is none.")


def _cases(key: str | None = None, made: Expression | None = None) -> Any:
    link = behind(TESTS, between("opened_at"), key, made)
    return gql.paged("Disputes counted.", DISPUTE_ORDERS, link=link, where=DisputeFilter, order_by=CaseOrder, also=[OF])


_MONTH = month_of("opened_at")


@gql.part
class DisputeFigures(Figures):
    """Counts and rates of disputes, as they stood at the end of the year of the period, or stand now while it runs."""

    total: int = gql.value(count(), "The number of disputes.")
    oral: int = gql.value(_count(DisputeFigure.ORAL), "Settled by oral agreement.")
    written: int = gql.value(_count(DisputeFigure.WRITTEN), "Settled by written agreement.")
    settled: int = gql.value(_count(DisputeFigure.SETTLED), "Settled by agreement.")
    performed: int = gql.value(_count(DisputeFigure.PERFORMED), "Settled, and the agreement was performed.")
    breached: int = gql.value(_count(DisputeFigure.BREACHED), "Settled, and the agreement was breached.")
    failed: int = gql.value(_count(DisputeFigure.FAILED), "Mediated without an agreement.")
    refused: int = gql.value(_count(DisputeFigure.REFUSED), "Not mediated because a party refused.")
    withdrawn: int = gql.value(_count(DisputeFigure.WITHDRAWN), "Withdrawn by the parties.")
    pending: int = gql.value(_count(DisputeFigure.PENDING), "Reported or being mediated.")
    closed: int = gql.value(_count(DisputeFigure.CLOSED), "No longer pending.")
    mediated: int = gql.value(_count(DisputeFigure.MEDIATED), "Mediation has begun.")
    settled_in_grid: int = gql.value(_count(DisputeFigure.SETTLED_IN_GRID), "Settled in the grid (小事不出网格).")
    mediation_rate: float | None = _share(DisputeFigure.MEDIATED, DisputeFigure.ALL, "Taken up (调处率)")
    success_rate: float | None = _share(DisputeFigure.SETTLED, DisputeFigure.ALL, "Settled (成功率), of all")
    closed_success_rate: float | None = _share(DisputeFigure.SETTLED, DisputeFigure.CLOSED, "Settled, of those closed")
    settled_in_grid_share: float | None = _share(
        DisputeFigure.SETTLED_IN_GRID, DisputeFigure.SETTLED, "Settled without leaving the grid"
    )


@gql.part
class DisputeTypeFigures(DisputeFigures):
    """Disputes of one type."""

    type = gql.word("type", DisputeType, "The type.", "label")
    cases: Connection[Dispute] = _cases("type")


@gql.part
class DisputeLevelFigures(DisputeFigures):
    """Disputes handled at one level."""

    level = gql.word("level", DisputeLevel, "The level.", "label")
    cases: Connection[Dispute] = _cases("level")


@gql.part
class DisputeOriginFigures(DisputeFigures):
    """Disputes of one origin."""

    origin = gql.word("origin", DisputeOrigin, "The origin.", "label")
    cases: Connection[Dispute] = _cases("origin")


@gql.part
class DisputeMonthFigures(DisputeFigures):
    """Disputes reported in one month in the community's time zone."""

    starts_on: date = gql.column("month", "The first day of the month.")
    cases: Connection[Dispute] = _cases("month", _MONTH)


@gql.part
class DisputeStatistics(DisputeFigures):
    """Disputes reported in the period."""

    cases: Connection[Dispute] = _cases()
    by_type: list[DisputeTypeFigures] = gql.groups("type", "By type, largest group first.")
    by_level: list[DisputeLevelFigures] = gql.groups("level", "By level, largest group first.")
    by_origin: list[DisputeOriginFigures] = gql.groups("origin", "By origin, largest group first.")
    by_month: list[DisputeMonthFigures] = gql.groups(
        "month", "By month, earliest first; without empty months.", made=_MONTH, by_size=False
    )
