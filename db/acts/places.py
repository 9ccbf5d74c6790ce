"""Finds the place that an appeal is about: by household, by building, by a QR code, or by what the text says."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import select

from db.acts.acting import Acting
from db.places import Building, Community, Estate, Grid, Household, QrCode
from db.scope import table
from rules.address_match import BuildingSpot, Door, EstateSpot, Index, Match, Spot, match, narrow, offered
from rules.addresses import read
from rules.appeals import AppealSource
from rules.codes import typed_code
from rules.places import QrTarget
from rules.refusals import Code, Refusal, invalid, refusals_under


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is about, as exactly as it is known; ``source`` when the way in says how it came."""

    community_id: UUID
    grid_id: UUID
    building_id: UUID | None = None
    unit: int | None = None
    household_id: UUID | None = None
    source: AppealSource | None = None

    def columns(self) -> dict[str, Any]:
        """The place as columns of an appeal."""
        return {
            "community_id": self.community_id,
            "grid_id": self.grid_id,
            "building_id": self.building_id,
            "unit": self.unit,
            "household_id": self.household_id,
        }


async def community_of_grid(acting: Acting, grid_id: UUID) -> UUID:
    """The community a grid belongs to."""
    return (await acting.session.exec(select(Grid.community_id).where(Grid.id == grid_id))).one()


async def place_of_household(acting: Acting, uuid: UUID, *path: str | int) -> Place:
    """A household in the viewer's scope."""
    household = await acting.find(Household, uuid, *path)
    return await _home(acting, household)


async def _home(acting: Acting, household: Household, source: AppealSource | None = None) -> Place:
    community = await community_of_grid(acting, household.grid_id)
    return Place(community, household.grid_id, household.building_id, household.unit, household.id, source)


async def place_of_building(acting: Acting, uuid: UUID, unit: int | None, *path: str | int) -> Place:
    """A building the viewer works in, and perhaps one of its units."""
    building = await acting.find(Building, uuid, *path)
    if not await acting.works_in(building.grid_id, building.id):
        raise Refusal(Code.NOT_FOUND, *path)
    return _building(building, unit)


def _building(building: Building, unit: int | None) -> Place:
    if unit is not None and not 1 <= unit <= building.units:
        raise invalid(f"{building.number}号楼没有{unit}单元", f"building {building.number} has no unit {unit}", "unit")
    return Place(building.community_id, building.grid_id, building.id, unit)


async def place_of_code(
    acting: Acting, code: str | None, text: str, building: UUID | None = None, unit: int | None = None
) -> Place:
    """Where a printed QR code stands; at a counter the text says which building is meant, unless one is named."""
    if code is None:
        raise invalid("请扫描二维码", "without an account a QR code is needed", "code")
    with refusals_under("code"):
        kept = typed_code(code)
    statement = select(QrCode).where(QrCode.code == kept, table(QrCode).c.revoked_at.is_(None))
    # Shared among reporters; a replacement that is under way is waited for, so that the old code never works after it.
    found = (await acting.session.exec(statement.with_for_update(read=True))).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "code")
    if found.target is QrTarget.COUNTER and building is not None:
        return await _chosen(acting, found.community_id, building, unit)
    if found.target is QrTarget.COUNTER:
        buildings = table(Building).c.community_id == found.community_id
        return await _named(acting, text, buildings, AppealSource.QR_COUNTER)
    return await _bound(acting, found, text)


async def _chosen(acting: Acting, community: UUID, uuid: UUID, unit: int | None) -> Place:
    own = select(Building).where(Building.id == uuid, Building.community_id == community)
    building = (await acting.session.exec(own)).first()
    if building is None:
        raise Refusal(Code.NOT_FOUND, "building")
    return replace(_building(building, unit), source=AppealSource.QR_COUNTER)


async def _bound(acting: Acting, code: QrCode, text: str) -> Place:
    if code.target is QrTarget.HOUSEHOLD:
        household = (await acting.session.exec(select(Household).where(Household.id == code.household_id))).one()
        return await _home(acting, household, AppealSource.QR_HOME)
    index = await _index(acting, text, table(Building).c.id == code.building_id)
    (building,) = index.buildings
    return await _place(acting, narrow(text, building, index), AppealSource.QR_HOME)


async def place_of_text(acting: Acting, text: str) -> Place:
    """The one place that a text names for certain, among those where the viewer works."""
    place = await _named(acting, text, acting.scope.sees(Building), None)
    if not await acting.works_in(place.grid_id, place.building_id):
        raise _unclear(Match())
    return place


async def _named(acting: Acting, text: str, candidates: Any, source: AppealSource | None) -> Place:
    found = match(text, await _index(acting, text, sa.and_(candidates, _numbered(text))))
    if found.confident is None:
        raise _unclear(found)
    return await _place(acting, found.confident, source)


async def offered_in(acting: Acting, community_id: UUID, text: str) -> tuple[Spot, ...]:
    """The places of a community that a text may mean, to choose from."""
    own = table(Building).c.community_id == community_id
    return offered(text, await _index(acting, text, sa.and_(own, _numbered(text))))


def _numbered(text: str) -> sa.ColumnElement[bool]:
    return table(Building).c.number.in_({mention.building for mention in read(text)})


async def _index(acting: Acting, text: str, candidates: Any) -> Index:
    """The buildings that may be meant, every estate of their communities, and the doors with a room of the text."""
    order = (table(Estate).c.name, table(Building).c.id)
    beside = table(Estate).c.id == table(Building).c.estate_id
    buildings = (
        await acting.session.exec(select(Building).join(Estate, beside).where(candidates).order_by(*order))
    ).all()
    communities = {each.community_id for each in buildings}
    estates = await acting.session.exec(select(Estate).where(table(Estate).c.community_id.in_(communities)))
    names = await acting.session.exec(select(Community.name).where(table(Community).c.id.in_(communities)))
    return Index(
        [EstateSpot(each.id, each.name) for each in estates],
        [BuildingSpot(each.id, each.estate_id, each.number, each.units) for each in buildings],
        await _doors(acting, text, [each.id for each in buildings]),
        list(names),
    )


async def _doors(acting: Acting, text: str, buildings: list[UUID]) -> list[Door]:
    rooms = {mention.room for mention in read(text) if mention.room}
    h = table(Household)
    homes = await acting.session.exec(select(Household).where(h.c.building_id.in_(buildings), h.c.room.in_(rooms)))
    return [Door(home.id, home.building_id, home.unit, home.room) for home in homes]


async def _place(acting: Acting, spot: Spot, source: AppealSource | None) -> Place:
    building = await acting.session.get_one(Building, spot.building)
    return Place(building.community_id, building.grid_id, building.id, spot.unit, spot.household, source)


def _unclear(found: Match) -> Refusal:
    named = "、".join(spot.label for spot in found.suggestions)
    return Refusal(Code.PLACE_UNCLEAR, "body", named=named or "—")
