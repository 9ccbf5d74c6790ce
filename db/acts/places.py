"""Finds the place that an appeal is about: by household, by building, by a QR code, or by what the text says."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import select

from db.acts.acting import Acting
from db.places import Building, Grid, Household, QrCode
from db.scope import Condition, table, visible
from rules.appeals import AppealSource
from rules.places import Mention, QrTarget, find_mentions
from rules.refusals import Code, Refusal, invalid


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


def _building(building: Building, unit: int | None, source: AppealSource | None = None) -> Place:
    if unit is not None and not 1 <= unit <= building.units:
        raise invalid(f"{building.number}号楼没有{unit}单元", f"building {building.number} has no unit {unit}", "unit")
    return Place(building.community_id, building.grid_id, building.id, unit, source=source)


async def place_of_code(
    acting: Acting, code: str | None, text: str, building: UUID | None = None, unit: int | None = None
) -> Place:
    """Where a printed QR code stands; at a counter the text says which building is meant, unless one is named."""
    if code is None:
        raise invalid("请扫描二维码", "without an account a QR code is needed", "code")
    statement = select(QrCode).where(QrCode.code == code, table(QrCode).c.revoked_at.is_(None))
    found = (await acting.session.exec(statement)).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "code")
    if found.target is QrTarget.COUNTER and building is not None:
        return await _chosen(acting, found.community_id, building, unit)
    if found.target is QrTarget.COUNTER:
        buildings = table(Building).c.community_id == found.community_id
        return await _mentioned(acting, text, buildings, AppealSource.QR_COUNTER)
    return await _bound(acting, found, text)


async def _chosen(acting: Acting, community: UUID, uuid: UUID, unit: int | None) -> Place:
    own = select(Building).where(Building.id == uuid, Building.community_id == community)
    building = (await acting.session.exec(own)).first()
    if building is None:
        raise Refusal(Code.NOT_FOUND, "building")
    return _building(building, unit, AppealSource.QR_COUNTER)


async def _bound(acting: Acting, code: QrCode, text: str) -> Place:
    if code.target is QrTarget.HOUSEHOLD:
        household = (await acting.session.exec(select(Household).where(Household.id == code.household_id))).one()
        return await _home(acting, household, AppealSource.QR_HOME)
    building = (await acting.session.exec(select(Building).where(Building.id == code.building_id))).one()
    units = {mention.unit for mention in find_mentions(text) if mention.building == building.number}
    return _building(building, units.pop() if len(units) == 1 else None, AppealSource.QR_HOME)


async def place_of_text(acting: Acting, text: str) -> Place:
    """The one building that a text names, among those the viewer works in."""
    b = table(Building)
    place = await _mentioned(acting, text, visible(b, b, acting.scope), None)
    if not await acting.works_in(place.grid_id, place.building_id):
        raise _unclear(text)
    return place


async def _mentioned(acting: Acting, text: str, candidates: Condition, source: AppealSource | None) -> Place:
    mentions = find_mentions(text)
    numbers = {mention.building for mention in mentions}
    statement = select(Building).where(table(Building).c.number.in_(numbers), candidates)
    buildings = (await acting.session.exec(statement)).all()
    if len(numbers) != 1 or len(buildings) != 1:
        raise _unclear(text)
    return await _narrowed(acting, buildings[0], mentions[0], source)


async def _narrowed(acting: Acting, building: Building, mention: Mention, source: AppealSource | None) -> Place:
    """To the household, when unit and room are named and it is on the register."""
    place = _building(building, mention.unit, source)
    if mention.unit is None or mention.room is None:
        return place
    h = table(Household)
    door = (h.c.building_id == building.id, h.c.unit == mention.unit, h.c.room == mention.room)
    household = (await acting.session.exec(select(Household).where(*door))).first()
    return await _home(acting, household, source) if household else place


def _unclear(text: str) -> Refusal:
    named = "、".join(f"{mention.building}号楼" for mention in find_mentions(text))
    return Refusal(Code.PLACE_UNCLEAR, "body", named=named or "—")
