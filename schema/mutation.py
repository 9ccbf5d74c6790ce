"""The roots of writing: each reads its input, does one act, and answers with what it touched."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

import strawberry
from strawberry.types import Info

from db.acts import appeals, disputes, visits
from db.acts.acting import Acting
from db.appeals import Appeal as AppealRow
from rules.refusals import Refusal
from schema.context import Context, Touched
from schema.inputs import (
    AcceptAppealInput,
    AnswerAppealInput,
    ConfirmAppealInput,
    EscalateAppealInput,
    OpenAppealInput,
    OpenDisputeInput,
    RecordAgreementInput,
    RecordVisitInput,
    given,
)
from schema.payloads import (
    AgreementPayload,
    AppealPayload,
    DisputePayload,
    OpenAppealPayload,
    VisitPayload,
)
from schema.problems import problem_of

ContextInfo: TypeAlias = Info[Context, None]
_INPUT = strawberry.argument(description="What to do.")


def mutation(
    takes: type,
    act: Callable[[Acting, Any], Awaitable[Any]],
    payload: Callable[..., Any],
    done: Callable[[Any], Any],
    description: str,
) -> Any:
    """A field that does one act inside the request's transaction; refused, the act leaves nothing behind."""

    async def resolve(info: ContextInfo, input: Any) -> Any:  # noqa: A002  the argument's name in the API
        acting = info.context.acting()
        try:
            async with acting.session.begin_nested():
                made = await act(acting, input)
        except Refusal as refusal:
            return payload(errors=[problem_of(refusal, info.context.language)])
        return done(made)

    resolve.__annotations__ |= {"input": Annotated[takes, _INPUT], "return": payload}
    return strawberry.mutation(resolve, description=description)


def _touched(uuid: Any) -> Any:
    """In place of the object: its selection is compiled when graphql-core comes to it."""
    return Touched(uuid)


def _appeal(appeal: AppealRow) -> AppealPayload:
    return AppealPayload(appeal=_touched(appeal.id))


def _opened(appeal: AppealRow) -> OpenAppealPayload:
    return OpenAppealPayload(appeal=_touched(appeal.id), receipt_code=appeal.receipt_code)


def _visited(made: visits.Recorded) -> VisitPayload:
    return VisitPayload(
        visit=_touched(made.visit),
        appeals=[_touched(uuid) for uuid in made.appeals],
        disputes=[_touched(uuid) for uuid in made.disputes],
    )


def _settled(made: disputes.Settled) -> AgreementPayload:
    return AgreementPayload(agreement=_touched(made.agreement), dispute=_touched(made.dispute))


def _confirm(acting: Acting, given_input: ConfirmAppealInput) -> Awaitable[AppealRow]:
    return appeals.confirm_appeal(
        acting,
        given_input.read(),
        satisfied=given_input.satisfied,
        rating=given(given_input.rating),
        receipt_code=given(given_input.receipt_code),
    )


@strawberry.type(description="What can be done. A refusal is data, in the payload's `errors`; nothing is half written.")
class Mutation:
    """See the description."""

    record_visit: VisitPayload = mutation(
        RecordVisitInput,
        lambda acting, new: visits.record_visit(acting, new.read()),
        VisitPayload,
        _visited,
        "Records a visit, with the appeals and disputes found at the door.",
    )
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
    open_dispute: DisputePayload = mutation(
        OpenDisputeInput,
        lambda acting, new: disputes.open_dispute(acting, new.read()),
        DisputePayload,
        lambda uuid: DisputePayload(dispute=_touched(uuid)),
        "Reports a dispute.",
    )
    record_agreement: AgreementPayload = mutation(
        RecordAgreementInput,
        lambda acting, new: disputes.record_agreement(acting, new.read()),
        AgreementPayload,
        _settled,
        "Records the agreement that settles a dispute.",
    )
