"""Acts on invitations: a resident's answer, by the code in their message or recorded by a worker."""

from dataclasses import dataclass
from uuid import UUID

from db.acts.alerts import take
from db.acts.journal import act, entry
from db.alerts import Alert
from db.calls import HelpCall, Invitation
from db.people import Resident
from db.transaction import Transaction
from rules.access import Act, require
from rules.alerts import CLOSED, CallAnswer
from rules.journal import EntryKind
from rules.refusals import Code, Refusal
from rules.text import receipt_code


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to an invitation, which is given by the code in its message or, by a worker, by its id."""

    coming: bool
    code: str | None = None
    invitation: UUID | None = None
    act: UUID | None = None


async def _answered(tx: Transaction, given: Answered) -> UUID:
    """The invitation that a retry is about."""
    return (await _invitation(tx, given)).id


@act(key="act", again=_answered)
async def answer_call(tx: Transaction, given: Answered) -> UUID:
    """Records whether the resident comes. The same answer again changes nothing."""
    require(tx.viewer, Act.ANSWER_CALL if given.invitation is None else Act.CALL_FOR_HELP)
    invitation = await _invitation(tx, given)
    answer = CallAnswer.COMING if given.coming else CallAnswer.CANNOT
    if invitation.answer is answer:
        return invitation.id
    if invitation.call_id is not None:
        await _answer_call(tx, invitation, answer)
    elif answer is CallAnswer.COMING:
        await _take_alert(tx, invitation)
    invitation.answer, invitation.answered_at = answer, tx.now
    invitation.answered_by = tx.viewer.account_id
    await tx.save(invitation)
    return invitation.id


async def _invitation(tx: Transaction, given: Answered) -> Invitation:
    if given.invitation is not None:
        return await tx.find(Invitation, given.invitation, "invitation", lock=True)
    code = receipt_code(given.code or "")
    await tx.show(code)
    return await tx.one(Invitation, "code", lock=True, answer_code=code)


async def _answer_call(tx: Transaction, invitation: Invitation, answer: CallAnswer) -> None:
    """An open call takes answers. The lock is shared, so that several can answer at once."""
    call = await tx.get(HelpCall, lock="share", id=invitation.call_id)
    if call.closed_at is not None:
        raise Refusal(Code.WRONG_STATE, "code", status=CLOSED)
    facts = {"to_status": answer.value, "resident_id": invitation.resident_id}
    await tx.save(entry(tx, EntryKind.HELP_ANSWERED, call, **facts))


async def _take_alert(tx: Transaction, invitation: Invitation) -> None:
    """Makes the first neighbour who comes responsible for the alert."""
    alert = await tx.get(Alert, lock=True, id=invitation.alert_id)
    resident = await tx.get(Resident, id=invitation.resident_id)
    await take(tx, alert, f"邻居{resident.name}前去")
