"""Mutations of appeals that are there: one entry for each move of their life."""

from __future__ import annotations

from typing import Any

from db.acts import appeal_moves as acts
from schema.appeals import Appeal
from schema.compiler.declare import mutations
from schema.mutations.parts import PHOTOS, Act, may, move, needs, payload, reason, shows


@payload
class AppealPayload:
    """An appeal after an act."""

    appeal: Appeal | None = shows("The appeal; null when refused, or when it is not the viewer's to see.")


def _move(act: Act, description: str, **fields: Any) -> Any:
    return move(act, AppealPayload, description, appeal=needs("The appeal.", "appeal"), **fields)


def _by_receipt() -> Any:
    return may("The receipt code; needed without an account.")


@mutations
class AppealMoves:
    """The moves of an appeal's life."""

    accept_appeal: AppealPayload = _move(
        acts.accept_appeal,
        "Says that the reporter was called back, or that somebody went there.",
        note=may("What was said."),
    )
    begin_appeal: AppealPayload = _move(
        acts.begin_appeal, "Says that somebody works at an accepted appeal now.", note=may("What is being done.")
    )
    answer_appeal: AppealPayload = _move(
        acts.answer_appeal,
        "Tells the reporter the result and asks them to confirm.",
        answer=reason("What was done, or the answer to the question."),
    )
    escalate_appeal: AppealPayload = _move(
        acts.escalate_appeal,
        "Sends an appeal one level up; it stays open and is handled in that body's name (以社区名义).",
        reason=reason("Why it must go up."),
    )
    recall_dispatch: AppealPayload = _move(
        acts.recall_dispatch,
        "Takes an appeal back from the organisation that it was dispatched to.",
        reason=reason("Why."),
    )
    accept_dispatch: AppealPayload = _move(
        acts.accept_dispatch,
        "The organisation takes on an appeal that was dispatched to it.",
        note=may("What will be done, and when."),
    )
    object_dispatch: AppealPayload = _move(
        acts.object_dispatch,
        "The organisation objects; after two objections only the community decides who answers for it.",
        reason=reason("Why."),
    )
    resume_appeal: AppealPayload = _move(
        acts.resume_appeal, "Lets the clocks of a paused appeal run again.", note=may("What was said.")
    )
    withdraw_appeal: AppealPayload = _move(
        acts.withdraw_appeal,
        "Takes an appeal back: its reporter with the receipt code, or a worker for them.",
        note=may("Why."),
        receipt_code=_by_receipt(),
    )
    reopen_appeal: AppealPayload = _move(
        acts.reopen_appeal,
        "Opens a closed appeal again, within the community's time for that.",
        reason=reason("What is not as it should be."),
        receipt_code=_by_receipt(),
    )
    add_to_appeal: AppealPayload = _move(
        acts.add_to_appeal,
        "Adds to an appeal that is open. Does not reset its deadlines.",
        note=may("What there is to add; needed without photos."),
        photos=may(PHOTOS),
        receipt_code=_by_receipt(),
    )
    confirm_appeal: AppealPayload = _move(
        acts.confirm_appeal,
        "Says for the reporter, or by them with the receipt code, whether it is solved.",
        satisfied=needs("Whether it is solved; if not, the appeal goes on."),
        rating=may("1 to 5; only when satisfied."),
        note=may("What they say."),
        receipt_code=_by_receipt(),
    )
    reject_appeal: AppealPayload = _move(
        acts.reject_appeal,
        "Rejects an appeal, with the reason and where to turn instead.",
        reason=reason("Why; the reporter reads it."),
        turn_to=needs("Where to turn instead; the reporter reads it."),
    )
    dispatch_appeal: AppealPayload = _move(
        acts.dispatch_appeal,
        "Gives an appeal to an organisation, which accepts or objects.",
        organisation=may("To whom; by default whoever answers for its category.", "organisation"),
        note=may("What they should know."),
    )
    pause_appeal: AppealPayload = _move(
        acts.pause_appeal,
        "Stops the clocks of an appeal for a reason until a moment; nothing else ever stops them.",
        until=needs("Until when, 90 days at most."),
        reason=reason("Why; whoever pauses it approves it."),
    )
