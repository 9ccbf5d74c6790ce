"""Disputes in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import agreements as agreement_tables
from db import disputes as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.actions import CaseAction
from rules.agreements import AgreementForm
from rules.cases import PHASE_OF_DISPUTE
from rules.disputes import (
    PENDING,
    WRITTEN_WHY,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    Route,
)
from schema.accounts import Account
from schema.actions import ALLOWED_ACTIONS
from schema.agreements import Agreement, SettlementProposal
from schema.appeals import Appeal
from schema.cases import Case, area, handling_level, phase
from schema.clocks import Deadline
from schema.compiler import declare as gql
from schema.compiler.arguments import Argument
from schema.compiler.counts import counted, key, key_to
from schema.compiler.expressions import constant, json_known, said
from schema.compiler.sources import Row
from schema.day_deadlines import DayDeadline
from schema.dispute_acts import acts_of
from schema.dispute_deadlines import arbitration_open_from, deadlines, is_labour, mediation_deadline
from schema.filters import TimeRange, among, changed_within, contains, in_area, is_id, is_mine, when, within
from schema.findings import FOUND, IN_CHAIN, DamageFinding, DisputeWorkspace, Evidence, totals_of
from schema.ids import meant_by, parse_id_among
from schema.journal import Happening, JournalEntry, timeline
from schema.looks import AccessRecord, accesses_to
from schema.mediation import JointMediator, MediationMeeting, SiteVisit
from schema.orders import DISPUTE_ORDERS, NEWEST, CaseOrder
from schema.parties import DisputeParty
from schema.places import Grid, Premises
from schema.premises import is_open_of, is_party
from schema.referrals import Referral
from schema.relay import Connection
from schema.visits import Visit

tells = contains("title", "facts")
_PARTIES = ("resident", "household", "premises", "organisation")


def _has_party(row: Row, given: Argument) -> Condition:
    party = alias(tables.DisputeParty)
    wanted = row.bind(sql.UUID, given.convert(lambda text: parse_id_among(_PARTIES, text)))
    named = [party.c[f"{each}_id"] == meant_by(each, wanted) for each in _PARTIES]
    return sql.exists(party).where(party.c.dispute_id == row.c.id, sql.or_(*named))


@gql.filters
class DisputeFilter:
    """A filter of disputes."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    type: list[DisputeType] | None = gql.where(among("type"), "Of one of these types.")
    origin: list[DisputeOrigin] | None = gql.where(among("origin"), "That came in one of these ways.")
    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    estate: strawberry.ID | None = gql.where(in_area("estate"), "In this estate.")
    mediator: strawberry.ID | None = gql.where(is_id("account", "mediator_id"), "Mediated by this account.")
    mine: bool | None = gql.where(is_mine("mediator_id"), "True: mediated by the viewer. False: the others.")
    party: strawberry.ID | None = gql.where(
        _has_party, "To which this resident, household, organisation or these premises are a party."
    )
    changed_between: TimeRange | None = gql.where(changed_within("dispute"), "Changed in this range of time.")
    level: list[DisputeLevel] | None = gql.where(among("level"), "At one of these levels.")
    status: list[DisputeStatus] | None = gql.where(among("status"), "With one of these statuses.")
    pending: bool | None = gql.where(
        when(lambda row: sql.cast(row.c.status, sql.TEXT).in_(sorted(PENDING))),
        "True: reported or being mediated. False: the others.",
    )
    opened_between: TimeRange | None = gql.where(within("opened_at"), "Reported in this range of time.")
    text: str | None = gql.where(tells, "With this in the title or the facts.")


def _routes_told(row: Row) -> Column:
    told = {Route.COURT: "court", Route.ARBITRATION: "arbitration", Route.ADMINISTRATIVE: "administrative"}
    each: list[Any] = [sql.case((row.c[f"told_{name}"], constant(route))) for route, name in told.items()]
    return json_known(each)


def _written_prompt(row: Row) -> Column:
    agreement = alias(agreement_tables.Agreement)
    written = sql.cast(agreement.c.form, sql.TEXT) == constant(AgreementForm.WRITTEN)
    done = sql.exists(agreement).where(agreement.c.dispute_id == row.c.id, written)
    return sql.case((sql.and_(is_labour(row), sql.not_(done)), said(WRITTEN_WHY)))


@gql.entity(tables.Dispute, "dispute")
class Dispute(Case):
    """A dispute (矛盾纠纷) and its mediation."""

    id: strawberry.ID = gql.object_id("dispute")
    type = gql.word("type", DisputeType, "The type on the reporting form.")
    origin = gql.word("origin", DisputeOrigin, "The way in which it reached the mediators.")
    referred_by: str | None = gql.column("referred_by", "The body that referred it.")
    level = gql.word("level", DisputeLevel, "The level that mediates it.")
    status = gql.word("status", DisputeStatus, "The status.")
    phase = phase(PHASE_OF_DISPUTE)
    handling_level = handling_level()
    title: str = gql.column("title", "The matter, in a line.")
    facts: str = gql.column("facts", "The facts.")
    opened_at: datetime = gql.column("opened_at", "When it was reported.")
    recorded_at: datetime = gql.column("recorded_at", "When the server recorded it.")
    closed_at: datetime | None = gql.column("closed_at", "When it was settled, or ended without an agreement.")
    grid = gql.to_one("grid_id", "The grid it belongs to.")
    address: str = gql.value(area, "The name of its grid.")
    registered_by = gql.to_one("registered_by", "The account that registered it.")
    mediator = gql.to_one("mediator_id", "The mediator.")
    visit = gql.to_one("visit_id", "The visit in which it was found.")
    from_report = gql.to_one("from_report_id", "The building head's report that led to it.")
    parties: list[DisputeParty] = gql.to_many("dispute_id", lambda t: [t.id], "The parties.")
    proposals: list[SettlementProposal] = gql.to_many(
        "dispute_id", lambda t: [t.proposed_at, t.id], "The proposals of terms, in order."
    )
    agreement: Agreement | None = gql.by_link("dispute_id", "The agreement, if there is one.")
    begun_at: datetime | None = gql.column("begun_at", "When mediation began.")
    end_reason: str | None = gql.column("end_reason", "The reason for its failure or withdrawal.")
    routes_told: list[Route] = gql.value(_routes_told, "The other routes that the parties were told of (article 26).")
    joint_mediators: list[JointMediator] = gql.to_many("dispute_id", lambda t: [t.id], "Accounts invited to mediate.")
    meetings: list[MediationMeeting] = gql.to_many(
        "dispute_id", lambda t: [t.held_at, t.id], "Mediation meetings, in order."
    )
    site_visits: list[SiteVisit] = gql.to_many("dispute_id", lambda t: [t.at, t.id], "Visits to the place, in order.")
    referrals: list[Referral] = gql.to_many("dispute_id", lambda t: [t.referred_at, t.id], "The referrals, in order.")
    workspace: DisputeWorkspace = gql.one_row(totals_of, "The losses and claims of each party, with totals.")
    findings: Connection[DamageFinding] = gql.paged("Findings in order, also withdrawn ones.", FOUND, link="dispute_id")
    evidence: Connection[Evidence] = gql.paged("The chain of evidence.", IN_CHAIN, link="dispute_id")
    evidence_head: str | None = gql.value(
        lambda row: sql.func.encode(row.c.evidence_head, constant("hex")),
        "The hash of the last piece of evidence. A copy kept elsewhere proves later that the chain is unchanged.",
    )
    deadlines: list[Deadline] = deadlines()
    mediation_deadline: DayDeadline | None = mediation_deadline()
    arbitration_open_from: DayDeadline | None = arbitration_open_from()
    should_be_written: bool = gql.value(is_labour, "Labour disputes: whether it should be in writing.")
    written_form_prompt: str | None = gql.value(
        _written_prompt, "Labour disputes: why the agreement should be in writing; null if it is."
    )
    allowed_actions: list[CaseAction] = gql.value(acts_of, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("dispute_id")
    access_records: Connection[AccessRecord] = accesses_to("dispute_id")


@counted(Dispute, at="opened_at")
class DisputeCount:
    """Disputes with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid.")
    type: DisputeType | None = key("type", "The type.")
    origin: DisputeOrigin | None = key("origin", "The origin.")
    level: DisputeLevel | None = key("level", "The level.")
    status: DisputeStatus | None = key("status", "The status.")
    mediator: Account | None = key_to("mediator_id", "The mediator.")


gql.extend(Visit, disputes=(list[Dispute], gql.to_many("visit_id", lambda t: [t.id], "Disputes reported in it.")))
gql.extend(Appeal, became_dispute=(Dispute | None, gql.by_link("from_report_id", "The dispute it led to.")))
gql.extend(
    Premises,
    disputes=(Connection[Dispute], gql.paged("The disputes to which it is a party.", NEWEST, link=is_party)),
    open_disputes=(
        Connection[Dispute],
        gql.paged("The pending disputes to which it is a party.", NEWEST, link=is_open_of),
    ),
)


@gql.roots
class DisputeRoots:
    disputes: Connection[Dispute] = gql.paged("Disputes.", DISPUTE_ORDERS, where=DisputeFilter, order_by=CaseOrder)
    dispute = gql.by_id("dispute", "A dispute.")


@gql.event("disputeChanged", "Changes of disputes; the centre and invited mediators receive those of their cases.")
class DisputeChanged(Happening):
    """A change of a dispute in the viewer's scope."""

    note: str | None = gql.column("note", "The note.")
    dispute = gql.to_one("dispute_id", "The dispute; null if it is no longer visible to the viewer.")
