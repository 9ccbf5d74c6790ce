"""Mutations of incidents, and of the time limits of appeals."""

from __future__ import annotations

from typing import Any

from db.acts import incidents as acts
from db.acts.clock_policies import set_time_limits
from schema.compiler.declare import mutations
from schema.incidents import Incident
from schema.mutations.communities import CommunityPayload
from schema.mutations.parts import Act, move, optional, payload_of, reason, required

IncidentPayload = payload_of("IncidentPayload", incident=Incident)


def _move(act: Act, description: str, **more: Any) -> Any:
    return move(act, IncidentPayload, description, incident=required("The incident.", "incident"), **more)


@mutations
class IncidentMutations:
    merge_into_incident = move(
        acts.merge_into_incident,
        IncidentPayload,
        "Merges appeals about one thing. Each household keeps its receipt and confirms for itself.",
        incident=required(
            "`incident_<uuid>`: an existing incident, or a new id made by the client.", "incident", new=True
        ),
        appeals=required("The appeals; at least two for a new incident.", "appeal"),
        title=optional("The title of a new incident; by default the words of the first appeal."),
    )
    dispatch_incident = _move(
        acts.dispatch_incident,
        "Dispatches an incident to an organisation.",
        organisation=optional("The organisation; by default the one responsible for the category.", "organisation"),
        note=optional("A note to the organisation."),
    )
    answer_incident = _move(
        acts.answer_incident,
        "Sends the result to each household, which is asked to confirm it.",
        answer=reason("The result."),
    )
    recall_incident = _move(acts.recall_incident, "Recalls it from the organisation.", reason=reason("The reason."))
    accept_incident = _move(
        acts.accept_incident, "Accepts an incident for the organisation.", note=optional("The plan and its dates.")
    )
    object_incident = _move(acts.object_incident, "Objects for the organisation.", reason=reason("The reason."))
    set_time_limits = move(
        set_time_limits,
        CommunityPayload,
        "Sets the time limits of new appeals: of all, or of a kind, category or urgency.",
        community=required("The community.", "community"),
        kind=optional("Only for this kind."),
        category=optional("Only for this category."),
        urgency=optional("Only for this urgency."),
        response_minutes=required("Minutes until the reporter is to be called back."),
        resolution_minutes=required("Minutes until the appeal is to be solved."),
        step_minutes=required("Minutes at each level before an overdue appeal is escalated again."),
        silence_days=required("Days without a reply after which an answer counts as accepted."),
        reopen_days=required("Days in which a closed appeal can be reopened."),
    )
