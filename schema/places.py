"""Places in GraphQL: farm, community, estate, Party branch, grid, building, household, premises, organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from db import places as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.places import (
    ORGANISATION_LABELS,
    PREMISES_LABELS,
    OrganisationKind,
    PremisesKind,
)
from schema.compiler.declare import by_link as linked
from schema.compiler.declare import (
    column,
    entity,
    filters,
    labelled,
    object_id,
    paged,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.filters import among, is_id
from schema.orders import BY_ID, BY_MONDAY, BY_NAME, BY_NUMBER, LATEST, NEWEST, WALK
from schema.premises import PATROLLED, is_open_of, is_party
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.alerts import Ladder
    from schema.appeals import Appeal
    from schema.disputes import Dispute
    from schema.people import Residency, Resident
    from schema.roster import RosterWeek
    from schema.sites import SitePatrol
    from schema.visits import Visit

AppealType: TypeAlias = Annotated["Appeal", strawberry.lazy("schema.appeals")]
ResidentType: TypeAlias = Annotated["Resident", strawberry.lazy("schema.people")]
LadderType: TypeAlias = Annotated["Ladder", strawberry.lazy("schema.alerts")]
RosterWeekType: TypeAlias = Annotated["RosterWeek", strawberry.lazy("schema.roster")]
ResidencyType: TypeAlias = Annotated["Residency", strawberry.lazy("schema.people")]
DisputeType: TypeAlias = Annotated["Dispute", strawberry.lazy("schema.disputes")]
PatrolType: TypeAlias = Annotated["SitePatrol", strawberry.lazy("schema.sites")]
VisitType: TypeAlias = Annotated["Visit", strawberry.lazy("schema.visits")]


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
    communities: Connection[Community] = paged(
        "Its communities that the viewer knows.", BY_NAME, link=lambda row, t: t.farm_id == row.c.id
    )


@entity(tables.Community, "community")
class Community(Node):
    """A community (社区): what one Tunping serves, with its own calendar."""

    id: strawberry.ID = object_id("community")
    name: str = column("name", "Name.")
    time_zone: str = column("time_zone", "IANA name of the zone whose local days count.")
    farm: Farm | None = to_one("farm_id", "The farm it belongs to.")
    estates: Connection[Estate] = paged(
        "Its estates, by name.", BY_NAME, link=lambda row, t: t.community_id == row.c.id
    )
    grids: Connection[Grid] = paged("Its grids, by name.", BY_NAME, link=lambda row, t: t.community_id == row.c.id)
    ladder: LadderType | None = linked(
        lambda row, t: t.community_id == row.c.id,
        "By when those who live alone are to be reached.",
    )
    roster_weeks: Connection[RosterWeekType] = paged(
        "Weeks of its duty roster, latest first.", BY_MONDAY, link=lambda row, t: t.community_id == row.c.id
    )
    organisations: Connection[Organisation] = paged(
        "The bodies that answer for it, by name.", BY_NAME, link=lambda row, t: t.community_id == row.c.id
    )


@entity(tables.Estate, "estate")
class Estate(Node):
    """An estate (小区): has its own grid Party branch."""

    id: strawberry.ID = object_id("estate")
    name: str = column("name", "Name.")
    community: Community | None = to_one("community_id", "The community it belongs to.")
    party_branch: PartyBranch | None = linked(
        lambda row, t: t.estate_id == row.c.id, "Its grid Party branch (一小区一网格党支部)."
    )
    grids: Connection[Grid] = paged("Its grids, by name.", BY_NAME, link=lambda row, t: t.estate_id == row.c.id)
    buildings: Connection[Building] = paged(
        "Its buildings, by number.", BY_NUMBER, link=lambda row, t: t.estate_id == row.c.id
    )


@entity(tables.PartyBranch, "partybranch")
class PartyBranch(Node):
    """A grid Party branch (网格党支部): an estate's service station for residents."""

    id: strawberry.ID = object_id("partybranch")
    name: str = column("name", "Name.")
    phone: str | None = column("phone", "Telephone of the service station.")
    estate: Estate | None = to_one("estate_id", "The estate it serves.")


@entity(tables.Grid, "grid")
class Grid(Node):
    """A grid (网格): the part of an estate that one grid worker looks after."""

    id: strawberry.ID = object_id("grid")
    name: str = column("name", "Name.")
    community: Community | None = to_one("community_id", "The community it belongs to.")
    estate: Estate | None = to_one("estate_id", "The estate it lies in.")
    buildings: Connection[Building] = paged(
        "Its buildings, by number.", BY_NUMBER, link=lambda row, t: t.grid_id == row.c.id
    )
    households: Connection[Household] = paged(
        "Its households in walking order.", WALK, link=lambda row, t: t.grid_id == row.c.id
    )
    residents: Connection[ResidentType] = paged(
        "Who lives in it.", BY_ID, link=lambda row, t: sql.and_(t.grid_id == row.c.id, on_register(t))
    )
    premises: Connection[Premises] = paged(
        "The premises in it, by name.",
        BY_NAME,
        link=lambda row, t: t.grid_id == row.c.id,
        where=PremisesFilter,
    )
    appeals: Connection[AppealType] = paged(
        "Its appeals, newest first.", NEWEST, link=lambda row, t: t.grid_id == row.c.id
    )


@entity(tables.Building, "building")
class Building(Node):
    """A building (楼栋) with its units (单元)."""

    id: strawberry.ID = object_id("building")
    number: int = column("number", "Number, unique within the estate.")
    name: str = value(building_name, "Its name, such as 「3号楼」.")
    units: int = column("units", "How many units (单元) it has.")
    floors: int = column("floors", "How many floors it has.")
    estate: Estate | None = to_one("estate_id", "The estate it stands in.")
    grid: Grid | None = to_one("grid_id", "The grid it belongs to.")
    households: Connection[Household] = paged(
        "Its households in walking order.",
        WALK,
        link=lambda row, t: t.building_id == row.c.id,
        where=HouseholdFilter,
    )
    appeals: Connection[AppealType] = paged(
        "Appeals that concern it, newest first.", NEWEST, link=lambda row, t: t.building_id == row.c.id
    )


@entity(tables.Household, "household")
class Household(Node):
    """A household (户): one door, by unit, floor and room."""

    id: strawberry.ID = object_id("household")
    unit: int = column("unit", "Unit (单元).")
    floor: int = column("floor", "Floor.")
    room: str = column("room", "Room number.")
    address: str = value(household_address, "Its address within the community, such as 「3号楼2单元501」.")
    building: Building | None = to_one("building_id", "The building it is in.")
    grid: Grid | None = to_one("grid_id", "The grid it belongs to.")
    residents: list[ResidentType] = to_many(
        lambda row, t: sql.and_(t.household_id == row.c.id, on_register(t)), lambda t: [t.id], "Who lives there."
    )
    residencies: Connection[ResidencyType] = paged(
        "Who has lived there, and from when to when; in the order in which it was written down.",
        BY_ID,
        link=lambda row, t: t.household_id == row.c.id,
    )
    visits: Connection[VisitType] = paged(
        "Visits to it, latest first.", LATEST, link=lambda row, t: t.household_id == row.c.id
    )
    appeals: Connection[AppealType] = paged(
        "Its appeals, newest first.", NEWEST, link=lambda row, t: t.household_id == row.c.id
    )


@entity(tables.Premises, "premises")
class Premises(Node):
    """An enterprise, a shop or a construction site in a grid."""

    id: strawberry.ID = object_id("premises")
    kind: PremisesKind = column("kind", "What it is.")
    kind_label: str = labelled("kind", PREMISES_LABELS, "What it is, in Chinese.")
    name: str = column("name", "Name.")
    address: str | None = column("address", "Where it is.")
    contact_name: str | None = column("contact_name", "Whom to ask for.")
    contact_phone: str | None = column("contact_phone", "Telephone of the contact.")
    grid: Grid | None = to_one("grid_id", "The grid it lies in.")
    patrols: Connection[PatrolType] = paged(
        "The patrols' visits to a construction site, the latest first.",
        PATROLLED,
        link=lambda row, t: t.premises_id == row.c.id,
    )
    disputes: Connection[DisputeType] = paged("The disputes that it is party to.", NEWEST, link=is_party)
    open_disputes: Connection[DisputeType] = paged(
        "Of these, those that are reported or being mediated.", NEWEST, link=is_open_of
    )


@entity(tables.Organisation, "organisation")
class Organisation(Node):
    """A body that answers for a category of appeal or takes part in a dispute."""

    id: strawberry.ID = object_id("organisation")
    kind: OrganisationKind = column("kind", "What it is.")
    kind_label: str = labelled("kind", ORGANISATION_LABELS, "What it is, in Chinese.")
    name: str = column("name", "Name.")
    phone: str | None = column("phone", "Telephone.")
    community: Community | None = to_one("community_id", "The community that works with it.")
