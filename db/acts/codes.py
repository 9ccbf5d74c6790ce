"""Acts on printed QR codes: issue, replace, revoke, and print those of a building's homes or of a grid's premises."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from db import sql
from db.acts.journal import act, entry
from db.acts.places import chosen_community
from db.acts.random_codes import random_code
from db.base import Row, alias
from db.journal import Journal
from db.places import Building, Community, Estate, Grid, Household, Premises, QrCode, door
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Act, require
from rules.codes import CODE_LENGTH, check_live
from rules.folding import building_key
from rules.journal import EntryKind
from rules.places import QrTarget
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text

_PLACE = ("target", "community_id", "label", "building_id", "household_id", "premises_id")
"""The columns that a code takes over from the one that it replaces."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code for exactly one of a household, a building, premises, and a counter, which is given by its name."""

    id: UUID
    household: UUID | None = None
    building: UUID | None = None
    premises: UUID | None = None
    counter: str | None = None
    community: UUID | None = None
    """The community of a counter; by default the viewer's only one."""


@dataclass(frozen=True, slots=True)
class CodeStep:
    code: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement(CodeStep):
    id: UUID
    """The id of the new code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation(CodeStep):
    act: UUID | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """The code of a home or of premises for printing. ``group`` is its building, or its grid."""

    estate: str
    group: str
    address: str
    code: str
    phone: str | None
    """The community's."""


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A building or a grid found by its name, with its estate's name."""

    id: UUID
    estate: str


@act(Act.KEEP_QR_CODES)
async def issue_qr_code(tx: Transaction, new: NewCode) -> UUID:
    """Issues a code for a place without a live one. A counter may have several."""
    if sum(each is not None for each in (new.household, new.building, new.premises, new.counter)) != 1:
        raise invalid("请写明住户、楼栋、企业商铺、柜台中的一个", "household")
    holder: Building | Premises | None = None
    if new.counter is not None:
        require(tx.viewer, Act.KEEP_COUNTER_CODES)
        label = check_text(new.counter, "counter", limit=LINE_LIMIT)
        community = await chosen_community(tx, new.community)
        code = _new_code(tx, target=QrTarget.COUNTER, community_id=community.id, label=label)
    elif new.household is not None:
        home = await tx.find(Household, new.household, "household", lock="share")
        holder = building = await _own_building(tx, home.building_id, "household")
        code = _code_of_home(tx, building, home)
        await _check_bare(tx, "household", household_id=home.id)
    elif new.premises is not None:
        holder = await tx.find(Premises, new.premises, "premises", lock=True)
        grid = await _own_grid(tx, holder.grid_id, "premises")
        code = _code_of_premises(tx, grid, holder)
        await _check_bare(tx, "premises", premises_id=holder.id)
    else:
        assert new.building is not None
        holder = building = await _own_building(tx, new.building, "building")
        place: dict[str, Any] = {"community_id": building.community_id, "building_id": building.id}
        code = _new_code(tx, target=QrTarget.BUILDING, label=building.address(), **place)
        await _check_bare(tx, "building", building_id=building.id)
    code.id = new.id
    await tx.save(code, _entry(tx, EntryKind.QR_CODE_ISSUED, code, holder, code.label))
    return new.id


async def _own_building(tx: Transaction, uuid: UUID, *path: str) -> Building:
    """A building where the viewer works, locked, so that acts on codes of one building are serialized."""
    building = await tx.find(Building, uuid, *path, lock=True)
    if not await tx.works_in(building.grid_id):
        raise Refusal(Code.NOT_FOUND, *path)
    return building


async def _own_grid(tx: Transaction, uuid: UUID, *path: str) -> Grid:
    """A grid where the viewer works."""
    if not await tx.works_in(uuid):
        raise Refusal(Code.NOT_FOUND, *path)
    return await tx.get(Grid, id=uuid)


async def _check_bare(tx: Transaction, path: str, **place: Any) -> None:
    """Refuses a second live code for a home, a building or premises, whose prints may hang in many places."""
    if await tx.first(QrCode, revoked_at=None, **place) is not None:
        raise invalid("这里已有有效的二维码，需要新的请更换", path)


@act(Act.KEEP_QR_CODES)
async def replace_qr_code(tx: Transaction, step: Replacement) -> UUID:
    """Revokes a code and issues another one for the same place."""
    old, holder = await _revoked(tx, step)
    place = {name: getattr(old, name) for name in _PLACE}
    new = _new_code(tx, **place, id=step.id, replaces_id=old.id)
    # Saved first, because a place can have only one live code.
    await tx.save(old)
    await tx.save(new, _entry(tx, EntryKind.QR_CODE_REPLACED, new, holder, old.reason))
    return new.id


@act(Act.KEEP_QR_CODES, key="act", again="code")
async def revoke_qr_code(tx: Transaction, step: Revocation) -> UUID:
    """Revokes a code without issuing another one."""
    code, holder = await _revoked(tx, step)
    await tx.save(code, _entry(tx, EntryKind.QR_CODE_REVOKED, code, holder, code.reason))
    return code.id


async def _revoked(tx: Transaction, step: CodeStep) -> tuple[QrCode, Building | Premises | None]:
    """The code, locked and marked as revoked, and its building or premises, unless it is a counter's."""
    reason = check_text(step.reason, "reason")
    code = await tx.find(QrCode, step.code, "qrCode", lock=True)
    if code.target is QrTarget.COUNTER:
        require(tx.viewer, Act.KEEP_COUNTER_CODES)
    check_live(revoked=code.revoked_at is not None)
    code.revoked_at, code.revoked_by, code.reason = tx.now, tx.viewer.account_id, reason
    if code.premises_id is not None:
        return code, await tx.get(Premises, lock=True, id=code.premises_id)
    home = await tx.first(Household, id=code.household_id) if code.household_id else None
    uuid = home.building_id if home else code.building_id
    return code, await tx.get(Building, lock=True, id=uuid) if uuid else None


async def sheet_of(tx: Transaction, uuid: UUID) -> list[Card]:
    """The codes of all homes of a building in walking order. Homes without a live code get one."""
    require(tx.viewer, Act.KEEP_QR_CODES)
    building = await _own_building(tx, uuid, "building")
    estate = await tx.get(Estate, id=building.estate_id)
    homes = await tx.all(Household, order=("walk_key", "id"), building_id=building.id)
    live = await tx.all(QrCode, household_id=[home.id for home in homes], revoked_at=None)
    codes = {each.household_id: each for each in live}
    issued = [_code_of_home(tx, building, home) for home in homes if home.id not in codes]
    await tx.save(*issued, *(_entry(tx, EntryKind.QR_CODE_ISSUED, each, building, each.label) for each in issued))
    codes |= {each.household_id: each for each in issued}
    doors = [(building.name + door(home.unit, home.room), codes[home.id].code) for home in homes]
    phone = (await tx.get(Community, id=estate.community_id)).phone
    return [Card(estate.name, building.name, address, code, phone) for address, code in doors]


async def sheet_of_premises(tx: Transaction, uuid: UUID) -> list[Card]:
    """The codes of all premises of a grid, by kind and name. Premises without a live code get one."""
    require(tx.viewer, Act.KEEP_QR_CODES)
    await tx.find(Grid, uuid, "grid")
    grid = await _own_grid(tx, uuid, "grid")
    estate = await tx.get(Estate, id=grid.estate_id)
    firms = await tx.all(Premises, order=("id",), lock=True, grid_id=grid.id)
    live = await tx.all(QrCode, premises_id=[each.id for each in firms], revoked_at=None)
    codes = {each.premises_id: each for each in live}
    issued = [(_code_of_premises(tx, grid, each), each) for each in firms if each.id not in codes]
    entries = [_entry(tx, EntryKind.QR_CODE_ISSUED, code, firm, code.label) for code, firm in issued]
    await tx.save(*(code for code, _ in issued), *entries)
    codes |= {code.premises_id: code for code, _ in issued}
    firms.sort(key=lambda each: (each.kind, each.name, each.id))
    phone = (await tx.get(Community, id=estate.community_id)).phone
    return [Card(estate.name, grid.name, each.name, codes[each.id].code, phone) for each in firms]


async def buildings_named(tx: Transaction, name: str) -> list[FoundPlace]:
    """The buildings of a name in the viewer's grids."""
    return [FoundPlace(*each) for each in await tx.rows(_buildings, name_key=building_key(name))]


async def grids_named(tx: Transaction, name: str) -> list[FoundPlace]:
    """The viewer's grids of a name."""
    return [FoundPlace(*each) for each in await tx.rows(_grids, name=name)]


def _in_own_grids(model: type[Row], column: str, grid_column: str, scope: Scope) -> sql.Select:
    """The places with a value in a column, in the viewer's grids, with the names of their estates."""
    place, estate = alias(model), alias(Estate)
    return (
        sql.select(place.c.id, estate.c.name)
        .from_(place.join(estate, estate.c.id == place.c.estate_id))
        .where(place.c[column] == sql.parameter(column, sql.TEXT), place.c[grid_column] == sql.any_(scope.grids))
        .order_by(estate.c.name_key, place.c.id)
    )


_buildings = partial(_in_own_grids, Building, "name_key", "grid_id")
_grids = partial(_in_own_grids, Grid, "name", "id")


def _code_of_home(tx: Transaction, building: Building, home: Household) -> QrCode:
    place: dict[str, Any] = {"community_id": building.community_id, "household_id": home.id}
    return _new_code(tx, target=QrTarget.HOUSEHOLD, label=building.address(home.unit, home.room), **place)


def _code_of_premises(tx: Transaction, grid: Grid, premises: Premises) -> QrCode:
    place: dict[str, Any] = {"community_id": grid.community_id, "premises_id": premises.id}
    return _new_code(tx, target=QrTarget.PREMISES, label=premises.name, **place)


def _new_code(tx: Transaction, **columns: Any) -> QrCode:
    return QrCode(code=random_code(CODE_LENGTH), **tx.stamp("issued"), **columns)


def _entry(
    tx: Transaction, kind: EntryKind, code: QrCode, holder: Building | Premises | None, note: str | None
) -> Journal:
    """An entry about a code. A home's code has the place of its building, and that of premises their grid."""
    if holder is None:
        return entry(tx, kind, code, note=note)
    building_id = holder.id if isinstance(holder, Building) else None
    return entry(tx, kind, code, grid_id=holder.grid_id, building_id=building_id, note=note)
