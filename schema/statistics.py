"""Statistics between two days: counted from the records each time, never stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from db import appeals, disputes, places, sql, visits
from db.base import alias
from db.scope import Condition, visible
from db.sql import Column
from rules.disputes import PENDING
from rules.places import PremisesKind
from rules.visits import VisitMode
from schema.compiler.declare import aggregate, argument, column, groups, labelled, namespace, paged, part, roots, value
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row
from schema.direct_line import KINDS, DirectLineStatistics, came_in
from schema.dispute_figures import DisputeStatistics
from schema.disputes import Dispute, DisputeFilter
from schema.figures import Test, between, count, day_of_period, in_community, status_in
from schema.filters import DayRange
from schema.orders import CASE_ORDERS, CaseOrder
from schema.places import COMMUNITY
from schema.premises import is_patrolled_in
from schema.relay import Connection


@part
class VisitModeCount:
    """Visits in one mode."""

    mode: VisitMode = column("mode", "The mode.")
    label: str = labelled("mode", VisitMode, "The mode in Chinese.")
    count: int = value(count(), "How many.")


@part
class VisitStatistics:
    """Visits that occurred in the period."""

    total: int = value(count(), "How many.")
    households: int = value(
        lambda row: sql.func.count(sql.distinct(row.c.household_id)),
        "How many different households were reached.",
    )
    by_mode: list[VisitModeCount] = groups("mode", "By mode, the most frequent first.")


def _sites(row: Row) -> list[Condition]:
    is_site = sql.cast(row.c.kind, sql.TEXT) == constant(PremisesKind.CONSTRUCTION_SITE)
    return [is_site, *in_community(row)]


def _matters(*conditions: Test) -> Expression:
    """How many disputes reported in the period have a site as a party; one with two sites is one."""

    def expression(row: Row) -> Column:
        dispute = alias(disputes.Dispute)
        case = Row(dispute.c, row.scope, row.bind, row.arguments)
        counted = (
            sql.select(sql.func.count())
            .from_(dispute)
            .where(visible(disputes.Dispute, dispute, row.scope), *between("opened_at")(case))
            .where(_with_a_site(case), *(condition(case) for condition in conditions))
        )
        return counted.scalar()

    return expression


def _with_a_site(case: Row) -> Condition:
    party, site = alias(disputes.DisputeParty), alias(places.Premises)
    own = Row(site.c, case.scope, case.bind, case.arguments)
    return sql.exists(party.join(site, site.c.id == party.c.premises_id)).where(
        party.c.dispute_id == case.c.id, visible(places.Premises, site, case.scope), *_sites(own)
    )


def _patrolled(row: Row) -> Condition:
    return is_patrolled_in(row, day_of_period(row, "first"), day_of_period(row, "last"))


def _case_of_site(row: Row, t: Any) -> Condition:
    case = replace(row, c=t)
    return sql.and_(*between("opened_at")(case), _with_a_site(case))


@part
class SiteStatistics:
    """Construction sites (工地), their patrols, and the disputes they are party to."""

    total: int = value(count(), "How many sites there are.")
    patrolled: int = value(count(_patrolled), "How many of them a patrol visited in the period.")
    cases: Connection[Dispute] = paged(
        "The disputes with a site, reported in the period.",
        CASE_ORDERS,
        link=_case_of_site,
        where=DisputeFilter,
        order_by=CaseOrder,
    )
    matters: int = value(_matters(), "Disputes with a site, reported in the period.")
    open_matters: int = value(_matters(status_in(PENDING)), "How many of them are not settled yet.")


@part
class Statistics:
    """Figures of a period over what the viewer sees."""

    disputes: DisputeStatistics = aggregate(disputes.Dispute, between("opened_at"), "Disputes.")
    direct_line: DirectLineStatistics = aggregate(appeals.Appeal, came_in, "The direct line (民声直通车).", [KINDS])
    visits: VisitStatistics = aggregate(visits.Visit, between("occurred_at"), "Visits.")
    construction_sites: SiteStatistics = aggregate(places.Premises, _sites, "Construction sites.")


BETWEEN = argument("between", DayRange, "The days that count.")


@roots
class StatisticsRoots:
    """Figures."""

    statistics: Statistics = namespace("Figures of a period.", [BETWEEN, COMMUNITY])
