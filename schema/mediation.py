"""Mediation in GraphQL: meetings, visits to the place, joint mediators, and the community's time limit."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import disputes as tables
from db import sql
from rules.disputes import GuestKind
from schema.compiler import declare as gql
from schema.parties import DisputeParty
from schema.relay import Node
from schema.starting_values import starting_value


@gql.entity(tables.MeetingGuest)
class MeetingGuest:
    """A guest at a meeting, present with the parties' consent (article 20)."""

    name: str = gql.column("name", "Name.")
    kind = gql.word("kind", GuestKind, "The relation to the parties or to the matter.")


@gql.entity(tables.Meeting, "meeting")
class MediationMeeting(Node):
    """A mediation meeting (调解会)."""

    id: strawberry.ID = gql.object_id("meeting")
    held_at: datetime = gql.column("held_at", "When it was held.")
    place: str = gql.column("place", "The place.")
    minutes: str = gql.column("minutes", "The minutes.")
    parties: list[DisputeParty] = gql.to_many(
        gql.through(tables.MeetingParty, "meeting_id", "party_id"), lambda t: [t.id], "The parties present."
    )
    guests: list[MeetingGuest] = gql.to_many("meeting_id", lambda t: [t.id], "The guests.")
    recorded_by = gql.to_one("recorded_by", "The account that recorded the minutes.")
    recorded_at: datetime = gql.column("recorded_at", "When the minutes were recorded.")


@gql.entity(tables.SiteVisit, "sitevisit")
class SiteVisit(Node):
    """A visit to the place, arranged with the parties."""

    id: strawberry.ID = gql.object_id("sitevisit")
    at: datetime = gql.column("at", "The appointed time.")
    place: str = gql.column("place", "The place.")
    purpose: str | None = gql.column("purpose", "The purpose.")
    planned_by = gql.to_one("planned_by", "The account that arranged it.")


@gql.entity(tables.DisputeMediator)
class JointMediator:
    """An account invited to mediate jointly. It sees only this case."""

    account = gql.to_one("account_id", "The account.")
    invited_by = gql.to_one("invited_by", "The account that sent the invitation.")
    invited_at: datetime = gql.column("invited_at", "When the invitation was made.")
    released_at: datetime | None = gql.column("released_at", "When the invitation ended; null while it is valid.")


@gql.entity(tables.MediationPolicy)
class MediationPolicy:
    """The time limit of mediation in a community, which is a local rule and not the law."""

    days: int = gql.column("days", "Days from the beginning of mediation.")
    set_by = gql.to_one("set_by", "The account that set it; null for a starting value.")
    is_starting_value: bool = starting_value()
    set_at: datetime = gql.column("set_at", "When it took effect. Earlier mediations keep their limit.")


@gql.roots
class MediationRoots:
    mediation_policies: list[MediationPolicy] = gql.to_many(
        lambda *_: sql.TRUE,
        lambda t: [t.set_at.desc(), t.id],
        "The time limits of mediation, newest first. Without one, the limit is 30 days.",
    )
