"""Statistics of a period, counted from the records at each request."""

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
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row
from schema.direct_line import KINDS, DirectLineStatistics, came_in
from schema.dispute_figures import DisputeStatistics
from schema.disputes import Dispute, DisputeFilter
from schema.figures import Figures, Test, between, count, day_of_period, in_community, status_in
from schema.filters import DayRange
from schema.orders import DISPUTE_ORDERS, CaseOrder
from schema.places import COMMUNITY
from schema.premises import is_patrolled_in
from schema.relay import Connection


def _met(row: Row) -> list[Condition]:
    return [visits.met(row.c), *between("occurred_at")(row)]


def _attempts(row: Row) -> Column:
    """Counted beside the rows of the aggregate, which are the visits that met somebody."""
    visit = alias(visits.Visit)
    own = replace(row, c=visit.c)
    attempts = visits.stands(visit.c), visit.c.is_attempt, *between("occurred_at")(own)
    counted = sql.select(sql.func.count()).from_(visit).where(visible(visits.Visit, visit, row.scope), *attempts)
    return counted.scalar()


@gql.part
class VisitModeCount:
    """Visits in one mode."""

    mode = gql.word("mode", VisitMode, "The mode.", "label")
    count: int = gql.value(count(), "The number of visits.")


@gql.part
class VisitStatistics(Figures):
    """Visits that occurred in the period."""

    total: int = gql.value(count(), "The number of visits, to households and premises, that met somebody.")
    attempts: int = gql.value(_attempts, "The number of visits that met nobody. No other number counts them.")
    premises: int = gql.value(
        lambda row: sql.func.count(sql.distinct(row.c.premises_id)), "The number of different premises visited."
    )
    households: int = gql.value(
        lambda row: sql.func.count(sql.distinct(row.c.household_id)), "The number of different households visited."
    )
    by_mode: list[VisitModeCount] = gql.groups("mode", "By mode, largest group first.")


def _sites(row: Row) -> list[Condition]:
    is_site = sql.cast(row.c.kind, sql.TEXT) == constant(PremisesKind.CONSTRUCTION_SITE)
    return [is_site, *in_community(row)]


def _matters(*conditions: Test) -> Expression:
    """The number of disputes reported in the period to which at least one site is a party."""

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
    return is_patrolled_in(row, day_of_period(row, "startsOn"), day_of_period(row, "endsOn"))


def _case_of_site(row: Row, t: Any) -> Condition:
    case = replace(row, c=t)
    return sql.and_(*between("opened_at")(case), _with_a_site(case))


@gql.part
class SiteStatistics(Figures):
    """Construction sites (工地), their patrols, and the disputes to which they are a party."""

    total: int = gql.value(count(), "The number of sites.")
    patrolled: int = gql.value(count(_patrolled), "The number of sites that were patrolled in the period.")
    cases: Connection[Dispute] = gql.paged(
        "The disputes with a site that were reported in the period.",
        DISPUTE_ORDERS,
        link=_case_of_site,
        where=DisputeFilter,
        order_by=CaseOrder,
    )
    matters: int = gql.value(_matters(), "The number of disputes with a site that were reported in the period.")
    open_matters: int = gql.value(_matters(status_in(PENDING)), "The number of these that are pending.")


@gql.part
class Statistics:
    """Statistics of a period, within the viewer's scope."""

    disputes: DisputeStatistics = gql.aggregate(disputes.Dispute, between("opened_at"), "Disputes.")
    direct_line: DirectLineStatistics = gql.aggregate(
        appeals.Appeal, came_in, "The direct line (民声直通车).", [KINDS], weight=1_000
    )
    visits: VisitStatistics = gql.aggregate(visits.Visit, _met, "Visits.", weight=1_000)
    construction_sites: SiteStatistics = gql.aggregate(places.Premises, _sites, "Construction sites.")


BETWEEN = gql.argument("between", DayRange, "The days of the period.")


@gql.roots
class StatisticsRoots:
    statistics: Statistics = gql.namespace("Statistics of a period.", [BETWEEN, COMMUNITY])
