"""The act that corrects an appeal. What followed from the mistake follows from the correction instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from db import sql
from db.accounts import Account
from db.acts.appeal_moves import begin, settle_incident
from db.acts.appeal_places import place_named
from db.acts.clock_policies import reapply_policies
from db.acts.journal import act, entry
from db.acts.places import WidePlaceInput
from db.appeals import Appeal, Dispatch, Incident
from db.base import Row
from db.holding import places_held
from db.journal import Journal
from db.people import Resident
from db.places import Building, Community, Estate, Grid, Household, Premises
from db.scope import Scope
from db.statements import Query
from db.transaction import Transaction
from rules import appeal_moves as moves
from rules.access import WORKERS, Role
from rules.appeals import ENDED, AppealCategory, AppealLevel, AppealStatus, AppealUrgency
from rules.corrections import Earlier, earlier, nothing_to_correct
from rules.journal import EntryKind
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_text

_PLACE = ("community_id", "grid_id", "building_id", "unit", "household_id", "premises_id", "estate_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealCorrection(WidePlaceInput):
    """The corrected fields of an appeal. None leaves a field as it is. A place replaces the whole place."""

    appeal: UUID
    note: str
    act: UUID | None = None
    category: AppealCategory | None = None
    urgency: AppealUrgency | None = None
    body: str | None = None
    handler: UUID | None = None


@act(moves.CORRECT.act, key="act", again="appeal", row=Appeal)
async def correct_appeal(tx: Transaction, given: AppealCorrection) -> Appeal:
    """Corrects an appeal for a reason. The journal keeps what it said before."""
    reason = check_text(given.note, "reason", limit=LINE_LIMIT)
    body = None if given.body is None else check_text(given.body, "body")
    appeal = await tx.find(Appeal, given.appeal, "appeal", lock=True)
    begin(tx, appeal, moves.CORRECT)
    old = {name: getattr(appeal, name) for name in (*_PLACE, "incident_id")}
    before = [
        *_changed(appeal, "category", "类别", given.category),
        *_changed(appeal, "urgency", "紧急程度", given.urgency),
        *_changed(appeal, "body", "内容", body),
        *await _placed(tx, appeal, given),
        *await _handed(tx, appeal, given.handler),
    ]
    if not before:
        raise nothing_to_correct("appeal")
    fields = {each["field"] for each in before}
    _check_undispatched(appeal, fields)
    if fields & {"category", "urgency"}:
        await _reset_clocks(tx, appeal)
    left = await _leave_incident(tx, appeal) if fields & {"category", "place"} else None
    note = reason if left is None else f"{reason}（退出事件：{left.title}）"
    told = entry(tx, EntryKind.APPEAL_CORRECTED, appeal, note=note, before=before, incident_id=old["incident_id"])
    moved = await _moved(tx, appeal, old) if appeal.grid_id != old["grid_id"] else []
    await tx.save(appeal, told, *moved)
    if left is not None:
        await settle_incident(tx, left.id)
    return appeal


def _changed(appeal: Appeal, field: str, label: str, value: Any) -> Earlier:
    """Sets a field, and returns its earlier value if it was another one."""
    old = getattr(appeal, field)
    if value is None or value == old:
        return []
    appeal.change({field: value})
    return [earlier(field, label, old)]


async def _placed(tx: Transaction, appeal: Appeal, given: AppealCorrection) -> Earlier:
    """Gives the appeal another place, if one is named."""
    place = await place_named(tx, given)
    if place is None:
        if given.unit is not None:
            raise invalid("请写明楼栋", "building")
        return []
    new = {name: getattr(place, name) for name in _PLACE}
    if all(getattr(appeal, name) == value for name, value in new.items()):
        return []
    if place.community_id != appeal.community_id:
        raise invalid("不在同一社区", *_named(given))
    if place.household_id is not None and appeal.resident_id is not None:
        reporter = await tx.get(Resident, id=appeal.resident_id)
        if reporter.household_id != place.household_id:
            raise invalid("该居民不住在这一户", "household")
    before = earlier("place", "地点", await _address(tx, appeal))
    appeal.change(new)
    return [before]


def _named(given: AppealCorrection) -> list[str]:
    """The field that names the place."""
    names = ("household", "building", "premises", "grid", "estate", "community")
    return [name for name in names if getattr(given, name) is not None][:1]


async def _address(tx: Transaction, appeal: Appeal) -> str:
    """The place in words, as :func:`schema.appeals.address_of` writes it."""
    if appeal.building_id is not None:
        building = await tx.get(Building, id=appeal.building_id)
        home = await tx.first(Household, id=appeal.household_id) if appeal.household_id else None
        return building.address(appeal.unit, home.room if home else "")
    if appeal.premises_id is not None:
        return (await tx.get(Premises, id=appeal.premises_id)).name
    grid = await tx.first(Grid, id=appeal.grid_id)
    estate = await tx.first(Estate, id=appeal.grid_id) if grid is None else None
    return (grid or estate or await tx.get(Community, id=appeal.community_id)).name


async def _handed(tx: Transaction, appeal: Appeal, handler: UUID | None) -> Earlier:
    """Gives the appeal to another worker. One who does not work where it belongs now loses it while it is open."""
    old = await tx.first(Account, id=appeal.handled_by) if appeal.handled_by else None
    if handler is not None and handler != appeal.handled_by:
        new = await tx.find(Account, handler, "handler")
        if not await _works(tx, new, appeal.grid_id):
            raise invalid("这位同事不在该处任职", "handler")
    elif old is None or appeal.status in ENDED or await _works(tx, old, appeal.grid_id):
        return []
    appeal.handled_by = handler if handler != appeal.handled_by else None
    return [earlier("handledBy", "经办人", old.name if old else None)]


async def _works(tx: Transaction, account: Account, area: UUID) -> bool:
    """True if an account works in an area today."""
    if account.disabled_at is not None or account.role not in WORKERS:
        return False
    return bool(await tx.value(_works_in(account.role), account=account.id, area=area))


@cache
def _works_in(role: Role) -> Query:
    def query(_: Scope) -> sql.Select:
        held = places_held(role, sql.parameter("account", sql.UUID)).subquery("held")
        return sql.select(sql.parameter("area", sql.UUID) == sql.any_(held.c.grids)).from_(held)

    return query


def _check_undispatched(appeal: Appeal, fields: set[str]) -> None:
    """An organisation has accepted what it was given: another category or place is for another one."""
    if appeal.dispatch_id is not None and fields & {"category", "place"}:
        raise invalid("已派单，请先撤回派单，再更正类别或地点", "appeal")


async def _reset_clocks(tx: Transaction, appeal: Appeal) -> None:
    """Sets the deadlines again. A level that only a wrong deadline had raised is the grid's again."""
    await reapply_policies(tx, appeal)
    if appeal.escalated_at is None or _is_late(appeal, tx.now):
        return
    raised = await tx.first(Journal, appeal_id=appeal.id, kind=EntryKind.APPEAL_ESCALATED)
    if raised is None:
        appeal.level, appeal.escalated_at = AppealLevel.GRID, None


def _is_late(appeal: Appeal, now: datetime) -> bool:
    dues = [appeal.resolution_due_at]
    if appeal.status is AppealStatus.SUBMITTED:
        dues.append(appeal.response_due_at)
    return any(due is not None and due <= now for due in dues)


async def _leave_incident(tx: Transaction, appeal: Appeal) -> Incident | None:
    """Takes an appeal out of its incident if category, building or unit no longer fit; returns the incident."""
    incident = await tx.get(Incident, lock=True, id=appeal.incident_id) if appeal.incident_id else None
    if incident is None or (
        (appeal.category, appeal.building_id) == (incident.category, incident.building_id)
        and appeal.unit in {None, incident.unit}
    ):
        return None
    appeal.incident_id = None
    return incident


async def _moved(tx: Transaction, appeal: Appeal, old: Mapping[str, Any]) -> list[Row]:
    """The rows that move to another area with the appeal, and the entry for those who worked on it before."""
    dispatches = await tx.all(Dispatch, lock=True, order=("id",), appeal_id=appeal.id)
    for each in dispatches:
        each.grid_id = appeal.grid_id
    place = {name: old[name] for name in ("grid_id", "building_id", "household_id")}
    return [*dispatches, entry(tx, EntryKind.APPEAL_LEFT, appeal, **place)]
