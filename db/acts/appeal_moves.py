"""Acts on appeals that are there: each move of the one table in rules/appeal_moves.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.appeals import note, opened
from db.acts.journal import digest_of, is_replay
from db.acts.photos import attach_photos
from db.appeals import Appeal, ClockPolicy, Dispatch, Incident
from db.places import Organisation
from rules import appeal_moves as moves
from rules import appeals as rules
from rules.appeal_moves import Move, Standing
from rules.appeals import ENDED, AppealLevel, AppealStatus, DispatchStatus
from rules.clocks import check_pause
from rules.refusals import Code, Refusal, invalid, refusals_under
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.text import receipt_code as kept_code

REOPEN_DAYS = 30
"""Where no policy says how long a closed appeal can be opened again."""
GIVEN_ANEW = "重新派单"
"""Why an organisation that had taken it on has it no more, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Step:
    """A move of an existing appeal; ``act`` is the phone's id for it, which makes a retry harmless."""

    appeal: UUID
    act: UUID | None = None
    note: str | None = None
    receipt_code: str | None = None


Change = Callable[[Appeal], None]


def standing_of(appeal: Appeal, now: datetime) -> Standing:
    """What its moves depend on."""
    return Standing(
        status=AppealStatus(appeal.status),
        level=AppealLevel(appeal.level),
        report=appeal.report_kind is not None,
        paused=appeal.paused_until is not None and appeal.paused_until > now,
        objections=appeal.objections,
        reopenable=appeal.reopen_until is not None and appeal.reopen_until > now,
        in_incident=appeal.incident_id is not None,
    )


async def accept_appeal(acting: Acting, step: Step) -> Appeal:
    """The reporter was called back, or somebody went there."""
    return await _move(acting, step, moves.ACCEPT, check_optional(step.note, "note"))


async def begin_appeal(acting: Acting, step: Step) -> Appeal:
    """Somebody works at it now."""
    return await _move(acting, step, moves.BEGIN, check_optional(step.note, "note"))


async def answer_appeal(acting: Acting, step: Step) -> Appeal:
    """The reporter is told the result and asked to confirm."""
    return await _move(acting, step, moves.ANSWER, check_text(step.note or "", "answer"))


async def escalate_appeal(acting: Acting, step: Step) -> Appeal:
    """What cannot be solved here goes one level up; it stays open and is then handled in that body's name."""
    return await _move(acting, step, moves.ESCALATE, check_text(step.note or "", "reason"))


async def confirm_appeal(acting: Acting, step: Step, *, satisfied: bool, rating: int | None) -> Appeal:
    """The reporter, or a worker for them, says whether it is solved; if not, it goes on."""
    rules.check_rating(rating, satisfied)
    move = moves.CONFIRM if satisfied else moves.RETURN
    said = check_optional(step.note, "note")
    return await _move(acting, step, move, said, lambda appeal: setattr(appeal, "rating", rating), extra=rating)


async def reject_appeal(acting: Acting, step: Step, turn_to: str) -> Appeal:
    """It is not the community's to solve: why, and where to turn instead."""
    instead = check_text(turn_to, "turnTo", limit=LINE_LIMIT)
    reason = check_text(step.note or "", "reason")

    def change(appeal: Appeal) -> None:
        appeal.answer, appeal.turn_to = reason, instead

    return await _move(acting, step, moves.REJECT, f"{reason};{instead}", change, extra=turn_to)


async def withdraw_appeal(acting: Acting, step: Step) -> Appeal:
    """The reporter takes it back."""
    return await _move(acting, step, moves.WITHDRAW, check_optional(step.note, "note"))


async def reopen_appeal(acting: Acting, step: Step) -> Appeal:
    """It is not solved after all."""

    def change(appeal: Appeal) -> None:
        appeal.closed_at = appeal.reopen_until = appeal.rating = None
        appeal.closed_by_silence = False

    return await _move(acting, step, moves.REOPEN, check_text(step.note or "", "reason"), change)


async def add_to_appeal(acting: Acting, step: Step, photos: Sequence[str] = ()) -> Appeal:
    """Something more is said or shown about it; the clocks do not mind."""
    said = check_optional(step.note, "note") if photos else check_text(step.note or "", "note")
    appeal = await _move(acting, step, moves.ADD, said, extra=list(photos))
    await attach_photos(acting, photos, appeal_id=appeal.id)
    return appeal


async def pause_appeal(acting: Acting, step: Step, until: datetime) -> Appeal:
    """The clocks stop until a moment, for a reason that whoever approves it gives."""
    check_pause(until, acting.now)
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)

    def change(appeal: Appeal) -> None:
        appeal.paused_until, appeal.pause_reason = until, reason
        _shift(appeal, until - acting.now)

    return await _move(acting, step, moves.PAUSE, reason, change, extra=until.isoformat())


async def resume_appeal(acting: Acting, step: Step) -> Appeal:
    """The clocks run again, sooner than was thought."""

    def change(appeal: Appeal) -> None:
        assert appeal.paused_until is not None
        _shift(appeal, acting.now - appeal.paused_until)
        appeal.paused_until = appeal.pause_reason = None

    return await _move(acting, step, moves.RESUME, check_optional(step.note, "note"), change)


def _shift(appeal: Appeal, by: timedelta) -> None:
    if appeal.response_due_at is not None and appeal.resolution_due_at is not None:
        appeal.response_due_at += by
        appeal.resolution_due_at += by


async def dispatch_appeal(acting: Acting, step: Step, organisation: UUID | None) -> Appeal:
    """Gives it to an organisation: to the one that answers for its category, unless another is named."""
    said = check_optional(step.note, "note")
    body = organisation and (await acting.find(Organisation, organisation, "organisation"))
    before: list[UUID | None] = []
    appeal = await _move(
        acting, step, moves.DISPATCH, said, lambda appeal: before.append(appeal.dispatch_id), extra=str(organisation)
    )
    if before:  # and not a retry
        chosen = body or await _answering(acting, appeal)
        await answer_dispatch(acting, before[0], DispatchStatus.RECALLED, said or GIVEN_ANEW)
        dispatch = new_dispatch(acting, appeal, chosen.id, said, appeal_id=appeal.id)
        acting.session.add(dispatch)
        await acting.session.flush()
        appeal.organisation_id, appeal.dispatch_id = chosen.id, dispatch.id
        acting.session.add(appeal)
    return appeal


async def _answering(acting: Acting, appeal: Appeal) -> Organisation:
    if appeal.organisation_id is None:
        raise invalid("请写明单位", "say which organisation", "organisation")
    return await acting.session.get_one(Organisation, appeal.organisation_id)


def new_dispatch(
    acting: Acting, of: Appeal | Incident, organisation: UUID, said: str | None, **matter: Any
) -> Dispatch:
    """What is given to an organisation now."""
    place: dict[str, Any] = {"community_id": of.community_id, "grid_id": of.grid_id}
    by: dict[str, Any] = {"dispatched_by": acting.worker_id, "dispatched_at": acting.now}
    return Dispatch(**place, organisation_id=organisation, note=said, **by, **matter)


async def recall_dispatch(acting: Acting, step: Step) -> Appeal:
    """The appeal is taken back from the organisation."""
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    return await _undispatch(acting, step, moves.RECALL, DispatchStatus.RECALLED, reason)


async def object_dispatch(acting: Acting, step: Step) -> Appeal:
    """The organisation says why it is not for them."""
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    return await _undispatch(acting, step, moves.OBJECT, DispatchStatus.OBJECTED, reason)


async def _undispatch(acting: Acting, step: Step, move: Move, status: DispatchStatus, reason: str) -> Appeal:
    given = (await acting.session.exec(select(Appeal.dispatch_id).where(Appeal.id == step.appeal))).first()

    def change(appeal: Appeal) -> None:
        appeal.dispatch_id = None
        appeal.objections += status is DispatchStatus.OBJECTED

    appeal = await _move(acting, step, move, reason, change)
    await answer_dispatch(acting, given, status, reason)
    return appeal


async def accept_dispatch(acting: Acting, step: Step) -> Appeal:
    """The organisation takes it on."""
    appeal = await _move(acting, step, moves.TAKE_ON, check_optional(step.note, "note"))
    await answer_dispatch(acting, appeal.dispatch_id, DispatchStatus.ACCEPTED, None)
    return appeal


async def answer_dispatch(acting: Acting, uuid: UUID | None, status: DispatchStatus, reason: str | None) -> None:
    """Writes down what became of a dispatch, if it waits for that; a retry finds it answered."""
    dispatch = await acting.session.get(Dispatch, uuid, with_for_update={"key_share": True}) if uuid else None
    if dispatch and dispatch.status in {DispatchStatus.PENDING, DispatchStatus.ACCEPTED}:
        dispatch.status, dispatch.reason = status, reason
        dispatch.answered_by, dispatch.answered_at = acting.viewer.account_id, acting.now
        acting.session.add(dispatch)


async def _move(
    acting: Acting, step: Step, move: Move, said: str | None, change: Change | None = None, *, extra: object = None
) -> Appeal:
    digest = digest_of([move.entry, step, extra])
    if step.act is not None and await is_replay(acting, step.act, digest, "act"):
        return await opened(acting, step.appeal)
    appeal = await _locked(acting, step)
    act: dict[str, Any] = {"act_id": step.act, "digest": digest} if step.act else {}
    await make(acting, appeal, move, said, change, **act)
    return appeal


async def make(
    acting: Acting,
    appeal: Appeal,
    move: Move,
    said: str | None,
    change: Change | None = None,
    *,
    together: bool = False,
    **facts: Any,
) -> None:
    """Makes a move of an appeal that is locked, and tells the journal; ``together`` with all of its incident."""
    before, standing = AppealStatus(appeal.status), standing_of(appeal, acting.now)
    appeal.status = moves.check_move(
        acting.viewer, move, replace(standing, in_incident=False) if together else standing
    )
    if change is not None:
        change(appeal)
    await _apply(acting, appeal, move, said)
    acting.session.add(appeal)
    note(acting, move.entry, appeal, from_status=before, note=said, **facts)
    if appeal.incident_id is not None and before != appeal.status:
        await settle_incident(acting, appeal.incident_id)


async def _locked(acting: Acting, step: Step) -> Appeal:
    """The appeal, locked: in the viewer's scope, or opened by its receipt code."""
    if step.receipt_code is None:
        return await acting.find(Appeal, step.appeal, "appeal", lock=True)
    with refusals_under("receiptCode"):
        code = kept_code(step.receipt_code)
    statement = select(Appeal).where(Appeal.id == step.appeal, Appeal.receipt_code == code)
    appeal = (await acting.session.exec(statement.with_for_update())).first()
    if appeal is None:
        raise Refusal(Code.NOT_FOUND, "receiptCode")
    return appeal


async def _apply(acting: Acting, appeal: Appeal, move: Move, said: str | None) -> None:
    if move is moves.ACCEPT:
        appeal.accepted_at, appeal.handled_by = acting.now, acting.viewer.account_id
    elif move is moves.ANSWER:
        appeal.answered_at, appeal.answer = acting.now, said
    elif move is moves.REJECT:
        appeal.rejected_at = acting.now
    elif move is moves.WITHDRAW:
        appeal.withdrawn_at = acting.now
    elif move is moves.ESCALATE:
        appeal.level, appeal.escalated_at = moves.next_level(AppealLevel(appeal.level)), acting.now
    elif appeal.status is AppealStatus.CLOSED:
        await close(acting, appeal)


async def close(acting: Acting, appeal: Appeal) -> None:
    """It is over, and can be opened again for a while."""
    with acting.session.no_autoflush:
        policy = await acting.session.get(ClockPolicy, appeal.clock_policy_id) if appeal.clock_policy_id else None
    days = policy.reopen_days if policy else REOPEN_DAYS
    appeal.closed_at, appeal.reopen_until = acting.now, acting.now + timedelta(days=days)


async def settle_incident(acting: Acting, uuid: UUID) -> None:
    """An incident is closed when the last of its appeals is over, and open again when one of them is."""
    await acting.session.flush()
    # A weaker lock: entries of the journal hold the row by their key, also those of others who wait here.
    incident = (
        await acting.session.exec(select(Incident).where(Incident.id == uuid).with_for_update(key_share=True))
    ).one()
    open_ones = select(Appeal.id).where(Appeal.incident_id == uuid, col(Appeal.status).not_in(ENDED)).limit(1)
    over = (await acting.session.exec(open_ones)).first() is None
    if over is not (incident.closed_at is not None):
        incident.closed_at = acting.now if over else None
        acting.session.add(incident)
