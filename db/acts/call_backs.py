"""The act that records a call-back to the reporter of an appeal."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.acts.appeal_moves import moving
from db.acts.journal import act
from db.appeals import Appeal
from db.call_backs import CallBack
from db.transaction import Transaction
from rules import appeal_moves as moves
from rules.access import Act
from rules.appeals import AppealStatus
from rules.call_backs import check_called
from rules.text import check_optional


@dataclass(frozen=True, slots=True)
class NewCallBack:
    """A call, or a visit to the reporter. ``said`` is what they said, or what was noticed."""

    id: UUID
    appeal: UUID
    reached: bool
    said: str | None = None
    called_at: datetime | None = None


@act(Act.RECORD_CALL_BACK)
async def record_call_back(tx: Transaction, new: NewCallBack) -> UUID:
    """Records a call-back. The first that reaches the reporter accepts the appeal, and stops the response clock."""
    said = check_optional(new.said, "said")
    appeal = await tx.find(Appeal, new.appeal, "appeal", lock=True)
    called_at = new.called_at or tx.now
    check_called(called_at, min(appeal.opened_at, appeal.recorded_at), tx.now, tx.viewer.role)
    responds = new.reached and appeal.status is AppealStatus.SUBMITTED
    call_back = CallBack(
        id=new.id,
        appeal_id=appeal.id,
        called_by=tx.worker_id,
        called_at=called_at,
        recorded_at=tx.now,
        reached=new.reached,
        said=said,
    )
    if new.reached and appeal.accepted_at is None:
        appeal.accepted_at = called_at
    note = said if new.reached else "：".join(filter(None, ["没有联系上", said]))
    move = moves.ACCEPT if responds else moves.CALL_BACK
    async with moving(tx, appeal, move, note, at=called_at, also=[call_back]):
        pass
    return new.id
