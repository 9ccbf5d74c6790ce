"""What can be done about appeals that are there: each move of their life."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Any

import strawberry

from db.acts import appeal_moves
from db.acts.acting import Acting
from db.acts.appeal_moves import Step
from db.appeals import Appeal as AppealRow
from schema.appeals import Appeal
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, PHOTOS, act_id, few, given, may, mutation, needs, optional_id, takes, touched
from schema.problems import Problem

_RECEIPT = "The receipt code; needed without an account."


def _step(of: Any, note: str | None, receipt_code: str | None = None) -> Step:
    return Step(
        parse_id("appeal", of.appeal, "appeal"), optional_id("act", of.act, "act"), given(note), given(receipt_code)
    )


@takes
class AcceptAppealInput:
    """The reporter was called back, or somebody went there."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("What was said.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class BeginAppealInput:
    """Somebody works at it now."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("What is being done.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class AnswerAppealInput:
    """The result, told to the reporter."""

    appeal: strawberry.ID = needs("The appeal.")
    answer: str = needs("What was done, or the answer to the question.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.answer)


@takes
class EscalateAppealInput:
    """What cannot be solved here."""

    appeal: strawberry.ID = needs("The appeal.")
    reason: str = needs("Why it must go up.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class RecallDispatchInput:
    """A dispatch that is taken back."""

    appeal: strawberry.ID = needs("The appeal.")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class AcceptDispatchInput:
    """What the organisation takes on."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("What will be done, and when.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class ObjectDispatchInput:
    """What is not for the organisation."""

    appeal: strawberry.ID = needs("The appeal.")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class ResumeAppealInput:
    """A pause that ends sooner."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("What was said.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class WithdrawAppealInput:
    """What its reporter takes back."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("Why.")
    receipt_code: str | None = may(_RECEIPT)
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note, self.receipt_code)


@takes
class ReopenAppealInput:
    """What is not solved after all."""

    appeal: strawberry.ID = needs("The appeal.")
    reason: str = needs("What is not as it should be.")
    receipt_code: str | None = may(_RECEIPT)
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason, self.receipt_code)


@takes
class AddToAppealInput:
    """Something more about an appeal."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("What there is to add; needed without photos.")
    photos: list[str] | None = may(PHOTOS)
    receipt_code: str | None = may(_RECEIPT)
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note, self.receipt_code)


@takes
class ConfirmAppealInput:
    """What the reporter says about the answer; a worker says it for them, or they do with the receipt code."""

    appeal: strawberry.ID = needs("The appeal.")
    satisfied: bool = needs("Whether it is solved; if not, the appeal goes on.")
    rating: int | None = may("1 to 5; only when satisfied.")
    note: str | None = may("What they say.")
    receipt_code: str | None = may(_RECEIPT)
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note, self.receipt_code)


@takes
class RejectAppealInput:
    """What is not for the community to solve."""

    appeal: strawberry.ID = needs("The appeal.")
    reason: str = needs("Why; the reporter reads it.")
    turn_to: str = needs("Where to turn instead; the reporter reads it.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class DispatchAppealInput:
    """What an organisation is to do."""

    appeal: strawberry.ID = needs("The appeal.")
    organisation: strawberry.ID | None = may("To whom; by default whoever answers for its category.")
    note: str | None = may("What they should know.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class PauseAppealInput:
    """Why the clocks stand still, and until when; whoever does it approves it."""

    appeal: strawberry.ID = needs("The appeal.")
    until: datetime = needs("Until when, 90 days at most.")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@strawberry.type(description="An appeal after an act.")
class AppealPayload:
    """See the description."""

    appeal: Appeal | None = strawberry.field(
        default=None, description="The appeal; null when refused, or when it is not the viewer's to see."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _appeal(appeal: AppealRow) -> AppealPayload:
    return AppealPayload(appeal=touched(appeal.id))


def _confirm(acting: Acting, said: ConfirmAppealInput) -> Awaitable[AppealRow]:
    return appeal_moves.confirm_appeal(acting, said.read(), satisfied=said.satisfied, rating=given(said.rating))


def _reject(acting: Acting, said: RejectAppealInput) -> Awaitable[AppealRow]:
    return appeal_moves.reject_appeal(acting, said.read(), said.turn_to)


def _dispatch(acting: Acting, said: DispatchAppealInput) -> Awaitable[AppealRow]:
    organisation = optional_id("organisation", said.organisation, "organisation")
    return appeal_moves.dispatch_appeal(acting, said.read(), organisation)


def _pause(acting: Acting, said: PauseAppealInput) -> Awaitable[AppealRow]:
    return appeal_moves.pause_appeal(acting, said.read(), said.until)


@strawberry.type
class AppealMoves:
    """Acts on appeals that are there."""

    accept_appeal: AppealPayload = mutation(
        AcceptAppealInput,
        lambda acting, step: appeal_moves.accept_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Says that the reporter was called back or gone to.",
    )
    begin_appeal: AppealPayload = mutation(
        BeginAppealInput,
        lambda acting, step: appeal_moves.begin_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Says that somebody works at an accepted appeal now.",
    )
    answer_appeal: AppealPayload = mutation(
        AnswerAppealInput,
        lambda acting, step: appeal_moves.answer_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Tells the reporter the result and asks them to confirm.",
    )
    escalate_appeal: AppealPayload = mutation(
        EscalateAppealInput,
        lambda acting, step: appeal_moves.escalate_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Sends an appeal one level up; it stays open and is handled in that body's name (以社区名义).",
    )
    recall_dispatch: AppealPayload = mutation(
        RecallDispatchInput,
        lambda acting, step: appeal_moves.recall_dispatch(acting, step.read()),
        AppealPayload,
        _appeal,
        "Takes an appeal back from the organisation that it was dispatched to.",
    )
    accept_dispatch: AppealPayload = mutation(
        AcceptDispatchInput,
        lambda acting, step: appeal_moves.accept_dispatch(acting, step.read()),
        AppealPayload,
        _appeal,
        "The organisation takes on an appeal that was dispatched to it.",
    )
    object_dispatch: AppealPayload = mutation(
        ObjectDispatchInput,
        lambda acting, step: appeal_moves.object_dispatch(acting, step.read()),
        AppealPayload,
        _appeal,
        "The organisation objects; after two objections only the community decides who answers for it.",
    )
    resume_appeal: AppealPayload = mutation(
        ResumeAppealInput,
        lambda acting, step: appeal_moves.resume_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Lets the clocks of a paused appeal run again.",
    )
    withdraw_appeal: AppealPayload = mutation(
        WithdrawAppealInput,
        lambda acting, step: appeal_moves.withdraw_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Takes an appeal back: its reporter with the receipt code, or a worker for them.",
    )
    reopen_appeal: AppealPayload = mutation(
        ReopenAppealInput,
        lambda acting, step: appeal_moves.reopen_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Opens a closed appeal again, within the community's time for that.",
    )
    add_to_appeal: AppealPayload = mutation(
        AddToAppealInput,
        lambda acting, step: appeal_moves.add_to_appeal(acting, step.read(), few(step.photos, "photos")),
        AppealPayload,
        _appeal,
        "Adds to an appeal that is open; no clock minds.",
    )
    confirm_appeal: AppealPayload = mutation(
        ConfirmAppealInput,
        _confirm,
        AppealPayload,
        _appeal,
        "Says for the reporter, or by them with the receipt code, whether it is solved.",
    )
    reject_appeal: AppealPayload = mutation(
        RejectAppealInput,
        _reject,
        AppealPayload,
        _appeal,
        "Rejects an appeal, with the reason and where to turn instead.",
    )
    dispatch_appeal: AppealPayload = mutation(
        DispatchAppealInput,
        _dispatch,
        AppealPayload,
        _appeal,
        "Gives an appeal to an organisation, which accepts or objects.",
    )
    pause_appeal: AppealPayload = mutation(
        PauseAppealInput,
        _pause,
        AppealPayload,
        _appeal,
        "Stops the clocks of an appeal for a reason until a moment; nothing else ever stops them.",
    )
