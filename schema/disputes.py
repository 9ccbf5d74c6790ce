"""Disputes in GraphQL: the case and its parties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry

from db import agreements as agreement_tables
from db import disputes as tables
from db import people as people_tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.access import Act
from rules.agreements import AgreementForm
from rules.disputes import (
    ARBITRATION_DAYS,
    ARBITRATION_WHY,
    LABOUR,
    LEVEL_LABELS,
    ORIGIN_LABELS,
    PENDING,
    STATUS_LABELS,
    TYPE_LABELS,
    WRITTEN_WHY,
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    PartyRole,
    Route,
)
from schema.accounts import Account
from schema.actions import ALLOWED_ACTIONS
from schema.agreements import Agreement
from schema.appeals import Appeal
from schema.compiler.declare import (
    by_link,
    column,
    either,
    entity,
    filters,
    labelled,
    object_id,
    one_row,
    paged,
    part,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant, json_known
from schema.compiler.sources import Alternative, Expression, Row
from schema.day_deadlines import DayDeadline, day_deadline, local_day
from schema.dispute_acts import acts_of
from schema.filters import TimeRange, among, contains, is_id, when, within
from schema.findings import FOUND, IN_CHAIN, Evidence, Finding, Workspace, totals_of
from schema.journal import JournalEntry, timeline
from schema.looks import LOOKED, Look
from schema.mediation import JointMediator, Meeting, SiteVisit
from schema.money import Yuan, yuan
from schema.people import Resident
from schema.places import Grid, Household, Premises, household_address
from schema.referrals import Referral
from schema.relay import Connection, Node
from schema.visits import Visit


@filters
class DisputeFilter:
    """Which disputes."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "In this grid.")
    type: list[DisputeType] | None = where(among("type"), "Of one of these types.")
    level: list[DisputeLevel] | None = where(among("level"), "At one of these levels.")
    status: list[DisputeStatus] | None = where(among("status"), "With one of these statuses.")
    pending: bool | None = where(
        when(lambda row: sql.cast(row.c.status, sql.TEXT).in_(sorted(PENDING))),
        "True: reported or being mediated. False: the others.",
    )
    opened_between: TimeRange | None = where(within("opened_at"), "Opened in this time.")
    text: str | None = where(contains("title", "facts"), "Whose title or facts contain this.")


@part
class Outsider:
    """A party from outside the community's register."""

    name: str = column("outsider_name", "Name.")
    phone: str | None = column("outsider_phone", "Telephone.")


PartySubject: TypeAlias = Annotated[
    Resident | Household | Premises | Outsider,
    strawberry.union("PartySubject", description="Who a party is."),
]


def _registered(type_name: str, column_name: str) -> Alternative:
    return Alternative(
        type_name,
        lambda row: row.c[column_name].is_not(None),
        lambda row, t: t.id == row.c[column_name],
    )


def _party_of(model: Any, foreign_key: str, expression: Callable[[Any], Any]) -> Expression:
    """Something about the resident, home or firm that a party is: known to whoever sees the case."""

    def found(row: Row) -> Column:
        subject = alias(model)
        own = subject.c.id == row.c[foreign_key]
        return sql.select(expression(subject.c)).from_(subject).where(own).scalar()

    return found


def _home_address(row: Row, household_id: Column) -> Column:
    home = alias(place_tables.Household)
    inner = Row(home.c, row.scope, row.bind, row.arguments)
    return sql.select(household_address(inner)).from_(home).where(home.c.id == household_id).scalar()


_RESIDENT_NAME = _party_of(people_tables.Resident, "resident_id", lambda c: c.name)
_RESIDENT_PHONE = _party_of(people_tables.Resident, "resident_id", lambda c: c.phone)
_RESIDENT_HOME = _party_of(people_tables.Resident, "resident_id", lambda c: c.household_id)
_FIRM = _party_of(place_tables.Premises, "premises_id", lambda c: c.name)
_FIRM_ADDRESS = _party_of(place_tables.Premises, "premises_id", lambda c: c.address)


def _party_name(row: Row) -> Column:
    home = _home_address(row, row.c.household_id)
    return sql.func.coalesce(_RESIDENT_NAME(row), home, _FIRM(row), row.c.outsider_name)


def _party_phone(row: Row) -> Column:
    return sql.func.coalesce(_RESIDENT_PHONE(row), row.c.outsider_phone)


def _party_address(row: Row) -> Column:
    home = sql.func.coalesce(row.c.household_id, _RESIDENT_HOME(row))
    return sql.func.coalesce(_home_address(row, home), _FIRM_ADDRESS(row))


@entity(tables.DisputeParty, "party")
class DisputeParty(Node):
    """A party (当事人) of a dispute."""

    id: strawberry.ID = object_id("party")
    role: PartyRole = column("role", "On which side.")
    consent: Consent = column("consent", "Whether they agree to be mediated.")
    name: str = value(_party_name, "What they are called: a person's name, a home's address, a firm's name.")
    phone: str | None = value(_party_phone, "Their number.")
    address: str | None = value(_party_address, "Where they live or are.")
    consented_at: datetime | None = column("consented_at", "When they agreed or refused.")
    consented_to_referral_at: datetime | None = column(
        "referral_consent_at", "When they agreed to the case being referred."
    )
    claim: str | None = column("claim", "What they want.")
    claim_amount: Yuan | None = yuan("claim_amount", "How much they claim.")
    subject: PartySubject | None = either(
        [
            _registered("Resident", "resident_id"),
            _registered("Household", "household_id"),
            _registered("Premises", "premises_id"),
            Alternative("Outsider", lambda row: row.c.outsider_name.is_not(None), None),
        ],
        "Who it is; null when the viewer does not work with them.",
    )


def _routes_told(row: Row) -> Column:
    told = {Route.COURT: "court", Route.ARBITRATION: "arbitration", Route.ADMINISTRATIVE: "administrative"}
    each: list[Any] = [sql.case((row.c[f"told_{name}"], constant(route))) for route, name in told.items()]
    return json_known(each)


def _should_be_written(row: Row) -> Column:
    return sql.cast(row.c.type, sql.TEXT).in_(sorted(LABOUR))


def _written_prompt(row: Row) -> Column:
    agreement = alias(agreement_tables.Agreement)
    written = sql.cast(agreement.c.form, sql.TEXT) == constant(AgreementForm.WRITTEN)
    done = sql.exists(agreement).where(agreement.c.dispute_id == row.c.id, written)
    return sql.case((sql.and_(_should_be_written(row), sql.not_(done)), constant(WRITTEN_WHY)))


def _arbitration_from(row: Row) -> Column:
    received = local_day(row.c.opened_at, row.c.community_id)
    last = received + ARBITRATION_DAYS
    return sql.case((_should_be_written(row), last))


@entity(tables.Dispute, "dispute")
class Dispute(Node):
    """A dispute (矛盾纠纷) and its mediation."""

    id: strawberry.ID = object_id("dispute")
    type: DisputeType = column("type", "Its type on the reporting form.")
    type_label: str = labelled("type", TYPE_LABELS, "Its type in Chinese.")
    origin: DisputeOrigin = column("origin", "How it came to the mediators.")
    origin_label: str = labelled("origin", ORIGIN_LABELS, "How it came to the mediators, in Chinese.")
    referred_by: str | None = column("referred_by", "The body that referred it.")
    level: DisputeLevel = column("level", "Where it is handled.")
    level_label: str = labelled("level", LEVEL_LABELS, "Where it is handled, in Chinese.")
    status: DisputeStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", STATUS_LABELS, "Where it stands, in Chinese.")
    title: str = column("title", "What it is about, in a line.")
    facts: str = column("facts", "What happened.")
    opened_at: datetime = column("opened_at", "When it was reported.")
    recorded_at: datetime = column("recorded_at", "When the server recorded it.")
    closed_at: datetime | None = column("closed_at", "When it was settled or given up.")
    grid: Grid | None = to_one("grid_id", "The grid it belongs to.")
    registered_by: Account | None = to_one("registered_by", "Who registered it.")
    mediator: Account | None = to_one("mediator_id", "Who mediates.")
    visit: Visit | None = to_one("visit_id", "The visit in which it was found.")
    from_report: Appeal | None = to_one("from_report_id", "The building head's report that it came of.")
    parties: list[DisputeParty] = to_many(lambda row, t: t.dispute_id == row.c.id, lambda t: [t.id], "The parties.")
    agreement: Agreement | None = by_link(lambda row, t: t.dispute_id == row.c.id, "What they agreed, if they did.")
    begun_at: datetime | None = column("begun_at", "When mediation began.")
    end_reason: str | None = column("end_reason", "Why it failed or was withdrawn.")
    routes_told: list[Route] = value(_routes_told, "Where the parties were told they can turn (article 26).")
    joint_mediators: list[JointMediator] = to_many(
        lambda row, t: t.dispute_id == row.c.id, lambda t: [t.id], "Who was invited to mediate jointly."
    )
    meetings: list[Meeting] = to_many(
        lambda row, t: t.dispute_id == row.c.id, lambda t: [t.held_at, t.id], "The mediation meetings, in order."
    )
    site_visits: list[SiteVisit] = to_many(
        lambda row, t: t.dispute_id == row.c.id, lambda t: [t.at, t.id], "The visits to the place, in order."
    )
    referrals: list[Referral] = to_many(
        lambda row, t: t.dispute_id == row.c.id, lambda t: [t.referred_at, t.id], "Its ways to other bodies, in order."
    )
    workspace: Workspace = one_row(totals_of, "The case home by home, with totals.")
    findings: Connection[Finding] = paged(
        "What was found, in order; with what was withdrawn.", FOUND, link=lambda row, t: t.dispute_id == row.c.id
    )
    evidence: Connection[Evidence] = paged(
        "The evidence, in its chain.", IN_CHAIN, link=lambda row, t: t.dispute_id == row.c.id
    )
    evidence_head: str | None = value(
        lambda row: sql.func.encode(row.c.evidence_head, constant("hex")),
        "The hash of the last piece: whoever keeps it can tell later whether the chain is still the same.",
    )
    mediation_deadline: DayDeadline | None = day_deadline(
        lambda row: row.c.mediate_by,
        lambda row: local_day(row.c.closed_at, row.c.community_id),
        lambda row: row.c.community_id,
        lambda row: sql.func.concat(constant("本社区规定的调解期限:"), row.c.mediation_days, constant("天")),
        "By when the community wants it settled: a local rule, not the law; null before mediation begins.",
    )
    arbitration_open_from: DayDeadline | None = day_deadline(
        _arbitration_from,
        lambda row: local_day(row.c.closed_at, row.c.community_id),
        lambda row: row.c.community_id,
        lambda _: constant(ARBITRATION_WHY),
        "Labour disputes: without an agreement by this day either side may apply for arbitration.",
    )
    should_be_written: bool = value(_should_be_written, "Labour disputes: the agreement should be in writing.")
    written_form_prompt: str | None = value(
        _written_prompt, "Labour disputes: why the agreement should be in writing, as long as it is not; in Chinese."
    )
    allowed_actions: list[Act] = value(acts_of, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("dispute_id")
    looks: Connection[Look] = paged(
        "Who from outside looked at it, the latest first; for those whose case it is.",
        LOOKED,
        link=lambda row, t: t.dispute_id == row.c.id,
    )
