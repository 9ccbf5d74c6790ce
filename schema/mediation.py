"""Mediation in GraphQL: meetings, visits to the place, who mediates jointly, and the community's own time limit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from db import disputes as tables
from db import sql
from db.base import alias
from rules.disputes import GUEST_LABELS, GuestKind, Route
from schema.accounts import Account
from schema.compiler.declare import column, entity, labelled, object_id, to_many, to_one, vocabulary
from schema.compiler.sources import Row
from schema.relay import Node

if TYPE_CHECKING:
    from schema.disputes import DisputeParty

PartyType: TypeAlias = Annotated["DisputeParty", strawberry.lazy("schema.disputes")]

vocabulary(
    GuestKind,
    {
        GuestKind.RELATIVE: "A relative of a party.",
        GuestKind.NEIGHBOUR: "A neighbour.",
        GuestKind.COLLEAGUE: "A colleague.",
        GuestKind.EXPERT: "Somebody who knows the matter.",
        GuestKind.ORGANISATION: "Somebody of a social organisation.",
    },
)
vocabulary(
    Route,
    {
        Route.COURT: "A suit before a court 向人民法院提起诉讼.",
        Route.ARBITRATION: "Arbitration 申请仲裁.",
        Route.ADMINISTRATIVE: "An administrative organ 请行政机关处理.",
    },
)


def _was_there(row: Row, t: Any) -> sql.Column:
    present = alias(tables.MeetingParty)
    return sql.exists(present).where(present.c.meeting_id == row.c.id, present.c.party_id == t.id)


@entity(tables.MeetingGuest)
class MeetingGuest:
    """Who joined a mediation with the parties' consent (article 20)."""

    name: str = column("name", "Name.")
    kind: GuestKind = column("kind", "Who they are to the matter.")
    kind_label: str = labelled("kind", GUEST_LABELS, "The same in Chinese.")


@entity(tables.Meeting, "meeting")
class Meeting(Node):
    """A mediation meeting (调解会)."""

    id: strawberry.ID = object_id("meeting")
    held_at: datetime = column("held_at", "When it was held.")
    place: str = column("place", "Where.")
    minutes: str = column("minutes", "What was said.")
    parties: list[PartyType] = to_many(_was_there, lambda t: [t.id], "The parties that were there.")
    guests: list[MeetingGuest] = to_many(
        lambda row, t: t.meeting_id == row.c.id, lambda t: [t.id], "Who joined with the parties' consent."
    )
    recorded_by: Account | None = to_one("recorded_by", "Who wrote the minutes.")
    recorded_at: datetime = column("recorded_at", "When they were written down.")


@entity(tables.SiteVisit, "sitevisit")
class SiteVisit(Node):
    """A visit to the place that was arranged with the parties."""

    id: strawberry.ID = object_id("sitevisit")
    at: datetime = column("at", "When.")
    place: str = column("place", "Where.")
    purpose: str | None = column("purpose", "What for.")
    planned_by: Account | None = to_one("planned_by", "Who arranged it.")


@entity(tables.DisputeMediator)
class JointMediator:
    """Who was invited to mediate jointly; they see this case alone."""

    account: Account | None = to_one("account_id", "Who.")
    invited_by: Account | None = to_one("invited_by", "Who invited them.")
    invited_at: datetime = column("invited_at", "Since when they see the case.")
    released_at: datetime | None = column("released_at", "Until when they saw it.")


@entity(tables.MediationPolicy)
class MediationPolicy:
    """How long mediating may take in a community: a local rule, not the law."""

    days: int = column("days", "Days from the beginning of mediation.")
    set_by: Account | None = to_one("set_by", "Who set it.")
    set_at: datetime = column("set_at", "Since when it counts, for what begins afterwards.")
