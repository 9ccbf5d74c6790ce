"""The roots of writing: each reads its input and does one act."""

from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from db.acts import appeals, disputes, visits
from db.appeals import Appeal as AppealRow
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
    attempt,
)

ContextInfo = Info[Context, None]
_WHAT = strawberry.argument(description="What to do.")


def _touched(uuid: Any) -> Any:
    return Touched(uuid)


def _appeal(appeal: AppealRow) -> AppealPayload:
    return AppealPayload(appeal=_touched(appeal.id))


@strawberry.type(
    description="What can be done. A refusal is data: the payload's `errors`; nothing is half written."
)
class Mutation:
    """See the description."""

    @strawberry.mutation(description="Records a visit, with the appeals and disputes found at the door.")
    async def record_visit(
        self, info: ContextInfo, input: Annotated[RecordVisitInput, _WHAT]
    ) -> VisitPayload:
        def done(made: visits.Recorded) -> VisitPayload:
            return VisitPayload(
                visit=_touched(made.visit),
                appeals=[_touched(uuid) for uuid in made.appeals],
                disputes=[_touched(uuid) for uuid in made.disputes],
            )

        return await attempt(
            info,
            lambda acting: visits.record_visit(acting, input.read()),
            done,
            lambda errors: VisitPayload(errors=errors),
        )

    @strawberry.mutation(description="Opens an appeal; without an account, by a QR code.")
    async def open_appeal(
        self, info: ContextInfo, input: Annotated[OpenAppealInput, _WHAT]
    ) -> OpenAppealPayload:
        def done(appeal: AppealRow) -> OpenAppealPayload:
            return OpenAppealPayload(appeal=_touched(appeal.id), receipt_code=appeal.receipt_code)

        return await attempt(
            info,
            lambda acting: appeals.open_appeal(acting, input.read()),
            done,
            lambda errors: OpenAppealPayload(errors=errors),
        )

    @strawberry.mutation(description="Says that the reporter was called back or gone to.")
    async def accept_appeal(
        self, info: ContextInfo, input: Annotated[AcceptAppealInput, _WHAT]
    ) -> AppealPayload:
        return await attempt(
            info,
            lambda acting: appeals.accept_appeal(acting, input.read()),
            _appeal,
            lambda errors: AppealPayload(errors=errors),
        )

    @strawberry.mutation(description="Tells the reporter the result and asks them to confirm.")
    async def answer_appeal(
        self, info: ContextInfo, input: Annotated[AnswerAppealInput, _WHAT]
    ) -> AppealPayload:
        return await attempt(
            info,
            lambda acting: appeals.answer_appeal(acting, input.read()),
            _appeal,
            lambda errors: AppealPayload(errors=errors),
        )

    @strawberry.mutation(description="Says for the reporter, or by them, whether it is solved.")
    async def confirm_appeal(
        self, info: ContextInfo, input: Annotated[ConfirmAppealInput, _WHAT]
    ) -> AppealPayload:
        return await attempt(
            info,
            lambda acting: appeals.confirm_appeal(
                acting,
                input.read(),
                satisfied=input.satisfied,
                rating=given(input.rating),
                receipt_code=given(input.receipt_code),
            ),
            _appeal,
            lambda errors: AppealPayload(errors=errors),
        )

    @strawberry.mutation(description="Sends an appeal one level up; it stays open (以社区名义).")
    async def escalate_appeal(
        self, info: ContextInfo, input: Annotated[EscalateAppealInput, _WHAT]
    ) -> AppealPayload:
        return await attempt(
            info,
            lambda acting: appeals.escalate_appeal(acting, input.read()),
            _appeal,
            lambda errors: AppealPayload(errors=errors),
        )

    @strawberry.mutation(description="Reports a dispute.")
    async def open_dispute(
        self, info: ContextInfo, input: Annotated[OpenDisputeInput, _WHAT]
    ) -> DisputePayload:
        return await attempt(
            info,
            lambda acting: disputes.open_dispute(acting, input.read()),
            lambda uuid: DisputePayload(dispute=_touched(uuid)),
            lambda errors: DisputePayload(errors=errors),
        )

    @strawberry.mutation(description="Records the agreement that settles a dispute.")
    async def record_agreement(
        self, info: ContextInfo, input: Annotated[RecordAgreementInput, _WHAT]
    ) -> AgreementPayload:
        def done(made: disputes.Settled) -> AgreementPayload:
            return AgreementPayload(agreement=_touched(made.agreement), dispute=_touched(made.dispute))

        return await attempt(
            info,
            lambda acting: disputes.record_agreement(acting, input.read()),
            done,
            lambda errors: AgreementPayload(errors=errors),
        )
