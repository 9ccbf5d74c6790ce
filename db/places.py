"""Tables of places, of organisations, and of the QR codes of places."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import (
    Identified,
    Row,
    alias,
    check,
    choice,
    column_types,
    composite_key,
    generated,
    moment,
    partial_index,
    ref,
    sort_key,
    text,
)
from db.scope import Condition, Scope, by_home, in_community, in_grid, seen_by, through
from rules.access import WORKERS, Role
from rules.communities import TIME_ZONE
from rules.places import OrganisationKind, PremisesKind, QrTarget


class Farm(Identified, table=True):
    """农场."""

    name: str = text()


class Community(Identified, table=True):
    """社区. Local days are those of its time zone."""

    farm_id: UUID = ref("farm.id", index=True)
    name: str = text()
    name_key: str | None = sort_key("name")
    time_zone: str = text(default=TIME_ZONE)
    phone: str | None = text(optional=True)
    """Shown to residents: on their pages and in messages."""


class Estate(Identified, table=True):
    """小区."""

    community_id: UUID = ref("community.id")
    name: str = text()
    name_key: str | None = sort_key("name")

    __table_args__ = (
        sa.UniqueConstraint("community_id", "name"),
        sa.UniqueConstraint("id", "community_id", name="uq_estate_community"),
    )


class PartyBranch(Identified, table=True):
    """网格党支部: the service station of an estate, which has at most one (一小区一网格党支部)."""

    estate_id: UUID = ref("estate.id")
    name: str = text()
    name_key: str | None = sort_key("name")
    phone: str | None = text(optional=True)

    __table_args__ = (sa.UniqueConstraint("estate_id"),)


class Grid(Identified, table=True):
    """网格."""

    community_id: UUID
    estate_id: UUID
    name: str = text()
    name_key: str | None = sort_key("name")

    __table_args__ = (
        composite_key("fk_grid_estate", "estate", "community_id"),
        sa.UniqueConstraint("estate_id", "name"),
        sa.UniqueConstraint("id", "community_id", name="uq_grid_community"),
        sa.Index("ix_grid_community", "community_id", "name_key", "id"),
    )


class Area(Row, table=True):
    """The area that an appeal belongs to: a grid, or a whole estate or community, with the id of that place.

    Triggers add the area of each place. Whoever works in a grid also works in the areas of its estate and community.
    """

    id: UUID = Field(primary_key=True)
    community_id: UUID
    estate_id: UUID | None = None
    """The estate, of a grid and of an estate."""

    __table_args__ = (sa.UniqueConstraint("id", "community_id", name="uq_area_community"),)


def in_area(name: str) -> sa.ForeignKeyConstraint:
    """The composite key of a row whose ``grid_id`` is a grid, or else the id of another area."""
    columns, targets = ["grid_id", "community_id"], ["area.id", "area.community_id"]
    return sa.ForeignKeyConstraint(columns, targets, name=f"fk_{name}_area")


class Building(Identified, table=True):
    """楼栋. Its name is unique in its estate: 「3号楼」, 「A座」, 「甲3号楼」."""

    community_id: UUID
    estate_id: UUID = ref("estate.id")
    grid_id: UUID
    name: str = text()
    name_key: str | None = sort_key("folded_building(name)")
    """The name as it is compared and sorted."""
    number: int | None = generated(sa.Integer, "building_number(name)")
    """The number, of a building that is named by a number alone."""
    units: int
    floors: int
    label: str = text(default=None)
    """The name, with the estate before it if the community has several. A trigger writes it."""

    __table_args__ = (
        composite_key("fk_building_grid", "grid", "community_id"),
        sa.UniqueConstraint("estate_id", "name_key"),
        sa.UniqueConstraint("id", "grid_id", name="uq_building_grid"),
        sa.Index("ix_building_grid", "grid_id", "name_key", "id"),
        sa.Index("ix_building_community", "community_id", "name_key", "id"),
        check("positive", "units > 0 and floors > 0"),
    )

    def address(self, unit: int | None = None, room: str = "") -> str:
        """「3号楼2单元501」 or 「金穗家园3号楼2单元501」, without the parts that are not given."""
        return f"{self.label}{door(unit, room)}"


class Household(Identified, table=True):
    """户: one door, by unit (单元), floor and room."""

    building_id: UUID
    grid_id: UUID
    unit: int
    floor: int
    room: str = text()
    room_key: str | None = sort_key("folded_room(room)")
    """The room as it is compared and sorted."""
    walk_key: str = text(default=None)
    """The place of the door in the walk through the community. A trigger writes it."""

    __table_args__ = (
        composite_key("fk_household_building", "building", "grid_id", cascade=True),
        sa.UniqueConstraint("building_id", "unit", "room"),
        sa.UniqueConstraint("id", "building_id", "grid_id", name="uq_household_home"),
        sa.Index("ix_household_walk", "building_id", "walk_key", "id"),
        sa.Index("ix_household_grid", "grid_id", "walk_key", "id"),
        sa.Index("ix_household_room", "building_id", "unit", "room_key"),
    )


def door(unit: int | None, room: str = "") -> str:
    """「2单元501」, without the parts that are not given."""
    return f"{unit}单元{room}" if unit else room


def doors() -> sql.From:
    """The doors of all buildings: a view, which does not tell who lives there (db/wall_two.sql)."""
    return sql.named(
        "door", {name: column_types(Household)[name] for name in ("id", "building_id", "unit", "room", "room_key")}
    )


class Premises(Identified, table=True):
    """An enterprise, a shop or a construction site in a grid."""

    grid_id: UUID = ref("grid.id")
    kind: PremisesKind = choice(PremisesKind)
    name: str = text()
    name_key: str | None = sort_key("name")
    address: str | None = text(optional=True)
    contact_name: str | None = text(optional=True)
    contact_phone: str | None = text(optional=True)

    __table_args__ = (
        sa.UniqueConstraint("id", "grid_id", name="uq_premises_grid"),
        sa.Index("ix_premises_grid", "grid_id", "kind", "name_key", "id"),
    )


def firms() -> sql.From:
    """The names of all premises: a view, for the addresses of appeals (db/wall_two.sql)."""
    return sql.named("firm", {name: column_types(Premises)[name] for name in ("id", "name")})


class Organisation(Identified, table=True):
    """A body that answers for a category of appeal or takes part in a dispute."""

    community_id: UUID = ref("community.id")
    kind: OrganisationKind = choice(OrganisationKind)
    name: str = text()
    name_key: str | None = sort_key("name")
    phone: str | None = text(optional=True)

    __table_args__ = (sa.UniqueConstraint("community_id", "name"),)


class QrCode(Identified, table=True):
    """A printed code by which a resident reports without an account, until it is revoked."""

    code: str = text()
    target: QrTarget = choice(QrTarget)
    community_id: UUID = ref("community.id")
    building_id: UUID | None = ref("building.id", optional=True)
    household_id: UUID | None = ref("household.id", optional=True)
    premises_id: UUID | None = ref("premises.id", optional=True)
    label: str = text()
    issued_at: datetime = moment(now=True)
    issued_by: UUID | None = ref("account.id", optional=True)
    replaces_id: UUID | None = ref("qr_code.id", optional=True)
    revoked_at: datetime | None = moment(optional=True)
    revoked_by: UUID | None = ref("account.id", optional=True)
    reason: str | None = text(optional=True)
    """The reason of the revocation."""

    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.Index("uq_qr_code_replaces", "replaces_id", unique=True),
        partial_index("uq_qr_code_live_building", "building_id", unique=True, where="revoked_at is null"),
        partial_index("uq_qr_code_live_household", "household_id", unique=True, where="revoked_at is null"),
        partial_index("uq_qr_code_live_premises", "premises_id", unique=True, where="revoked_at is null"),
        sa.Index("ix_qr_code_building", "building_id"),
        sa.Index("ix_qr_code_household", "household_id"),
        sa.Index("ix_qr_code_premises", "premises_id"),
        sa.Index("ix_qr_code_issued", "issued_at", "id"),
        check("revoked", "revoked_at is not null or num_nonnulls(revoked_by, reason) = 0"),
        check(
            "bound",
            "(target = 'HOUSEHOLD') = (household_id is not null) and (target = 'BUILDING') = (building_id is not null)"
            " and (target = 'PREMISES') = (premises_id is not null)",
        ),
    )


def _farm(t: sql.From, scope: Scope) -> Condition:
    community = alias(Community)
    return sql.exists(community).where(community.c.farm_id == t.c.id, community.c.id == sql.any_(scope.communities))


def _community(t: sql.From, scope: Scope) -> Condition:
    return t.c.id == sql.any_(scope.communities)


def in_places(t: sql.From, scope: Scope) -> Condition:
    """Rows of the viewer's grids. An administrator, who has no grids, sees the places of all communities."""
    if scope.role is not Role.ADMIN:
        return in_grid(t, scope)
    grid = alias(Grid)
    return sql.exists(grid).where(grid.c.id == t.c.grid_id, in_community(grid, scope))


def _household(t: sql.From, scope: Scope) -> Condition:
    return in_places(t, scope) if scope.role is Role.ADMIN else by_home(t, scope)


def _qr_code(t: sql.From, scope: Scope) -> Condition:
    """Codes of homes, buildings and premises are visible by grid, those of counters to all workers of the community."""
    home, building, premises = alias(Household), alias(Building), alias(Premises)
    works = sql.TRUE if scope.role in WORKERS else sql.FALSE
    counter = sql.and_(t.c.target == QrTarget.COUNTER, in_community(t, scope), works)
    return sql.or_(
        sql.exists(home).where(home.c.id == t.c.household_id, in_grid(home, scope)),
        sql.exists(building).where(building.c.id == t.c.building_id, in_grid(building, scope)),
        sql.exists(premises).where(premises.c.id == t.c.premises_id, in_grid(premises, scope)),
        counter,
    )


seen_by(_farm, Farm)
seen_by(_community, Community)
seen_by(in_community, Estate, Grid, Building, Organisation)
seen_by(through("estate_id"), PartyBranch)
seen_by(_household, Household)
seen_by(_qr_code, QrCode)


def time_zone(scope: Scope, community_id: sql.Column | None = None) -> sql.Column:
    """The time zone in which a viewer's days are counted: of a community, or of the first that the viewer sees."""
    community = alias(Community)
    own = sql.select(community.c.time_zone).from_(community).where(community.c.id == sql.any_(scope.communities))
    if community_id is not None:
        own = own.where(community.c.id == community_id)
    first = own.order_by(community.c.id).limit(1)
    return sql.func.coalesce(first.scalar(), sql.raw(sql.quote(TIME_ZONE)), type_=sql.TEXT)
