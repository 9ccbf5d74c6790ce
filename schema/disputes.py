"""Disputes in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import agreements as agreement_tables
from db import disputes as tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.access import Act
from rules.agreements import AgreementForm
from rules.disputes import (
    ARBITRATION_DAYS,
    ARBITRATION_WHY,
    LABOUR,
    PENDING,
    WRITTEN_WHY,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    Route,
)
from schema.actions import ALLOWED_ACTIONS
from schema.agreements import Agreement
from schema.appeals import Appeal
from schema.compiler.declare import (
    by_id,
    by_link,
    column,
    entity,
    event,
    extend,
    filters,
    labelled,
    object_id,
    one_row,
    paged,
    roots,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant, json_known
from schema.compiler.sources import Row
from schema.day_deadlines import DayDeadline, day_deadline, local_day
from schema.dispute_acts import acts_of
from schema.filters import TimeRange, among, contains, is_id, when, within
from schema.findings import FOUND, IN_CHAIN, Evidence, Finding, Workspace, totals_of
from schema.journal import Happening, JournalEntry, timeline
from schema.looks import LOOKED, Look
from schema.mediation import JointMediator, Meeting, SiteVisit
from schema.orders import CASE_ORDERS, NEWEST, CaseOrder
from schema.parties import DisputeParty
from schema.places import Premises
from schema.premises import is_open_of, is_party
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
    type_label: str = labelled("type", DisputeType, "Its type in Chinese.")
    origin: DisputeOrigin = column("origin", "How it came to the mediators.")
    origin_label: str = labelled("origin", DisputeOrigin, "How it came to the mediators, in Chinese.")
    referred_by: str | None = column("referred_by", "The body that referred it.")
    level: DisputeLevel = column("level", "Where it is handled.")
    level_label: str = labelled("level", DisputeLevel, "Where it is handled, in Chinese.")
    status: DisputeStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", DisputeStatus, "Where it stands, in Chinese.")
    title: str = column("title", "What it is about, in a line.")
    facts: str = column("facts", "What happened.")
    opened_at: datetime = column("opened_at", "When it was reported.")
    recorded_at: datetime = column("recorded_at", "When the server recorded it.")
    closed_at: datetime | None = column("closed_at", "When it was settled or given up.")
    grid = to_one("grid_id", "The grid it belongs to.")
    registered_by = to_one("registered_by", "Who registered it.")
    mediator = to_one("mediator_id", "Who mediates.")
    visit = to_one("visit_id", "The visit in which it was found.")
    from_report = to_one("from_report_id", "The building head's report that it came of.")
    parties: list[DisputeParty] = to_many("dispute_id", lambda t: [t.id], "The parties.")
    agreement: Agreement | None = by_link("dispute_id", "What they agreed, if they did.")
    begun_at: datetime | None = column("begun_at", "When mediation began.")
    end_reason: str | None = column("end_reason", "Why it failed or was withdrawn.")
    routes_told: list[Route] = value(_routes_told, "Where the parties were told they can turn (article 26).")
    joint_mediators: list[JointMediator] = to_many(
        "dispute_id", lambda t: [t.id], "Who was invited to mediate jointly."
    )
    meetings: list[Meeting] = to_many("dispute_id", lambda t: [t.held_at, t.id], "The mediation meetings, in order.")
    site_visits: list[SiteVisit] = to_many("dispute_id", lambda t: [t.at, t.id], "The visits to the place, in order.")
    referrals: list[Referral] = to_many(
        "dispute_id", lambda t: [t.referred_at, t.id], "Its ways to other bodies, in order."
    )
    workspace: Workspace = one_row(totals_of, "The case home by home, with totals.")
    findings: Connection[Finding] = paged(
        "What was found, in order; with what was withdrawn.", FOUND, link="dispute_id"
    )
    evidence: Connection[Evidence] = paged("The evidence, in its chain.", IN_CHAIN, link="dispute_id")
    evidence_head: str | None = value(
        lambda row: sql.func.encode(row.c.evidence_head, constant("hex")),
        "The hash of the last piece: whoever keeps it can tell later whether the chain is still the same.",
    )
    mediation_deadline: DayDeadline | None = day_deadline(
        lambda row: row.c.mediate_by,
        lambda row: local_day(row.c.closed_at, row.c.community_id),
        lambda row: row.c.community_id,
        lambda row: sql.func.concat(constant("本社区规定的调解期限："), row.c.mediation_days, constant("天")),
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
        link="dispute_id",
    )


extend(
    Visit,
    disputes=(list[Dispute], to_many("visit_id", lambda t: [t.id], "Disputes reported from this doorstep.")),
)
extend(
    Appeal,
    became_dispute=(Dispute | None, by_link("from_report_id", "The dispute that became of this report.")),
)
extend(
    Premises,
    disputes=(Connection[Dispute], paged("The disputes that it is party to.", NEWEST, link=is_party)),
    open_disputes=(
        Connection[Dispute],
        paged("Of these, those that are reported or being mediated.", NEWEST, link=is_open_of),
    ),
)


@roots
class DisputeRoots:
    """What can be read of disputes."""

    disputes: Connection[Dispute] = paged("Disputes.", CASE_ORDERS, where=DisputeFilter, order_by=CaseOrder)
    dispute = by_id("dispute", "A dispute.")


@event(
    "disputeChanged", "Everything that happens to disputes; the centre and invited mediators are told of their cases."
)
class DisputeChanged(Happening):
    """Something that happened to a dispute in the viewer's scope."""

    note: str | None = column("note", "What was said about it.")
    occurred_at: datetime = column("occurred_at", "When it occurred.")
    dispute = to_one("dispute_id", "The dispute; null when it has left the viewer's scope since.")
