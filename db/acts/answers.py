"""Acts on invitations: somebody who was asked answers, by the code in their message or through a worker."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from db.acts.acting import Acting
from db.acts.alerts import take
from db.acts.calls import note_call
from db.alerts import Alert
from db.calls import HelpCall, Invitation
from db.people import Resident
from rules.access import Act, require
from rules.alerts import Answer
from rules.journal import EntryKind
from rules.refusals import Code, Refusal
from rules.text import receipt_code


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody answers: by the code in their message, or a worker writes it down for them."""

    coming: bool
    code: str | None = None
    invitation: UUID | None = None


async def answer_call(acting: Acting, given: Answered) -> UUID:
    """Somebody says that they come, or cannot; the same answer again changes nothing."""
    require(acting.viewer, Act.ANSWER_CALL if given.invitation is None else Act.CALL_FOR_HELP)
    invitation = await _invitation(acting, given)
    answer = Answer.COMING if given.coming else Answer.CANNOT
    if invitation.answer == answer:
        return invitation.id
    await _tell(acting, invitation, answer)
    invitation.answer, invitation.answered_at = answer, acting.now
    invitation.answered_by = acting.viewer.account_id
    acting.session.add(invitation)
    return invitation.id


async def _invitation(acting: Acting, given: Answered) -> Invitation:
    if given.invitation is not None:
        return await acting.find(Invitation, given.invitation, "invitation", lock=True)
    statement = select(Invitation).where(Invitation.answer_code == receipt_code(given.code or ""))
    found = (await acting.session.exec(statement.with_for_update())).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "code")
    return found


async def _tell(acting: Acting, invitation: Invitation, answer: Answer) -> None:
    """An alert is theirs if they are the first to come; a call must still be open."""
    if invitation.alert_id is not None:
        if answer is Answer.COMING:
            await _take(acting, invitation)
        return
    call = (await acting.session.exec(select(HelpCall).where(HelpCall.id == invitation.call_id))).one()
    if call.closed_at is not None:
        raise Refusal(Code.WRONG_STATE, "code", status="CLOSED")
    note_call(acting, EntryKind.HELP_ANSWERED, call, to_status=answer.value, resident_id=invitation.resident_id)


async def _take(acting: Acting, invitation: Invitation) -> None:
    statement = select(Alert).where(Alert.id == invitation.alert_id).with_for_update()
    resident = await acting.session.get_one(Resident, invitation.resident_id)
    take(acting, (await acting.session.exec(statement)).one(), f"邻居{resident.name}前去")
