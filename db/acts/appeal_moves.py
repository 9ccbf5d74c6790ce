"""Acts on appeals that are there: each move of the one table in rules/appeal_moves.py.

A move locks the appeal, asks the rule (:func:`begin`), changes what belongs to it, and is saved with its journal entry
(:func:`finish`).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db import sql
from db.acts.journal import act, entry
from db.acts.photos import attach_photos
from db.appeals import Appeal, ClockPolicy, Dispatch, Incident
from db.base import alias
from db.places import Organisation
from db.scope import Scope
from db.transaction import Transaction
from rules import appeal_moves as moves
from rules import appeals as rules
from rules.appeal_moves import Move, Standing
from rules.appeals import ENDED, WITH_THEM, AppealStatus, DispatchStatus
from rules.clocks import check_pause
from rules.refusals import Code, Refusal, invalid, refusals_under
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.text import receipt_code as kept_code

REOPEN_DAYS = 30
"""Where no policy says how long a closed appeal can be reopened."""
GIVEN_ANEW = "重新派单"
"""Why an organisation that had taken it on has it no more, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Step:
    """A move of an existing appeal; ``act`` is the client's id for it, which makes a retry harmless."""

    appeal: UUID
    act: UUID | None = None
    note: str | None = None
    receipt_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation(Step):
    """Whether the reporter is satisfied, and how they rate it."""

    satisfied: bool
    rating: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection(Step):
    """Where the reporter can turn instead."""

    turn_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Step):
    """Until when the clocks stop."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatching(Step):
    """To whom it is given; by default to the organisation that answers for its category."""

    organisation: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition(Step):
    """Photos that are added."""

    photos: list[str] = field(default_factory=list)


def standing_of(appeal: Appeal, now: datetime) -> Standing:
    """Everything that its moves depend on."""
    return Standing(
        status=appeal.status,
        level=appeal.level,
        report=appeal.report_kind is not None,
        paused=appeal.paused_until is not None and appeal.paused_until > now,
        objections=appeal.objections,
        reopenable=appeal.reopen_until is not None and appeal.reopen_until > now,
        in_incident=appeal.incident_id is not None,
    )


async def _moved(tx: Transaction, step: Step) -> Appeal:
    """The appeal of a move that was made before."""
    return await tx.get(Appeal, id=step.appeal)


_move = act(key="act", again=_moved)


@_move
async def accept_appeal(tx: Transaction, step: Step) -> Appeal:
    """The reporter was called back, or somebody went there."""
    return await _simple(tx, step, moves.ACCEPT, check_optional(step.note, "note"))


@_move
async def begin_appeal(tx: Transaction, step: Step) -> Appeal:
    """Somebody works at it now."""
    return await _simple(tx, step, moves.BEGIN, check_optional(step.note, "note"))


@_move
async def answer_appeal(tx: Transaction, step: Step) -> Appeal:
    """The reporter is told the result and asked to confirm."""
    return await _simple(tx, step, moves.ANSWER, check_text(step.note or "", "answer"))


@_move
async def escalate_appeal(tx: Transaction, step: Step) -> Appeal:
    """What cannot be solved here goes one level up; it stays open and is then handled in that body's name."""
    return await _simple(tx, step, moves.ESCALATE, check_text(step.note or "", "reason"))


@_move
async def withdraw_appeal(tx: Transaction, step: Step) -> Appeal:
    """The reporter takes it back."""
    return await _simple(tx, step, moves.WITHDRAW, check_optional(step.note, "note"))


async def _simple(tx: Transaction, step: Step, move: Move, said: str | None) -> Appeal:
    """A move that changes only what every move of its kind changes."""
    appeal = await _locked(tx, step)
    before = begin(tx, appeal, move)
    await finish(tx, appeal, move, before, said)
    return appeal


@_move
async def confirm_appeal(tx: Transaction, said: Confirmation) -> Appeal:
    """The reporter, or a worker for them, says whether it is solved; if not, it goes on."""
    rules.check_rating(said.rating, said.satisfied)
    move, note = moves.CONFIRM if said.satisfied else moves.RETURN, check_optional(said.note, "note")
    appeal = await _locked(tx, said)
    before = begin(tx, appeal, move)
    appeal.rating = said.rating
    await finish(tx, appeal, move, before, note)
    return appeal


@_move
async def reject_appeal(tx: Transaction, said: Rejection) -> Appeal:
    """It is not the community's to solve: why, and where to turn instead."""
    turn_to = check_text(said.turn_to, "turnTo", limit=LINE_LIMIT)
    reason = check_text(said.note or "", "reason")
    appeal = await _locked(tx, said)
    before = begin(tx, appeal, moves.REJECT)
    appeal.answer, appeal.turn_to = reason, turn_to
    await finish(tx, appeal, moves.REJECT, before, f"{reason}；{turn_to}")
    return appeal


@_move
async def reopen_appeal(tx: Transaction, step: Step) -> Appeal:
    """It is not solved after all."""
    reason = check_text(step.note or "", "reason")
    appeal = await _locked(tx, step)
    before = begin(tx, appeal, moves.REOPEN)
    appeal.closed_at = appeal.reopen_until = appeal.rating = None
    appeal.closed_by_silence = False
    await finish(tx, appeal, moves.REOPEN, before, reason)
    return appeal


@_move
async def add_to_appeal(tx: Transaction, step: Addition) -> Appeal:
    """Something more is said or shown about it. Does not reset the deadlines."""
    note = check_optional(step.note, "note") if step.photos else check_text(step.note or "", "note")
    appeal = await _simple(tx, step, moves.ADD, note)
    await attach_photos(tx, step.photos, appeal_id=appeal.id)
    return appeal


@_move
async def pause_appeal(tx: Transaction, pause: Pause) -> Appeal:
    """The clocks stop until a moment, for a reason that whoever approves it gives."""
    check_pause(pause.until, tx.now)
    reason = check_text(pause.note or "", "reason", limit=LINE_LIMIT)
    appeal = await _locked(tx, pause)
    before = begin(tx, appeal, moves.PAUSE)
    appeal.paused_until, appeal.pause_reason = pause.until, reason
    _shift(appeal, pause.until - tx.now)
    await finish(tx, appeal, moves.PAUSE, before, reason)
    return appeal


@_move
async def resume_appeal(tx: Transaction, step: Step) -> Appeal:
    """The clocks run again, sooner than was planned."""
    note = check_optional(step.note, "note")
    appeal = await _locked(tx, step)
    before = begin(tx, appeal, moves.RESUME)
    assert appeal.paused_until is not None
    _shift(appeal, tx.now - appeal.paused_until)
    appeal.paused_until = appeal.pause_reason = None
    await finish(tx, appeal, moves.RESUME, before, note)
    return appeal


def _shift(appeal: Appeal, by: timedelta) -> None:
    if appeal.response_due_at is not None and appeal.resolution_due_at is not None:
        appeal.response_due_at += by
        appeal.resolution_due_at += by


@_move
async def dispatch_appeal(tx: Transaction, step: Dispatching) -> Appeal:
    """Gives it to an organisation. One that had it before is told so."""
    note = check_optional(step.note, "note")
    named = step.organisation and await tx.find(Organisation, step.organisation, "organisation")
    appeal = await _locked(tx, step)
    before = begin(tx, appeal, moves.DISPATCH)
    organisation = named.id if named else appeal.organisation_id
    if organisation is None:
        raise invalid("请写明单位", "say which organisation", "organisation")
    await answer_dispatch(tx, appeal.dispatch_id, DispatchStatus.RECALLED, note or GIVEN_ANEW)
    dispatch = new_dispatch(tx, appeal, organisation, note, appeal_id=appeal.id)
    await tx.save(dispatch)
    appeal.organisation_id, appeal.dispatch_id = organisation, dispatch.id
    await finish(tx, appeal, moves.DISPATCH, before, note)
    return appeal


def new_dispatch(
    tx: Transaction, of: Appeal | Incident, organisation: UUID, note: str | None, **matter: UUID
) -> Dispatch:
    """What is given to an organisation now."""
    place: dict[str, Any] = {"community_id": of.community_id, "grid_id": of.grid_id}
    by: dict[str, Any] = {"dispatched_by": tx.worker_id, "dispatched_at": tx.now}
    return Dispatch(**place, organisation_id=organisation, note=note, **by, **matter)


@_move
async def recall_dispatch(tx: Transaction, step: Step) -> Appeal:
    """The appeal is taken back from the organisation."""
    return await _take_back(tx, step, moves.RECALL, DispatchStatus.RECALLED)


@_move
async def object_dispatch(tx: Transaction, step: Step) -> Appeal:
    """The organisation says why it is not for them."""
    return await _take_back(tx, step, moves.OBJECT, DispatchStatus.OBJECTED)


async def _take_back(tx: Transaction, step: Step, move: Move, status: DispatchStatus) -> Appeal:
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    appeal = await _locked(tx, step)
    before = begin(tx, appeal, move)
    await answer_dispatch(tx, appeal.dispatch_id, status, reason)
    end_dispatch(appeal, status)
    await finish(tx, appeal, move, before, reason)
    return appeal


def end_dispatch(appeal: Appeal, status: DispatchStatus) -> None:
    """It is with no organisation any more; what one objected to is counted."""
    appeal.dispatch_id = None
    appeal.objections += status is DispatchStatus.OBJECTED


@_move
async def accept_dispatch(tx: Transaction, step: Step) -> Appeal:
    """The organisation takes it on."""
    appeal = await _simple(tx, step, moves.TAKE_ON, check_optional(step.note, "note"))
    await answer_dispatch(tx, appeal.dispatch_id, DispatchStatus.ACCEPTED, None)
    return appeal


async def answer_dispatch(tx: Transaction, uuid: UUID | None, status: DispatchStatus, reason: str | None) -> None:
    """Records what became of a dispatch that is with an organisation."""
    dispatch = await tx.first(Dispatch, lock=True, id=uuid) if uuid else None
    if dispatch is not None and dispatch.status in WITH_THEM:
        dispatch.status, dispatch.reason = status, reason
        dispatch.answered_by, dispatch.answered_at = tx.viewer.account_id, tx.now
        await tx.save(dispatch)


def begin(tx: Transaction, appeal: Appeal, move: Move, *, together: bool = False) -> AppealStatus:
    """Asks the rule about a move of a locked appeal and sets its new status; gives back the one before.

    ``together``: its incident makes the move for all of its appeals.
    """
    before, standing = appeal.status, standing_of(appeal, tx.now)
    appeal.status = moves.check_move(tx.viewer, move, replace(standing, in_incident=False) if together else standing)
    return before


async def finish(
    tx: Transaction, appeal: Appeal, move: Move, before: AppealStatus, said: str | None, **facts: Any
) -> None:
    """Saves a move with its journal entry."""
    await _apply(tx, appeal, move, said)
    await tx.save(appeal, entry(tx, move.entry, appeal, from_status=before, note=said, **facts))
    if appeal.incident_id is not None and before != appeal.status:
        await settle_incident(tx, appeal.incident_id)


async def _locked(tx: Transaction, step: Step) -> Appeal:
    """The appeal, locked: in the viewer's scope, or opened by its receipt code."""
    if step.receipt_code is None:
        return await tx.find(Appeal, step.appeal, "appeal", lock=True)
    with refusals_under("receiptCode"):
        code = kept_code(step.receipt_code)
    appeal = await tx.first(Appeal, lock=True, id=step.appeal, receipt_code=code)
    if appeal is None:
        raise Refusal(Code.NOT_FOUND, "receiptCode")
    return appeal


async def _apply(tx: Transaction, appeal: Appeal, move: Move, said: str | None) -> None:
    if move is moves.ACCEPT:
        appeal.accepted_at, appeal.handled_by = tx.now, tx.viewer.account_id
    elif move is moves.ANSWER:
        appeal.answered_at, appeal.answer = tx.now, said
    elif move is moves.REJECT:
        appeal.rejected_at = tx.now
    elif move is moves.WITHDRAW:
        appeal.withdrawn_at = tx.now
    elif move is moves.ESCALATE:
        appeal.level, appeal.escalated_at = moves.next_level(appeal.level), tx.now
    elif appeal.status is AppealStatus.CLOSED:
        await close(tx, appeal)


async def close(tx: Transaction, appeal: Appeal) -> None:
    """It is over, and can be reopened for a while."""
    policy = await tx.first(ClockPolicy, id=appeal.clock_policy_id) if appeal.clock_policy_id else None
    days = policy.reopen_days if policy else REOPEN_DAYS
    appeal.closed_at, appeal.reopen_until = tx.now, tx.now + timedelta(days=days)


async def settle_incident(tx: Transaction, uuid: UUID) -> None:
    """Closes an incident when the last of its appeals is over, and opens it again when one of them is open."""
    incident = await tx.get(Incident, lock=True, id=uuid)
    is_over = not await tx.value(_has_open, incident=uuid)
    if is_over is not (incident.closed_at is not None):
        incident.closed_at = tx.now if is_over else None
        await tx.save(incident)


def _has_open(_: Scope) -> sql.Select:
    appeal = alias(Appeal)
    part = appeal.c.incident_id == sql.parameter("incident", sql.UUID)
    return sql.select(sql.exists(appeal).where(part, appeal.c.status.not_in(sorted(ENDED))))
