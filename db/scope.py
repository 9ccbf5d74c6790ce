"""Who sees which rows: the only place that decides it.

A :class:`Scope` is computed inside the statement that reads, from the assignments in force at that moment, so an
account that is disabled or loses a grid sees nothing more with its next statement, whatever its token says.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.accounts import Account, Assignment
from db.agreements import Agreement, AgreementMark, AgreementTerm, PerformanceCheck
from db.alerts import Alert, AlertRung, LadderPolicy
from db.appeals import Appeal, ClockPolicy, Dispatch, Incident
from db.calls import HelpCall, Invitation
from db.disputes import (
    Dispute,
    DisputeMediator,
    DisputeParty,
    MediationPolicy,
    Meeting,
    MeetingGuest,
    MeetingParty,
    SiteVisit,
)
from db.duty import DutyPause, VisitPolicy
from db.findings import Evidence, Finding
from db.holding import Condition, Ids, Scope, alias, in_force_on, places_held, table, today
from db.journal import Journal
from db.looks import Look
from db.people import Residency, Resident, ResidentColour, ResidentMerge
from db.photos import Photo
from db.places import (
    Building,
    Community,
    Estate,
    Farm,
    Grid,
    Household,
    Organisation,
    PartyBranch,
    Premises,
    QrCode,
)
from db.referrals import Referral
from db.roster import RosterShift, RosterWeek
from db.sites import SiteArrears, SitePatrol, SitePatrolWorker, SitePost
from db.visits import Visit
from db.wishes import Wish
from rules.access import ALLOWED, WORKERS, Act, Role
from rules.appeals import DispatchStatus
from rules.places import PremisesKind, QrTarget
from rules.referrals import WITH_THEM as REFERRED

__all__ = [
    "Condition",
    "Entry",
    "Held",
    "Ids",
    "Scope",
    "alias",
    "held_places",
    "is_by_grid",
    "may_see",
    "table",
    "visible",
]

_WITH_THEM = (DispatchStatus.PENDING, DispatchStatus.ACCEPTED)
_AT_CENTRE = tuple(sorted(REFERRED))
_INVITED = frozenset({Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE})

Rule: TypeAlias = Callable[[sql.From, Scope], Condition]


def _in_community(t: sql.From, scope: Scope) -> Condition:
    return t.c.community_id == sql.any_(scope.communities)


def _in_grid(t: sql.From, scope: Scope) -> Condition:
    """All grids are the administrator's: looking each up would only mislead the planner."""
    if scope.role is Role.ADMIN:
        return sql.and_(t.c.grid_id.is_not(None), sql.func.cardinality(scope.grids) > 0)
    return t.c.grid_id == sql.any_(scope.grids)


def _at_home(t: sql.From, scope: Scope) -> Condition:
    """Homes and those who live there: the workers' by grid, the building head's by building."""
    if scope.role is Role.BUILDING_HEAD:
        return t.c["building_id"] == sql.any_(scope.buildings)
    return _in_grid(t, scope)


def _premises(t: sql.From, scope: Scope) -> Condition:
    """Of the viewer's grids; all construction sites of the community for whoever holds a site post today."""
    if scope.role is not Role.GRID_WORKER:
        return _in_grid(t, scope)
    post, community, grid = alias(table(SitePost)), alias(table(Community)), alias(table(Grid))
    held = sql.exists(post, community, grid).where(
        post.c.account_id == scope.account_id,
        post.c.community_id == community.c.id,
        in_force_on(post, today(community)),
        grid.c.id == t.c.grid_id,
        grid.c.community_id == community.c.id,
        community.c.id == sql.any_(scope.communities),
    )
    site = t.c.kind == PremisesKind.CONSTRUCTION_SITE
    return sql.or_(_in_grid(t, scope), sql.and_(site, held))


def _patrol(t: sql.From, scope: Scope) -> Condition:
    premises = alias(table(Premises))
    return sql.exists(premises).where(premises.c.id == t.c.premises_id, _premises(premises, scope))


def _of_patrol(t: sql.From, scope: Scope) -> Condition:
    patrol = alias(table(SitePatrol))
    return sql.exists(patrol).where(patrol.c.id == t.c.patrol_id, _patrol(patrol, scope))


def _farm(t: sql.From, scope: Scope) -> Condition:
    community = alias(table(Community))
    return sql.exists(community).where(community.c.farm_id == t.c.id, community.c.id == sql.any_(scope.communities))


def _community(t: sql.From, scope: Scope) -> Condition:
    return t.c.id == sql.any_(scope.communities)


def _party_branch(t: sql.From, scope: Scope) -> Condition:
    estate = alias(table(Estate))
    return sql.exists(estate).where(estate.c.id == t.c.estate_id, _in_community(estate, scope))


def _appeal(t: sql.From, scope: Scope) -> Condition:
    """A building head follows what they reported themselves, and nobody else's appeals."""
    if scope.role is Role.BUILDING_HEAD:
        in_office = sql.func.cardinality(scope.buildings) > 0
        return sql.and_(t.c.registered_by == scope.account_id, in_office)
    if scope.role is Role.PARTNER:
        dispatch = alias(table(Dispatch))
        return sql.exists(dispatch).where(dispatch.c.id == t.c.dispatch_id, _dispatch(dispatch, scope))
    return _in_grid(t, scope)


def _dispatch(t: sql.From, scope: Scope) -> Condition:
    """An organisation sees what it was given, and what it said to that."""
    if scope.role is Role.PARTNER:
        return t.c.organisation_id == sql.any_(scope.organisations)
    return _in_grid(t, scope)


def _photo(t: sql.From, scope: Scope) -> Condition:
    """Seen by whoever sees the case."""
    appeal, visit = alias(table(Appeal)), alias(table(Visit))
    of_appeal = sql.exists(appeal).where(appeal.c.id == t.c.appeal_id, _appeal(appeal, scope))
    of_visit = sql.exists(visit).where(visit.c.id == t.c.visit_id, _in_grid(visit, scope))
    return sql.or_(of_appeal, of_visit, _of_dispute(t, scope))


def _incident(t: sql.From, scope: Scope) -> Condition:
    """An organisation sees an incident while it is with them."""
    if scope.role is Role.PARTNER:
        dispatch = alias(table(Dispatch))
        held = dispatch.c.status.in_(_WITH_THEM)
        return sql.exists(dispatch).where(dispatch.c.incident_id == t.c.id, held, _dispatch(dispatch, scope))
    return _in_grid(t, scope)


def _wish(t: sql.From, scope: Scope) -> Condition:
    """Whose it is, is for those who work there; a building head follows what they proposed themselves."""
    if scope.role is Role.BUILDING_HEAD:
        in_office = sql.func.cardinality(scope.buildings) > 0
        return sql.and_(t.c.proposed_by == scope.account_id, in_office)
    return _in_grid(t, scope)


def _qr_code(t: sql.From, scope: Scope) -> Condition:
    """Those of homes and buildings are the workers' of their grid; a counter's are all the community's workers'."""
    home, building = alias(table(Household)), alias(table(Building))
    works = sql.TRUE if scope.role in WORKERS or scope.role is Role.ADMIN else sql.FALSE
    counter = sql.and_(t.c.target == QrTarget.COUNTER, _in_community(t, scope), works)
    return sql.or_(
        sql.exists(home).where(home.c.id == t.c.household_id, _in_grid(home, scope)),
        sql.exists(building).where(building.c.id == t.c.building_id, _in_grid(building, scope)),
        counter,
    )


def _dispute(t: sql.From, scope: Scope) -> Condition:
    """Who was invited to a case sees that case alone; the centre, what was referred to it and not sent back."""
    if scope.role in _INVITED:
        seat = alias(table(DisputeMediator))
        seated = sql.exists(seat).where(seat.c.dispute_id == t.c.id, seat.c.account_id == scope.account_id)
        in_office = sql.func.cardinality(scope.communities) > 0
        return sql.and_(seated.where(seat.c.released_at.is_(None)), in_office)
    if scope.role is Role.CENTRE_MEDIATOR:
        referral = alias(table(Referral))
        sent = referral.c.organisation_id == sql.any_(scope.organisations)
        return sql.exists(referral).where(referral.c.dispute_id == t.c.id, sent, referral.c.status.in_(_AT_CENTRE))
    return _in_grid(t, scope)


def _referral(t: sql.From, scope: Scope) -> Condition:
    """The centre sees what was sent to it, also what it sent back; the case itself is then no longer theirs."""
    if scope.role is Role.CENTRE_MEDIATOR:
        return t.c.organisation_id == sql.any_(scope.organisations)
    return _of_dispute(t, scope)


def _of_dispute(t: sql.From, scope: Scope) -> Condition:
    dispute = alias(table(Dispute))
    return sql.exists(dispute).where(dispute.c.id == t.c.dispute_id, _dispute(dispute, scope))


def _look(t: sql.From, scope: Scope) -> Condition:
    """Who looked is for those whose case it is, not for those who look."""
    dispute = alias(table(Dispute))
    return sql.exists(dispute).where(dispute.c.id == t.c.dispute_id, _in_grid(dispute, scope))


def _of_meeting(t: sql.From, scope: Scope) -> Condition:
    meeting = alias(table(Meeting))
    return sql.exists(meeting).where(meeting.c.id == t.c.meeting_id, _of_dispute(meeting, scope))


def _of_agreement(t: sql.From, scope: Scope) -> Condition:
    agreement = alias(table(Agreement))
    return sql.exists(agreement).where(agreement.c.id == t.c.agreement_id, _of_dispute(agreement, scope))


def _workers_alone(t: sql.From, scope: Scope) -> Condition:
    """What is kept about a resident for those who work with them, and not for neighbours."""
    resident = alias(table(Resident))
    return sql.exists(resident).where(resident.c.id == t.c.resident_id, _in_grid(resident, scope))


def _of_alert(t: sql.From, scope: Scope) -> Condition:
    alert = alias(table(Alert))
    return sql.exists(alert).where(alert.c.id == t.c.alert_id, _at_home(alert, scope))


def _merge(t: sql.From, scope: Scope) -> Condition:
    resident = alias(table(Resident))
    return sql.exists(resident).where(resident.c.id == t.c.kept_id, _in_grid(resident, scope))


def _journal(t: sql.From, scope: Scope) -> Condition:
    on_wall = sql.and_(t.c.wish_id.is_not(None), t.c.grid_id.is_(None), _in_community(t, scope))
    if scope.role is Role.BUILDING_HEAD:
        appeal, alert, wish = alias(table(Appeal)), alias(table(Alert)), alias(table(Wish))
        followed = sql.exists(appeal).where(appeal.c.id == t.c.appeal_id, _appeal(appeal, scope))
        proposed = sql.exists(wish).where(wish.c.id == t.c.wish_id, _wish(wish, scope))
        rang = sql.exists(alert).where(alert.c.id == t.c.alert_id, _at_home(alert, scope))
        return sql.or_(followed, rang, proposed, on_wall)
    if scope.role is Role.PARTNER:
        appeal, incident = alias(table(Appeal)), alias(table(Incident))
        dispatched = sql.exists(appeal).where(appeal.c.id == t.c.appeal_id, _appeal(appeal, scope))
        merged = sql.exists(incident).where(incident.c.id == t.c.incident_id, _incident(incident, scope))
        return sql.or_(dispatched, merged, on_wall)
    if scope.role in _INVITED or scope.role is Role.CENTRE_MEDIATOR:
        return sql.or_(sql.and_(t.c.dispute_id.is_not(None), _of_dispute(t, scope)), on_wall)
    of_roster = sql.or_(t.c.roster_week_id.is_(None), _of_roster(t.c.roster_week_id, scope))
    return sql.or_(_in_grid(t, scope), sql.and_(t.c.grid_id.is_(None), _in_community(t, scope), of_roster))


class Held(NamedTuple):
    """The places that an account holds today."""

    communities: frozenset[UUID]
    grids: frozenset[UUID]
    buildings: frozenset[UUID]
    organisations: frozenset[UUID]


class Entry(NamedTuple):
    """What an entry of the journal is, and where."""

    kind: str
    grid_id: UUID | None
    community_id: UUID


def may_see(role: Role, held: Held, entry: Entry) -> bool:
    """Whether who holds these places may see an entry: no is certain, so that the entry need not be read for them.

    Workers see by place, and this is their rule of :func:`_journal`; what others see depends on the case itself.
    """
    if role not in WORKERS:
        return True
    return entry.community_id in held.communities if entry.grid_id is None else entry.grid_id in held.grids


def _roster_week(t: sql.From, scope: Scope) -> Condition:
    """Published weeks are the workers' and the administrator's; drafts are for those who plan."""
    if scope.role in ALLOWED[Act.PLAN_ROSTER]:
        return _in_community(t, scope)
    if scope.role in WORKERS or scope.role is Role.ADMIN:
        return sql.and_(_in_community(t, scope), t.c.published_at.is_not(None))
    return sql.FALSE


def _of_roster(week_id: sql.Column, scope: Scope) -> Condition:
    week = alias(table(RosterWeek))
    return sql.exists(week).where(week.c.id == week_id, _roster_week(week, scope))


def _account(t: sql.From, scope: Scope) -> Condition:
    """Oneself, and the colleagues of one's communities."""
    post = alias(table(Assignment))
    colleague = sql.exists(post).where(post.c.account_id == t.c.id, _in_community(post, scope))
    return sql.or_(sql.and_(t.c.id == scope.account_id, t.c.disabled_at.is_(None)), colleague)


_RULES: dict[sa.Table, Rule] = {
    table(Farm): _farm,
    table(Community): _community,
    table(Estate): _in_community,
    table(Grid): _in_community,
    table(Building): _in_community,
    table(Organisation): _in_community,
    table(PartyBranch): _party_branch,
    table(Household): _at_home,
    table(Resident): _at_home,
    table(Residency): _at_home,
    table(ResidentColour): _workers_alone,
    table(ResidentMerge): _merge,
    table(Premises): _premises,
    table(SitePost): _in_community,
    table(SitePatrol): _patrol,
    table(SitePatrolWorker): _of_patrol,
    table(SiteArrears): _of_patrol,
    table(QrCode): _qr_code,
    table(Visit): _in_grid,
    table(Photo): _photo,
    table(Appeal): _appeal,
    table(ClockPolicy): _in_community,
    table(Dispatch): _dispatch,
    table(Incident): _incident,
    table(Wish): _wish,
    table(Dispute): _dispute,
    table(DisputeParty): _of_dispute,
    table(MediationPolicy): _in_community,
    table(DisputeMediator): _of_dispute,
    table(Meeting): _of_dispute,
    table(MeetingParty): _of_meeting,
    table(MeetingGuest): _of_meeting,
    table(SiteVisit): _of_dispute,
    table(Finding): _of_dispute,
    table(Evidence): _of_dispute,
    table(Referral): _referral,
    table(Look): _look,
    table(Agreement): _of_dispute,
    table(AgreementTerm): _of_agreement,
    table(AgreementMark): _of_agreement,
    table(PerformanceCheck): _of_agreement,
    table(Journal): _journal,
    table(VisitPolicy): _in_community,
    table(LadderPolicy): _in_community,
    table(Alert): _at_home,
    table(AlertRung): _of_alert,
    table(HelpCall): _in_grid,
    table(Invitation): _in_grid,
    table(DutyPause): _in_grid,
    table(RosterWeek): _roster_week,
    table(RosterShift): lambda t, scope: _of_roster(t.c.week_id, scope),
    table(Account): _account,
    table(Assignment): _in_community,
}


def visible(source: sa.Table, t: sql.From, scope: Scope) -> Condition:
    """The condition under which the viewer sees a row of ``t``, an alias of ``source``.

    A table without a rule raises, so it can never be read by oversight. Without a role nothing is seen.
    """
    if source not in _RULES:
        raise LookupError(f"table {source.name} has no visibility rule in db/scope.py")
    return _RULES[source](t, scope) if scope.role else sql.FALSE


def is_by_grid(condition: Condition, t: sql.From, scope: Scope) -> bool:
    """Whether a condition says just that a row's grid is one of the viewer's few; the administrator's are not few."""
    few = scope.role is not None and scope.role is not Role.ADMIN
    return few and "grid_id" in t.c and condition.text == _in_grid(t, scope).text


def held_places(role: Role, ids: sql.Column) -> sql.Select:
    """For each account of ``ids`` in this role: its ``id`` and the places it holds, alike for equal scopes."""
    account = alias(table(Account))
    held = places_held(role, account.c.id).lateral("held")
    every = account.join(held, sql.TRUE)
    return sql.select(account.c.id, *held.c).from_(every).where(account.c.id == sql.any_(ids))
