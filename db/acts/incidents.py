"""Acts on incidents: appeals of several households about one matter, handled together and confirmed one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from db.acts.appeal_moves import REPLACED, answer_dispatch, end_dispatch, moving, new_dispatch
from db.acts.journal import act, entry
from db.acts.places import organisation_in
from db.appeals import Appeal, Dispatch, Incident
from db.journal import Journal
from db.transaction import Transaction
from rules import appeal_moves as moves
from rules.access import Act
from rules.appeal_moves import AppealMove
from rules.appeals import ENDED, OPEN_DISPATCHES, AppealStatus, DispatchStatus
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, Said, invalid
from rules.text import LINE_LIMIT, check_optional, check_text

FEWEST = 2
"""Appeals of a new incident."""
_NO_APPEALS = Said("没有诉求")


@dataclass(frozen=True, slots=True)
class Merging:
    """Appeals to merge into an incident, which is created if it does not exist."""

    incident: UUID
    appeals: list[UUID]
    title: str | None = None
    act: UUID | None = None


@dataclass(frozen=True, slots=True)
class IncidentStep:
    """A move of all appeals of an incident that can make it. ``act`` is its idempotency key."""

    incident: UUID
    act: UUID | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDispatching(IncidentStep):
    organisation: UUID | None = None
    """By default the organisation that answers for the category of the appeals."""


_act = partial(act, key="act", again="incident")


@_act(Act.MERGE_INTO_INCIDENT)
async def merge_into_incident(tx: Transaction, given: Merging) -> UUID:
    """Merges appeals of one category and one building or unit into an incident."""
    title = check_optional(given.title, "title", limit=LINE_LIMIT)
    appeals = await _joining(tx, given)
    await tx.lock_id(given.incident)
    # An incident that the viewer does not see is taken for a new one. Its id is refused like any id that is taken.
    known = await tx.look_up(Incident, given.incident, lock=True)
    incident = known or _new_incident(tx, given, title, appeals)
    for appeal in appeals:
        index = given.appeals.index(appeal.id)
        if (appeal.building_id, appeal.category) != (incident.building_id, incident.category):
            raise invalid("不是同一楼栋、同一类别", "appeals", index)
        if appeal.unit not in {None, incident.unit}:
            raise invalid("不是同一单元", "appeals", index)
    handled = [_handled(tx, EntryKind.APPEAL_MERGED, incident)] if given.act is not None else []
    await _join(tx, incident, appeals)
    await tx.save(*handled)
    return incident.id


async def _joining(tx: Transaction, given: Merging) -> list[Appeal]:
    """The appeals that are not in the incident yet, locked."""
    found = {each.id: each for each in await tx.find_all(Appeal, given.appeals, "appeals", lock=True)}
    new = [appeal for appeal in found.values() if appeal.incident_id != given.incident]
    for appeal in new:
        index = given.appeals.index(appeal.id)
        if appeal.status in ENDED or appeal.status is AppealStatus.AWAITING_CONFIRMATION:
            raise Refusal(Code.WRONG_STATE, "appeals", index, status=appeal.status)
        if appeal.incident_id is not None:
            raise invalid("已并入另一事件", "appeals", index)
        if appeal.dispatch_id is not None:
            raise invalid("已单独派单，请先撤回", "appeals", index)
    return new


def _new_incident(tx: Transaction, given: Merging, title: str | None, appeals: Sequence[Appeal]) -> Incident:
    if len(appeals) < FEWEST:
        raise invalid("至少 {fewest} 件诉求", "appeals", fewest=FEWEST)
    first = appeals[0]
    if first.building_id is None:
        raise invalid("未写明楼栋，不能合并", "appeals")
    return Incident(
        id=given.incident,
        community_id=first.community_id,
        grid_id=first.grid_id,
        building_id=first.building_id,
        unit=min((each.unit for each in appeals if each.unit is not None), default=None),
        category=first.category,
        title=title or f"{first.category.label}：{first.body}"[:LINE_LIMIT],
        **tx.stamp("made"),
    )


async def _join(tx: Transaction, incident: Incident, appeals: Sequence[Appeal]) -> None:
    """Makes appeals part of an incident, and of its open dispatch."""
    for appeal in appeals:
        appeal.incident_id, incident.closed_at = incident.id, None
    merged = [entry(tx, EntryKind.APPEAL_MERGED, appeal, note=incident.title) for appeal in appeals]
    await tx.save(incident, *appeals, *merged)
    dispatch = await _open_dispatch(tx, incident)
    if dispatch is None:
        return
    for appeal in appeals:
        await _dispatch(tx, appeal, dispatch, dispatch.note)
        if dispatch.status is DispatchStatus.ACCEPTED:
            before, appeal.status = appeal.status, AppealStatus.IN_PROGRESS
            await tx.save(appeal, entry(tx, EntryKind.DISPATCH_ACCEPTED, appeal, from_status=before))


async def _open_dispatch(tx: Transaction, incident: Incident) -> Dispatch | None:
    """The newest open dispatch of a locked incident."""
    open_ones = {"incident_id": incident.id, "status": OPEN_DISPATCHES}
    return await tx.first(Dispatch, order=["-dispatched_at"], lock=True, **open_ones)


@_act(Act.DISPATCH_APPEAL)
async def dispatch_incident(tx: Transaction, step: IncidentDispatching) -> UUID:
    """Dispatches all appeals at once. Those that are only submitted are accepted first."""
    note = check_optional(step.note, "note")
    incident, members = await _members(tx, step, moves.DISPATCH_ALL.sources)
    chosen = step.organisation or members[0].organisation_id
    if chosen is None:
        raise invalid("请写明单位", "organisation")
    organisation = await organisation_in(tx, incident.community_id, chosen)
    handled = _handled(tx, moves.DISPATCH.entry, incident, organisation.name)
    earlier = await _open_dispatch(tx, incident)
    if earlier is not None and earlier.status is DispatchStatus.ACCEPTED:
        await answer_dispatch(tx, earlier.id, DispatchStatus.RECALLED, note or REPLACED)
    dispatch = new_dispatch(tx, incident, organisation.id, note, incident_id=incident.id)
    await tx.save(dispatch)
    for appeal in members:
        await _dispatch(tx, appeal, dispatch, note)
    await tx.save(handled)
    return incident.id


async def _dispatch(tx: Transaction, appeal: Appeal, dispatch: Dispatch, note: str | None) -> None:
    if appeal.status is AppealStatus.SUBMITTED:
        async with moving(tx, appeal, moves.ACCEPT, None, together=True):
            pass
    async with moving(tx, appeal, moves.DISPATCH, note, together=True):
        appeal.dispatch_id, appeal.organisation_id = dispatch.id, dispatch.organisation_id


@_act(Act.RECALL_DISPATCH)
async def recall_incident(tx: Transaction, step: IncidentStep) -> UUID:
    """Takes an incident back from the organisation that it was dispatched to."""
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    return await _for_all(tx, step, moves.RECALL, reason, DispatchStatus.RECALLED)


@_act(Act.OBJECT_DISPATCH)
async def object_incident(tx: Transaction, step: IncidentStep) -> UUID:
    """Returns an incident with the organisation's objection."""
    reason = check_text(step.note or "", "reason", limit=LINE_LIMIT)
    return await _for_all(tx, step, moves.OBJECT, reason, DispatchStatus.OBJECTED)


@_act(Act.ACCEPT_DISPATCH)
async def accept_incident(tx: Transaction, step: IncidentStep) -> UUID:
    """Accepts a dispatched incident for the organisation."""
    return await _for_all(tx, step, moves.TAKE_ON, check_optional(step.note, "note"), DispatchStatus.ACCEPTED)


@_act(Act.ANSWER_APPEAL)
async def answer_incident(tx: Transaction, step: IncidentStep) -> UUID:
    """Gives every reporter the result. Each of them confirms for themselves."""
    return await _for_all(tx, step, moves.ANSWER, check_text(step.note or "", "answer"))


async def _for_all(
    tx: Transaction, step: IncidentStep, move: AppealMove, said: str | None, answered: DispatchStatus | None = None
) -> UUID:
    """Makes a move of all appeals that can make it. ``answered`` is the status of their dispatch after it."""
    incident, members = await _members(tx, step, moves.sources_for(tx.viewer.role, move))
    handled = _handled(tx, move.entry, incident, said)
    ended = None if answered in OPEN_DISPATCHES else answered
    for appeal in members:
        async with moving(tx, appeal, move, said, together=True):
            if ended is not None:
                end_dispatch(appeal, ended)
    dispatch = await _open_dispatch(tx, incident)
    if answered is not None and dispatch is not None:
        await answer_dispatch(tx, dispatch.id, answered, said if ended else None)
    await tx.save(handled)
    return incident.id


async def _members(
    tx: Transaction, step: IncidentStep, sources: frozenset[AppealStatus]
) -> tuple[Incident, list[Appeal]]:
    """The incident and its appeals in one of the statuses, locked. Appeals are always locked before their incident.

    Appeals that joined during the wait for the incident's lock are locked by the second read.
    """
    await tx.find(Incident, step.incident, "incident")
    await tx.all(Appeal, order=["id"], lock=True, incident_id=step.incident)
    incident = await tx.find(Incident, step.incident, "incident", lock=True)
    appeals = await tx.all(Appeal, order=["id"], lock=True, incident_id=step.incident)
    members = [appeal for appeal in appeals if appeal.status in sources]
    if not members:
        status = max((appeal.status for appeal in appeals), default=None)
        raise Refusal(Code.WRONG_STATE, "incident", status=status or _NO_APPEALS)
    return incident, members


def _handled(tx: Transaction, done: EntryKind, incident: Incident, said: str | None = None) -> Journal:
    """The entry about the whole incident. It takes the act's id, so it must be made before those of the appeals."""
    return entry(tx, EntryKind.INCIDENT_HANDLED, incident, note="：".join(filter(None, [done.label, said])))
