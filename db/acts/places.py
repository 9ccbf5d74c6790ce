"""Finds the place that a new case is about: by household, by building, by a QR code, or by its text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db import sql
from db.acts.people import is_home_of, on_register
from db.acts.random_codes import RECEIPT_LENGTH, random_code
from db.base import alias
from db.places import Building, Community, Estate, Household, Organisation, PartyBranch, Premises, QrCode
from db.scope import Condition, Scope, seen
from db.transaction import Transaction
from rules.access import WORKERS
from rules.address_match import (
    BuildingSpot,
    Door,
    EstateSpot,
    Index,
    Spot,
    certain,
    certain_estate,
    names_building,
    narrow,
    offered,
)
from rules.addresses import read
from rules.appeals import AppealSource
from rules.codes import typed_code
from rules.folding import building_key, room_key
from rules.gathering import refusals_under
from rules.places import QrTarget
from rules.refusals import Code, Refusal, elsewhere, invalid, unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInput:
    """A household, or a building with or without a unit."""

    household: UUID | None = None
    building: UUID | None = None
    unit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WidePlaceInput(PlaceInput):
    """The same, or premises, a grid, an estate as a whole, or a community as a whole."""

    premises: UUID | None = None
    grid: UUID | None = None
    estate: UUID | None = None
    community: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase(WidePlaceInput):
    """A new appeal or wish. ``code`` is that of a QR code, ``resident`` the reporter or wisher on the register."""

    id: UUID
    body: str
    code: str | None = None
    resident: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place as exactly as it is known. ``source`` is set if the way in determines the source of an appeal.

    ``grid_id`` is a grid or another area (:class:`db.places.Area`).
    """

    community_id: UUID
    grid_id: UUID
    building_id: UUID | None = None
    unit: int | None = None
    household_id: UUID | None = None
    source: AppealSource | None = None
    premises_id: UUID | None = None
    estate_id: UUID | None = None


async def case_columns(tx: Transaction, new: NewCase, place: Place) -> dict[str, Any]:
    """The columns that a new appeal and a new wish share, with a new receipt code."""
    resident_id = None
    if new.resident is not None:
        resident = await on_register(tx, new.resident, "resident", lock="share")
        if place.household_id is not None and not await is_home_of(tx, place.household_id, resident, new.resident):
            raise invalid("该居民不住在这一户", "resident")
        resident_id = resident.id
    return {
        "id": new.id,
        "community_id": place.community_id,
        "grid_id": place.grid_id,
        "building_id": place.building_id,
        "unit": place.unit,
        "household_id": place.household_id,
        "resident_id": resident_id,
        "receipt_code": random_code(RECEIPT_LENGTH),
    }


async def place_given(tx: Transaction, given: PlaceInput) -> Place | None:
    """A household in the viewer's scope, or a building where the viewer works; None if neither is given."""
    if given.household is not None:
        return _place_found(await tx.seen(_seen_home, household=given.household))
    if given.building is None:
        return None
    building = await tx.find(Building, given.building, "building")
    if not await tx.works_in(building.grid_id, building.id):
        raise Refusal(Code.NOT_FOUND, "building")
    return _building(building, given.unit)


def _place_found(rows: Sequence[Mapping[str, Any]], source: AppealSource | None = None) -> Place:
    if not rows:
        raise Refusal(Code.NOT_FOUND, "household")
    return Place(**rows[0], source=source)


def _any_home(_: Scope) -> sql.Select:
    return _place_of(alias(Household))


def _seen_home(scope: Scope) -> sql.Select:
    home = alias(Household)
    return _place_of(home).where(seen(home, scope))


def _place_of(home: sql.From) -> sql.Select:
    """The place of one household, by the columns of :class:`Place`."""
    building = alias(Building)
    columns = (building.c.community_id, *(home.c[name] for name in ("grid_id", "building_id", "unit")))
    found = sql.select(*columns, home.c.id.label("household_id"))
    found = found.from_(home.join(building, building.c.id == home.c.building_id))
    return found.where(home.c.id == sql.parameter("household", sql.UUID))


def _building(building: Building, unit: int | None, source: AppealSource | None = None) -> Place:
    if unit is not None and not 1 <= unit <= building.units:
        raise invalid("{building}没有{unit}单元", "unit", building=building.name, unit=unit)
    return Place(building.community_id, building.grid_id, building.id, unit, source=source)


async def organisation_in(tx: Transaction, community_id: UUID, uuid: UUID) -> Organisation:
    """An organisation that the viewer sees. Raises NOT_FOUND for one of another community."""
    found = await tx.find(Organisation, uuid, "organisation")
    if found.community_id != community_id:
        raise Refusal(Code.NOT_FOUND, "organisation")
    return found


async def branch_in(tx: Transaction, community_id: UUID, uuid: UUID) -> None:
    """Raises NOT_FOUND for a Party branch of another community."""
    branch = await tx.find(PartyBranch, uuid, "partyBranch")
    await tx.one(Estate, "partyBranch", id=branch.estate_id, community_id=community_id)


async def live_code(tx: Transaction, code: str | None) -> QrCode:
    """The QR code, unless it was revoked.

    The shared lock waits for a replacement that is under way, after which the old code no longer works.
    """
    if code is None:
        raise invalid("请扫描二维码", "code")
    with refusals_under("code"):
        stored = typed_code(code)
    return await tx.one(QrCode, "code", lock="share", code=stored, revoked_at=None)


async def place_of_code(tx: Transaction, new: NewCase) -> Place:
    """The place of a QR code. At a counter it is the given place, or the one that the text names."""
    code = await live_code(tx, new.code)
    if code.target is QrTarget.HOUSEHOLD:
        assert code.household_id is not None
        return _place_found(await tx.rows(_any_home, household=code.household_id), AppealSource.QR_HOME)
    if code.target is QrTarget.BUILDING:
        index = await _index(tx, new.body, await tx.all(Building, id=code.building_id))
        (spot,) = index.buildings
        return await _place(tx, narrow(new.body, spot, index), AppealSource.QR_HOME)
    if code.target is QrTarget.PREMISES:
        premises = await tx.get(Premises, id=code.premises_id)
        source = AppealSource.QR_HOME
        return Place(code.community_id, premises.grid_id, source=source, premises_id=premises.id)
    return await _at_counter(tx, new, code.community_id)


async def _at_counter(tx: Transaction, new: NewCase, community_id: UUID) -> Place:
    source = AppealSource.QR_COUNTER
    if new.building is not None:
        building = await tx.one(Building, "building", id=new.building, community_id=community_id)
        return _building(building, new.unit, source)
    if new.estate is not None:
        return of_estate(await tx.one(Estate, "estate", id=new.estate, community_id=community_id), source)
    if new.community is not None:
        if new.community != community_id:
            raise Refusal(Code.NOT_FOUND, "community")
        return Place(community_id, community_id, source=source)
    index = await _index_of(tx, community_id, new.body)
    if names_building(new.body, index):
        return await _certain(tx, new.body, index, source)
    named = certain_estate(new.body, await tx.all(Estate, community_id=community_id))
    return Place(community_id, community_id, source=source) if named is None else of_estate(named, source)


def of_estate(estate: Estate, source: AppealSource | None = None) -> Place:
    """The estate as a whole."""
    return Place(estate.community_id, estate.id, source=source, estate_id=estate.id)


async def place_of_text(tx: Transaction, new: NewCase) -> Place:
    """The one place that the text of a case names without doubt, among those where the viewer works."""
    buildings = await tx.matching(Building, _seen_by_name, names=_names(new.body))
    index = await _index(tx, new.body, buildings)
    if tx.viewer.role in WORKERS and not names_building(new.body, index):
        return await _wide_place(tx, new.body)
    place = await _certain(tx, new.body, index, None)
    if not await tx.works_in(place.grid_id, place.building_id):
        raise elsewhere("body")
    return place


async def _wide_place(tx: Transaction, text: str) -> Place:
    """The estate that a text names, if the viewer works in it, or else the viewer's community."""
    named = certain_estate(text, await tx.matching(Estate, seen))
    if named is not None and await tx.works_in(named.id):
        return of_estate(named)
    community = await chosen_community(tx, None)
    return Place(community.id, community.id)


def _seen_by_name(building: sql.From, scope: Scope) -> Condition:
    named = building.c.name_key == sql.any_(sql.parameter("names", sql.array_of(sql.TEXT)))
    return sql.and_(named, seen(building, scope))


def _names(text: str) -> list[str]:
    """The buildings that a text names, as ``Building.name_key`` has them."""
    return list({building_key(mention.building) for mention in read(text) if mention.building is not None})


async def offered_in(tx: Transaction, community_id: UUID, text: str) -> tuple[Spot, ...]:
    """The places of a community that a text may mean, to choose from."""
    return offered(text, await _index_of(tx, community_id, text))


async def _index_of(tx: Transaction, community_id: UUID, text: str) -> Index:
    return await _index(tx, text, await tx.all(Building, community_id=community_id, name_key=_names(text)))


async def _index(tx: Transaction, text: str, buildings: list[Building]) -> Index:
    """The buildings, all estates of their communities, and the doors whose room is in the text."""
    communities = {each.community_id for each in buildings}
    estates = {each.id: each.name for each in await tx.all(Estate, community_id=communities)}
    buildings = sorted(buildings, key=lambda each: (estates[each.estate_id], each.id))
    rooms = {room_key(mention.room) for mention in read(text) if mention.room}
    homes = await tx.all(Household, building_id={each.id for each in buildings}, room_key=rooms) if rooms else []
    return Index(
        [EstateSpot(uuid, name) for uuid, name in estates.items()],
        [BuildingSpot(each.id, each.estate_id, each.name, each.units) for each in buildings],
        [Door(home.id, home.building_id, home.unit, home.room) for home in homes],
        [each.name for each in await tx.all(Community, id=communities)],
    )


async def _certain(tx: Transaction, text: str, index: Index, source: AppealSource | None) -> Place:
    spot = certain(text, index)
    if spot is None:
        raise unclear([each.label for each in offered(text, index)], "body")
    return await _place(tx, spot, source)


async def _place(tx: Transaction, spot: Spot, source: AppealSource | None) -> Place:
    building = await tx.get(Building, id=spot.building)
    return Place(building.community_id, building.grid_id, building.id, spot.unit, spot.household, source)


async def communities_of(tx: Transaction) -> list[Community]:
    """The communities of the viewer's scope, by name."""
    return await tx.matching(Community, seen, order=("name_key",))


async def chosen_community(tx: Transaction, uuid: UUID | None) -> Community:
    """The given community, or the viewer's only one."""
    if uuid is not None:
        return await tx.find(Community, uuid, "community")
    own = await communities_of(tx)
    if len(own) != 1:
        raise invalid("请写明社区", "community")
    return own[0]
