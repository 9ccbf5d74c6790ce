"""Acts on printed QR codes: issue, replace, revoke, and a code for every door of a building."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db import sql
from db.acts.journal import act, entry
from db.acts.registers import communities_of
from db.base import alias
from db.journal import Journal
from db.places import Building, Estate, Household, QrCode
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Act, require
from rules.codes import CODE_LENGTH, CODE_LETTERS, check_live
from rules.journal import EntryKind
from rules.places import QrTarget
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to issue: for one household, one building, or a counter of a community by its name."""

    id: UUID
    household: UUID | None = None
    building: UUID | None = None
    counter: str | None = None
    community: UUID | None = None


@dataclass(frozen=True, slots=True)
class CodeStep:
    """A code that stops working, and why."""

    code: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement(CodeStep):
    """A code that another replaces; ``id`` is the new one's."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation(CodeStep):
    """A code that nothing replaces; ``act`` is the client's id for this, which makes a retry harmless."""

    act: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Spot:
    """The place of a code."""

    target: QrTarget
    community_id: UUID
    label: str
    building: Building | None = None
    household: Household | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A home's code for printing."""

    estate: str
    building: str
    address: str
    code: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """A building that has a number, and its estate's name."""

    id: UUID
    estate: str


@act(Act.KEEP_QR_CODES)
async def issue_code(tx: Transaction, new: NewCode) -> UUID:
    """Issues a code where none works; a counter may have several."""
    if sum(each is not None for each in (new.household, new.building, new.counter)) != 1:
        raise invalid("请写明住户、楼栋、柜台中的一个", "name exactly one place", "household")
    spot = await _spot_of(tx, new)
    await _check_bare(tx, spot)
    code = _new_code(tx, spot)
    code.id = new.id
    await tx.save(code, _entry(tx, EntryKind.QR_CODE_ISSUED, code, spot.building, code.label))
    return new.id


@act(Act.KEEP_QR_CODES)
async def replace_code(tx: Transaction, step: Replacement) -> UUID:
    """Revokes a code and issues another in its place."""
    old, building = await _stopped(tx, step)
    bound = {name: getattr(old, name) for name in ("target", "community_id", "label", "building_id", "household_id")}
    by = {"issued_by": tx.viewer.account_id, "issued_at": tx.now}
    new = QrCode(**bound, **by, id=step.id, code=_secret(), replaces_id=old.id)
    # First the old one: a place has one live code.
    await tx.save(old)
    await tx.save(new, _entry(tx, EntryKind.QR_CODE_REPLACED, new, building, old.reason))
    return new.id


@act(Act.KEEP_QR_CODES, key="act", again="code")
async def revoke_code(tx: Transaction, step: Revocation) -> UUID:
    """Revokes a code, without another in its place."""
    code, building = await _stopped(tx, step)
    await tx.save(code, _entry(tx, EntryKind.QR_CODE_REVOKED, code, building, code.reason))
    return code.id


async def sheet_of(tx: Transaction, uuid: UUID) -> list[Card]:
    """The codes of all homes of a building in walking order; homes without a live code get one now."""
    require(tx.viewer, Act.KEEP_QR_CODES)
    building = await _own_building(tx, uuid, "building")
    estate = await tx.get(Estate, id=building.estate_id)
    homes = await tx.all(Household, order=("unit", "floor", "room", "id"), building_id=building.id)
    live = await tx.all(QrCode, household_id=[home.id for home in homes], revoked_at=None)
    codes = {each.household_id: each for each in live}
    issued = [_new_code(tx, _door(building, home)) for home in homes if home.id not in codes]
    await tx.save(*issued, *(_entry(tx, EntryKind.QR_CODE_ISSUED, each, building, each.label) for each in issued))
    codes |= {each.household_id: each for each in issued}
    return [Card(estate.name, _name(building), address_of(building, home), codes[home.id].code) for home in homes]


async def buildings_numbered(tx: Transaction, number: int) -> list[Numbered]:
    """The buildings with a number where the viewer works."""
    return [Numbered(*each) for each in await tx.rows(_numbered, number=number)]


def _numbered(scope: Scope) -> sql.Select:
    building, estate = alias(Building), alias(Estate)
    return (
        sql.select(building.c.id, estate.c.name)
        .from_(building.join(estate, estate.c.id == building.c.estate_id))
        .where(building.c.number == sql.parameter("number", sql.INTEGER), building.c.grid_id == sql.any_(scope.grids))
        .order_by(estate.c.name, building.c.id)
    )


def _name(building: Building) -> str:
    return f"{building.number}号楼"


def address_of(building: Building, home: Household) -> str:
    """「3号楼2单元501」."""
    return f"{_name(building)}{home.unit}单元{home.room}"


def _door(building: Building, home: Household) -> _Spot:
    return _Spot(QrTarget.HOUSEHOLD, building.community_id, address_of(building, home), building, home)


def _new_code(tx: Transaction, spot: _Spot) -> QrCode:
    return QrCode(
        code=_secret(),
        target=spot.target,
        community_id=spot.community_id,
        building_id=spot.building.id if spot.building and spot.target is QrTarget.BUILDING else None,
        household_id=spot.household.id if spot.household else None,
        label=spot.label,
        issued_at=tx.now,
        issued_by=tx.viewer.account_id,
    )


def _secret() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


async def _spot_of(tx: Transaction, new: NewCode) -> _Spot:
    if new.household is not None:
        home = await tx.find(Household, new.household, "household", lock="share")
        return _door(await _own_building(tx, home.building_id, "household"), home)
    if new.building is not None:
        building = await _own_building(tx, new.building, "building")
        return _Spot(QrTarget.BUILDING, building.community_id, _name(building), building)
    require(tx.viewer, Act.KEEP_COUNTER_CODES)
    label = check_text(new.counter or "", "counter", limit=LINE_LIMIT)
    return _Spot(QrTarget.COUNTER, await _community(tx, new.community), label)


async def _own_building(tx: Transaction, uuid: UUID, *path: str) -> Building:
    """Locked, so that two acts on codes of one building wait for each other."""
    building = await tx.find(Building, uuid, *path, lock=True)
    if not await tx.works_in(building.grid_id):
        raise Refusal(Code.NOT_FOUND, *path)
    return building


async def _community(tx: Transaction, wanted: UUID | None) -> UUID:
    own = [each.id for each in await communities_of(tx) if wanted in {None, each.id}]
    if len(own) == 1:
        return own[0]
    if wanted is not None:
        raise Refusal(Code.NOT_FOUND, "community")
    raise invalid("请写明社区", "say which community", "community")


async def _check_bare(tx: Transaction, spot: _Spot) -> None:
    """A door or a building has one live code; prints of it may hang in many places."""
    place, path = (spot.household, "household") if spot.household else (spot.building, "building")
    if place is None:
        return
    here: dict[str, Any] = {f"{path}_id": place.id}
    if await tx.first(QrCode, revoked_at=None, **here) is not None:
        raise invalid("这里已有有效的二维码，需要新的请更换", "there is a live code already; replace it", path)


async def _stopped(tx: Transaction, step: CodeStep) -> tuple[QrCode, Building | None]:
    """The locked code, now revoked, and its building. The first of two who revoke it wins."""
    reason = check_text(step.reason, "reason")
    code = await tx.find(QrCode, step.code, "qrCode", lock=True)
    if code.target is QrTarget.COUNTER:
        require(tx.viewer, Act.KEEP_COUNTER_CODES)
    check_live(revoked=code.revoked_at is not None)
    code.revoked_at, code.revoked_by, code.reason = tx.now, tx.viewer.account_id, reason
    return code, await _building_of(tx, code)


async def _building_of(tx: Transaction, code: QrCode) -> Building | None:
    home = await tx.first(Household, id=code.household_id) if code.household_id else None
    uuid = home.building_id if home else code.building_id
    return await tx.get(Building, lock=True, id=uuid) if uuid else None


def _entry(tx: Transaction, kind: EntryKind, code: QrCode, building: Building | None, note: str | None) -> Journal:
    """An entry about a code; its place is the building also where the code is a door's."""
    if building is None:
        return entry(tx, kind, code, note=note)
    return entry(tx, kind, code, grid_id=building.grid_id, building_id=building.id, note=note)
