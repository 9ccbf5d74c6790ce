"""What the register has of a community, to match the rows of a sheet against."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from db import sql
from db.acts.calendar import today_in
from db.acts.id_numbers import blind_index
from db.base import alias
from db.people import Residency, Resident, ResidentColour
from db.places import Building, Estate, Household
from db.scope import Scope
from db.sealing import Sealer
from db.transaction import Transaction
from rules.people import Colour
from rules.registers import Entry

Door = tuple[UUID, int, str]
"""Building, unit and room."""
_COMMUNITY = sql.parameter("community", sql.UUID)


@dataclass(frozen=True, slots=True)
class Known:
    """Buildings by estate and number, homes by door, people by ID number and by name and home."""

    community_id: UUID
    today: date
    sealer: Sealer | None
    buildings: dict[tuple[str | None, int], list[Building]]
    households: dict[Door, Household]
    residents: dict[UUID, Resident]
    by_index: dict[bytes, UUID]
    by_home: dict[tuple[str, UUID], list[UUID]]
    stays: dict[UUID, Residency]
    ended: dict[UUID, date]
    colours: dict[UUID, set[Colour]]

    def buildings_of(self, entry: Entry) -> list[Building]:
        """Those that the row may mean: one, unless it is unknown or the row has to name the estate."""
        return self.buildings.get((entry.place[0], entry.place[1]), [])

    def home_of(self, entry: Entry) -> Household | None:
        """The row's door, if it is on the register."""
        (building,) = self.buildings_of(entry)
        return self.households.get((building.id, entry.place[2], entry.place[3]))

    def by_number(self, entry: Entry) -> Resident | None:
        """The resident who has the row's ID number."""
        if entry.id_number is None or self.sealer is None:
            return None
        found = self.by_index.get(blind_index(self.sealer, self.community_id, entry.id_number))
        return self.residents[found] if found else None

    def alike(self, entry: Entry) -> list[Resident]:
        """Those of this name in the row's home, unless the date of birth differs; only those who live there, if any."""
        home = self.home_of(entry)
        same = [self.residents[uuid] for uuid in self.by_home.get((entry.name, home.id), [])] if home else []
        fitting = [each for each in same if None in {each.born_on, entry.born_on} or each.born_on == entry.born_on]
        return [each for each in fitting if each.left_on is None] or fitting

    def match(self, entry: Entry) -> Resident | None:
        """The resident whom the row is about, if they are on the register."""
        return self.by_number(entry) or next(iter(self.alike(entry)), None)

    def ended_on(self, resident: Resident) -> date | None:
        """The end of the last stay before the present one."""
        return self.ended.get(resident.id)


async def known_of(tx: Transaction, community_id: UUID) -> Known:
    """Everything that a sheet may change."""
    residents = await tx.read(Resident, _residents, community=community_id)
    homes = await tx.read(Household, _homes, community=community_id)
    stays = await tx.read(Residency, _stays, community=community_id)
    return Known(
        community_id=community_id,
        today=await today_in(tx, community_id),
        sealer=tx.sealer,
        buildings=await _buildings(tx, community_id),
        households={(each.building_id, each.unit, each.room): each for each in homes},
        residents={each.id: each for each in residents},
        by_index={each.id_number_index: each.id for each in residents if each.id_number_index},
        by_home=_by_home(residents),
        stays={each.resident_id: each for each in stays if each.moved_out_on is None},
        ended=_ended(stays),
        colours=_colours(await tx.read(ResidentColour, _held, community=community_id)),
    )


def _inside(building_id: sql.Column) -> sql.Column:
    building = alias(Building)
    return building_id.in_(sql.select(building.c.id).from_(building).where(building.c.community_id == _COMMUNITY))


def _residents(_: Scope) -> sql.Select:
    t = alias(Resident)
    return sql.select(*t.c).from_(t).where(_inside(t.c.building_id), t.c.merged_into.is_(None))


def _homes(_: Scope) -> sql.Select:
    t = alias(Household)
    return sql.select(*t.c).from_(t).where(_inside(t.c.building_id))


def _stays(_: Scope) -> sql.Select:
    t = alias(Residency)
    return sql.select(*t.c).from_(t).where(_of_residents(t.c.resident_id))


def _held(_: Scope) -> sql.Select:
    t = alias(ResidentColour)
    return sql.select(*t.c).from_(t).where(_of_residents(t.c.resident_id), t.c.removed_at.is_(None))


def _of_residents(resident_id: sql.Column) -> sql.Column:
    resident = alias(Resident)
    return resident_id.in_(sql.select(resident.c.id).from_(resident).where(_inside(resident.c.building_id)))


async def _buildings(tx: Transaction, community_id: UUID) -> dict[tuple[str | None, int], list[Building]]:
    """By estate and number, and by number without an estate."""
    estates = {each.id: each.name for each in await tx.all(Estate, community_id=community_id)}
    found: dict[tuple[str | None, int], list[Building]] = {}
    for building in await tx.all(Building, community_id=community_id):
        for name in (estates[building.estate_id], None):
            found.setdefault((name, building.number), []).append(building)
    return found


def _by_home(residents: Sequence[Resident]) -> dict[tuple[str, UUID], list[UUID]]:
    found: dict[tuple[str, UUID], list[UUID]] = {}
    for each in residents:
        found.setdefault((each.name, each.household_id), []).append(each.id)
    return found


def _ended(stays: Sequence[Residency]) -> dict[UUID, date]:
    found: dict[UUID, date] = {}
    for each in stays:
        if each.moved_out_on is not None:
            found[each.resident_id] = max(each.moved_out_on, found.get(each.resident_id, each.moved_out_on))
    return found


def _colours(held: Sequence[ResidentColour]) -> dict[UUID, set[Colour]]:
    found: dict[UUID, set[Colour]] = {}
    for each in held:
        found.setdefault(each.resident_id, set()).add(each.colour)
    return found
