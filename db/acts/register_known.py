"""The register of a community in memory, for matching the rows of a sheet against it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from db import sql
from db.acts.calendar import today_in
from db.acts.id_numbers import indexed
from db.base import alias
from db.people import Residency, Resident, ResidentColour
from db.places import Building, Estate, Household
from db.scope import Condition, Scope
from db.sealing import Sealer
from db.transaction import Transaction
from rules.buildings import BuildingName
from rules.folding import folded_name, folded_room
from rules.people import Colour, Relation
from rules.phones import read_phone
from rules.registers import NO_UNIT, Entry
from rules.text import one_form

Door = tuple[UUID, int, str]
"""Building, unit and room."""
Key = TypeVar("Key")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Known:
    """The register, indexed for lookups."""

    community_id: UUID
    today: date
    sealer: Sealer | None
    buildings: dict[tuple[str | None, BuildingName], list[Building]]
    """By estate, in the form in which a sheet is read, and name; and by name with None for the estate."""
    households: dict[Door, Household]
    by_index: dict[bytes, Resident]
    """Residents by the blind index of their ID number."""
    by_home: dict[tuple[str, UUID], list[Resident]]
    """Residents by folded name and household."""
    stays: dict[UUID, Residency]
    """The current stay of each resident."""
    ended: dict[UUID, date]
    """The end of the last stay before the current one, of each resident."""
    colours: dict[UUID, set[Colour]]
    heads: dict[UUID, UUID]
    """The head of each household that has one."""

    def buildings_of(self, entry: Entry) -> list[Building]:
        """The buildings that a row may mean: several if it must name the estate."""
        readings = [entry.place[:2]] if entry.whole is None else [entry.whole, entry.place[:2]]
        ways = ((each, name) for estate, name in readings for each in _spellings(estate))
        return next((found for way in ways if (found := self.buildings.get(way))), [])

    def home_of(self, entry: Entry) -> Household | None:
        """A row's household, if it is on the register."""
        return self.households.get(self.door_of(entry))

    def door_of(self, entry: Entry) -> Door:
        """A row's door, whether or not it is on the register."""
        (building,) = self.buildings_of(entry)
        unit = entry.place[2] if entry.place[2] != NO_UNIT else 1
        door = (building.id, unit, entry.place[3])
        return door if door in self.households else (building.id, unit, folded_room(entry.place[3]))

    def by_number(self, entry: Entry) -> Resident | None:
        """The resident with a row's ID number."""
        if entry.id_number is None or self.sealer is None:
            return None
        # During a rotation each resident is found under the generation that seals them now.
        indexes = self.sealer.indexes(indexed(self.community_id, entry.id_number))
        return next((self.by_index[index] for index in indexes if index in self.by_index), None)

    def alike(self, entry: Entry) -> list[Resident]:
        """The residents of a row's name and household, unless the dates of birth differ.

        Those who left count only if nobody of that name lives there.
        """
        home = self.home_of(entry)
        same = self.by_home.get((folded_name(entry.name), home.id), []) if home else []
        fitting = [each for each in same if None in {each.born_on, entry.born_on} or each.born_on == entry.born_on]
        fitting = [each for each in fitting if each.left_on is None] or fitting
        # Of several, those whom the other facts describe.
        return [each for each in fitting if _described(each, entry)] or fitting if len(fitting) > 1 else fitting

    def match(self, entry: Entry) -> Resident | None:
        """The resident whom a row describes, if they are on the register."""
        return self.by_number(entry) or next(iter(self.alike(entry)), None)


def _spellings(estate: str | None) -> tuple[str | None, ...]:
    return (estate,) if estate is None else (estate, f"{estate}小区")


def _described(resident: Resident, entry: Entry) -> bool:
    """True if the row has exactly the resident's sex, date of birth and telephone."""
    phone = resident.phone and (read_phone(resident.phone) or resident.phone)
    return (resident.sex, resident.born_on, phone) == (entry.sex, entry.born_on, entry.phone)


def _by_door(homes: Iterable[Household]) -> dict[Door, Household]:
    """The households by the folded form of their room, and by the room as it is kept."""
    homes = list(homes)
    folded = {(each.building_id, each.unit, folded_room(each.room)): each for each in homes}
    return folded | {(each.building_id, each.unit, each.room): each for each in homes}


async def known_of(tx: Transaction, community_id: UUID) -> Known:
    """Reads the register of a community, and locks its residents."""
    everybody = await tx.matching(Resident, _in_community, order=("id",), lock=True, community=community_id)
    residents = [each for each in everybody if each.merged_into is None]
    homes = await tx.matching(Household, _in_community, community=community_id)
    stays = await tx.matching(Residency, _of_residents, community=community_id)
    coloured = await tx.matching(ResidentColour, _of_residents, community=community_id)
    ended = _grouped((each.resident_id, each.moved_out_on) for each in stays if each.moved_out_on is not None)
    colours = _grouped((each.resident_id, each.colour) for each in coloured if each.removed_at is None)
    return Known(
        community_id=community_id,
        today=await today_in(tx, community_id),
        sealer=tx.sealer,
        buildings=await _buildings(tx, community_id),
        households=_by_door(homes),
        by_index={each.id_number_index: each for each in residents if each.id_number_index},
        by_home=_grouped(((each.name_folded, each.household_id), each) for each in residents),
        heads={each.household_id: each.resident_id for each in stays if is_head(each)},
        stays={each.resident_id: each for each in stays if each.moved_out_on is None},
        ended={resident: max(days) for resident, days in ended.items()},
        colours={resident: set(held) for resident, held in colours.items()},
    )


def is_head(stay: Residency) -> bool:
    """True for the current stay of the head of a household."""
    return stay.relation is Relation.HEAD and stay.moved_out_on is None


def _grouped(pairs: Iterable[tuple[Key, Item]]) -> dict[Key, list[Item]]:
    found: dict[Key, list[Item]] = {}
    for key, item in pairs:
        found.setdefault(key, []).append(item)
    return found


async def _buildings(tx: Transaction, community_id: UUID) -> dict[tuple[str | None, BuildingName], list[Building]]:
    estates = {each.id: one_form(each.name) for each in await tx.all(Estate, community_id=community_id)}
    buildings = await tx.all(Building, community_id=community_id)
    named = ((BuildingName.of(each.name), each) for each in buildings)
    return _grouped(((estate, name), each) for name, each in named for estate in (estates[each.estate_id], None))


def _in_community(t: sql.From, _: Scope) -> Condition:
    building = alias(Building)
    here = building.c.community_id == sql.parameter("community", sql.UUID)
    return t.c.building_id.in_(sql.select(building.c.id).from_(building).where(here))


def _of_residents(t: sql.From, scope: Scope) -> Condition:
    resident = alias(Resident)
    return t.c.resident_id.in_(sql.select(resident.c.id).from_(resident).where(_in_community(resident, scope)))
