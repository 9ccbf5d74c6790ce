"""Acts on the register: residents, their stays in households, and their colours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.acts.calendar import today_of
from db.acts.households import home_of
from db.acts.id_numbers import give_id_number, keep_numbers, one_of_each_number
from db.acts.journal import act, entry
from db.base import Row
from db.people import ONE_HEAD, Residency, Resident, ResidentColour, add_former_name
from db.places import Household
from db.statements import Lock
from db.transaction import Transaction
from rules import people as rules
from rules.access import Act
from rules.corrections import nothing_to_correct
from rules.id_numbers import check_id_number
from rules.journal import EntryKind
from rules.people import Colour, Relation, Sex, Tenure
from rules.phones import check_optional_phone
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_name, check_optional


@dataclass(frozen=True, slots=True)
class NewResident:
    """A resident to add. ``moved_in_on`` is today by default."""

    id: UUID
    household: UUID
    name: str
    sex: Sex
    born_on: date | None = None
    phone: str | None = None
    moved_in_on: date | None = None
    id_number: str | None = field(default=None, repr=False)
    relation: Relation | None = None
    tenure: Tenure | None = None


@act(Act.KEEP_REGISTER)
async def add_resident(tx: Transaction, new: NewResident) -> UUID:
    facts: dict[str, Any] = {
        "name": check_name(new.name, "name"),
        "sex": new.sex,
        "born_on": new.born_on,
        "phone": check_optional_phone(new.phone, "phone"),
    }
    number = _number(new.id_number)
    household = await tx.find(Household, new.household, "household")
    today = await today_of(tx, household.grid_id)
    moved_in_on = new.moved_in_on or today
    rules.check_birth(new.born_on, today)
    rules.check_day(moved_in_on, today, "movedInOn", since=min(new.born_on or rules.OLDEST, today))
    resident = Resident(id=new.id, **home_of(household), **facts)
    numbered = [] if number is None else [await give_id_number(tx, resident, number)]
    stay = _new_stay(tx, resident, household, moved_in_on)
    stay.change({"relation": new.relation, "tenure": new.tenure})
    with one_of_each_number("idNumber"), one_head("relation"):
        await tx.save(resident, stay, *numbered, entry(tx, EntryKind.RESIDENT_ADDED, resident))
    return new.id


def _number(text: str | None) -> str | None:
    number = check_optional(text, "idNumber")
    return number and check_id_number(number, "idNumber")


def _new_stay(tx: Transaction, resident: Resident, household: Household, moved_in_on: date) -> Residency:
    stamp = tx.stamp("recorded")
    return Residency(resident_id=resident.id, **home_of(household), moved_in_on=moved_in_on, **stamp)


@contextmanager
def one_head(*path: str | int) -> Iterator[None]:
    """Raises INVALID_INPUT if the block saves a second head of a household."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != ONE_HEAD:
            raise
        raise invalid("这一户已有户主", *path) from error


@dataclass(frozen=True, slots=True)
class Correction:
    """New values of columns of a resident, or of their current stay. Columns that are not in ``changes`` stay."""

    resident: UUID
    changes: dict[str, Any] = field(default_factory=dict, repr=False)
    act: UUID | None = None


@act(Act.KEEP_REGISTER, key="act", again="resident")
async def correct_resident(tx: Transaction, given: Correction) -> UUID:
    """Corrects name, sex, date of birth, telephone number, ID number, relation to the head, or tenure."""
    changes = dict(given.changes)
    if "name" in changes:
        changes["name"] = check_name(changes["name"] or "", "name")
    if "phone" in changes:
        changes["phone"] = check_optional_phone(changes["phone"], "phone")
    if "sex" in changes and changes["sex"] is None:
        raise invalid("性别不能为空", "sex")
    number = _number(changes.pop("id_number", None))
    resident = await on_register(tx, given.resident, "resident")
    rules.check_birth(changes.get("born_on"), await today_of(tx, resident.grid_id))
    of_stay = {name: changes.pop(name) for name in _OF_STAY if name in changes}
    stay = await _current_stay(tx, resident, *of_stay) if of_stay else None
    changed = [name for name, value in changes.items() if getattr(resident, name) != value]
    before = resident.name
    resident.change(changes)
    add_former_name(resident, before)
    if stay is not None:
        changed += [name for name, value in of_stay.items() if getattr(stay, name) != value]
        stay.change(of_stay)
    numbered = [await give_id_number(tx, resident, number)] if number else []
    changed += ["id_number"] * len(numbered)
    if not changed:
        raise nothing_to_correct("resident")
    note = "、".join(_FIELD_LABELS[name] for name in changed)
    told = entry(tx, EntryKind.RESIDENT_CORRECTED, resident, note=note)
    with one_of_each_number("idNumber"), one_head("relation"):
        await tx.save(resident, *([stay] if stay else []), *numbered, told)
    return resident.id


_OF_STAY = {"relation": "与户主关系", "tenure": "居住性质"}
"""The columns of the current stay that are corrected with the resident, each with its label."""
_FIELD_LABELS = {
    "name": "姓名",
    "sex": "性别",
    "born_on": "出生日期",
    "phone": "电话",
    "id_number": "身份证号",
    **_OF_STAY,
}


async def _current_stay(tx: Transaction, resident: Resident, path: str, *_: str) -> Residency:
    """The current stay of a locked resident. Raises INVALID_INPUT for one who has moved away."""
    stay = await tx.first(Residency, resident_id=resident.id, moved_out_on=None)
    if stay is None:
        raise invalid("该居民已迁出", path)
    return stay


async def on_register(tx: Transaction, uuid: UUID, *path: str | int, lock: Lock = True) -> Resident:
    """A resident in the viewer's scope, locked. Raises INVALID_INPUT if the person was erased.

    It is the record that was kept, if the named one was merged into another.

    A shared lock is enough for those who only refer to the record: a merge waits for them, and they for a merge.
    """
    resident = await tx.find(Resident, uuid, *path, lock=lock)
    check_current(resident, *path)
    return resident


def check_current(resident: Resident, *path: str | int) -> None:
    """Raises INVALID_INPUT for a person who was erased."""
    if resident.erased_at is not None:
        raise invalid("这条登记的个人信息已删除", *path)


async def is_home_of(tx: Transaction, household_id: UUID | None, resident: Resident, named: UUID) -> bool:
    """True if a resident lives in a household, or did by the record that was named and has been merged since."""
    if resident.household_id == household_id:
        return True
    return named != resident.id and (await tx.get(Resident, id=named)).household_id == household_id


@dataclass(frozen=True, slots=True)
class Moving:
    """Residents who move on a day, today by default. Without a household they leave the community."""

    residents: list[UUID]
    household: UUID | None = None
    on: date | None = None
    note: str | None = None
    act: UUID | None = None


class _Departure(NamedTuple):
    """A resident who moves on a day, and their current stay, if they live here."""

    resident: Resident
    on: date
    stay: Residency | None


@act(Act.KEEP_REGISTER, key="act", again="residents")
async def move_residents(tx: Transaction, moving: Moving) -> list[UUID]:
    """Moves residents to another household, or back here after they had left."""
    assert moving.household is not None
    note = check_optional(moving.note, "note")
    departures = await _departures(tx, moving)
    household = await tx.find(Household, moving.household, "household")
    for index, (_, _, stay) in enumerate(departures):
        if stay is not None and stay.household_id == household.id:
            raise invalid("已住在这一户", "residents", index)
    moved = [each.resident for each in departures]
    keys = await keep_numbers(tx, moved, household.grid_id)
    for resident in moved:
        resident.change({**home_of(household), "left_on": None})
    # Saved first, because a resident can have only one current stay.
    await tx.save(*_ended(departures))
    begun = [_new_stay(tx, resident, household, on) for resident, on, _ in departures]
    if await _has_no_head(tx, household):
        _keep_relations(departures, begun)
    with one_of_each_number("household"), one_head("household"):
        await _save(tx, EntryKind.RESIDENT_MOVED, departures, note, *begun, *keys)
    return [each.id for each in moved]


async def _has_no_head(tx: Transaction, household: Household) -> bool:
    head = await tx.first(Residency, household_id=household.id, relation=Relation.HEAD, moved_out_on=None)
    return head is None


def _keep_relations(departures: list[_Departure], begun: list[Residency]) -> None:
    """Those who move together with the head of their household are related to the same head afterwards."""
    left = [each.stay for each in departures]
    heads = {stay.household_id for stay in left if stay is not None and stay.relation is Relation.HEAD}
    if len(heads) != 1:
        return
    for before, after in zip(left, begun, strict=True):
        if before is not None and before.household_id in heads:
            after.relation = before.relation


@act(Act.KEEP_REGISTER, key="act", again="residents")
async def move_out(tx: Transaction, moving: Moving) -> list[UUID]:
    """Records that residents left the community. Their records stay."""
    note = check_optional(moving.note, "note")
    departures = await _departures(tx, moving)
    for index, (resident, on, stay) in enumerate(departures):
        if stay is None:
            raise invalid("该居民已迁出", "residents", index)
        resident.left_on = on
    await _save(tx, EntryKind.RESIDENT_LEFT, departures, note, *_ended(departures))
    return [each.resident.id for each in departures]


async def _departures(tx: Transaction, moving: Moving) -> list[_Departure]:
    """Locks the residents, then reads their last stays and checks the day of the move against them."""
    if not moving.residents:
        raise invalid("请写明居民", "residents")
    residents = await tx.find_all(Resident, moving.residents, "residents", lock=True)
    ids = {each.id for each in residents}
    if len(ids) < len(residents):
        raise invalid("居民重复", "residents")
    # Of two stays that begin on the same day, the current one is the last: null sorts last.
    stays = await tx.all(Residency, order=("moved_in_on", "moved_out_on", "id"), resident_id=ids)
    last = {stay.resident_id: stay for stay in stays}
    days = {grid: await today_of(tx, grid) for grid in {each.grid_id for each in residents}}
    return [
        _departure(resident, moving.on, days[resident.grid_id], last.get(resident.id), index)
        for index, resident in enumerate(residents)
    ]


def _departure(resident: Resident, on: date | None, today: date, last: Residency | None, index: int) -> _Departure:
    check_current(resident, "residents", index)
    since = (last.moved_out_on or last.moved_in_on) if last else rules.OLDEST
    if on is None:
        rules.check_day(today, today, "residents", index, since=since)
    else:
        rules.check_day(on, today, "on", since=since)
    return _Departure(resident, on or today, last if last is not None and last.moved_out_on is None else None)


def _ended(departures: list[_Departure]) -> list[Residency]:
    """The current stays, ended on the day of the move."""
    ended = []
    for _, on, stay in departures:
        if stay is not None:
            stay.moved_out_on = on
            ended.append(stay)
    return ended


async def _save(tx: Transaction, kind: EntryKind, departures: list[_Departure], note: str | None, *rows: Row) -> None:
    """Saves a move with an entry for each resident, in their new household."""
    residents = [each.resident for each in departures]
    await tx.save(*residents, *rows, *(entry(tx, kind, resident, note=note) for resident in residents))


@dataclass(frozen=True, slots=True)
class ColourChange:
    resident: UUID
    colour: Colour
    reason: str | None = None
    act: UUID | None = None


@act(Act.SET_COLOUR, key="act", again="resident")
async def set_colour(tx: Transaction, given: ColourChange) -> UUID:
    reason = check_optional(given.reason, "reason", limit=LINE_LIMIT)
    if reason is None and given.colour in rules.EXPLAINED:
        raise invalid("请写明原因", "reason")
    resident = await on_register(tx, given.resident, "resident")
    if await _held(tx, resident, given.colour) is not None:
        raise invalid("已有此颜色", "colour")
    of = {"resident_id": resident.id, "grid_id": resident.grid_id, "colour": given.colour}
    held = ResidentColour(**of, reason=reason, **tx.stamp("set"))
    note = colour_note(given.colour, reason)
    await tx.save(held, entry(tx, EntryKind.COLOUR_SET, resident, note=note))
    return resident.id


@act(Act.SET_COLOUR, key="act", again="resident")
async def remove_colour(tx: Transaction, given: ColourChange) -> UUID:
    """Removes a colour of a resident. It stays in their history."""
    reason = check_optional(given.reason, "reason", limit=LINE_LIMIT)
    resident = await on_register(tx, given.resident, "resident")
    held = await _held(tx, resident, given.colour)
    if held is None:
        raise invalid("没有此颜色", "colour")
    held.removed_by, held.removed_at = tx.viewer.account_id, max(tx.now, held.set_at)
    held.removed_reason = reason
    note = colour_note(given.colour, reason)
    await tx.save(held, entry(tx, EntryKind.COLOUR_REMOVED, resident, note=note))
    return resident.id


async def _held(tx: Transaction, resident: Resident, colour: Colour) -> ResidentColour | None:
    return await tx.first(ResidentColour, resident_id=resident.id, colour=colour, removed_at=None)


def colour_note(colour: Colour, reason: str | None) -> str:
    """The note of a journal entry about a colour: its label and the reason."""
    return "：".join(filter(None, [colour.label, reason]))
