"""What can be done about appeals."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime

import strawberry

from db.acts import appeals
from db.acts.acting import Acting
from db.acts.appeals import NewAppeal, Step
from db.appeals import Appeal as AppealRow
from rules.appeals import AppealCategory, AppealKind, AppealSource, ReportKind
from schema.appeals import Appeal
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, act_id, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.problems import Problem


@takes
class OpenAppealInput:
    """An appeal to open. Where it is about: by a QR code, a household, a building, or else what the text says."""

    id: strawberry.ID = own_id("appeal")
    body: str = needs("What is said, up to 2,000 characters.")
    kind: AppealKind | None = may("What is wanted; a problem by default, a report with `reportKind`.")
    report_kind: ReportKind | None = may("What was seen; with a report only, and there `OTHER` by default.")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    source: AppealSource | None = may(
        "By which way it came to the worker; by default `DESK` where a worker serves at a desk for somebody beyond"
        " their own grids, and else `APP`."
    )
    code: str | None = may("The QR code that was scanned; needed without an account.")
    household: strawberry.ID | None = may("The household it comes from.")
    building: strawberry.ID | None = may("The building it is about.")
    unit: int | None = may("The unit (单元) of that building.")
    resident: strawberry.ID | None = may("The resident on the register who makes it.")
    reporter_name: str | None = may("The name of a reporter who is not on the register.")
    reporter_phone: str | None = may("The number to call back.")
    opened_at: datetime | None = may("When it was said; now by default.")

    def read(self) -> NewAppeal:
        """As the act takes it."""
        report_kind = given(self.report_kind)
        return NewAppeal(
            id=parse_id("appeal", self.id, "id"),
            body=self.body,
            kind=given(self.kind) or (AppealKind.REPORT if report_kind else AppealKind.PROBLEM),
            report_kind=report_kind,
            category=given(self.category),
            source=given(self.source),
            code=given(self.code),
            household=optional_id("household", self.household, "household"),
            building=optional_id("building", self.building, "building"),
            unit=given(self.unit),
            resident=optional_id("resident", self.resident, "resident"),
            reporter_name=given(self.reporter_name),
            reporter_phone=given(self.reporter_phone),
            opened_at=given(self.opened_at),
        )


@takes
class FoundAppealInput:
    """An appeal found at a door; household, time and source are the visit's."""

    id: strawberry.ID = own_id("appeal")
    body: str = needs("What is said, up to 2,000 characters.")
    kind: AppealKind | None = may("What is wanted; a problem by default.")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    resident: strawberry.ID | None = may("The resident who makes it.")

    def read(self) -> NewAppeal:
        """As the act takes it."""
        return NewAppeal(
            id=parse_id("appeal", self.id, "id"),
            body=self.body,
            kind=given(self.kind) or AppealKind.PROBLEM,
            category=given(self.category),
            resident=optional_id("resident", self.resident, "resident"),
        )


@takes
class AcceptAppealInput:
    """The reporter was called back, or somebody went there."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("What was said.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.note)


@takes
class AnswerAppealInput:
    """The result, told to the reporter."""

    appeal: strawberry.ID = needs("The appeal.")
    answer: str = needs("What was done, or the answer to the question.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.answer)


@takes
class EscalateAppealInput:
    """What cannot be solved here."""

    appeal: strawberry.ID = needs("The appeal.")
    reason: str = needs("Why it must go up.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.reason)


@takes
class ConfirmAppealInput:
    """What the reporter says about the answer; a worker says it for them, or they do with the receipt code."""

    appeal: strawberry.ID = needs("The appeal.")
    satisfied: bool = needs("Whether it is solved; if not, the appeal goes on.")
    rating: int | None = may("1 to 5; only when satisfied.")
    note: str | None = may("What they say.")
    receipt_code: str | None = may("The receipt code; needed without an account.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.note)


def _step(appeal: str, act: str | None, note: str | None) -> Step:
    return Step(parse_id("appeal", appeal, "appeal"), optional_id("act", act, "act"), given(note))


@strawberry.type(description="An appeal after an act.")
class AppealPayload:
    """See the description."""

    appeal: Appeal | None = strawberry.field(
        default=None, description="The appeal; null when refused, or when it is not the viewer's to see."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A new appeal.")
class OpenAppealPayload:
    """See the description."""

    appeal: Appeal | None = strawberry.field(
        default=None, description="The appeal; null when refused, or when it is not the viewer's to see."
    )
    receipt_code: str | None = strawberry.field(
        default=None,
        description="The code by which its reporter follows and confirms it, without an account.",
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _appeal(appeal: AppealRow) -> AppealPayload:
    return AppealPayload(appeal=touched(appeal.id))


def _opened(appeal: AppealRow) -> OpenAppealPayload:
    return OpenAppealPayload(appeal=touched(appeal.id), receipt_code=appeal.receipt_code)


def _confirm(acting: Acting, given_input: ConfirmAppealInput) -> Awaitable[AppealRow]:
    return appeals.confirm_appeal(
        acting,
        given_input.read(),
        satisfied=given_input.satisfied,
        rating=given(given_input.rating),
        receipt_code=given(given_input.receipt_code),
    )


@strawberry.type
class AppealMutations:
    """Acts on appeals."""

    open_appeal: OpenAppealPayload = mutation(
        OpenAppealInput,
        lambda acting, new: appeals.open_appeal(acting, new.read()),
        OpenAppealPayload,
        _opened,
        "Opens an appeal; without an account, by a QR code.",
    )
    accept_appeal: AppealPayload = mutation(
        AcceptAppealInput,
        lambda acting, step: appeals.accept_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Says that the reporter was called back or gone to.",
    )
    answer_appeal: AppealPayload = mutation(
        AnswerAppealInput,
        lambda acting, step: appeals.answer_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Tells the reporter the result and asks them to confirm.",
    )
    confirm_appeal: AppealPayload = mutation(
        ConfirmAppealInput,
        _confirm,
        AppealPayload,
        _appeal,
        "Says for the reporter, or by them with the receipt code, whether it is solved.",
    )
    escalate_appeal: AppealPayload = mutation(
        EscalateAppealInput,
        lambda acting, step: appeals.escalate_appeal(acting, step.read()),
        AppealPayload,
        _appeal,
        "Sends an appeal one level up; it stays open and is handled in that body's name (以社区名义).",
    )
