"""Statistics between two days: counted from the records each time, never stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from db import agreements, appeals, disputes, places, visits
from db.scope import Condition, alias, table, visible
from rules.agreements import AgreementForm
from rules.appeals import CATEGORY_LABELS, AppealCategory, AppealKind, AppealStatus
from rules.disputes import (
    LEVEL_LABELS,
    PENDING,
    SETTLED,
    TYPE_LABELS,
    DisputeLevel,
    DisputeType,
)
from rules.places import PremisesKind
from rules.refusals import invalid
from rules.visits import MODE_LABELS, VisitMode
from schema.compiler.declare import aggregate, column, groups, labelled, part, value
from schema.compiler.expressions import constant, values
from schema.compiler.sources import Column, Expression, Row
from schema.ids import parse_id


def _day(row: Row, name: str) -> Column:
    """The given day's midnight by the community's calendar; ``last`` means the midnight that ends it."""

    def read(between: dict[str, date]) -> date:
        if between["last"] < between["first"]:
            raise invalid("结束日期早于开始日期", "the last day is before the first", "last")
        return between[name]

    midnight: Column = sa.cast(row.given("between", sa.Date(), read), sa.DateTime())
    if name == "last":
        midnight = midnight + sa.literal_column("interval '1 day'")
    return sa.func.timezone(_time_zone(row), midnight)


def _time_zone(row: Row) -> Column:
    community = alias(table(places.Community))
    own = sa.select(community.c.time_zone).where(community.c.id == sa.any_(row.scope.communities))
    if "community" in row.arguments:
        own = own.where(community.c.id == _community(row))
    first = own.order_by(community.c.id).limit(1).correlate_except(community)
    return sa.func.coalesce(first.scalar_subquery(), constant("Asia/Shanghai"))


def _community(row: Row) -> Column:
    return row.given("community", sa.Uuid(), lambda text: parse_id("community", text))


def _in_community(row: Row) -> list[Condition]:
    """Keeps the rows of the community in the arguments, if one is given."""
    if "community" not in row.arguments:
        return []
    if "community_id" in row.c:
        return [row.c.community_id == _community(row)]
    grid = alias(table(places.Grid))
    own = sa.select(grid.c.id).where(grid.c.community_id == _community(row))
    return [row.c.grid_id.in_(own.correlate_except(grid))]


def _between(moment: str) -> Callable[[Row], Sequence[Condition]]:
    def only(row: Row) -> list[Condition]:
        at = row.c[moment]
        return [at >= _day(row, "first"), at < _day(row, "last"), *_in_community(row)]

    return only


def _count(condition: Callable[[Row], Any] | None = None) -> Expression:
    """How many rows, of those that meet the condition."""

    def expression(row: Row) -> Column:
        counted = sa.func.count()
        return counted if condition is None else counted.filter(condition(row))

    return expression


def _share(part_of: Expression, whole: Expression) -> Expression:
    """The part's share of the whole, 0 to 1; null when the whole is nothing."""
    return lambda row: sa.cast(part_of(row), sa.Double) / sa.func.nullif(whole(row), sa.literal_column("0"))


def _status_in(statuses: frozenset[Any]) -> Callable[[Row], Condition]:
    return lambda row: sa.cast(row.c.status, sa.Text).in_(values(sorted(statuses)))


def _form(form: AgreementForm) -> Callable[[Row], Condition]:
    def condition(row: Row) -> Condition:
        agreement = alias(table(agreements.Agreement))
        own = sa.and_(agreement.c.dispute_id == row.c.id, sa.cast(agreement.c.form, sa.Text) == constant(form))
        return sa.exists().where(own).correlate_except(agreement)

    return condition


def _settled_at(level: DisputeLevel) -> Callable[[Row], Condition]:
    def condition(row: Row) -> Condition:
        return sa.and_(_status_in(SETTLED)(row), sa.cast(row.c.level, sa.Text) == constant(level))

    return condition


_ALL = _count()
_SETTLED = _count(_status_in(SETTLED))
_CLOSED = _count(lambda row: sa.not_(_status_in(PENDING)(row)))
_IN_GRID = _count(_settled_at(DisputeLevel.GRID))


@part
class DisputeTypeCount:
    """Disputes of one type."""

    type: DisputeType = column("type", "The type.")
    label: str = labelled("type", TYPE_LABELS, "The type in Chinese.")
    count: int = value(_ALL, "How many.")
    settled: int = value(_SETTLED, "How many of them are settled.")


@part
class DisputeLevelCount:
    """Disputes handled at one level."""

    level: DisputeLevel = column("level", "The level.")
    label: str = labelled("level", LEVEL_LABELS, "The level in Chinese.")
    count: int = value(_ALL, "How many.")
    settled: int = value(_SETTLED, "How many of them are settled.")


@part
class DisputeStatistics:
    """Disputes reported in the period, as they stand now."""

    total: int = value(_ALL, "How many were reported.")
    oral: int = value(_count(_form(AgreementForm.ORAL)), "Settled by oral agreement.")
    written: int = value(_count(_form(AgreementForm.WRITTEN)), "Settled by written agreement.")
    settled: int = value(_SETTLED, "Settled by agreement.")
    pending: int = value(_count(_status_in(PENDING)), "Reported or being mediated.")
    success_rate: float | None = value(
        _share(_SETTLED, _ALL),
        "Settled / total: a pending case stays in the denominator. Null without cases.",
    )
    closed_success_rate: float | None = value(
        _share(_SETTLED, _CLOSED), "Settled / closed: pending cases are left out. Null without closed cases."
    )
    settled_in_grid: int = value(_IN_GRID, "Settled without leaving the grid (小事不出网格).")
    settled_in_grid_share: float | None = value(_share(_IN_GRID, _SETTLED), "Settled in the grid / settled.")
    by_type: list[DisputeTypeCount] = groups("type", "By type, the most frequent first.")
    by_level: list[DisputeLevelCount] = groups("level", "By level, the most frequent first.")


def _unresolved(row: Row) -> Condition:
    """Not closed by the period's end; rejected and withdrawn appeals are no longer open."""
    given_up = _status_in(frozenset({AppealStatus.REJECTED, AppealStatus.WITHDRAWN}))
    still_open = sa.or_(row.c.closed_at.is_(None), row.c.closed_at >= _day(row, "last"))
    return sa.and_(still_open, sa.not_(given_up(row)))


def _problems(row: Row) -> list[Condition]:
    is_problem = sa.cast(row.c.kind, sa.Text) == constant(AppealKind.PROBLEM)
    return [*_between("opened_at")(row), is_problem]


@part
class CategoryCount:
    """Problems of one category."""

    category: AppealCategory = column("category", "The category.")
    label: str = labelled("category", CATEGORY_LABELS, "The category in Chinese.")
    count: int = value(_ALL, "How many.")
    unresolved: int = value(_count(_unresolved), "How many of them were unresolved at the period's end.")


@part
class DirectLineStatistics:
    """The direct line (民声直通车): problems that came in during the period."""

    problems: int = value(_ALL, "How many.")
    unresolved: int = value(_count(_unresolved), "How many were unresolved at the period's end.")
    by_category: list[CategoryCount] = groups("category", "By category, the most frequent first.")


@part
class VisitModeCount:
    """Visits in one mode."""

    mode: VisitMode = column("mode", "The mode.")
    label: str = labelled("mode", MODE_LABELS, "The mode in Chinese.")
    count: int = value(_ALL, "How many.")


@part
class VisitStatistics:
    """Visits that occurred in the period."""

    total: int = value(_ALL, "How many.")
    households: int = value(
        lambda row: sa.func.count(sa.distinct(row.c.household_id)),
        "How many different households were reached.",
    )
    by_mode: list[VisitModeCount] = groups("mode", "By mode, the most frequent first.")


def _sites(row: Row) -> list[Condition]:
    is_site = sa.cast(row.c.kind, sa.Text) == constant(PremisesKind.CONSTRUCTION_SITE)
    return [is_site, *_in_community(row)]


def _matters(*conditions: Callable[[Row], Condition]) -> Expression:
    """How many disputes reported in the period have a site as a party; one with two sites is one."""

    def expression(row: Row) -> Column:
        dispute = alias(table(disputes.Dispute))
        case = Row(dispute.c, row.scope, row.bind, row.arguments)
        counted = (
            sa.select(sa.func.count())
            .select_from(dispute)
            .where(visible(table(disputes.Dispute), dispute, row.scope), *_between("opened_at")(case))
            .where(_with_a_site(case), *(condition(case) for condition in conditions))
        )
        return counted.correlate_except(dispute).scalar_subquery()

    return expression


def _with_a_site(case: Row) -> Condition:
    party, site = alias(table(disputes.DisputeParty)), alias(table(places.Premises))
    own = Row(site.c, case.scope, case.bind, case.arguments)
    return (
        sa.exists()
        .select_from(party.join(site, site.c.id == party.c.premises_id))
        .where(party.c.dispute_id == case.c.id, visible(table(places.Premises), site, case.scope), *_sites(own))
        .correlate_except(party, site)
    )


@part
class SiteStatistics:
    """Construction sites (工地) and the disputes they are party to."""

    total: int = value(_ALL, "How many sites there are.")
    matters: int = value(_matters(), "Disputes with a site, reported in the period.")
    open_matters: int = value(_matters(_status_in(PENDING)), "How many of them are not settled yet.")


@part
class Statistics:
    """Figures of a period over what the viewer sees."""

    disputes: DisputeStatistics = aggregate(disputes.Dispute, _between("opened_at"), "Disputes.")
    direct_line: DirectLineStatistics = aggregate(appeals.Appeal, _problems, "The direct line (民声直通车).")
    visits: VisitStatistics = aggregate(visits.Visit, _between("occurred_at"), "Visits.")
    construction_sites: SiteStatistics = aggregate(places.Premises, _sites, "Construction sites.")
