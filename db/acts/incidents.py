"""Acts on incidents: appeals of several households about one thing, handled as one and confirmed by each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.appeal_moves import Change, answer_dispatch, make, new_dispatch
from db.acts.appeals import note
from db.acts.journal import append, digest_of, is_replay
from db.appeals import Appeal, Dispatch, Incident
from db.places import Organisation
from rules import appeal_moves as moves
from rules.access import Act, require
from rules.appeal_moves import Move
from rules.appeals import CATEGORY_LABELS, ENDED, AppealCategory, AppealStatus, DispatchStatus
from rules.journal import ENTRY_LABELS, EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text

FEWEST, MOST = 2, 200
"""Appeals of an incident."""


@dataclass(frozen=True, slots=True)
class Merging:
    """Appeals that become part of an incident; it is made with the first ones."""

    incident: UUID
    appeals: Sequence[UUID]
    title: str | None = None
    act: UUID | None = None


async def merge_into_incident(acting: Acting, given: Merging) -> UUID:
    """Puts appeals of one category from one building and unit together; every receipt stays as it is."""
    require(acting.viewer, Act.MERGE_INTO_INCIDENT)
    digest = digest_of(given)
    if given.act is not None and await is_replay(acting, given.act, digest, "act"):
        return given.incident
    appeals = await _joining(acting, given)
    incident = await acting.session.get(Incident, given.incident, with_for_update={"key_share": True})
    if incident is None:
        incident = await _made(acting, given, appeals)
    else:
        await acting.find(Incident, given.incident, "incident")
    _check_alike(incident, appeals)
    for appeal in appeals:
        await _join(acting, incident, appeal)
    if given.act is not None:
        _note(acting, EntryKind.APPEAL_MERGED, incident, None, act_id=given.act, digest=digest)
    return incident.id


async def _joining(acting: Acting, given: Merging) -> list[Appeal]:
    """Those that are not in it yet, locked in one order for everybody."""
    if len(given.appeals) > MOST:
        raise invalid(f"一次最多 {MOST} 件", f"at most {MOST} at a time", "appeals")
    found = [
        await acting.find(Appeal, uuid, "appeals", index, lock=True)
        for uuid, index in sorted((uuid, index) for index, uuid in enumerate(given.appeals))
    ]
    new = [appeal for appeal in {each.id: each for each in found}.values() if appeal.incident_id != given.incident]
    for appeal in new:
        index = list(given.appeals).index(appeal.id)
        if appeal.status in ENDED or appeal.status is AppealStatus.AWAITING_CONFIRMATION:
            raise Refusal(Code.WRONG_STATE, "appeals", index, status=AppealStatus(appeal.status).value)
        if appeal.incident_id is not None:
            raise invalid("已并入另一事件", "part of another incident already", "appeals", index)
        if appeal.dispatch_id is not None:
            raise invalid("已单独派单,请先撤回", "dispatched by itself; recall that first", "appeals", index)
    return new


async def _made(acting: Acting, given: Merging, appeals: Sequence[Appeal]) -> Incident:
    if len(appeals) < FEWEST:
        raise invalid(f"至少 {FEWEST} 件诉求", f"at least {FEWEST} appeals", "appeals")
    first = appeals[0]
    if first.building_id is None:
        raise invalid("未写明楼栋,不能合并", "without a building it cannot be merged", "appeals")
    units = {appeal.unit for appeal in appeals if appeal.unit is not None}
    title = check_optional(given.title, "title", limit=LINE_LIMIT)
    incident = Incident(
        id=given.incident,
        community_id=first.community_id,
        grid_id=first.grid_id,
        building_id=first.building_id,
        unit=min(units) if units else None,
        category=first.category,
        title=title or f"{CATEGORY_LABELS[AppealCategory(first.category)]}:{first.body}"[:LINE_LIMIT],
        made_by=acting.worker_id,
        made_at=acting.now,
    )
    acting.session.add(incident)
    await acting.session.flush()
    return incident


def _check_alike(incident: Incident, appeals: Sequence[Appeal]) -> None:
    for index, appeal in enumerate(appeals):
        if (appeal.building_id, appeal.category) != (incident.building_id, incident.category):
            raise invalid("不是同一楼栋、同一类别", "not of one building and category", "appeals", index)
        if appeal.unit not in {None, incident.unit}:
            raise invalid("不是同一单元", "not of one unit", "appeals", index)


async def _join(acting: Acting, incident: Incident, appeal: Appeal) -> None:
    """What comes later goes the way of those that were there."""
    appeal.incident_id, incident.closed_at = incident.id, None
    acting.session.add_all([appeal, incident])
    note(acting, EntryKind.APPEAL_MERGED, appeal, note=incident.title)
    dispatch = await _open_dispatch(acting, incident.id)
    if dispatch is not None:
        await _dispatched(acting, appeal, dispatch, dispatch.note)
        if dispatch.status is DispatchStatus.ACCEPTED:
            before, appeal.status = appeal.status, AppealStatus.IN_PROGRESS
            note(acting, EntryKind.DISPATCH_ACCEPTED, appeal, from_status=before)


async def _open_dispatch(acting: Acting, incident: UUID) -> Dispatch | None:
    open_ones = col(Dispatch.status).in_([DispatchStatus.PENDING, DispatchStatus.ACCEPTED])
    statement = select(Dispatch).where(Dispatch.incident_id == incident, open_ones)
    return (await acting.session.exec(statement.order_by(col(Dispatch.dispatched_at).desc()).limit(1))).first()


@dataclass(frozen=True, slots=True)
class IncidentStep:
    """A move of all appeals of an incident that can make it."""

    incident: UUID
    act: UUID | None = None
    note: str | None = None


async def dispatch_incident(acting: Acting, step: IncidentStep, organisation: UUID | None) -> UUID:
    """One dispatch for all; who was not called back yet is told by it."""
    require(acting.viewer, Act.DISPATCH_APPEAL)
    said = check_optional(step.note, "note")
    digest = digest_of(["dispatch", step, organisation])
    if step.act is not None and await is_replay(acting, step.act, digest, "act"):
        return step.incident
    incident, members = await _members(acting, step, moves.DISPATCH.sources | moves.ACCEPT.sources)
    chosen = organisation or members[0].organisation_id
    if chosen is None:
        raise invalid("请写明单位", "say which organisation", "organisation")
    body = await acting.find(Organisation, chosen, "organisation")
    dispatch = new_dispatch(acting, incident, body.id, said, incident_id=incident.id)
    acting.session.add(dispatch)
    await acting.session.flush()
    for appeal in members:
        await _dispatched(acting, appeal, dispatch, said)
    _note(acting, moves.DISPATCH.entry, incident, body.name, **_act(step, digest))
    return incident.id


async def _dispatched(acting: Acting, appeal: Appeal, dispatch: Dispatch, said: str | None) -> None:
    if appeal.status is AppealStatus.SUBMITTED:
        await make(acting, appeal, moves.ACCEPT, None, together=True)

    def change(appeal: Appeal) -> None:
        appeal.dispatch_id, appeal.organisation_id = dispatch.id, dispatch.organisation_id

    await make(acting, appeal, moves.DISPATCH, said, change, together=True)


async def recall_incident(acting: Acting, step: IncidentStep) -> UUID:
    """All of it is taken back from the organisation."""
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    return await _back(acting, step, moves.RECALL, DispatchStatus.RECALLED, reason)


async def object_incident(acting: Acting, step: IncidentStep) -> UUID:
    """The organisation says why it is not for them."""
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    return await _back(acting, step, moves.OBJECT, DispatchStatus.OBJECTED, reason)


async def _back(acting: Acting, step: IncidentStep, move: Move, status: DispatchStatus, reason: str) -> UUID:
    def change(appeal: Appeal) -> None:
        appeal.dispatch_id = None
        appeal.objections += status is DispatchStatus.OBJECTED

    dispatch = await _open_dispatch(acting, step.incident)
    uuid = await _for_all(acting, step, move, reason, change)
    await answer_dispatch(acting, dispatch.id if dispatch else None, status, reason)
    return uuid


async def accept_incident(acting: Acting, step: IncidentStep) -> UUID:
    """The organisation takes all of it on."""
    uuid = await _for_all(acting, step, moves.TAKE_ON, check_optional(step.note, "note"))
    dispatch = await _open_dispatch(acting, step.incident)
    await answer_dispatch(acting, dispatch.id if dispatch else None, DispatchStatus.ACCEPTED, None)
    return uuid


async def answer_incident(acting: Acting, step: IncidentStep) -> UUID:
    """Every household is told the result, and says for itself whether it is so."""
    said = check_text(step.note or "", "answer")
    return await _for_all(acting, step, moves.ANSWER, said)


async def _for_all(
    acting: Acting, step: IncidentStep, move: Move, said: str | None, change: Change | None = None
) -> UUID:
    require(acting.viewer, move.act)
    digest = digest_of([move.entry, step])
    if step.act is not None and await is_replay(acting, step.act, digest, "act"):
        return step.incident
    incident, members = await _members(acting, step, moves.sources_for(acting.viewer.role, move))
    for appeal in members:
        await make(acting, appeal, move, said, change, together=True)
    _note(acting, move.entry, incident, said, **_act(step, digest))
    return incident.id


async def _members(
    acting: Acting, step: IncidentStep, sources: frozenset[AppealStatus]
) -> tuple[Incident, list[Appeal]]:
    """The incident, and its appeals that stand where the move begins, locked in one order for everybody."""
    incident = await acting.find(Incident, step.incident, "incident")
    statement = select(Appeal).where(Appeal.incident_id == incident.id).order_by(col(Appeal.id))
    everyone = (await acting.session.exec(statement.with_for_update().execution_options(populate_existing=True))).all()
    members = [appeal for appeal in everyone if appeal.status in sources]
    if not members:
        status = max((AppealStatus(appeal.status).value for appeal in everyone), default="—")
        raise Refusal(Code.WRONG_STATE, "incident", status=status)
    return incident, members


def _act(step: IncidentStep, digest: bytes) -> dict[str, Any]:
    return {"act_id": step.act, "digest": digest} if step.act else {}


def _note(acting: Acting, done: EntryKind, incident: Incident, said: str | None, **act: Any) -> None:
    place = {"grid_id": incident.grid_id, "building_id": incident.building_id, "incident_id": incident.id}
    told = ":".join(filter(None, [ENTRY_LABELS[done], said]))
    append(acting, EntryKind.INCIDENT_HANDLED, community_id=incident.community_id, note=told, **place, **act)
