"""Places in GraphQL: farm, community, estate, Party branch, grid, building, household, premises, organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from db import places as tables
from db import sql
from db.appeals import CategoryPolicy as CategoryTable
from db.base import alias
from db.scope import Condition, looked_up, visible
from db.sql import Column
from rules.address_match import compared
from rules.addresses import read
from rules.appeals import AppealCategory
from rules.folding import building_key
from rules.places import OrganisationKind, PremisesKind
from rules.text import check_characters
from schema.compiler import declare as gql
from schema.compiler.arguments import Argument
from schema.compiler.counts import counted, key_to
from schema.compiler.expressions import column_of, constant
from schema.compiler.sources import Row
from schema.filters import among, checked_search, in_area, is_id
from schema.orders import BY_NAME_KEY, WALK
from schema.relay import Connection, Node

COMMUNITY = gql.argument("community", strawberry.ID | None, "Only this community; all of the viewer's by default.")


zone_of = column_of(tables.Community, "community_id", "time_zone")
phone_of = column_of(tables.Community, "community_id", "phone")
label_of_building = column_of(tables.Building, "building_id", "label")


def address(building: Column, unit: Column, room: Column) -> Column:
    """For example 「金穗家园3号楼2单元501」 of the building's label or name, without the parts that are null."""
    return sql.func.concat(building, sql.cast(unit, sql.TEXT).op("||")(constant("单元")), room)


def household_address(row: Row) -> Column:
    """The address of a household within its community."""
    return address(label_of_building(row), row.c.unit, row.c.room)


def homes_named(row: Row, given: Argument) -> tuple[sql.From, sql.From]:
    """The homes whose addresses are in a text, joined with their buildings, and the homes alone.

    A text that names none has no rows.
    """
    home, building = alias(tables.Household), alias(tables.Building)
    parts = {"building": sql.TEXT, "unit": sql.INTEGER, "room": sql.TEXT}
    arrays = [row.bind(sql.array_of(type_), given.convert(_named(part))) for part, type_ in parts.items()]
    named = sql.rows_of(sql.func.unnest(*arrays), "mention", parts)
    mine = sql.and_(building.c.name_key == named.c.building, visible(tables.Building, building, row.scope))
    door = sql.and_(
        home.c.building_id == building.c.id,
        sql.or_(named.c.unit.is_(None), home.c.unit == named.c.unit),
        sql.or_(named.c.room.is_(None), home.c.room_key == named.c.room),
    )
    return named.join(building, mine).join(home, door), home


def _named(part: str) -> Callable[[str], list[Any]]:
    """A part of each address in a text."""

    def read_part(text: str) -> list[Any]:
        named = [each for each in read(checked_search(text)) if each.building is not None]
        return [compared(each, part) for each in named]

    return read_part


def is_named(row: Row, given: Argument) -> Condition:
    homes, home = homes_named(row, given)
    return looked_up(row.c.id, sql.select(home.c.id).from_(homes).array())


@gql.filters
class HouseholdFilter:
    """A filter of households."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    building: strawberry.ID | None = gql.where(is_id("building", "building_id"), "In this building.")
    community: strawberry.ID | None = gql.where(in_area("community"), "In this community.")
    estate: strawberry.ID | None = gql.where(in_area("estate"), "In this estate.")
    text: str | None = gql.where(is_named, "At an address in this text, such as 3号楼2单元501, 3-2-501 or 3号楼.")
    unit: int | None = gql.where(
        lambda row, given: row.c.unit == row.bind(sql.INTEGER, given.get), "In this unit (单元) of a building."
    )


def _is_called(row: Row, given: Argument) -> Condition:
    called: Condition = row.c.name_key == row.bind(sql.TEXT, given.convert(_building_key))
    return called


def _building_key(name: str) -> str:
    check_characters(name)
    return building_key(name)


@gql.filters
class BuildingFilter:
    """A filter of buildings."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "Of this grid.")
    estate: strawberry.ID | None = gql.where(is_id("estate", "estate_id"), "Of this estate.")
    number: int | None = gql.where(lambda row, given: row.c.number == row.bind(sql.INTEGER, given.get), "By number.")
    name: str | None = gql.where(_is_called, "By name, in any spelling: 「A座」 and 「a栋」 are one.")


@gql.filters
class PremisesFilter:
    """A filter of premises."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    kind: list[PremisesKind] | None = gql.where(among("kind"), "Of one of these kinds.")


@gql.filters
class OrganisationFilter:
    """A filter of organisations."""

    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "That work with this community.")
    kind: list[OrganisationKind] | None = gql.where(among("kind"), "Of one of these kinds.")


@gql.entity(tables.Farm, "farm")
class Farm(Node):
    """A farm (农场): the level above communities."""

    id: strawberry.ID = gql.object_id("farm")
    name: str = gql.column("name", "Name.")
    communities: Connection[Community] = gql.paged("Communities the viewer sees, by name.", BY_NAME_KEY, link="farm_id")


@gql.entity(tables.Community, "community")
class Community(Node):
    """A community (社区), which has its own calendar."""

    id: strawberry.ID = gql.object_id("community")
    name: str = gql.column("name", "Name.")
    time_zone: str = gql.column("time_zone", "The IANA name of the time zone in which its days are counted.")
    phone: str | None = gql.column("phone", "The telephone that residents are told.")
    farm = gql.to_one("farm_id", "The farm it belongs to.")
    estates: Connection[Estate] = gql.paged("Estates, by name.", BY_NAME_KEY, link="community_id")
    grids: Connection[Grid] = gql.paged("Grids, by name.", BY_NAME_KEY, link="community_id")
    organisations: Connection[Organisation] = gql.paged(
        "The organisations responsible for it, by name.", BY_NAME_KEY, link="community_id"
    )
    categories: list[CategoryPolicy] = gql.to_many(
        "community_id", lambda t: [t.category], "Who answers for each category of appeals, as far as that is set."
    )


@gql.entity(tables.Estate, "estate")
class Estate(Node):
    """An estate (小区), which has its own grid Party branch."""

    id: strawberry.ID = gql.object_id("estate")
    name: str = gql.column("name", "Name.")
    community = gql.to_one("community_id", "The community it belongs to.")
    party_branch: PartyBranch | None = gql.by_link("estate_id", "The grid Party branch (一小区一网格党支部).")
    grids: Connection[Grid] = gql.paged("Grids, by name.", BY_NAME_KEY, link="estate_id")
    buildings: Connection[Building] = gql.paged("Buildings, by name.", BY_NAME_KEY, link="estate_id")


@gql.entity(tables.PartyBranch, "partybranch")
class PartyBranch(Node):
    """A grid Party branch (网格党支部): an estate's service station for residents."""

    id: strawberry.ID = gql.object_id("partybranch")
    name: str = gql.column("name", "Name.")
    phone: str | None = gql.column("phone", "Telephone of the service station.")
    estate = gql.to_one("estate_id", "The estate it serves.")


@gql.entity(tables.Grid, "grid")
class Grid(Node):
    """A grid (网格): the part of an estate that one grid worker looks after."""

    id: strawberry.ID = gql.object_id("grid")
    name: str = gql.column("name", "Name.")
    community = gql.to_one("community_id", "The community it belongs to.")
    estate = gql.to_one("estate_id", "The estate it belongs to.")
    buildings: Connection[Building] = gql.paged("Buildings, by name.", BY_NAME_KEY, link="grid_id")
    households: Connection[Household] = gql.paged("Households, in walking order.", WALK, link="grid_id")
    premises: Connection[Premises] = gql.paged("Premises, by name.", BY_NAME_KEY, link="grid_id", where=PremisesFilter)


@gql.entity(tables.Building, "building")
class Building(Node):
    """A building (楼栋) with its units (单元)."""

    id: strawberry.ID = gql.object_id("building")
    name: str = gql.column("name", "The name, unique within the estate: 「3号楼」, 「A座」.")
    number: int | None = gql.column("number", "The number, if the name is only a number.")
    address: str = gql.column("label", "The name with its estate, if the community has several: 「金穗家园3号楼」.")
    units: int = gql.column("units", "The number of units (单元).")
    floors: int = gql.column("floors", "The number of floors.")
    estate = gql.to_one("estate_id", "The estate it belongs to.")
    grid = gql.to_one("grid_id", "The grid it belongs to.")
    households: Connection[Household] = gql.paged("In walking order.", WALK, link="building_id", where=HouseholdFilter)


@gql.entity(tables.Household, "household")
class Household(Node):
    """A household (户): one door, by unit, floor and room."""

    id: strawberry.ID = gql.object_id("household")
    unit: int = gql.column("unit", "Unit (单元).")
    floor: int = gql.column("floor", "Floor.")
    room: str = gql.column("room", "Room number.")
    address: str = gql.value(
        household_address, "The address, such as 「金穗家园3号楼2单元501」; a single estate is left out."
    )
    building = gql.to_one("building_id", "The building it is in.")
    grid = gql.to_one("grid_id", "The grid it belongs to.")


@counted(Household)
class HouseholdCount:
    """Households with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid.")
    building: Building | None = key_to("building_id", "The building.")


@gql.entity(tables.Premises, "premises")
class Premises(Node):
    """An enterprise, a shop or a construction site in a grid."""

    id: strawberry.ID = gql.object_id("premises")
    kind = gql.word("kind", PremisesKind, "The kind.")
    name: str = gql.column("name", "Name.")
    address: str | None = gql.column("address", "The address.")
    contact_name: str | None = gql.column("contact_name", "The name of the contact.")
    contact_phone: str | None = gql.column("contact_phone", "Telephone of the contact.")
    grid = gql.to_one("grid_id", "The grid it belongs to.")


@gql.entity(tables.Organisation, "organisation")
class Organisation(Node):
    """An organisation that is responsible for a category of appeals or takes part in disputes."""

    id: strawberry.ID = gql.object_id("organisation")
    kind = gql.word("kind", OrganisationKind, "The kind.")
    name: str = gql.column("name", "Name.")
    phone: str | None = gql.column("phone", "Telephone.")
    community = gql.to_one("community_id", "The community it works with.")


@gql.entity(CategoryTable)
class CategoryPolicy:
    """Who answers for a category of appeals in a community."""

    category = gql.word("category", AppealCategory, "The category.", "label")
    organisation = gql.to_one("organisation_id", "The organisation; null if the community itself answers.")


@gql.roots
class PlaceRoots:
    communities: Connection[Community] = gql.paged("Communities, by name.", BY_NAME_KEY)
    estates: Connection[Estate] = gql.paged("Estates, by name.", BY_NAME_KEY)
    grids: Connection[Grid] = gql.paged("Grids, by name.", BY_NAME_KEY)
    buildings: Connection[Building] = gql.paged("Buildings, by name.", BY_NAME_KEY, where=BuildingFilter)
    households: Connection[Household] = gql.paged("Households, in walking order.", WALK, where=HouseholdFilter)
    premises: Connection[Premises] = gql.paged("Premises, by name.", BY_NAME_KEY, where=PremisesFilter)
    organisations: Connection[Organisation] = gql.paged(
        "Organisations, by name.", BY_NAME_KEY, where=OrganisationFilter
    )
    party_branches: Connection[PartyBranch] = gql.paged("Party branches of estates, by name.", BY_NAME_KEY)
    community = gql.by_id("community", "A community.")
    grid = gql.by_id("grid", "A grid.")
    organisation = gql.by_id("organisation", "An organisation.")
    building = gql.by_id("building", "A building.")
    household = gql.by_id("household", "A household.")
