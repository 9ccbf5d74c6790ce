"""Acts that phones submit when they have signal again: one input for all mutations of the field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from db.transaction import Transaction
from rules.access import Act
from rules.submissions import MOST_ACTS, ActOutcome
from schema.compiler.declare import argument, mutations, part
from schema.compiler.registry import TYPE
from schema.mutations.alerts import AlertMutations
from schema.mutations.appeal_moves import AppealMoves
from schema.mutations.appeals import AppealMutations
from schema.mutations.call_backs import CallBackMutations
from schema.mutations.disputes import DisputeMutations
from schema.mutations.duty import DutyMutations
from schema.mutations.findings import FindingMutations
from schema.mutations.mediation import MediationMutations
from schema.mutations.notices import NoticeMutations
from schema.mutations.parts import MUTATION, SUBMITS, Mutation, payload
from schema.mutations.people import PeopleMutations
from schema.mutations.places import PlaceMutations
from schema.mutations.visits import VisitMutations
from schema.mutations.wishes import WishMutations
from schema.problems import Problem
from schema.scalars import JSON

_OF_THE_FIELD = {
    VisitMutations: "record_visit correct_visit withdraw_visit add_visit_photos",
    AppealMutations: "open_appeal",
    AppealMoves: "accept_appeal begin_appeal answer_appeal escalate_appeal confirm_appeal reject_appeal withdraw_appeal"
    " reopen_appeal add_to_appeal correct_appeal dispatch_appeal",
    CallBackMutations: "record_call_back",
    DisputeMutations: "open_dispute",
    MediationMutations: "note_consent",
    FindingMutations: "add_party note_claim record_finding add_evidence",
    AlertMutations: "acknowledge_alert raise_alert report_alert call_for_help record_answer close_call",
    PeopleMutations: "add_resident correct_resident move_residents move_out set_colour remove_colour",
    PlaceMutations: "add_household correct_household",
    DutyMutations: "pause_duty end_pause",
    NoticeMutations: "mark_read",
    WishMutations: "propose_wish note_wish_progress fulfil_wish",
}
"""The mutations that a phone does on a round."""
ACTS: dict[str, Mutation] = {}
"""The mutation of each field of ``ActInput``."""


def _act_input() -> Any:
    """The input type with one field for each mutation, of the mutation's own input type."""
    given: dict[str, Any] = {}
    types: dict[str, Any] = {}
    for owner, names in _OF_THE_FIELD.items():
        for name in names.split():
            does: Mutation = vars(owner)[name].metadata[MUTATION]
            ACTS[to_camel_case(name)], types[name] = does, does.takes | None
            given[name] = strawberry.field(default=strawberry.UNSET, description=f"As `{to_camel_case(name)}`.")
    made = type("ActInput", (), {"__annotations__": types, **given})
    return strawberry.input(made, one_of=True, description="What a phone did: exactly one of these.")


ActInput: Any = _act_input()


@strawberry.input(description="An act, and what the person knew when they did it.")
class SubmittedAct:
    act: ActInput = strawberry.field(description="The act, with an id of its own.")
    based_on: str | None = strawberry.field(
        default=None, description="The `version` of the object that the person had before their eyes."
    )
    after: strawberry.ID | None = strawberry.field(
        default=None, description="The id of an act that this one depends on: refused if that one is not done."
    )


@part
class ActAnswer:
    """What became of a submitted act."""

    act: strawberry.ID = strawberry.field(description="Its id, as given.")
    outcome: ActOutcome = strawberry.field(description="How it ended.")
    object: strawberry.ID | None = strawberry.field(description="What it made, changed, or would have changed.")
    version: str | None = strawberry.field(description="The object's version now.")
    based_on: str | None = strawberry.field(description="The version given, of a conflict.")
    document: JSON | None = strawberry.field(description="The object's document now, of a conflict.")
    problems: list[Problem] = strawberry.field(description="Why it was refused.")


@payload
class SubmitPayload:
    """The answers to submitted acts."""

    answers: list[ActAnswer] = strawberry.field(default_factory=list, description="In the order of the acts.")
    received_at: datetime | None = strawberry.field(default=None, description="When, by the server's clock.")
    skew_seconds: float | None = strawberry.field(
        default=None, description="By how much the phone's clock is ahead. No deadline depends on it."
    )


async def _submit(_: Transaction, __: Any) -> Any:
    raise NotImplementedError


_submit.allowed = Act.SUBMIT_ACTS  # type: ignore[attr-defined]
SENT_AT = argument("sent_at", datetime | None, "The time of sending, by the phone's clock.")


def _submits(type_: Any, description: str, acts: Any) -> Any:
    declared = Mutation(SubmittedAct, _submit, SubmitPayload, lambda *_: {})
    field = StrawberryField(description=description, metadata={MUTATION: declared, SUBMITS: True, TYPE: type_})
    field.arguments = [acts, SENT_AT]
    return field


@mutations
class SubmittingMutations:
    submit = _submits(
        SubmitPayload,
        f"Does acts one by one in their order, at most {MOST_ACTS}. One that is refused stops none but those that are"
        " `after` it. A repetition with the same ids gets the same answers.",
        argument("acts", list[SubmittedAct], "The acts."),
    )
    push_acts = _submits(
        list[JSON],
        "The same for RxDB. Returns the document of each act with its answer. A repetition gets the same answers.",
        argument("rows", list[JSON], "Its rows; a document has the fields of `SubmittedAct` and `id`: `act_<uuid>`."),
    )
