"""Places in GraphQL: farm, community, estate, Party branch, grid, building, household, premises, organisation."""

from __future__ import annotations

from typing import Any

import strawberry

from db import places as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.places import (
    OrganisationKind,
    PremisesKind,
)
from schema.compiler.declare import (
    argument,
    by_id,
    by_link,
    column,
    entity,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.filters import among, is_id
from schema.orders import BY_NAME, BY_NUMBER, WALK
from schema.relay import Connection, Node

COMMUNITY = argument("community", strawberry.ID | None, "Only this community; all of the viewer's by default.")


def on_register(resident: Any) -> Condition:
    """Whether a resident lives here now, and not under another record."""
    return sql.and_(resident.left_on.is_(None), resident.merged_into.is_(None))


def zone_of(row: Row) -> Column:
    """The time zone of the row's community."""
    community = alias(tables.Community)
    return sql.select(community.c.time_zone).from_(community).where(community.c.id == row.c.community_id).scalar()


def building_name(row: Row) -> Column:
    """「3号楼」."""
    return sql.cast(row.c.number, sql.TEXT).op("||")(constant("号楼"))


def household_address(row: Row) -> Column:
    """「3号楼2单元501」."""
    building = alias(tables.Building)
    number = sql.select(building.c.number).from_(building).where(building.c.id == row.c.building_id)
    return sql.func.concat(number.scalar(), constant("号楼"), row.c.unit, constant("单元"), row.c.room)


@filters
class HouseholdFilter:
    """Which households."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "Of this grid.")
    building: strawberry.ID | None = where(is_id("building", "building_id"), "Of this building.")
    unit: int | None = where(
        lambda row, given: row.c.unit == row.bind(sql.INTEGER, given.get),
        "Of this unit (单元) of a building.",
    )


@filters
class BuildingFilter:
    """Which buildings."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "Of this grid.")
    estate: strawberry.ID | None = where(is_id("estate", "estate_id"), "Of this estate.")
    number: int | None = where(lambda row, given: row.c.number == row.bind(sql.INTEGER, given.get), "With this number.")


@filters
class PremisesFilter:
    """Which premises."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "In this grid.")
    kind: list[PremisesKind] | None = where(among("kind"), "Of one of these kinds.")


@entity(tables.Farm, "farm")
class Farm(Node):
    """A farm (农场): the level above communities."""

    id: strawberry.ID = object_id("farm")
    name: str = column("name", "Name.")
    communities: Connection[Community] = paged("Its communities that the viewer knows.", BY_NAME, link="farm_id")


@entity(tables.Community, "community")
class Community(Node):
    """A community (社区): what one Tunping serves, with its own calendar."""

    id: strawberry.ID = object_id("community")
    name: str = column("name", "Name.")
    time_zone: str = column("time_zone", "IANA name of the zone whose local days count.")
    farm = to_one("farm_id", "The farm it belongs to.")
    estates: Connection[Estate] = paged("Its estates, by name.", BY_NAME, link="community_id")
    grids: Connection[Grid] = paged("Its grids, by name.", BY_NAME, link="community_id")
    organisations: Connection[Organisation] = paged(
        "The bodies that answer for it, by name.", BY_NAME, link="community_id"
    )


@entity(tables.Estate, "estate")
class Estate(Node):
    """An estate (小区): has its own grid Party branch."""

    id: strawberry.ID = object_id("estate")
    name: str = column("name", "Name.")
    community = to_one("community_id", "The community it belongs to.")
    party_branch: PartyBranch | None = by_link("estate_id", "Its grid Party branch (一小区一网格党支部).")
    grids: Connection[Grid] = paged("Its grids, by name.", BY_NAME, link="estate_id")
    buildings: Connection[Building] = paged("Its buildings, by number.", BY_NUMBER, link="estate_id")


@entity(tables.PartyBranch, "partybranch")
class PartyBranch(Node):
    """A grid Party branch (网格党支部): an estate's service station for residents."""

    id: strawberry.ID = object_id("partybranch")
    name: str = column("name", "Name.")
    phone: str | None = column("phone", "Telephone of the service station.")
    estate = to_one("estate_id", "The estate it serves.")


@entity(tables.Grid, "grid")
class Grid(Node):
    """A grid (网格): the part of an estate that one grid worker looks after."""

    id: strawberry.ID = object_id("grid")
    name: str = column("name", "Name.")
    community = to_one("community_id", "The community it belongs to.")
    estate = to_one("estate_id", "The estate it lies in.")
    buildings: Connection[Building] = paged("Its buildings, by number.", BY_NUMBER, link="grid_id")
    households: Connection[Household] = paged("Its households in walking order.", WALK, link="grid_id")
    premises: Connection[Premises] = paged(
        "The premises in it, by name.",
        BY_NAME,
        link="grid_id",
        where=PremisesFilter,
    )


@entity(tables.Building, "building")
class Building(Node):
    """A building (楼栋) with its units (单元)."""

    id: strawberry.ID = object_id("building")
    number: int = column("number", "Number, unique within the estate.")
    name: str = value(building_name, "Its name, such as 「3号楼」.")
    units: int = column("units", "How many units (单元) it has.")
    floors: int = column("floors", "How many floors it has.")
    estate = to_one("estate_id", "The estate it stands in.")
    grid = to_one("grid_id", "The grid it belongs to.")
    households: Connection[Household] = paged(
        "Its households in walking order.",
        WALK,
        link="building_id",
        where=HouseholdFilter,
    )


@entity(tables.Household, "household")
class Household(Node):
    """A household (户): one door, by unit, floor and room."""

    id: strawberry.ID = object_id("household")
    unit: int = column("unit", "Unit (单元).")
    floor: int = column("floor", "Floor.")
    room: str = column("room", "Room number.")
    address: str = value(household_address, "Its address within the community, such as 「3号楼2单元501」.")
    building = to_one("building_id", "The building it is in.")
    grid = to_one("grid_id", "The grid it belongs to.")


@entity(tables.Premises, "premises")
class Premises(Node):
    """An enterprise, a shop or a construction site in a grid."""

    id: strawberry.ID = object_id("premises")
    kind: PremisesKind = column("kind", "What it is.")
    kind_label: str = labelled("kind", PremisesKind, "What it is, in Chinese.")
    name: str = column("name", "Name.")
    address: str | None = column("address", "Where it is.")
    contact_name: str | None = column("contact_name", "Whom to ask for.")
    contact_phone: str | None = column("contact_phone", "Telephone of the contact.")
    grid = to_one("grid_id", "The grid it lies in.")


@entity(tables.Organisation, "organisation")
class Organisation(Node):
    """A body that answers for a category of appeal or takes part in a dispute."""

    id: strawberry.ID = object_id("organisation")
    kind: OrganisationKind = column("kind", "What it is.")
    kind_label: str = labelled("kind", OrganisationKind, "What it is, in Chinese.")
    name: str = column("name", "Name.")
    phone: str | None = column("phone", "Telephone.")
    community = to_one("community_id", "The community that works with it.")


@roots
class PlaceRoots:
    """What can be read of places."""

    communities: Connection[Community] = paged("Communities, by name.", BY_NAME)
    estates: Connection[Estate] = paged("Estates, by name.", BY_NAME)
    grids: Connection[Grid] = paged("Grids, by name.", BY_NAME)
    buildings: Connection[Building] = paged("Buildings, by number.", BY_NUMBER, where=BuildingFilter)
    households: Connection[Household] = paged("Households in walking order.", WALK, where=HouseholdFilter)
    premises: Connection[Premises] = paged("Premises, by name.", BY_NAME, where=PremisesFilter)
    organisations: Connection[Organisation] = paged("Organisations, by name.", BY_NAME)
    community = by_id("community", "A community.")
    building = by_id("building", "A building.")
    household = by_id("household", "A household.")
