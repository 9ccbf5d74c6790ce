"""Acts on whole registers: a checked sheet is put on the register, all of it or nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from db import sql
from db.acts.households import home_of
from db.acts.id_numbers import sealed_columns
from db.acts.journal import entry as journal_entry
from db.acts.people import colour_note
from db.acts.register_known import Known, known_of
from db.base import Identified, Row, alias
from db.people import Residency, Resident, ResidentColour
from db.places import Community, Household
from db.scope import Scope
from db.transaction import Query, Transaction
from rules.access import Act, require
from rules.journal import EntryKind
from rules.people import EXPLAINED, Colour
from rules.registers import Entry, Problem

_MOST_AT_ONCE = 5_000
"""Rows that one statement inserts: about a megabyte of values. A register of 20,000 residents takes 20 statements."""


class NotLoaded(Exception):
    """Rows that cannot be put on the register; nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(f"{len(self.problems)} problems")


async def import_residents(
    tx: Transaction,
    community_id: UUID,
    entries: Sequence[Entry],
    problems: Sequence[Problem] = (),
    row_done: Callable[[], object] = lambda: None,
) -> Counter[str]:
    """Puts every row on the register; how many were new, moved, changed, and the same as before.

    Raises NotLoaded when one cannot be, or when there were ``problems`` already: then all are told at once.
    """
    require(tx.viewer, Act.IMPORT_REGISTER)
    # Two imports at once would each find nobody there.
    await tx.get(Community, lock=True, id=community_id)
    known = await known_of(tx, community_id)
    found = [*problems, *_problems(entries, known)]
    if found:
        raise NotLoaded(found)
    loading = _Loading(tx, known)
    for entry in entries:
        loading.take(entry)
        row_done()
    await loading.write()
    return loading.counts


def _problems(entries: Sequence[Entry], known: Known) -> Iterator[Problem]:
    """Why rows cannot be put on the register as it stands."""
    taken: dict[UUID, int] = {}
    if known.sealer is None:
        unsealed = [entry for entry in entries if entry.id_number]
        yield from (Problem(each.row, "身份证号", "未设置 TUNPING_SEALING_KEY，不能保存") for each in unsealed[:1])
    for entry in entries:
        unplaced = list(_unplaced(entry, known))
        yield from unplaced or _mistaken(entry, known)
        resident = None if unplaced else known.match(entry)
        if resident is not None and taken.setdefault(resident.id, entry.row) != entry.row:
            yield Problem(entry.row, "姓名", f"与第{taken[resident.id]}行是登记中的同一人")


def _unplaced(entry: Entry, known: Known) -> Iterator[Problem]:
    """Why a row's door cannot be; one that is not on the register yet has to lie in its building."""
    estate, number, unit, room = entry.place
    found = known.buildings_of(entry)
    if not found:
        yield Problem(entry.row, "楼栋", f"没有{estate or ''}{number}号楼")
    elif len(found) > 1:
        yield Problem(entry.row, "小区", f"有{len(found)}个{number}号楼，请写明小区")
    elif not 1 <= unit <= found[0].units:
        yield Problem(entry.row, "单元", f"{number}号楼没有{unit}单元")
    elif known.home_of(entry) is None and not 1 <= (_floor(entry) or 0) <= found[0].floors:
        yield Problem(entry.row, "房号", f"登记中没有{room}，且{number}号楼没有这一层")


def _floor(entry: Entry) -> int | None:
    """The floor that is given, or that the room's number begins with."""
    if entry.floor is not None:
        return entry.floor
    digits = entry.place[3][:-2]
    return int(digits) if digits.isdecimal() else None


def _mistaken(entry: Entry, known: Known) -> Iterator[Problem]:
    """Where the row and the register contradict each other about whom it is."""
    resident = known.by_number(entry)
    alike = [] if resident else known.alike(entry)
    if len(alike) > 1:
        yield Problem(entry.row, "姓名", "同一户有同名的人，请填写身份证号或出生日期")
    elif alike and entry.id_number and alike[0].id_number_index:
        yield Problem(entry.row, "身份证号", "与登记的不同")
    resident = resident or (alike[0] if len(alike) == 1 else None)
    held = known.colours.get(resident.id, set()) if resident else set()
    if entry.reason is None and (entry.colours - held) & EXPLAINED:
        yield Problem(entry.row, "颜色原因", "红色和橙色须写明原因")
    if resident is not None:
        yield from _mistimed(entry, resident, known)


def _mistimed(entry: Entry, resident: Resident, known: Known) -> Iterator[Problem]:
    """Who moves needs a day; an old sheet must not bring back those who left since."""
    stay, since = known.stays.get(resident.id), entry.moved_in_on
    ended = known.ended_on(resident)
    if _moves(entry, resident, known):
        earliest = stay.moved_in_on if stay else resident.left_on
        if since is None:
            where = "已登记在另一户" if stay else f"已于 {resident.left_on} 迁出"
            yield Problem(entry.row, "入住日期", f"{where}；若确已迁来，请填写迁来的日期")
        elif earliest is not None and since < earliest:
            yield Problem(entry.row, "入住日期", f"早于登记中的 {earliest}")
    elif since is not None and ended is not None and since < ended:
        yield Problem(entry.row, "入住日期", f"早于登记中的 {ended}")


def _moves(entry: Entry, resident: Resident, known: Known) -> bool:
    home = known.home_of(entry)
    return resident.left_on is not None or home is None or resident.household_id != home.id


@dataclass(slots=True)
class _Loading:
    """Takes the rows one by one, gathers what is new or changed, and writes it by a few statements."""

    tx: Transaction
    known: Known
    doors: list[Household] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    """Whatever else is new, what is referred to before what refers to it."""
    changes: dict[tuple[type[Row], tuple[str, ...]], list[tuple[Any, ...]]] = field(default_factory=dict)
    """New values of known rows, by table and columns."""
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, entry: Entry) -> None:
        """Puts one row on the register."""
        resident = self.known.match(entry)
        moves = resident is None or _moves(entry, resident, self.known)
        home = self._door(entry)
        if resident is None:
            self._add(entry, home)
        else:
            self._change(entry, home, resident, moves=moves)

    def _door(self, entry: Entry) -> Household:
        """The door, put on the register if it was not."""
        home = self.known.home_of(entry)
        if home is not None:
            return home
        (building,) = self.known.buildings_of(entry)
        (_, _, unit, room), floor = entry.place, _floor(entry)
        assert floor is not None
        home = Household(building_id=building.id, grid_id=building.grid_id, unit=unit, floor=floor, room=room)
        self.known.households[(building.id, unit, room)] = home
        self.doors.append(home)
        self._note(EntryKind.HOUSEHOLD_ADDED, home)
        return home

    def _add(self, entry: Entry, home: Household) -> None:
        facts = {"name": entry.name, "sex": entry.sex, "born_on": entry.born_on, "phone": entry.phone}
        resident = Resident(**home_of(home), **facts)
        for name, value in self._sealed(resident, entry).items():
            setattr(resident, name, value)
        self.rows.append(resident)
        self._begin_stay(resident, home, entry.moved_in_on or self.known.today)
        self._colour(entry, resident, home)
        self._note(EntryKind.RESIDENT_ADDED, home, resident_id=resident.id)
        self.counts["new"] += 1

    def _sealed(self, resident: Resident, entry: Entry) -> dict[str, Any]:
        return sealed_columns(self.tx, self.known.community_id, resident.id, entry.id_number)

    def _change(self, entry: Entry, home: Household, resident: Resident, *, moves: bool) -> None:
        """What the sheet says otherwise; an empty cell says nothing."""
        wanted = {"name": entry.name, "sex": entry.sex, "born_on": entry.born_on, "phone": entry.phone}
        facts = {name: value for name, value in wanted.items() if value and value != getattr(resident, name)}
        if entry.id_number is not None and resident.id_number_index is None:
            facts |= self._sealed(resident, entry)
        if moves:
            self._move(entry, home, resident, facts)
        else:
            self._set(resident, facts)
        since = not moves and self._correct_stay(entry, resident)
        coloured = self._colour(entry, resident, home)
        if facts or since:
            self._note(EntryKind.RESIDENT_CORRECTED, home, resident_id=resident.id)
        if moves:
            self.counts["moved"] += 1
        elif facts or since or coloured:
            self.counts["changed"] += 1
        else:
            self.counts["same"] += 1

    def _correct_stay(self, entry: Entry, resident: Resident) -> bool:
        stay = self.known.stays[resident.id]
        if entry.moved_in_on is None or stay.moved_in_on == entry.moved_in_on:
            return False
        self._set(stay, {"moved_in_on": entry.moved_in_on})
        return True

    def _move(self, entry: Entry, home: Household, resident: Resident, facts: dict[str, Any]) -> None:
        assert entry.moved_in_on is not None
        stay = self.known.stays.get(resident.id)
        if stay is not None:
            self._set(stay, {"moved_out_on": entry.moved_in_on})
        self._set(resident, {**facts, **home_of(home), "left_on": None})
        self._begin_stay(resident, home, entry.moved_in_on)
        self._note(EntryKind.RESIDENT_MOVED, home, resident_id=resident.id)

    def _begin_stay(self, resident: Resident, home: Household, since: date) -> None:
        by: dict[str, Any] = {"recorded_by": self.tx.viewer.account_id, "recorded_at": self.tx.now}
        self.rows.append(Residency(resident_id=resident.id, **home_of(home), moved_in_on=since, **by))

    def _colour(self, entry: Entry, resident: Resident, home: Household) -> bool:
        """Gives the colours that the sheet has and the register has not; takes none away."""
        lacking: set[Colour] = set(entry.colours - self.known.colours.get(resident.id, set()))
        by: dict[str, Any] = {"set_by": self.tx.viewer.account_id, "set_at": self.tx.now}
        for colour in sorted(lacking):
            self.rows.append(ResidentColour(resident_id=resident.id, colour=colour, reason=entry.reason, **by))
            note = colour_note(colour, entry.reason)
            self._note(EntryKind.COLOUR_SET, home, resident_id=resident.id, note=note)
        return bool(lacking)

    def _note(self, kind: EntryKind, home: Household, **facts: Any) -> None:
        self.rows.append(journal_entry(self.tx, kind, home, community_id=self.known.community_id, **facts))

    def _set(self, row: Identified, values: dict[str, Any]) -> None:
        if values:
            self.changes.setdefault((type(row), tuple(values)), []).append((row.id, *values.values()))

    async def write(self) -> None:
        """Writes everything: doors before those who live there, and the end of a stay before the next one begins."""
        await self._insert(self.doors)
        for (model, names), changed in self.changes.items():
            given = zip(("id", *names), zip(*changed, strict=True), strict=True)
            await self.tx.rows(_change_many(model, names), **{name: list(values) for name, values in given})
        await self._insert(self.rows)
        new, moved, changed_ = (self.counts[word] for word in ("new", "moved", "changed"))
        if new or moved or changed_:
            note = f"新增 {new}，迁居 {moved}，更正 {changed_}"
            community_id = self.known.community_id
            await self.tx.save(
                journal_entry(self.tx, EntryKind.REGISTER_IMPORTED, community_id=community_id, note=note)
            )

    async def _insert(self, rows: Sequence[Row]) -> None:
        for first in range(0, len(rows), _MOST_AT_ONCE):
            await self.tx.save(*rows[first : first + _MOST_AT_ONCE])


@cache
def _change_many(model: type[Row], names: tuple[str, ...]) -> Query:
    """A statement that changes these columns of many rows; its parameters are arrays, by column."""

    def changing(_: Scope) -> sql.Update:
        t = alias(model)
        types = {name: str(t.c[name].type) for name in ("id", *names)}
        arrays = [sql.parameter(name, sql.array_of(type_)) for name, type_ in types.items()]
        given = sql.rows_of(sql.func.unnest(*arrays), "given", types)
        changed = {name: given.c[name] for name in names}
        return sql.update(t, **changed).from_(given).where(t.c.id == given.c.id)

    return changing


async def communities_of(tx: Transaction) -> list[Community]:
    """The communities where the viewer works, by name."""
    return await tx.read(Community, _own)


def _own(scope: Scope) -> sql.Select:
    t = alias(Community)
    return sql.select(*t.c).from_(t).where(t.c.id == sql.any_(scope.communities)).order_by(t.c.name)
