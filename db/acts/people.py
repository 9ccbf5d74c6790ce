"""Acts on the register: who is on it, where they live and since when, and which colours they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.calendar import today_in
from db.acts.journal import append, digest_of, is_replay
from db.acts.places import community_of_grid
from db.people import Residency, Resident, ResidentColour
from db.places import Household
from rules import people as rules
from rules.access import Act, require
from rules.journal import EntryKind
from rules.people import COLOUR_LABELS, Colour, Sex
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_optional, check_text


@dataclass(frozen=True, slots=True)
class NewResident:
    """Somebody to put on the register, living in a household from a day on; today by default."""

    id: UUID
    household: UUID
    name: str
    sex: Sex
    born_on: date | None = None
    phone: str | None = None
    moved_in_on: date | None = None


async def add_resident(acting: Acting, new: NewResident) -> UUID:
    """Puts somebody on the register."""
    require(acting.viewer, Act.KEEP_REGISTER)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    household = await acting.find(Household, new.household, "household")
    today = await today_in(acting, await community_of_grid(acting, household.grid_id))
    moved_in_on = new.moved_in_on or today
    rules.check_birth(new.born_on, today)
    rules.check_day(moved_in_on, today, "movedInOn", since=new.born_on or rules.OLDEST)
    resident = Resident(
        id=new.id,
        **_home(household),
        name=check_text(new.name, "name", limit=LINE_LIMIT),
        sex=new.sex,
        born_on=new.born_on,
        phone=check_optional(new.phone, "phone", limit=LINE_LIMIT),
    )
    acting.session.add(resident)
    await acting.session.flush()
    acting.session.add(_residency(acting, resident, household, moved_in_on))
    await note(acting, EntryKind.RESIDENT_ADDED, resident, act_id=new.id, digest=digest)
    return new.id


def _home(household: Household) -> dict[str, Any]:
    return {"household_id": household.id, "building_id": household.building_id, "grid_id": household.grid_id}


def _residency(acting: Acting, resident: Resident, household: Household, moved_in_on: date) -> Residency:
    return Residency(
        resident_id=resident.id,
        **_home(household),
        moved_in_on=moved_in_on,
        recorded_by=acting.viewer.account_id,
        recorded_at=acting.now,
    )


async def note(acting: Acting, kind: EntryKind, resident: Resident, **facts: Any) -> None:
    """A journal entry about a resident, in the home they have now."""
    append(
        acting,
        kind,
        community_id=await community_of_grid(acting, resident.grid_id),
        grid_id=resident.grid_id,
        building_id=resident.building_id,
        household_id=resident.household_id,
        resident_id=resident.id,
        **facts,
    )


@dataclass(frozen=True, slots=True)
class Correction:
    """What was written down wrongly about a resident; only what is in ``changes`` is changed."""

    resident: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


async def correct_resident(acting: Acting, given: Correction) -> UUID:
    """Corrects name, sex, date of birth or telephone."""
    require(acting.viewer, Act.KEEP_REGISTER)
    digest = digest_of(given)
    if given.act is not None and await is_replay(acting, given.act, digest, "act"):
        return given.resident
    resident = await on_register(acting, given.resident, "resident", lock=True)
    today = await today_in(acting, await community_of_grid(acting, resident.grid_id))
    changes = _checked(given.changes, today)
    before = {name: getattr(resident, name) for name in changes}
    changed = [name for name in changes if before[name] != changes[name]]
    if not changed:
        raise invalid("没有要更正的内容", "nothing to correct", "resident")
    resident.sqlmodel_update(changes)
    acting.session.add(resident)
    said = "、".join(_FIELD_LABELS[name] for name in changed)
    act = {"act_id": given.act, "digest": digest} if given.act else {}
    await note(acting, EntryKind.RESIDENT_CORRECTED, resident, note=said, **act)
    return resident.id


_FIELD_LABELS = {"name": "姓名", "sex": "性别", "born_on": "出生日期", "phone": "电话"}


def _checked(changes: dict[str, Any], today: date) -> dict[str, Any]:
    found = dict(changes)
    if "name" in found:
        found["name"] = check_text(found["name"] or "", "name", limit=LINE_LIMIT)
    if "sex" in found and found["sex"] is None:
        raise invalid("性别不能为空", "the sex cannot be empty", "sex")
    if "phone" in found:
        found["phone"] = check_optional(found["phone"], "phone", limit=LINE_LIMIT)
    rules.check_birth(found.get("born_on"), today)
    return found


async def on_register(acting: Acting, uuid: UUID, *path: str | int, lock: bool = False) -> Resident:
    """A resident in the viewer's scope whose record was not merged into another."""
    resident = await acting.find(Resident, uuid, *path, lock=lock)
    if resident.merged_into is not None:
        raise invalid("这条登记已并入另一条", "the record was merged into another", *path)
    return resident


@dataclass(frozen=True, slots=True)
class Move:
    """Who moves on a day, today by default: to a household, or without one away from here."""

    residents: list[UUID]
    household: UUID | None = None
    on: date | None = None
    note: str | None = None
    act: UUID | None = None


async def move_residents(acting: Acting, move: Move) -> list[UUID]:
    """Moves people to another home, or back here after they had left."""
    require(acting.viewer, Act.KEEP_REGISTER)
    digest = digest_of(["move_residents", move])
    if move.act is not None and await is_replay(acting, move.act, digest, "act"):
        return move.residents
    assert move.household is not None
    household = await acting.find(Household, move.household, "household")
    for index, resident in enumerate(await _movers(acting, move)):
        on, stay = await _leaves(acting, resident, move.on, index)
        if stay is not None and stay.household_id == household.id:
            raise invalid("已住在这一户", "lives there already", "residents", index)
        _end(acting, stay, on)
        await acting.session.flush()
        acting.session.add(_residency(acting, resident, household, on))
        resident.sqlmodel_update({**_home(household), "left_on": None})
        await _told(acting, EntryKind.RESIDENT_MOVED, resident, move, digest, index)
    return move.residents


async def move_out(acting: Acting, move: Move) -> list[UUID]:
    """People leave the community; what is known of them stays."""
    require(acting.viewer, Act.KEEP_REGISTER)
    digest = digest_of(["move_out", move])
    if move.act is not None and await is_replay(acting, move.act, digest, "act"):
        return move.residents
    for index, resident in enumerate(await _movers(acting, move)):
        on, stay = await _leaves(acting, resident, move.on, index)
        if stay is None:
            raise invalid("该居民已迁出", "the resident has moved away", "residents", index)
        _end(acting, stay, on)
        resident.left_on = on
        await _told(acting, EntryKind.RESIDENT_LEFT, resident, move, digest, index)
    return move.residents


async def _movers(acting: Acting, move: Move) -> Sequence[Resident]:
    if not move.residents:
        raise invalid("请写明居民", "name at least one resident", "residents")
    if len(set(move.residents)) < len(move.residents):
        raise invalid("居民重复", "a resident is named twice", "residents")
    return [await on_register(acting, uuid, "residents", index, lock=True) for index, uuid in enumerate(move.residents)]


async def _leaves(acting: Acting, resident: Resident, on: date | None, index: int) -> tuple[date, Residency | None]:
    """The day of the move, and the stay that it ends, if they live here now."""
    today = await today_in(acting, await community_of_grid(acting, resident.grid_id))
    day = on or today
    statement = select(Residency).where(col(Residency.resident_id) == resident.id)
    last = (await acting.session.exec(statement.order_by(col(Residency.moved_in_on).desc()).limit(1))).first()
    since = (last.moved_out_on or last.moved_in_on) if last else rules.OLDEST
    rules.check_day(day, today, "residents" if on is None else "on", *([index] if on is None else []), since=since)
    return day, last if last is not None and last.moved_out_on is None else None


def _end(acting: Acting, stay: Residency | None, on: date) -> None:
    if stay is not None:
        stay.moved_out_on = on
        acting.session.add(stay)


async def _told(acting: Acting, kind: EntryKind, resident: Resident, move: Move, digest: bytes, index: int) -> None:
    """One entry for each who moves; the first carries the act."""
    acting.session.add(resident)
    act = {"act_id": move.act, "digest": digest} if move.act and index == 0 else {}
    await note(acting, kind, resident, note=check_optional(move.note, "note"), **act)


@dataclass(frozen=True, slots=True)
class Painting:
    """A colour given to a resident or taken away, and why."""

    resident: UUID
    colour: Colour
    reason: str | None = None
    act: UUID | None = None


async def set_colour(acting: Acting, given: Painting) -> UUID:
    """Gives a resident a colour."""
    require(acting.viewer, Act.SET_COLOUR)
    digest = digest_of(["set_colour", given])
    if given.act is not None and await is_replay(acting, given.act, digest, "act"):
        return given.resident
    resident = await on_register(acting, given.resident, "resident", lock=True)
    reason = check_optional(given.reason, "reason", limit=LINE_LIMIT)
    if reason is None and given.colour in rules.EXPLAINED:
        raise invalid("请写明原因", "say why", "reason")
    if await _held(acting, given) is not None:
        raise invalid("已有此颜色", "holds the colour already", "colour")
    by: dict[str, Any] = {"set_by": acting.viewer.account_id, "set_at": acting.now}
    acting.session.add(ResidentColour(resident_id=resident.id, colour=given.colour, reason=reason, **by))
    await _painted(acting, EntryKind.COLOUR_SET, resident, given, digest)
    return resident.id


async def remove_colour(acting: Acting, given: Painting) -> UUID:
    """Takes a colour away; that it was held, and why, stays on the record."""
    require(acting.viewer, Act.SET_COLOUR)
    digest = digest_of(["remove_colour", given])
    if given.act is not None and await is_replay(acting, given.act, digest, "act"):
        return given.resident
    resident = await on_register(acting, given.resident, "resident", lock=True)
    held = await _held(acting, given)
    if held is None:
        raise invalid("没有此颜色", "does not hold the colour", "colour")
    held.removed_by, held.removed_at = acting.viewer.account_id, max(acting.now, held.set_at)
    held.removed_reason = check_optional(given.reason, "reason", limit=LINE_LIMIT)
    acting.session.add(held)
    await _painted(acting, EntryKind.COLOUR_REMOVED, resident, given, digest)
    return resident.id


async def _held(acting: Acting, given: Painting) -> ResidentColour | None:
    own = (col(ResidentColour.resident_id) == given.resident, col(ResidentColour.colour) == given.colour)
    held = select(ResidentColour).where(*own, col(ResidentColour.removed_at).is_(None))
    return (await acting.session.exec(held)).first()


async def _painted(acting: Acting, kind: EntryKind, resident: Resident, given: Painting, digest: bytes) -> None:
    said = ":".join(filter(None, [COLOUR_LABELS[given.colour], given.reason and given.reason.strip()]))
    await note(acting, kind, resident, note=said, act_id=given.act, digest=digest if given.act else None)
