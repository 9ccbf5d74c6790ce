"""Mutations of incidents, and of the times that appeals have."""

from __future__ import annotations

from typing import Any

import strawberry

from db.acts import incidents as acts
from db.acts.clock_policies import NewClocks, set_clocks
from rules.appeals import AppealCategory, AppealKind, AppealUrgency
from schema.compiler.declare import mutations
from schema.incidents import Incident
from schema.mutations.parts import Act, act_id, may, move, mutation, needs, payload, reason, shows, takes
from schema.places import Community


@takes(NewClocks)
class SetClocksInput:
    """The times of all appeals, or of those of a kind, category or urgency."""

    community: strawberry.ID = needs("The community.", "community")
    kind: AppealKind | None = may("Only for this kind.")
    category: AppealCategory | None = may("Only for this category.")
    urgency: AppealUrgency | None = may("Only for this urgency.")
    response_minutes: int = needs("Minutes until the reporter is to be called back.")
    resolution_minutes: int = needs("Minutes until it is to be solved.")
    step_minutes: int = needs("Minutes that each level has before an overdue appeal goes up again.")
    silence_days: int = needs("Days without a reply after which an answer counts as accepted.")
    reopen_days: int = needs("Days within which a closed appeal can be reopened.")
    act: strawberry.ID | None = act_id()


@payload
class IncidentPayload:
    """An incident after an act."""

    incident: Incident | None = shows("The incident; null when refused.")


@payload
class ClocksPayload:
    """A community whose times were set."""

    community: Community | None = shows("The community; null when refused.")


def _move(act: Act, description: str, **more: Any) -> Any:
    return move(act, IncidentPayload, description, incident=needs("The incident.", "incident"), **more)


@mutations
class IncidentMutations:
    """Acts on incidents, and on the times of appeals."""

    merge_into_incident: IncidentPayload = move(
        acts.merge_into_incident,
        IncidentPayload,
        "Puts appeals about one thing together; every household keeps its receipt and confirms for itself.",
        incident=needs("`incident_<uuid>`: one that is there, or made by the client for a new one.", "incident"),
        appeals=needs("The appeals; at least two for a new incident.", "appeal"),
        title=may("What a new incident is about; by default what the first appeal says."),
    )
    dispatch_incident: IncidentPayload = _move(
        acts.dispatch_incident,
        "Gives all of it to an organisation by one dispatch.",
        organisation=may("The organisation; by default the one that answers for the category.", "organisation"),
        note=may("What they should know."),
    )
    answer_incident: IncidentPayload = _move(
        acts.answer_incident,
        "Tells every household the result and asks each to confirm.",
        answer=reason("What was done."),
    )
    recall_incident: IncidentPayload = _move(
        acts.recall_incident, "Takes an incident back from the organisation.", reason=reason("Why.")
    )
    accept_incident: IncidentPayload = _move(
        acts.accept_incident, "The organisation takes on all of it.", note=may("What will be done, and when.")
    )
    object_incident: IncidentPayload = _move(
        acts.object_incident, "The organisation objects to all of it.", reason=reason("Why.")
    )
    set_clocks: ClocksPayload = mutation(
        SetClocksInput, set_clocks, ClocksPayload, "Sets how long appeals may take that come from now on."
    )
