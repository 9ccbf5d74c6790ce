"""Imports a checked sheet into the register, all of it or nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from db.acts.households import home_of
from db.acts.id_numbers import NO_NUMBER, sealed
from db.acts.journal import entry as journal_entry
from db.acts.people import colour_note
from db.acts.register_known import Door, Known, is_head, known_of
from db.acts.sealing_keys import keys_in_use
from db.base import Row
from db.people import Residency, Resident, ResidentColour, ResidentKey, add_former_name
from db.places import Community, Household
from db.sealing import Generation
from db.transaction import Transaction
from rules.access import Act, require
from rules.folding import folded_name, folded_room
from rules.ids import uuid7
from rules.journal import EntryKind
from rules.people import EXPLAINED, Relation
from rules.phones import read_phone
from rules.refusals import Said
from rules.registers import NO_UNIT, CellProblem, Entry
from rules.text import one_form

_BATCH = 5_000
"""Rows that one statement writes: about a megabyte of values. A register of 20,000 residents takes 20 statements."""


class NotLoaded(Exception):
    """The rows that cannot be imported. Nothing was changed."""

    def __init__(self, problems: Iterable[CellProblem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(f"{len(self.problems)} problems")


async def import_residents(
    tx: Transaction,
    community_id: UUID,
    entries: Sequence[Entry],
    problems: Sequence[CellProblem] = (),
    row_done: Callable[[], object] = lambda: None,
) -> Counter[str]:
    """Imports all rows of a sheet; returns the numbers of ``new``, ``moved``, ``changed`` and ``same`` ones.

    Raises NotLoaded with all ``problems`` of reading the sheet and of importing its rows.
    """
    require(tx.viewer, Act.IMPORT_REGISTER)
    # Locked, because two imports at once would each find nobody on the register.
    await tx.get(Community, lock=True, id=community_id)
    known = await known_of(tx, community_id)
    found = [*problems, *_problems(entries, known)]
    if found:
        raise NotLoaded(found)
    numbered = any(entry.id_number for entry in entries)
    loading = _Loading(tx, known, await keys_in_use(tx) if numbered else None)
    # All rows are matched before the first one changes what is known.
    for entry, resident in [(entry, known.match(entry)) for entry in entries]:
        loading.counts[loading.take(entry, resident)] += 1
        row_done()
    await loading.write()
    return loading.counts


def _problems(entries: Sequence[Entry], known: Known) -> Iterator[CellProblem]:
    """The reasons why rows cannot be imported."""
    taken: dict[UUID, int] = {}
    placed = [entry for entry in entries if not any(_unplaced(entry, known))]
    yield from _second_heads(placed, known)
    if known.sealer is None:
        unsealed = [entry for entry in entries if entry.id_number]
        why = Said("未设置 TUNPING_SEALING_KEY，不能保存")
        yield from (CellProblem(each.row, "身份证号", why) for each in unsealed[:1])
    for entry in entries:
        unplaced = list(_unplaced(entry, known))
        yield from unplaced or _mistaken(entry, known)
        resident = None if unplaced else known.match(entry)
        if resident is not None and taken.setdefault(resident.id, entry.row) != entry.row:
            yield CellProblem(entry.row, "姓名", Said("与第{row}行是登记中的同一人", {"row": taken[resident.id]}))


def _second_heads(entries: Sequence[Entry], known: Known) -> Iterator[CellProblem]:
    """The heads of households that have one already, by another row or on the register.

    One on the register does not count if a row moves them away, or gives them another relation.
    """
    if all(entry.relation is not Relation.HEAD for entry in entries):
        return
    matched = [(entry, known.match(entry)) for entry in entries]
    freed = {
        resident.id
        for entry, resident in matched
        if resident and (_moves(entry, resident, known) or entry.relation not in {None, Relation.HEAD})
    }
    rows: dict[Door, int] = {}
    for entry, resident in matched:
        if entry.relation is not Relation.HEAD:
            continue
        home, row = known.home_of(entry), rows.setdefault(known.door_of(entry), entry.row)
        head = known.heads.get(home.id) if home else None
        if row != entry.row:
            yield CellProblem(entry.row, "与户主关系", Said("第{row}行已是这一户的户主", {"row": row}))
        elif head not in {None, resident and resident.id, *freed}:
            yield CellProblem(entry.row, "与户主关系", Said("登记中这一户已有另一位户主"))


def _unplaced(entry: Entry, known: Known) -> Iterator[CellProblem]:
    """The reasons why a row's door cannot exist. A door that is not on the register must fit its building."""
    estate, name, unit, room = entry.place
    found = known.buildings_of(entry)
    if not found:
        yield CellProblem(entry.row, "楼栋", Said("没有{estate}{name}", {"estate": estate or "", "name": name}))
    elif len(found) > 1:
        yield CellProblem(entry.row, "小区", Said("有{count}个{name}，请写明小区", {"count": len(found), "name": name}))
    elif unit == NO_UNIT and found[0].units > 1:
        facts = {"name": name, "units": found[0].units}
        yield CellProblem(entry.row, "单元", Said("{name}有{units}个单元，请写明单元", facts))
    elif not (unit == NO_UNIT or 1 <= unit <= found[0].units):
        yield CellProblem(entry.row, "单元", Said("{name}没有{unit}单元", {"name": name, "unit": unit}))
    elif known.home_of(entry) is None and not 1 <= (_floor(entry) or 0) <= found[0].floors:
        yield CellProblem(entry.row, "房号", Said("登记中没有{room}，且{name}没有这一层", {"room": room, "name": name}))


def _floor(entry: Entry) -> int | None:
    """The floor of a row, or the one at the beginning of its room number."""
    if entry.floor is not None:
        return entry.floor
    digits = folded_room(entry.place[3])[:-2]
    return int(digits) if digits.isdecimal() else None


def _mistaken(entry: Entry, known: Known) -> Iterator[CellProblem]:
    """The contradictions between a row and the register about the resident."""
    resident = known.by_number(entry)
    alike = [] if resident else known.alike(entry)
    if len(alike) > 1:
        yield CellProblem(entry.row, "姓名", Said("同一户有同名的人，请填写身份证号或出生日期"))
    elif alike and entry.id_number and alike[0].id_number_index:
        yield CellProblem(entry.row, "身份证号", Said("与登记的不同"))
    resident = resident or (alike[0] if len(alike) == 1 else None)
    held = known.colours.get(resident.id, set()) if resident else set()
    if entry.reason is None and (entry.colours - held) & EXPLAINED:
        yield CellProblem(entry.row, "颜色原因", Said("红色和橙色须写明原因"))
    if resident is not None:
        yield from _mistimed(entry, resident, known)


def _mistimed(entry: Entry, resident: Resident, known: Known) -> Iterator[CellProblem]:
    """A move needs its day, and that day must be later than the last one known: an old sheet moves nobody back."""
    stay, since, ended = known.stays.get(resident.id), entry.moved_in_on, known.ended.get(resident.id)
    if _moves(entry, resident, known):
        earliest = stay.moved_in_on if stay else resident.left_on
        if since is None:
            where = Said("已登记在另一户") if stay else Said("已于 {day} 迁出", {"day": resident.left_on})
            yield CellProblem(entry.row, "入住日期", Said("{where}；若确已迁来，请填写迁来的日期", {"where": where}))
        elif earliest is not None and since < earliest:
            yield CellProblem(entry.row, "入住日期", Said("早于登记中的 {day}", {"day": earliest}))
    elif since is not None and ended is not None and since < ended:
        yield CellProblem(entry.row, "入住日期", Said("早于登记中的 {day}", {"day": ended}))


def _moves(entry: Entry, resident: Resident, known: Known) -> bool:
    home = known.home_of(entry)
    return resident.left_on is not None or home is None or resident.household_id != home.id


def _is_head(row: Row) -> bool:
    return isinstance(row, Residency) and is_head(row)


@dataclass(slots=True)
class _Loading:
    """Collects the changes of all rows, and writes them by a few statements."""

    tx: Transaction
    known: Known
    keys: Generation | None
    """Those that seal the ID numbers of the sheet, if it has some."""
    doors: list[Household] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    added: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, entry: Entry, resident: Resident | None) -> str:
        """Collects the changes of a row about a resident, who may be new; returns the kind of the outcome."""
        moves = resident is not None and _moves(entry, resident, self.known)
        home = self._door(entry)
        if resident is None:
            self._add(entry, home)
            return "new"
        corrected = self._correct(entry, home, resident, moves=moves)
        coloured = self._colour(entry, resident, home)
        if corrected:
            self._journal(EntryKind.RESIDENT_CORRECTED, home, resident_id=resident.id)
        if moves:
            return "moved"
        return "changed" if corrected or coloured else "same"

    def _door(self, entry: Entry) -> Household:
        """The row's door, which is added if the register lacks it."""
        home = self.known.home_of(entry)
        if home is not None:
            return home
        (building,) = self.known.buildings_of(entry)
        door, floor = self.known.door_of(entry), _floor(entry)
        assert floor is not None
        room = one_form(entry.place[3]).strip()
        room = room.removesuffix("室").rstrip() or room
        home = Household(building_id=building.id, grid_id=building.grid_id, unit=door[1], floor=floor, room=room)
        self.known.households[door] = home
        self.doors.append(home)
        self._journal(EntryKind.HOUSEHOLD_ADDED, home)
        return home

    def _add(self, entry: Entry, home: Household) -> None:
        facts = {"name": entry.name, "sex": entry.sex, "born_on": entry.born_on, "phone": entry.phone}
        uuid = uuid7()
        columns, keys = self._sealed(uuid, entry)
        resident = Resident(id=uuid, **home_of(home), **facts, **columns)
        self.added += [resident, *keys]
        self._begin_stay(resident, home, entry, entry.moved_in_on or self.known.today)
        self._colour(entry, resident, home)
        self._journal(EntryKind.RESIDENT_ADDED, home, resident_id=resident.id)

    def _sealed(self, resident_id: UUID, entry: Entry) -> tuple[dict[str, Any], list[ResidentKey]]:
        if entry.id_number is None or self.keys is None:
            return NO_NUMBER, []
        columns, key = sealed(self.keys, self.known.community_id, resident_id, entry.id_number)
        return columns, [key]

    def _correct(self, entry: Entry, home: Household, resident: Resident, *, moves: bool) -> bool:
        """Moves and corrects a resident. An empty cell changes nothing. Returns whether a fact was wrong."""
        wanted = {"name": entry.name, "sex": entry.sex, "born_on": entry.born_on, "phone": entry.phone}
        facts = {name: value for name, value in wanted.items() if value and value != getattr(resident, name)}
        if folded_name(entry.name) == resident.name_folded:
            # Another spelling corrects nothing: the register keeps its own.
            facts.pop("name", None)
        if resident.phone and entry.phone == read_phone(resident.phone):
            facts.pop("phone", None)
        if entry.id_number is not None and resident.id_number_index is None:
            columns, keys = self._sealed(resident.id, entry)
            facts |= columns
            self.added += keys
        before = resident.name
        self._change(resident, facts)
        add_former_name(resident, before)
        stay, since = self.known.stays.get(resident.id), entry.moved_in_on
        corrected = bool(facts)
        if moves:
            assert since is not None
            if stay is not None:
                self._change(stay, {"moved_out_on": since})
            self._change(resident, {**home_of(home), "left_on": None})
            self._begin_stay(resident, home, entry, since)
            self._journal(EntryKind.RESIDENT_MOVED, home, resident_id=resident.id)
        elif stay is not None:
            given = {"moved_in_on": since, "relation": entry.relation, "tenure": entry.tenure}
            values = {name: value for name, value in given.items() if value and value != getattr(stay, name)}
            self._change(stay, values)
            corrected |= bool(values)
        return corrected

    def _begin_stay(self, resident: Resident, home: Household, entry: Entry, since: date) -> None:
        said = {"relation": entry.relation, "tenure": entry.tenure, **self.tx.stamp("recorded")}
        self.added.append(Residency(resident_id=resident.id, **home_of(home), moved_in_on=since, **said))

    def _colour(self, entry: Entry, resident: Resident, home: Household) -> bool:
        """Adds the colours that the register lacks. An import removes none."""
        lacking = sorted(entry.colours - self.known.colours.get(resident.id, set()))
        for colour in lacking:
            of = {"resident_id": resident.id, "grid_id": home.grid_id, "colour": colour}
            self.added.append(ResidentColour(**of, reason=entry.reason, **self.tx.stamp("set")))
            note = colour_note(colour, entry.reason)
            self._journal(EntryKind.COLOUR_SET, home, resident_id=resident.id, note=note)
        return bool(lacking)

    def _journal(self, kind: EntryKind, home: Household, **facts: Any) -> None:
        self.added.append(journal_entry(self.tx, kind, home, community_id=self.known.community_id, **facts))

    def _change(self, row: Row, values: dict[str, Any]) -> None:
        row.change(values)
        if values:
            self.changed.append(row)

    async def write(self) -> None:
        """Writes everything: doors before their residents, and the end of a stay before the next one begins.

        A head comes after the former one, because a household has one at a time.
        """
        heads = [each for each in self.changed if _is_head(each)]
        others = [each for each in self.changed if not _is_head(each)]
        for rows in (self.doors, others, heads, self.added):
            for first in range(0, len(rows), _BATCH):
                await self.tx.save(*rows[first : first + _BATCH])
        new, moved, changed = (self.counts[word] for word in ("new", "moved", "changed"))
        if new or moved or changed:
            note = f"新增 {new}，迁居 {moved}，更正 {changed}"
            facts: dict[str, Any] = {"community_id": self.known.community_id, "note": note}
            await self.tx.save(journal_entry(self.tx, EntryKind.REGISTER_IMPORTED, **facts))
