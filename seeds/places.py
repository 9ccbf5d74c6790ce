"""The places of a community: the farm, estates, grids, buildings and homes."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

from db import places as tables
from seeds.book import Book
from seeds.clock import SET_UP
from seeds.ids import seeded
from seeds.names import phone
from seeds.plans import EstatePlan, Plan


@dataclass(frozen=True, slots=True, eq=False)
class Estate:
    """An estate (小区)."""

    id: UUID
    community_id: UUID
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A grid (网格)."""

    id: UUID
    estate: Estate
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Building:
    """A building (楼栋); its number is unique in the community."""

    id: UUID
    grid: Grid
    number: int
    units: int
    floors: int

    @property
    def label(self) -> str:
        return f"{self.number}号楼"


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """A household."""

    id: UUID
    building: Building
    unit: int
    floor: int
    room: str

    @property
    def grid(self) -> Grid:
        return self.building.grid

    @property
    def label(self) -> str:
        return f"{self.building.label}{self.unit}单元{self.room}"

    @property
    def columns(self) -> dict[str, object]:
        """The columns of a row that belongs to the home."""
        return {"household_id": self.id, "building_id": self.building.id, "grid_id": self.grid.id}


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """The places of a community."""

    community_id: UUID
    community: str
    estates: list[Estate]
    grids: list[Grid]
    buildings: list[Building]
    homes: list[Home]

    def unit(self, number: int, unit: int) -> list[Home]:
        """The homes of one staircase, from the ground floor up."""
        return [home for home in self.homes if (home.building.number, home.unit) == (number, unit)]


def add(book: Book, plan: Plan) -> Town:
    """Adds the places of a plan."""
    community_id = _community(book, plan)
    random = seeded(plan.community, "places")
    estates = [_estate(book, community_id, each, random) for each in plan.estates]
    grids = list(_grids(book, plan, estates))
    buildings = list(_buildings(book, plan, grids, random))
    homes = [home for building in buildings for home in _homes(book, building, plan.doors)]
    return Town(community_id, plan.community, estates, grids, buildings, homes)


def _community(book: Book, plan: Plan) -> UUID:
    farm_id, community_id = book.new_id(SET_UP), book.new_id(SET_UP)
    book.add(tables.Farm, id=farm_id, name=plan.farm)
    named = {"name": plan.community, "time_zone": plan.time_zone}
    book.add(tables.Community, id=community_id, farm_id=farm_id, **named)
    return community_id


def _estate(book: Book, community_id: UUID, plan: EstatePlan, random: Random) -> Estate:
    estate = Estate(book.new_id(SET_UP), community_id, plan.name)
    book.add(tables.Estate, id=estate.id, community_id=community_id, name=estate.name)
    branch = {"name": f"{plan.name}网格党支部", "phone": phone(random)}
    book.add(tables.PartyBranch, id=book.new_id(SET_UP), estate_id=estate.id, **branch)
    return estate


def _grids(book: Book, plan: Plan, estates: list[Estate]) -> Iterator[Grid]:
    of_estates = [estate for estate, each in zip(estates, plan.estates, strict=True) for _ in each.grids]
    for number, estate in enumerate(of_estates, 1):
        grid = Grid(book.new_id(SET_UP), estate, f"{number:02}号网格")
        inside = {"community_id": estate.community_id, "estate_id": estate.id}
        book.add(tables.Grid, id=grid.id, name=grid.name, **inside)
        yield grid


def _buildings(book: Book, plan: Plan, grids: list[Grid], random: Random) -> Iterator[Building]:
    sizes = [size for estate in plan.estates for size in estate.grids]
    standing_in = [grid for grid, size in zip(grids, sizes, strict=True) for _ in range(size)]
    for number, grid in enumerate(standing_in, plan.first_number):
        units, floors = plan.shape_of.get(number) or random.choice(plan.shapes)
        building = Building(book.new_id(SET_UP), grid, number, units, floors)
        _write_building(book, building)
        yield building


def _write_building(book: Book, building: Building) -> None:
    book.add(
        tables.Building,
        id=building.id,
        community_id=building.grid.estate.community_id,
        estate_id=building.grid.estate.id,
        grid_id=building.grid.id,
        name=building.label,
        units=building.units,
        floors=building.floors,
    )


def _homes(book: Book, building: Building, doors: int) -> Iterator[Home]:
    for unit in range(1, building.units + 1):
        for floor in range(1, building.floors + 1):
            for door in range(1, doors + 1):
                home = Home(book.new_id(SET_UP), building, unit, floor, f"{floor}{door:02}")
                inside = {"building_id": building.id, "grid_id": building.grid.id}
                where = {"unit": unit, "floor": floor, "room": home.room}
                book.add(tables.Household, id=home.id, **inside, **where)
                yield home
