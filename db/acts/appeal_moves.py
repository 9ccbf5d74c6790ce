"""Acts on appeals that are open or closed: each is a move of the table in rules/appeal_moves.py.

A move locks the appeal and asks the rule, changes further columns, and is saved with its journal entry
(:func:`moving`).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db.acts.journal import act, entry
from db.acts.photos import attach_photos
from db.acts.places import organisation_in
from db.appeals import Appeal, ClockPolicy, Dispatch, Incident
from db.base import Row
from db.call_backs import CallBack
from db.transaction import Transaction
from rules import appeal_moves as moves
from rules import appeals as rules
from rules.appeal_moves import AppealMove, AppealState
from rules.appeals import ENDED, NEXT_LEVEL, OPEN_DISPATCHES, AppealStatus, DispatchStatus
from rules.clocks import check_pause
from rules.gathering import refusals_under
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_optional, check_text, receipt_code

REOPEN_DAYS = 30
"""The time for reopening an appeal without a policy: the default of policies."""
REPLACED = "重新派单"
"""The reason of a dispatch that another one replaces, unless a note is given."""


@dataclass(frozen=True, slots=True)
class Step:
    """A move of an appeal. ``act`` is its idempotency key. ``receipt_code`` opens the appeal without an account."""

    appeal: UUID
    act: UUID | None = None
    note: str | None = None
    receipt_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation(Step):
    satisfied: bool
    rating: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection(Step):
    turn_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Step):
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatching(Step):
    organisation: UUID | None = None
    """By default the organisation that answers for the appeal's category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition(Step):
    photos: list[str] = field(default_factory=list)


_move = act(key="act", again="appeal", row=Appeal, limited="receipt_code")


@_move
async def accept_appeal(tx: Transaction, step: Step) -> Appeal:
    """Records that the reporter was called back, or that somebody went there: a call-back that reached them."""
    said = check_optional(step.note, "note")
    appeal = await _locked(tx, step)
    call_back = CallBack(appeal_id=appeal.id, reached=True, said=said, recorded_at=tx.now, **tx.stamp("called"))
    async with moving(tx, appeal, moves.ACCEPT, said, also=[call_back]):
        pass
    return appeal


@_move
async def begin_appeal(tx: Transaction, step: Step) -> Appeal:
    """Records that somebody is working on an accepted appeal."""
    return await _simple(tx, step, moves.BEGIN, check_optional(step.note, "note"))


@_move
async def answer_appeal(tx: Transaction, step: Step) -> Appeal:
    """Gives the reporter the result and asks them to confirm it."""
    return await _simple(tx, step, moves.ANSWER, check_text(step.note or "", "answer"))


@_move
async def escalate_appeal(tx: Transaction, step: Step) -> Appeal:
    """Sends an appeal one level up. It stays open, and is handled in the name of that level."""
    return await _simple(tx, step, moves.ESCALATE, check_text(step.note or "", "reason"))


@_move
async def withdraw_appeal(tx: Transaction, step: Step) -> Appeal:
    return await _simple(tx, step, moves.WITHDRAW, check_optional(step.note, "note"))


@_move
async def confirm_appeal(tx: Transaction, said: Confirmation) -> Appeal:
    """Records whether the reporter is satisfied. If not, the appeal is in progress again."""
    rules.check_rating(said.rating, said.satisfied)
    move = moves.CONFIRM if said.satisfied else moves.RETURN
    async with _moving(tx, said, move, check_optional(said.note, "note")) as appeal:
        appeal.rating = said.rating
    return appeal


@_move
async def reject_appeal(tx: Transaction, said: Rejection) -> Appeal:
    """Rejects an appeal that is not the community's to solve, and names where to turn instead."""
    turn_to = check_text(said.turn_to, "turnTo", limit=LINE_LIMIT)
    reason = check_text(said.note or "", "reason")
    async with _moving(tx, said, moves.REJECT, f"{reason}；{turn_to}") as appeal:
        appeal.answer, appeal.turn_to = reason, turn_to
    return appeal


@_move
async def reopen_appeal(tx: Transaction, step: Step) -> Appeal:
    """Opens a closed appeal again, because the problem is not solved."""
    async with _moving(tx, step, moves.REOPEN, check_text(step.note or "", "reason")) as appeal:
        appeal.closed_at = appeal.reopen_until = appeal.rating = None
        appeal.closed_by_silence = False
    return appeal


@_move
async def add_to_appeal(tx: Transaction, step: Addition) -> Appeal:
    """Adds a note or photos to an open appeal. Does not reset the deadlines."""
    note = check_optional(step.note, "note") if step.photos else check_text(step.note or "", "note")
    appeal = await _simple(tx, step, moves.ADD, note)
    await attach_photos(tx, step.photos, appeal_id=appeal.id)
    return appeal


@_move
async def pause_appeal(tx: Transaction, pause: Pause) -> Appeal:
    """Stops the clocks of an appeal until a moment, for a reason."""
    check_pause(pause.ends_at, tx.now)
    reason = check_text(pause.note or "", "reason", limit=LINE_LIMIT)
    async with _moving(tx, pause, moves.PAUSE, reason) as appeal:
        appeal.paused_until, appeal.pause_reason = pause.ends_at, reason
        _shift_deadlines(appeal, pause.ends_at - tx.now)
    return appeal


@_move
async def resume_appeal(tx: Transaction, step: Step) -> Appeal:
    """Restarts the clocks of an appeal before the end of its pause."""
    async with _moving(tx, step, moves.RESUME, check_optional(step.note, "note")) as appeal:
        assert appeal.paused_until is not None
        _shift_deadlines(appeal, tx.now - appeal.paused_until)
        appeal.paused_until = appeal.pause_reason = None
    return appeal


def _shift_deadlines(appeal: Appeal, by: timedelta) -> None:
    if appeal.response_due_at is not None and appeal.resolution_due_at is not None:
        appeal.response_due_at += by
        appeal.resolution_due_at += by


@_move
async def dispatch_appeal(tx: Transaction, step: Dispatching) -> Appeal:
    """Dispatches an appeal to an organisation, in place of an earlier dispatch."""
    note = check_optional(step.note, "note")
    async with _moving(tx, step, moves.DISPATCH, note) as appeal:
        organisation = step.organisation or appeal.organisation_id
        if organisation is None:
            raise invalid("请写明单位", "organisation")
        if step.organisation is not None:
            await organisation_in(tx, appeal.community_id, step.organisation)
        await answer_dispatch(tx, appeal.dispatch_id, DispatchStatus.RECALLED, note or REPLACED)
        dispatch = new_dispatch(tx, appeal, organisation, note, appeal_id=appeal.id)
        await tx.save(dispatch)
        appeal.organisation_id, appeal.dispatch_id = organisation, dispatch.id
    return appeal


def new_dispatch(
    tx: Transaction, of: Appeal | Incident, organisation: UUID, note: str | None, **matter: Any
) -> Dispatch:
    """A dispatch of an appeal or an incident, which ``matter`` names by its foreign key."""
    place: dict[str, Any] = {"community_id": of.community_id, "grid_id": of.grid_id}
    return Dispatch(**place, organisation_id=organisation, note=note, **tx.stamp("dispatched"), **matter)


@_move
async def recall_dispatch(tx: Transaction, step: Step) -> Appeal:
    """Takes an appeal back from the organisation that it was dispatched to."""
    return await _take_back(tx, step, moves.RECALL, DispatchStatus.RECALLED)


@_move
async def object_dispatch(tx: Transaction, step: Step) -> Appeal:
    """Returns an appeal with the organisation's objection."""
    return await _take_back(tx, step, moves.OBJECT, DispatchStatus.OBJECTED)


async def _take_back(tx: Transaction, step: Step, move: AppealMove, status: DispatchStatus) -> Appeal:
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    async with _moving(tx, step, move, reason) as appeal:
        await answer_dispatch(tx, appeal.dispatch_id, status, reason)
        end_dispatch(appeal, status)
    return appeal


def end_dispatch(appeal: Appeal, status: DispatchStatus) -> None:
    """Takes an appeal from its organisation, and counts an objection."""
    appeal.dispatch_id = None
    if status is DispatchStatus.OBJECTED:
        appeal.objections += 1


@_move
async def accept_dispatch(tx: Transaction, step: Step) -> Appeal:
    appeal = await _simple(tx, step, moves.TAKE_ON, check_optional(step.note, "note"))
    await answer_dispatch(tx, appeal.dispatch_id, DispatchStatus.ACCEPTED, None)
    return appeal


async def answer_dispatch(tx: Transaction, uuid: UUID | None, status: DispatchStatus, reason: str | None) -> None:
    """Sets the status of a dispatch, if it is open."""
    dispatch = await tx.first(Dispatch, lock=True, id=uuid) if uuid else None
    if dispatch is not None and dispatch.status in OPEN_DISPATCHES:
        dispatch.status, dispatch.reason = status, reason
        dispatch.answered_by, dispatch.answered_at = tx.viewer.account_id, tx.now
        await tx.save(dispatch)


async def _simple(tx: Transaction, step: Step, move: AppealMove, said: str | None) -> Appeal:
    """A move without further changes."""
    async with _moving(tx, step, move, said) as appeal:
        pass
    return appeal


@asynccontextmanager
async def _moving(tx: Transaction, step: Step, move: AppealMove, said: str | None) -> AsyncIterator[Appeal]:
    """Locks an appeal and makes a move of it."""
    appeal = await _locked(tx, step)
    async with moving(tx, appeal, move, said):
        yield appeal


async def _locked(tx: Transaction, step: Step) -> Appeal:
    """The appeal, locked: in the viewer's scope, or by its receipt code."""
    if step.receipt_code is None:
        return await tx.find(Appeal, step.appeal, "appeal", lock=True)
    with refusals_under("receiptCode"):
        code = receipt_code(step.receipt_code)
    return await tx.one(Appeal, "receiptCode", lock=True, id=step.appeal, receipt_code=code)


def begin(tx: Transaction, appeal: Appeal, move: AppealMove, *, together: bool = False) -> AppealStatus:
    """Asks the rule about a move of a locked appeal and sets the new status; returns the status before.

    ``together``: the incident makes the move for all of its appeals.
    """
    state = AppealState(
        status=appeal.status,
        level=appeal.level,
        report=appeal.report_kind is not None,
        paused=appeal.paused_until is not None and appeal.paused_until > tx.now,
        objections=appeal.objections,
        reopenable=appeal.reopen_until is not None and appeal.reopen_until > tx.now,
        in_incident=appeal.incident_id is not None and not together,
    )
    before, appeal.status = appeal.status, moves.check_move(tx.viewer, move, state)
    return before


@asynccontextmanager
async def moving(
    tx: Transaction,
    appeal: Appeal,
    move: AppealMove,
    said: str | None,
    *,
    together: bool = False,
    at: datetime | None = None,
    also: Sequence[Row] = (),
) -> AsyncIterator[None]:
    """Makes a move of a locked appeal: asks the rule, and after the block saves the appeal with a journal entry.

    ``at`` is when it occurred, now by default. The rows of ``also`` are saved by the same statement.
    """
    at = at or tx.now
    before = begin(tx, appeal, move, together=together)
    yield
    if move is moves.ACCEPT:
        # An incident accepts its appeals when it is dispatched. Nobody has called back then, so it is no response.
        appeal.accepted_at = None if together else at
        appeal.handled_by = appeal.handled_by or tx.viewer.account_id
    elif move is moves.ANSWER:
        appeal.answered_at, appeal.answer = tx.now, said
        appeal.accepted_at = appeal.accepted_at or tx.now
    elif move is moves.REJECT:
        appeal.rejected_at = tx.now
    elif move is moves.WITHDRAW:
        appeal.withdrawn_at = tx.now
    elif move is moves.ESCALATE:
        appeal.level, appeal.escalated_at = NEXT_LEVEL[appeal.level], tx.now
    elif appeal.status is AppealStatus.CLOSED:
        await close(tx, appeal)
    await tx.save(appeal, *also, entry(tx, move.entry, appeal, from_status=before, note=said, occurred_at=at))
    if appeal.incident_id is not None and before != appeal.status:
        await settle_incident(tx, appeal.incident_id)


async def close(tx: Transaction, appeal: Appeal) -> None:
    """Sets when the appeal was closed, and until when it can be reopened."""
    policy = await tx.first(ClockPolicy, id=appeal.clock_policy_id) if appeal.clock_policy_id else None
    days = policy.reopen_days if policy else REOPEN_DAYS
    appeal.closed_at, appeal.reopen_until = tx.now, tx.now + timedelta(days=days)


async def settle_incident(tx: Transaction, uuid: UUID) -> None:
    """Closes an incident when its last appeal has ended, and reopens it when one is open again."""
    incident = await tx.get(Incident, lock=True, id=uuid)
    is_over = await tx.first(Appeal, incident_id=uuid, status=set(AppealStatus) - ENDED) is None
    if is_over is not (incident.closed_at is not None):
        incident.closed_at = tx.now if is_over else None
        await tx.save(incident)
