"""Mutations of existing appeals, one entry for each move."""

from __future__ import annotations

from typing import Any

from db.acts import appeal_corrections
from db.acts import appeal_moves as acts
from schema.appeals import Appeal
from schema.compiler.declare import mutations
from schema.mutations.parts import PHOTOS, Act, move, optional, payload_of, reason, required, secret

AppealPayload = payload_of("AppealPayload", appeal=Appeal)


def _move(act: Act, description: str, **fields: Any) -> Any:
    return move(act, AppealPayload, description, appeal=required("The appeal.", "appeal"), **fields)


def _by_receipt() -> Any:
    return secret("The receipt code; needed without an account.")


@mutations
class AppealMoves:
    accept_appeal = _move(
        acts.accept_appeal,
        "Accepts an appeal after calling back or visiting the reporter. This is a call-back that reached them.",
        note=optional("A note on the conversation."),
    )
    correct_appeal = _move(
        appeal_corrections.correct_appeal,
        "Corrects an appeal, by those who handle it; after its end by the community's staff. Omitted fields keep their"
        " value. Deadlines follow from the same moment as before. The journal keeps what it said `before`.",
        reason=reason("The reason for the correction."),
        category=optional("The category. Refused while it is dispatched."),
        urgency=optional("The urgency."),
        body=optional("The reporter's words, up to 2,000 characters."),
        handler=optional("The account that handles it, with a post where it belongs.", "account"),
        household=optional(
            "The place: the reporter's household. No place is changed while it is dispatched.", "household"
        ),
        building=optional("The place: a building.", "building"),
        unit=optional("The unit (单元) of that building."),
        premises=optional("The place: a firm, a shop or a construction site.", "premises"),
        grid=optional("The place: a grid.", "grid"),
        estate=optional("The place: an estate as a whole.", "estate"),
        community=optional("The place: the community as a whole.", "community"),
    )
    begin_appeal = _move(acts.begin_appeal, "Starts work on an accepted appeal.", note=optional("A note on the work."))
    answer_appeal = _move(
        acts.answer_appeal,
        "Sends the result to the reporter, who is asked to confirm it.",
        answer=reason("The result, or the answer to the question."),
    )
    escalate_appeal = _move(
        acts.escalate_appeal,
        "Escalates an appeal by one level, which handles it in its own name (以社区名义). The appeal stays open.",
        reason=reason("The reason."),
    )
    recall_dispatch = _move(
        acts.recall_dispatch,
        "Recalls an appeal from the organisation to which it was dispatched.",
        reason=reason("The reason."),
    )
    accept_dispatch = _move(
        acts.accept_dispatch, "Accepts a dispatch for the organisation.", note=optional("The plan and its dates.")
    )
    object_dispatch = _move(
        acts.object_dispatch,
        "Objects to a dispatch for the organisation. After two objections only the community decides.",
        reason=reason("The reason."),
    )
    resume_appeal = _move(acts.resume_appeal, "Ends the pause of an appeal's clocks.", note=optional("A note."))
    withdraw_appeal = _move(
        acts.withdraw_appeal,
        "Withdraws an appeal, by the reporter with the receipt code or by a worker.",
        note=optional("The reason."),
        receipt_code=_by_receipt(),
    )
    reopen_appeal = _move(
        acts.reopen_appeal,
        "Reopens a closed appeal, within the community's time limit.",
        reason=reason("The reason."),
        receipt_code=_by_receipt(),
    )
    add_to_appeal = _move(
        acts.add_to_appeal,
        "Adds a note or photos to an open appeal. Does not reset its deadlines.",
        note=optional("The note; required without photos."),
        photos=optional(PHOTOS),
        receipt_code=_by_receipt(),
    )
    confirm_appeal = _move(
        acts.confirm_appeal,
        "Confirms or denies that an appeal is solved, by the reporter with the receipt code or by a worker.",
        satisfied=required("Whether it is solved; if not, the appeal continues."),
        rating=optional("The rating, 1 to 5; only if solved."),
        note=optional("The reporter's words."),
        receipt_code=_by_receipt(),
    )
    reject_appeal = _move(
        acts.reject_appeal,
        "Rejects an appeal, with the reason and the place to turn to instead.",
        reason=reason("The reason, which the reporter reads."),
        turn_to=required("The place to turn to instead, which the reporter reads."),
    )
    dispatch_appeal = _move(
        acts.dispatch_appeal,
        "Dispatches an appeal to an organisation, which accepts or objects.",
        organisation=optional("The organisation; by default the one responsible for the category.", "organisation"),
        note=optional("A note to the organisation."),
    )
    pause_appeal = _move(
        acts.pause_appeal,
        "Pauses the clocks of an appeal until a given time. Nothing else stops them.",
        ends_at=required("The end of the pause, at most 90 days away."),
        reason=reason("The reason, approved by the account that pauses it."),
    )
