"""Acts on whole registers: a checked sheet is put on the register, all of it or nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from db.acts.acting import Acting
from db.acts.id_numbers import sealed_columns
from db.acts.journal import append
from db.acts.register_known import Known, known_of
from db.base import table
from db.journal import Journal
from db.people import Residency, Resident, ResidentColour
from db.places import Community, Household
from rules.access import Act, require
from rules.journal import EntryKind
from rules.people import COLOUR_LABELS, EXPLAINED, Colour
from rules.registers import Entry, Problem


class NotLoaded(Exception):
    """Rows that cannot be put on the register; nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(f"{len(self.problems)} problems")


async def import_residents(
    acting: Acting,
    community_id: UUID,
    entries: Sequence[Entry],
    problems: Sequence[Problem] = (),
    row_done: Callable[[], object] = lambda: None,
) -> Counter[str]:
    """Puts every row on the register; how many were new, moved, changed, and the same as before.

    Refuses with NotLoaded when one cannot be, or when there were ``problems`` already: then all are told at once.
    """
    require(acting.viewer, Act.IMPORT_REGISTER)
    # Two imports at once would each find nobody there.
    await acting.session.exec(select(Community).where(Community.id == community_id).with_for_update())
    known = await known_of(acting, community_id)
    found = [*problems, *_problems(entries, known)]
    if found:
        raise NotLoaded(found)
    loading = _Loading(acting, known, iter(await _ids(acting, 2 * len(entries))))
    for entry in entries:
        loading.take(entry)
        row_done()
    await loading.write()
    return loading.counts


async def _ids(acting: Acting, count: int) -> Sequence[UUID]:
    made = sa.select(sa.func.uuidv7()).select_from(sa.func.generate_series(1, count))
    found: Sequence[UUID] = (await (await acting.session.connection()).execute(made)).scalars().all()
    return found


def _problems(entries: Sequence[Entry], known: Known) -> Iterator[Problem]:
    """Why rows cannot be put on the register as it stands."""
    taken: dict[UUID, int] = {}
    if known.sealer is None:
        unsealed = [entry for entry in entries if entry.id_number]
        yield from (Problem(each.row, "身份证号", "未设置 TUNPING_SEALING_KEY,不能保存") for each in unsealed[:1])
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
        yield Problem(entry.row, "小区", f"有{len(found)}个{number}号楼,请写明小区")
    elif not 1 <= unit <= found[0].units:
        yield Problem(entry.row, "单元", f"{number}号楼没有{unit}单元")
    elif known.home_of(entry) is None and not 1 <= (_floor(entry) or 0) <= found[0].floors:
        yield Problem(entry.row, "房号", f"登记中没有{room},且{number}号楼没有这一层")


def _floor(entry: Entry) -> int | None:
    """The floor that is written down, or that the room's number begins with."""
    if entry.floor is not None:
        return entry.floor
    digits = entry.place[3][:-2]
    return int(digits) if digits.isdecimal() else None


def _mistaken(entry: Entry, known: Known) -> Iterator[Problem]:
    """Where the row and the register contradict each other about whom it is."""
    resident = known.by_number(entry)
    alike = [] if resident else known.alike(entry)
    if len(alike) > 1:
        yield Problem(entry.row, "姓名", "同一户有同名的人,请填写身份证号或出生日期")
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
            yield Problem(entry.row, "入住日期", f"{where};若确已迁来,请填写迁来的日期")
        elif earliest is not None and since < earliest:
            yield Problem(entry.row, "入住日期", f"早于登记中的 {earliest}")
    elif since is not None and ended is not None and since < ended:
        yield Problem(entry.row, "入住日期", f"早于登记中的 {ended}")


def _moves(entry: Entry, resident: Resident, known: Known) -> bool:
    home = known.home_of(entry)
    return resident.left_on is not None or home is None or resident.household_id != home.id


def _home(home: Household) -> dict[str, Any]:
    return {"household_id": home.id, "building_id": home.building_id, "grid_id": home.grid_id}


@dataclass(slots=True)
class _Loading:
    """Takes the rows one by one; what is new is gathered by table and copied at once."""

    acting: Acting
    known: Known
    ids: Iterator[UUID]
    rows: dict[type[SQLModel], list[dict[str, Any]]] = field(default_factory=dict)
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
        floor = _floor(entry)
        assert floor is not None
        home = Household(
            id=next(self.ids),
            building_id=building.id,
            grid_id=building.grid_id,
            unit=entry.place[2],
            floor=floor,
            room=entry.place[3],
        )
        self.known.households[(building.id, home.unit, home.room)] = home
        self._row(Household, **home.model_dump())
        self._note(EntryKind.HOUSEHOLD_ADDED, home)
        return home

    def _add(self, entry: Entry, home: Household) -> None:
        uuid = next(self.ids)
        facts = {"name": entry.name, "sex": entry.sex, "born_on": entry.born_on, "phone": entry.phone}
        self._row(Resident, id=uuid, **_home(home), **facts, **sealed_columns(self.acting, uuid, entry.id_number))
        self._stay(uuid, home, entry.moved_in_on or self.known.today)
        self._paint(entry, uuid, home)
        self._note(EntryKind.RESIDENT_ADDED, home, resident_id=uuid)
        self.counts["new"] += 1

    def _change(self, entry: Entry, home: Household, resident: Resident, *, moves: bool) -> None:
        """What the sheet says otherwise; an empty cell says nothing."""
        wanted = {"name": entry.name, "sex": entry.sex, "born_on": entry.born_on, "phone": entry.phone}
        facts = {name: value for name, value in wanted.items() if value and value != getattr(resident, name)}
        if entry.id_number is not None and resident.id_number_index is None:
            facts |= sealed_columns(self.acting, resident.id, entry.id_number)
        if moves:
            self._move(entry, home, resident)
        since = not moves and self._correct_stay(entry, resident)
        painted = self._paint(entry, resident.id, home)
        if facts:
            resident.sqlmodel_update(facts)
            self.acting.session.add(resident)
        if facts or since:
            self._note(EntryKind.RESIDENT_CORRECTED, home, resident_id=resident.id)
        self.counts["moved" if moves else "changed" if facts or since or painted else "same"] += 1

    def _correct_stay(self, entry: Entry, resident: Resident) -> bool:
        stay = self.known.stays[resident.id]
        if entry.moved_in_on is None or stay.moved_in_on == entry.moved_in_on:
            return False
        stay.moved_in_on = entry.moved_in_on
        self.acting.session.add(stay)
        return True

    def _move(self, entry: Entry, home: Household, resident: Resident) -> None:
        assert entry.moved_in_on is not None
        stay = self.known.stays.get(resident.id)
        if stay is not None:
            stay.moved_out_on = entry.moved_in_on
            self.acting.session.add(stay)
        self._stay(resident.id, home, entry.moved_in_on)
        resident.sqlmodel_update({**_home(home), "left_on": None})
        self.acting.session.add(resident)
        self._note(EntryKind.RESIDENT_MOVED, home, resident_id=resident.id)

    def _stay(self, uuid: UUID, home: Household, since: date) -> None:
        by = {"recorded_by": self.acting.viewer.account_id, "recorded_at": self.acting.now}
        self._row(Residency, resident_id=uuid, **_home(home), moved_in_on=since, **by)

    def _paint(self, entry: Entry, uuid: UUID, home: Household) -> bool:
        """Gives the colours that the sheet has and the register has not; takes none away."""
        lacking: set[Colour] = set(entry.colours - self.known.colours.get(uuid, set()))
        for colour in sorted(lacking):
            by = {"set_by": self.acting.viewer.account_id, "set_at": self.acting.now}
            self._row(ResidentColour, resident_id=uuid, colour=colour, reason=entry.reason, **by)
            self._note(
                EntryKind.COLOUR_SET,
                home,
                resident_id=uuid,
                note=":".join(filter(None, [COLOUR_LABELS[colour], entry.reason])),
            )
        return bool(lacking)

    def _note(self, kind: EntryKind, home: Household, **facts: Any) -> None:
        moments = {"occurred_at": self.acting.now, "recorded_at": self.acting.now}
        actor = {"community_id": self.known.community_id, "actor_id": self.acting.viewer.account_id}
        self._row(Journal, kind=kind, **actor, **_home(home), **moments, **facts)

    def _row(self, model: type[SQLModel], **values: Any) -> None:
        self.rows.setdefault(model, []).append(values)

    async def write(self) -> None:
        """Copies the new rows, those that are referred to first; a stay ends before the next one begins."""
        referred: tuple[type[SQLModel], ...] = (Household, Resident)
        for model in referred:
            await self._copy(model)
        await self.acting.session.flush()
        referring: tuple[type[SQLModel], ...] = (Residency, ResidentColour, Journal)
        for model in referring:
            await self._copy(model)
        new, moved, changed = (self.counts[word] for word in ("new", "moved", "changed"))
        if new or moved or changed:
            note = f"新增 {new},迁居 {moved},更正 {changed}"
            append(self.acting, EntryKind.REGISTER_IMPORTED, community_id=self.known.community_id, note=note)

    async def _copy(self, model: type[SQLModel]) -> None:
        rows = self.rows.get(model)
        if not rows:
            return
        names = sorted({name for row in rows for name in row})
        records = [tuple(row.get(name) for name in names) for row in rows]
        raw = await (await self.acting.session.connection()).get_raw_connection()
        connection: Any = raw.driver_connection
        await connection.copy_records_to_table(table(model).name, records=records, columns=names)


async def communities_of(acting: Acting) -> list[Community]:
    """The communities where the viewer works, by name."""
    own = select(Community).where(col(Community.id) == sa.any_(acting.scope.communities))
    return list((await acting.session.exec(own.order_by(Community.name))).all())
