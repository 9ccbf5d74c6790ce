"""What can be done about incidents, and about the times that appeals have."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import strawberry

from db.acts import clock_policies, incidents
from db.acts.acting import Acting
from db.acts.clock_policies import NewClocks
from db.acts.incidents import IncidentStep, Merging
from rules.appeals import AppealCategory, AppealKind, AppealUrgency
from rules.clocks import Times
from schema.appeals import Incident
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, act_id, few, given, may, mutation, needs, optional_id, takes, touched
from schema.places import Community
from schema.problems import Problem


@takes
class MergeIntoIncidentInput:
    """Appeals of one category from one building and unit that are about one thing."""

    incident: strawberry.ID = needs("`incident_<uuid>`: one that is there, or made by the client for a new one.")
    appeals: list[strawberry.ID] = needs("The appeals; at least two for a new incident.")
    title: str | None = may("What a new incident is about; by default what the first appeal says.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Merging:
        """As the act takes it."""
        ids = few(self.appeals, "appeals")
        return Merging(
            incident=parse_id("incident", self.incident, "incident"),
            appeals=[parse_id("appeal", each, "appeals", index) for index, each in enumerate(ids)],
            title=given(self.title),
            act=optional_id("act", self.act, "act"),
        )


def _step(of: Any, note: str | None) -> IncidentStep:
    uuid = parse_id("incident", of.incident, "incident")
    return IncidentStep(uuid, optional_id("act", of.act, "act"), given(note))


@takes
class DispatchIncidentInput:
    """What an organisation is to do for all at once."""

    incident: strawberry.ID = needs("The incident.")
    organisation: strawberry.ID | None = may("To whom; by default whoever answers for its category.")
    note: str | None = may("What they should know.")
    act: strawberry.ID | None = act_id()

    def read(self) -> IncidentStep:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class AnswerIncidentInput:
    """The result, told to every household."""

    incident: strawberry.ID = needs("The incident.")
    answer: str = needs("What was done.")
    act: strawberry.ID | None = act_id()

    def read(self) -> IncidentStep:
        """As the act takes it."""
        return _step(self, self.answer)


@takes
class RecallIncidentInput:
    """A dispatch that is taken back."""

    incident: strawberry.ID = needs("The incident.")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> IncidentStep:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class AcceptIncidentInput:
    """What the organisation takes on."""

    incident: strawberry.ID = needs("The incident.")
    note: str | None = may("What will be done, and when.")
    act: strawberry.ID | None = act_id()

    def read(self) -> IncidentStep:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class ObjectIncidentInput:
    """What is not for the organisation."""

    incident: strawberry.ID = needs("The incident.")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> IncidentStep:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class SetClocksInput:
    """How long appeals may take: all of them, or those of a kind, category or urgency."""

    community: strawberry.ID = needs("The community.")
    kind: AppealKind | None = may("For this kind alone.")
    category: AppealCategory | None = may("For this category alone.")
    urgency: AppealUrgency | None = may("For this urgency alone.")
    response_minutes: int = needs("Minutes until the reporter is to be called back.")
    resolution_minutes: int = needs("Minutes until it is to be solved.")
    step_minutes: int = needs("Minutes that each level has before an overdue appeal goes up again.")
    silence_days: int = needs("Days after which an answer that nobody contradicts is taken as right.")
    reopen_days: int = needs("Days in which a closed appeal can be opened again.")
    act: strawberry.ID | None = act_id()

    def read(self) -> NewClocks:
        """As the act takes it."""
        minutes = (self.response_minutes, self.resolution_minutes, self.step_minutes)
        return NewClocks(
            community=parse_id("community", self.community, "community"),
            times=Times(*minutes, self.silence_days, self.reopen_days),
            kind=given(self.kind),
            category=given(self.category),
            urgency=given(self.urgency),
            act=optional_id("act", self.act, "act"),
        )


@strawberry.type(description="An incident after an act.")
class IncidentPayload:
    """See the description."""

    incident: Incident | None = strawberry.field(default=None, description="The incident; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A community whose times were set.")
class ClocksPayload:
    """See the description."""

    community: Community | None = strawberry.field(default=None, description="The community; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _incident(uuid: UUID) -> IncidentPayload:
    return IncidentPayload(incident=touched(uuid))


def _dispatch(acting: Acting, said: DispatchIncidentInput) -> Awaitable[UUID]:
    organisation = optional_id("organisation", said.organisation, "organisation")
    return incidents.dispatch_incident(acting, said.read(), organisation)


@strawberry.type
class IncidentMutations:
    """Acts on incidents, and on the times of appeals."""

    merge_into_incident: IncidentPayload = mutation(
        MergeIntoIncidentInput,
        lambda acting, given: incidents.merge_into_incident(acting, given.read()),
        IncidentPayload,
        _incident,
        "Puts appeals about one thing together; every household keeps its receipt and confirms for itself.",
    )
    dispatch_incident: IncidentPayload = mutation(
        DispatchIncidentInput,
        _dispatch,
        IncidentPayload,
        _incident,
        "Gives all of it to an organisation by one dispatch.",
    )
    answer_incident: IncidentPayload = mutation(
        AnswerIncidentInput,
        lambda acting, step: incidents.answer_incident(acting, step.read()),
        IncidentPayload,
        _incident,
        "Tells every household the result and asks each to confirm.",
    )
    recall_incident: IncidentPayload = mutation(
        RecallIncidentInput,
        lambda acting, step: incidents.recall_incident(acting, step.read()),
        IncidentPayload,
        _incident,
        "Takes an incident back from the organisation.",
    )
    accept_incident: IncidentPayload = mutation(
        AcceptIncidentInput,
        lambda acting, step: incidents.accept_incident(acting, step.read()),
        IncidentPayload,
        _incident,
        "The organisation takes on all of it.",
    )
    object_incident: IncidentPayload = mutation(
        ObjectIncidentInput,
        lambda acting, step: incidents.object_incident(acting, step.read()),
        IncidentPayload,
        _incident,
        "The organisation objects to all of it.",
    )
    set_clocks: ClocksPayload = mutation(
        SetClocksInput,
        lambda acting, new: clock_policies.set_clocks(acting, new.read()),
        ClocksPayload,
        lambda uuid: ClocksPayload(community=touched(uuid)),
        "Sets how long appeals may take that come from now on.",
    )
