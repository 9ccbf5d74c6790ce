"""Mediation in GraphQL: meetings, visits to the place, who mediates jointly, and the community's own time limit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import disputes as tables
from db import sql
from db.base import alias
from rules.disputes import GuestKind
from schema.compiler.declare import column, entity, labelled, object_id, roots, to_many, to_one
from schema.compiler.sources import Row
from schema.parties import DisputeParty
from schema.relay import Node


def _was_there(row: Row, t: Any) -> sql.Column:
    present = alias(tables.MeetingParty)
    return sql.exists(present).where(present.c.meeting_id == row.c.id, present.c.party_id == t.id)


@entity(tables.MeetingGuest)
class MeetingGuest:
    """Who joined a mediation with the parties' consent (article 20)."""

    name: str = column("name", "Name.")
    kind: GuestKind = column("kind", "Who they are to the matter.")
    kind_label: str = labelled("kind", GuestKind, "The same in Chinese.")


@entity(tables.Meeting, "meeting")
class Meeting(Node):
    """A mediation meeting (调解会)."""

    id: strawberry.ID = object_id("meeting")
    held_at: datetime = column("held_at", "When it was held.")
    place: str = column("place", "Where.")
    minutes: str = column("minutes", "What was said.")
    parties: list[DisputeParty] = to_many(_was_there, lambda t: [t.id], "The parties that were there.")
    guests: list[MeetingGuest] = to_many("meeting_id", lambda t: [t.id], "Who joined with the parties' consent.")
    recorded_by = to_one("recorded_by", "Who wrote the minutes.")
    recorded_at: datetime = column("recorded_at", "When they were written down.")


@entity(tables.SiteVisit, "sitevisit")
class SiteVisit(Node):
    """A visit to the place that was arranged with the parties."""

    id: strawberry.ID = object_id("sitevisit")
    at: datetime = column("at", "When.")
    place: str = column("place", "Where.")
    purpose: str | None = column("purpose", "What for.")
    planned_by = to_one("planned_by", "Who arranged it.")


@entity(tables.DisputeMediator)
class JointMediator:
    """Who was invited to mediate jointly; they see this case alone."""

    account = to_one("account_id", "Who.")
    invited_by = to_one("invited_by", "Who invited them.")
    invited_at: datetime = column("invited_at", "Since when they see the case.")
    released_at: datetime | None = column("released_at", "Until when they saw it.")


@entity(tables.MediationPolicy)
class MediationPolicy:
    """How long mediating may take in a community: a local rule, not the law."""

    days: int = column("days", "Days from the beginning of mediation.")
    set_by = to_one("set_by", "Who set it.")
    set_at: datetime = column("set_at", "Since when it counts, for what begins afterwards.")


@roots
class MediationRoots:
    """What can be read of how mediation is set."""

    mediation_policies: list[MediationPolicy] = to_many(
        lambda *_: sql.TRUE,
        lambda t: [t.set_at.desc(), t.id],
        "How long mediating may take, the newest first; before the first it is 30 days.",
    )
