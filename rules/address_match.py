"""Matches the places named in a text with those that exist: one certain place, several to choose from, or none."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from rules.addresses import Mention, joined, plain, read, rooms
from rules.folding import building_key, folded_building, folded_room, room_key

STEM_SUFFIX = "(小区|家园|佳园|嘉园|花园|花苑|新村|公寓|新城|苑|里|院)$"
"""The part of an estate's name that people leave out."""
SHORTEST_STEM = 2  # characters that must be left of the name: a single one occurs in any text
_ELSEWHERE = re.compile(
    r"(?:小区|家园|佳园|嘉园|花园|花苑|苑|新村|公寓|名邸|华府|府邸|新城|广场|社区|农场|村|镇|[东西南北中][区院苑]|[A-Za-z][区座]?"
    r"|[一二三四五六七八九十0-9][期区]|医院|学校|大学|中学|小学|幼儿园|养老院|厂|公司|单位|酒店|宾馆|商场|市场|工地|园区|宿舍|法院"
    r"|派出所|仓库|(?:路|街|巷|弄|大道)(?:[0-9]+号院?)?|[0-9]号院)$"
)
_NEAR = re.compile(r"(?:附近|旁边|对面|隔壁|后面|前面|周边|[新老东西南北])$")
_NEAR_ONE = re.compile("(?:小区)?的?(?:附近|旁边|对面|隔壁|周边)")
_OTHER_ONE = ("隔壁", "对面", "旁边")
_OUR_OWN = re.compile(r"(?:^|我们|咱们?|俺们?|本|这个?|该|我家|[在住是,。;:!?\n])(?:小区|社区)$")


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=_HasName)


@dataclass(frozen=True, slots=True)
class EstateSpot:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class BuildingSpot:
    id: UUID
    estate: UUID
    name: str
    units: int

    @property
    def folded(self) -> str:
        return folded_building(self.name)


@dataclass(frozen=True, slots=True)
class Door:
    """A household on the register."""

    id: UUID
    building: UUID
    unit: int
    room: str


@dataclass(frozen=True, slots=True)
class Index:
    """The existing places that a text may mean."""

    estates: Sequence[EstateSpot]
    buildings: Sequence[BuildingSpot]
    doors: Sequence[Door] = ()
    communities: Sequence[str] = ()
    """The names of the communities, which people also write before a building's name."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An existing place: a building, a unit of it, or a home."""

    label: str
    building: UUID
    unit: int | None = None
    household: UUID | None = None


def compared(mention: Mention, part: str) -> Any:
    """A part of a mentioned place in the form in which the database compares it; ``firm`` is not one of guesses."""
    if part == "building":
        return mention.building and building_key(mention.building)
    if part == "room":
        return mention.room and room_key(mention.room)
    return mention.sure and not mention.bare if part == "firm" else getattr(mention, part)


def certain(text: str, index: Index) -> Spot | None:
    """The one place that a text names without doubt."""
    return _Finder(text, index).certain([each for each in read(text) if each.building is not None])


def offered(text: str, index: Index) -> tuple[Spot, ...]:
    """Every place that a text may mean, in the order in which it names them."""
    return _Finder(text, index).offered(each for each in read(text) if each.building is not None)


def names_building(text: str, index: Index) -> bool:
    """True if a text names a building or a unit, or may mean one that exists."""
    mentions = read(text)
    return any(each.sure and not each.bare for each in mentions) or bool(offered(text, index))


def certain_estate(text: str, estates: Iterable[Named]) -> Named | None:
    """The one estate that a text names, in full or without its suffix before 「小区」, and not as a landmark."""
    said = joined(text)
    found = [each for each in estates if any(_is_named(said, name) for name in _full_names(joined(each.name)))]
    return found[0] if len(found) == 1 else None


def _full_names(name: str) -> tuple[str, ...]:
    stem = re.sub(STEM_SUFFIX, "", name)
    return (name, f"{stem}小区") if len(stem) >= SHORTEST_STEM else (name,)


def _is_named(said: str, name: str) -> bool:
    before, found, after = said.partition(name)
    return bool(found) and not _NEAR_ONE.match(after) and not before.endswith(_OTHER_ONE)


def narrow(text: str, building: BuildingSpot, index: Index) -> Spot:
    """The building whose code was scanned, or the unit or home of it that the text names; never another building."""
    fitting = [
        each
        for each in read(text)
        if each.sure and not each.bare and each.building in {None, building.folded} and _has_unit(building, each)
    ]
    return _Finder(text, index).merged(building, fitting)


def _has_unit(building: BuildingSpot, mention: Mention) -> bool:
    return mention.unit is None or 1 <= mention.unit <= building.units


class _Finder:
    def __init__(self, text: str, index: Index) -> None:
        self._rooms = rooms(plain(text))
        self._index = index
        self._names = {estate.id: joined(estate.name) for estate in index.estates}
        self._labels = {estate.id: estate.name for estate in index.estates}
        self._anywhere = {uuid for uuid, name in self._names.items() if name in joined(text)}

    def candidates(self, mention: Mention) -> list[BuildingSpot]:
        """The buildings of the name, only those of the named estate if one is named."""
        called = [each for each in self._index.buildings if each.folded == mention.building]
        for named in (self._leads(mention), self._anywhere):
            if found := [each for each in called if each.estate in named]:
                return found
        return called

    def offered(self, mentions: Iterable[Mention]) -> tuple[Spot, ...]:
        """The existing part of each place that a mention may mean."""
        spots = (self.spot(building, each) for each in mentions for building in self.candidates(each))
        return tuple(dict.fromkeys(spots))

    def certain(self, mentions: Sequence[Mention]) -> Spot | None:
        """The place, if every mention means this place and no other."""
        buildings = {building for each in mentions for building in self.candidates(each)}
        if len(buildings) != 1:
            return None
        building = buildings.pop()
        if not all(self._fits(building, each) for each in mentions):
            return None
        return self.merged(building, mentions)

    def _fits(self, building: BuildingSpot, mention: Mention) -> bool:
        if not mention.sure or mention.building != building.folded or not _has_unit(building, mention):
            return False
        if mention.bare and not self._doors(building, mention.unit, mention.room):
            return False
        leads = self._leads(mention)
        return leads | self._anywhere <= {building.estate} and not self._is_elsewhere(mention, leads)

    def _is_elsewhere(self, mention: Mention, leads: Iterable[UUID]) -> bool:
        """True if the words before the number name another estate, a hospital, a road or the like."""
        lead = mention.lead.rstrip(",")
        if any(_NEAR.search(lead.rpartition(self._names[uuid])[0]) for uuid in leads):
            return True
        own = leads or any(lead.endswith(name) for name in self._index.communities) or _OUR_OWN.search(lead)
        return bool(_NEAR.search(lead) or (_ELSEWHERE.search(lead) and not own))

    def _leads(self, mention: Mention) -> set[UUID]:
        return {uuid for uuid, name in self._names.items() if _ends(mention.lead, name)}

    def spot(self, building: BuildingSpot, mention: Mention) -> Spot:
        """The existing part of a mentioned place."""
        if not _has_unit(building, mention):
            return self._spot(building, None, None)
        doors = self._doors(building, mention.unit, mention.room)
        return self._spot(building, mention.unit, doors[0] if len(doors) == 1 else None)

    def merged(self, building: BuildingSpot, mentions: Iterable[Mention]) -> Spot:
        """The place that all mentions of one building have in common."""
        said = [each for each in mentions if each.unit is not None or each.room is not None]
        units, named = {each.unit for each in said}, {each.room for each in said if each.room}
        if len(units) != 1:
            return self._spot(building, None, None)
        unit = units.pop()
        doors = self._doors(building, unit, named.pop()) if len(named) == 1 else []
        sure = len(doors) == 1 and not self._other_doors(building, doors[0])
        return self._spot(building, unit, doors[0] if sure else None)

    def _other_doors(self, building: BuildingSpot, door: Door) -> bool:
        """True if another number in the text is the room of another home there, such as a neighbour's."""
        return any(self._doors(building, door.unit, room) for room in self._rooms - {folded_room(door.room)})

    def _doors(self, building: BuildingSpot, unit: int | None, room: str | None) -> list[Door]:
        there = [each for each in self._index.doors if each.building == building.id and unit in {None, each.unit}]
        return [each for each in there if room and folded_room(each.room) == folded_room(room)]

    def _spot(self, building: BuildingSpot, unit: int | None, door: Door | None) -> Spot:
        unit = door.unit if door else unit
        parts = (f"{unit}单元" if unit else "", door.room if door else "")
        label = f"{self._labels.get(building.estate, '')}{building.name}{''.join(parts)}"
        return Spot(label, building.id, unit, door.id if door else None)


def _ends(lead: str, name: str) -> bool:
    """True if the words before a number end with the estate's name; a shortened name must touch the number."""
    stem = re.sub(STEM_SUFFIX, "", name)
    short = (stem, f"{stem}小区") if len(stem) >= SHORTEST_STEM else ()
    return lead.rstrip(",").endswith((name, f"{name}小区")) or lead.endswith(short)
