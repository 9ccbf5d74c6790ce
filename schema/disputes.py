"""Disputes in GraphQL: the case, its parties and its agreement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypeAlias

import sqlalchemy as sa
import strawberry

from db import disputes as tables
from rules.access import Act
from rules.disputes import (
    LEVEL_LABELS,
    ORIGIN_LABELS,
    PENDING,
    STATUS_LABELS,
    TYPE_LABELS,
    AgreementForm,
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    PartyRole,
    allowed_acts,
)
from schema.accounts import Account
from schema.actions import allowed_actions
from schema.appeals import Appeal
from schema.compiler.declare import (
    by_link,
    column,
    either,
    entity,
    filters,
    labelled,
    object_id,
    part,
    to_many,
    to_one,
    where,
)
from schema.compiler.expressions import values
from schema.compiler.sources import Alternative
from schema.filters import TimeRange, among, contains, is_id, when, within
from schema.journal import JournalEntry, timeline
from schema.people import Resident
from schema.places import Grid, Household, Premises
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
        when(lambda row: sa.cast(row.c.status, sa.Text).in_(values(sorted(PENDING)))),
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


@entity(tables.DisputeParty, "party")
class DisputeParty(Node):
    """A party (当事人) of a dispute."""

    id: strawberry.ID = object_id("party")
    role: PartyRole = column("role", "On which side.")
    consent: Consent = column("consent", "Whether they agree to be mediated.")
    claim: str | None = column("claim", "What they want.")
    subject: PartySubject | None = either(
        [
            _registered("Resident", "resident_id"),
            _registered("Household", "household_id"),
            _registered("Premises", "premises_id"),
            Alternative("Outsider", lambda row: row.c.outsider_name.is_not(None), None),
        ],
        "Who it is; null when the viewer does not work with them.",
    )


@entity(tables.Agreement, "agreement")
class Agreement(Node):
    """What the parties agreed (People's Mediation Law, articles 28 and 29)."""

    id: strawberry.ID = object_id("agreement")
    form: AgreementForm = column("form", "Oral or written.")
    content: str = column("content", "What was agreed; recorded by the mediator when oral (article 28).")
    facts: str | None = column("facts", "Facts, issues and responsibility (article 29).")
    performance: str | None = column("performance", "Manner and time of performance (article 29).")
    due_on: date | None = column("due_on", "By when it is to be performed.")
    reached_at: datetime = column("reached_at", "When the parties agreed.")
    parties_signed_on: date | None = column("parties_signed_on", "When the last party signed.")
    mediator_signed_on: date | None = column("mediator_signed_on", "When the mediator signed.")
    sealed_on: date | None = column("sealed_on", "When the committee sealed it.")
    effective_on: date | None = column(
        "effective_on",
        "From when it is in force: oral, the day it is reached (article 28); written, once the parties and the"
        " mediator have signed and the committee has sealed it (article 29); null until then.",
    )
    recorded_by: Account | None = to_one("recorded_by", "Who recorded it.")
    dispute: Dispute | None = to_one("dispute_id", "The dispute it settles.")


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
    allowed_actions: list[Act] = allowed_actions(allowed_acts, DisputeStatus, DisputeLevel)
    timeline: Connection[JournalEntry] = timeline("dispute_id")
