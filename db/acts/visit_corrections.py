"""Acts that correct and withdraw visits. What a visit said before stays on record, and duties and alerts follow."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from db import sql
from db.acts.alerts import end_reached, resume_unreached
from db.acts.calendar import community_of, local_day
from db.acts.journal import act, entry
from db.acts.photos import attach_photos
from db.acts.visits import check_at_home, place_of_visit, reach_of
from db.base import alias
from db.journal import Journal
from db.people import Resident
from db.places import Building, Community, Household, Premises
from db.scope import Scope
from db.transaction import Transaction
from db.visits import Visit, VisitCorrection, VisitCorrectionResident, VisitResident
from rules.access import Act
from rules.corrections import NOTHING, Earlier, earlier, nothing_to_correct
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, Said, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.times import check_occurred
from rules.visits import VisitMode, check_may_correct, check_place, is_attempt

_CONTENT = {
    "household_id": "place",
    "premises_id": "place",
    "mode": "mode",
    "note": "note",
    "spoke_with": "spokeWith",
    "occurred_at": "occurredAt",
}
"""The content of a visit without the residents whom it reached: the columns, and their names in corrections."""
_JUDGED = ("household_id", "mode", "occurred_at")
"""The part of the content that the rows of the residents repeat."""


@dataclass(frozen=True, slots=True)
class CorrectedVisit:
    """The corrected content of a visit. Fields that are not given, or not in ``changes``, stay."""

    visit: UUID
    reason: str
    mode: VisitMode | None = None
    occurred_at: datetime | None = None
    household: UUID | None = None
    premises: UUID | None = None
    residents: list[UUID] | None = None
    changes: dict[str, Any] = field(default_factory=dict, repr=False)
    """Note and ``spoke_with``. Null clears them."""
    act: UUID | None = None


@act(Act.CORRECT_VISIT, key="act", again="visit")
async def correct_visit(tx: Transaction, given: CorrectedVisit) -> UUID:
    """Corrects a visit. Duties and alerts follow from the correction."""
    reason = check_text(given.reason, "reason", limit=LINE_LIMIT)
    texts = _texts(given.changes)
    visit = await _correctable(tx, given.visit)
    reached, residents = await _lock_reached(tx, visit, given.residents)
    community = await community_of(tx, visit.grid_id)
    kept, from_grid, said = _content(visit), visit.grid_id, await _said(tx, visit, reached, community)
    note = f"{reason}（{_told(visit, said)}）"
    visit.change(await _corrected(tx, given, visit, residents, community) | texts)
    if _content(visit) == kept and residents == reached:
        raise nothing_to_correct("visit")
    moved = any(getattr(visit, name) != kept[name] for name in _JUDGED)
    await _check_reached(tx, visit, reached, residents, again=moved)
    visit.is_attempt = is_attempt(len(residents), visit.spoke_with)
    await _keep(tx, visit, kept, reached, reason)
    before = [said[name] for name in _changed(visit, kept, reached, residents)]
    entries = _corrections(tx, visit, from_grid, note, before)
    if moved or residents != reached:
        await tx.rows(_reach_nobody, visit=visit.id)
        await tx.save(visit, *entries)
        await tx.save(*reach_of(visit, residents))
    else:
        await tx.save(visit, *entries)
    await _follow(tx, {*reached, *residents}, community)
    return visit.id


def _corrections(tx: Transaction, visit: Visit, from_grid: UUID, note: str, before: Earlier) -> list[Journal]:
    """The entry where the visit was, and one where it was said to be, for those who work there."""
    told: dict[str, Any] = {"note": note, "before": before}
    entries = [entry(tx, EntryKind.VISIT_CORRECTED, visit, **told)]
    if visit.grid_id != from_grid:
        place = {"grid_id": from_grid, "building_id": None, "household_id": None}
        entries.append(entry(tx, EntryKind.VISIT_CORRECTED, visit, **told, **place))
    return entries


def _changed(visit: Visit, kept: Mapping[str, Any], reached: list[UUID], residents: list[UUID]) -> list[str]:
    """The fields that a correction changes, by their names in the API."""
    columns = [name for name, value in kept.items() if getattr(visit, name) != value]
    found = dict.fromkeys(_CONTENT[name] for name in columns)
    return [*found, *(["residents"] if residents != reached else [])]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    visit: UUID
    reason: str
    act: UUID | None = None


@act(Act.CORRECT_VISIT, key="act", again="visit")
async def withdraw_visit(tx: Transaction, given: Withdrawal) -> UUID:
    """Withdraws a visit that did not take place. It stays on record. What was found in it stays too."""
    reason = check_text(given.reason, "reason", limit=LINE_LIMIT)
    visit = await _correctable(tx, given.visit)
    reached, _ = await _lock_reached(tx, visit, None)
    community = await community_of(tx, visit.grid_id)
    told = _told(visit, await _said(tx, visit, reached, community))
    await _keep(tx, visit, _content(visit), reached, reason, withdraws=True)
    await tx.rows(_reach_nobody, visit=visit.id)
    visit.withdrawn_at = tx.now
    await tx.save(visit, entry(tx, EntryKind.VISIT_WITHDRAWN, visit, note=f"{reason}（{told}）"))
    await _follow(tx, reached, community)
    return visit.id


@dataclass(frozen=True, slots=True)
class MorePhotos:
    visit: UUID
    photos: list[str]
    act: UUID | None = None


@act(Act.CORRECT_VISIT, key="act", again="visit")
async def add_visit_photos(tx: Transaction, given: MorePhotos) -> UUID:
    """Adds photos to a visit that was recorded before."""
    visit = await _correctable(tx, given.visit)
    added = await attach_photos(tx, given.photos, visit_id=visit.id)
    if not added:
        raise invalid("没有新的照片", "photos")
    await tx.save(entry(tx, EntryKind.VISIT_PHOTOS_ADDED, visit, note=f"{len(added)}张"))
    return visit.id


async def _correctable(tx: Transaction, uuid: UUID) -> Visit:
    """A visit that the viewer may correct, locked."""
    visit = await tx.find(Visit, uuid, "visit", lock=True)
    check_may_correct(tx.viewer, visit.worker_id, visit.recorded_at, tx.now, "visit")
    if visit.withdrawn_at is not None:
        raise Refusal(Code.WRONG_STATE, "visit", status=Said("已撤销"))
    return visit


async def _lock_reached(tx: Transaction, visit: Visit, named: Sequence[UUID] | None) -> tuple[list[UUID], list[UUID]]:
    """Whom the visit reached, and whom it is to reach; their records are locked.

    The locks wait for visits that are being recorded, so that an alert is not brought back while one of them ends it.
    They also wait for merges, so whom the visit reached is read again afterwards.
    """
    either = {*await _reached(tx, visit), *(named or ())}
    await tx.all(Resident, order=("id",), lock=True, id=either)
    reached = await _reached(tx, visit)
    if named is None:
        return reached, reached
    new = [each for each in named if each not in reached]
    found = dict(zip(new, await tx.find_all(Resident, new, "residents", lock=True), strict=True))
    residents = list(dict.fromkeys(found[each].id if each in found else each for each in named))
    return reached, reached if set(residents) == set(reached) else residents


async def _reached(tx: Transaction, visit: Visit) -> list[UUID]:
    return [each.resident_id for each in await tx.all(VisitResident, order=("resident_id",), visit_id=visit.id)]


def _content(visit: Visit) -> dict[str, Any]:
    return {name: getattr(visit, name) for name in _CONTENT}


async def _corrected(
    tx: Transaction, given: CorrectedVisit, visit: Visit, residents: list[UUID], community: Community
) -> dict[str, Any]:
    """The columns that change."""
    changes: dict[str, Any] = {}
    if given.household is not None or given.premises is not None:
        check_place(given.household, given.premises, len(residents))
        changes = await place_of_visit(tx, given.household, given.premises)
        if (await community_of(tx, changes["grid_id"])).id != community.id:
            raise invalid("地点在另一个社区，请撤销后重新登记", "household" if given.premises is None else "premises")
    elif visit.premises_id is not None:
        check_place(None, visit.premises_id, len(residents))
    if given.occurred_at is not None:
        check_occurred(given.occurred_at, tx.now, tx.viewer.role, "occurredAt")
        changes["occurred_at"] = given.occurred_at
    if given.mode is not None:
        changes["mode"] = given.mode
    return changes


def _texts(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The texts that change."""
    found: dict[str, Any] = {}
    if "note" in changes:
        found["note"] = check_optional(changes["note"], "note")
    if "spoke_with" in changes:
        found["spoke_with"] = check_optional(changes["spoke_with"], "spokeWith", limit=LINE_LIMIT)
    return found


async def _check_reached(
    tx: Transaction, visit: Visit, before: Collection[UUID], residents: list[UUID], *, again: bool
) -> None:
    """Checks that the residents lived there, ``again`` also those whom the visit had reached before."""
    if residents and (again or not set(residents) <= {*before}):
        assert visit.household_id is not None
        await check_at_home(tx, visit.household_id, residents, visit.occurred_at)


async def _keep(
    tx: Transaction, visit: Visit, content: dict[str, Any], reached: list[UUID], reason: str, *, withdraws: bool = False
) -> None:
    """Keeps what the visit says. The visit is written after that: row-level security asks for it."""
    stamp = tx.stamp("corrected")
    kept = VisitCorrection(visit_id=visit.id, withdraws=withdraws, reason=reason, **content, **stamp)
    await tx.save(kept)
    await tx.save(*(VisitCorrectionResident(visit_correction_id=kept.id, resident_id=each) for each in reached))


def _reach_nobody(_: Scope) -> sql.Delete:
    reach = alias(VisitResident)
    return sql.delete(reach).where(reach.c.visit_id == sql.parameter("visit", sql.UUID))


async def _said(tx: Transaction, visit: Visit, reached: list[UUID], community: Community) -> dict[str, dict[str, str]]:
    """The content of the visit by field, as corrections keep it."""
    names = [each.name for each in await tx.all(Resident, order=("id",), id=reached)]
    at = visit.occurred_at.astimezone(ZoneInfo(community.time_zone))
    found = (
        earlier("mode", "方式", visit.mode),
        earlier("occurredAt", "时间", f"{at.year}年{at.month}月{at.day}日{at:%H:%M}"),
        earlier("place", "地点", await _place(tx, visit)),
        earlier("residents", "见到的居民", "、".join(names)),
        earlier("spokeWith", "交谈对象", visit.spoke_with),
        earlier("note", "备注", visit.note),
    )
    return {each["field"]: each for each in found}


def _told(visit: Visit, said: Mapping[str, Mapping[str, str]]) -> str:
    """The content of the visit as one sentence, for the journal."""
    value = {name: each["value"] for name, each in said.items() if each["value"] != NOTHING}
    parts = [
        *(value[name] for name in ("mode", "occurredAt", "place")),
        f"见到{value['residents']}" if "residents" in value else "",
        f"与{value['spokeWith']}交谈" if "spokeWith" in value else "",
        "未遇到人" if visit.is_attempt else "",
        f"备注：{value['note']}" if "note" in value else "",
    ]
    return f"原记录：{'，'.join(filter(None, parts))}"


async def _place(tx: Transaction, visit: Visit) -> str:
    if visit.household_id is None:
        return (await tx.get(Premises, id=visit.premises_id)).name
    home = await tx.get(Household, id=visit.household_id)
    return (await tx.get(Building, id=home.building_id)).address(home.unit, home.room)


async def _follow(tx: Transaction, residents: Collection[UUID], community: Community) -> None:
    """Lets alerts follow from what the visits say now."""
    concerned = sorted(residents)
    await end_reached(tx, concerned)
    await resume_unreached(tx, concerned, local_day(community, tx.now))
