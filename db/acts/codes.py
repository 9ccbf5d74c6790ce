"""Acts on printed QR codes: issue, replace, revoke, and a code for every door of a building."""

import secrets
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.journal import append, digest_of, is_replay
from db.acts.registers import communities_of
from db.places import Building, Estate, Household, QrCode
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
    """A code that stops working, and why; ``id`` is the phone's for the act, or for the code that replaces it."""

    code: UUID
    reason: str
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a code is put up."""

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


async def issue_code(acting: Acting, new: NewCode) -> UUID:
    """Issues a code where none works; a counter may have several."""
    require(acting.viewer, Act.KEEP_QR_CODES)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    spot = await _spot_of(acting, new)
    await _check_bare(acting, spot)
    code = _draw(acting, spot)
    code.id = new.id
    acting.session.add(code)
    _note(acting, EntryKind.QR_CODE_ISSUED, code, spot.building, act_id=new.id, digest=digest)
    return new.id


async def replace_code(acting: Acting, step: CodeStep) -> UUID:
    """The old code stops working at this moment; a new one stands in its place."""
    require(acting.viewer, Act.KEEP_QR_CODES)
    assert step.id is not None
    digest = digest_of(step)
    if await is_replay(acting, step.id, digest):
        return step.id
    old, building = await _stopped(acting, step)
    bound = {name: getattr(old, name) for name in ("target", "community_id", "label", "building_id", "household_id")}
    new = QrCode(**bound, id=step.id, code=_secret(), issued_by=acting.viewer.account_id, issued_at=acting.now)
    new.replaces_id = old.id
    acting.session.add(new)
    facts = {"note": old.reason, "act_id": step.id, "digest": digest}
    _note(acting, EntryKind.QR_CODE_REPLACED, new, building, **facts)
    return new.id


async def revoke_code(acting: Acting, step: CodeStep) -> UUID:
    """The code stops working at this moment, and nothing stands in its place."""
    require(acting.viewer, Act.KEEP_QR_CODES)
    digest = digest_of(step)
    if step.id is not None and await is_replay(acting, step.id, digest, "act"):
        return step.code
    code, building = await _stopped(acting, step)
    act = {"act_id": step.id, "digest": digest} if step.id else {}
    _note(acting, EntryKind.QR_CODE_REVOKED, code, building, note=code.reason, **act)
    return code.id


async def sheet_of(acting: Acting, uuid: UUID) -> list[Card]:
    """The codes of all homes of a building in walking order; homes without a live one get it now."""
    require(acting.viewer, Act.KEEP_QR_CODES)
    building = await _own_building(acting, uuid, "building")
    estate = await acting.session.get_one(Estate, building.estate_id)
    doors = select(Household).where(Household.building_id == building.id)
    homes = (await acting.session.exec(doors.order_by("unit", "floor", "room", "id"))).all()
    live = await _live_codes(acting, [home.id for home in homes])
    missing = [home for home in homes if home.id not in live]
    live |= {home.id: _issued(acting, building, home) for home in missing}
    return [Card(estate.name, _name(building), address_of(building, home), live[home.id]) for home in homes]


async def buildings_numbered(acting: Acting, number: int) -> list[Numbered]:
    """The buildings with a number where the viewer works."""
    own = col(Building.grid_id) == sa.any_(acting.scope.grids)
    found = select(Building.id, Estate.name).join(Estate, col(Estate.id) == Building.estate_id)
    numbered = found.where(Building.number == number, own).order_by(Estate.name, col(Building.id))
    return [Numbered(*each) for each in await acting.session.exec(numbered)]


def _name(building: Building) -> str:
    return f"{building.number}号楼"


def address_of(building: Building, home: Household) -> str:
    """「3号楼2单元501」."""
    return f"{_name(building)}{home.unit}单元{home.room}"


async def _live_codes(acting: Acting, homes: list[UUID]) -> dict[UUID | None, str]:
    wanted = (col(QrCode.household_id).in_(homes), col(QrCode.revoked_at).is_(None))
    return {each.household_id: each.code for each in await acting.session.exec(select(QrCode).where(*wanted))}


def _issued(acting: Acting, building: Building, home: Household) -> str:
    spot = _Spot(QrTarget.HOUSEHOLD, building.community_id, address_of(building, home), building, home)
    code = _draw(acting, spot)
    acting.session.add(code)
    _note(acting, EntryKind.QR_CODE_ISSUED, code, building)
    return code.code


def _draw(acting: Acting, spot: _Spot) -> QrCode:
    return QrCode(
        code=_secret(),
        target=spot.target,
        community_id=spot.community_id,
        building_id=spot.building.id if spot.building and spot.target is QrTarget.BUILDING else None,
        household_id=spot.household.id if spot.household else None,
        label=spot.label,
        issued_at=acting.now,
        issued_by=acting.viewer.account_id,
    )


def _secret() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


async def _spot_of(acting: Acting, new: NewCode) -> _Spot:
    if new.household is not None:
        home = await acting.find(Household, new.household, "household")
        building = await _own_building(acting, home.building_id, "household")
        return _Spot(QrTarget.HOUSEHOLD, building.community_id, address_of(building, home), building, home)
    if new.building is not None:
        building = await _own_building(acting, new.building, "building")
        return _Spot(QrTarget.BUILDING, building.community_id, _name(building), building)
    require(acting.viewer, Act.KEEP_COUNTER_CODES)
    label = check_text(new.counter or "", "counter", limit=LINE_LIMIT)
    return _Spot(QrTarget.COUNTER, await _community(acting, new.community), label)


async def _own_building(acting: Acting, uuid: UUID, *path: str) -> Building:
    """Locked, so that two acts on codes of one building wait for each other."""
    building = await acting.find(Building, uuid, *path, lock=True)
    if not await acting.works_in(building.grid_id):
        raise Refusal(Code.NOT_FOUND, *path)
    return building


async def _community(acting: Acting, wanted: UUID | None) -> UUID:
    own = [each.id for each in await communities_of(acting) if wanted in {None, each.id}]
    if len(own) == 1:
        return own[0]
    if wanted is not None:
        raise Refusal(Code.NOT_FOUND, "community")
    raise invalid("请写明社区", "say which community", "community")


async def _check_bare(acting: Acting, spot: _Spot) -> None:
    """A door or a building has one live code; prints of it may hang in many places."""
    place = spot.household or spot.building
    if place is None:
        return
    bound = QrCode.household_id if spot.household else QrCode.building_id
    live = select(QrCode.id).where(bound == place.id, col(QrCode.revoked_at).is_(None))
    if (await acting.session.exec(live)).first() is not None:
        path = "household" if spot.household else "building"
        raise invalid("这里已有有效的二维码,需要新的请更换", "there is a live code already; replace it", path)


async def _stopped(acting: Acting, step: CodeStep) -> tuple[QrCode, Building | None]:
    """The code, which works no more, and the building it is in; the first of two who stop it wins."""
    reason = check_text(step.reason, "reason")
    code = await acting.find(QrCode, step.code, "qrCode", lock=True)
    if code.target == QrTarget.COUNTER:
        require(acting.viewer, Act.KEEP_COUNTER_CODES)
    check_live(revoked=code.revoked_at is not None)
    building = await _building_of(acting, code)
    code.revoked_at, code.revoked_by, code.reason = acting.now, acting.viewer.account_id, reason
    acting.session.add(code)
    await acting.session.flush()
    return code, building


async def _building_of(acting: Acting, code: QrCode) -> Building | None:
    home = sa.select(col(Household.building_id)).where(col(Household.id) == code.household_id).scalar_subquery()
    place = col(Building.id) == sa.func.coalesce(sa.literal(code.building_id, sa.Uuid()), home)
    return (await acting.session.exec(select(Building).where(place).with_for_update())).first()


def _note(acting: Acting, kind: EntryKind, code: QrCode, building: Building | None, **facts: object) -> None:
    append(
        acting,
        kind,
        community_id=code.community_id,
        grid_id=building.grid_id if building else None,
        building_id=building.id if building else None,
        household_id=code.household_id,
        **{"note": code.label} | facts,
    )
