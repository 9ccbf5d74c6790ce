"""Exports the register of a community as the rows of a sheet, in walking order."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from db import sql
from db.acts.id_numbers import opened
from db.acts.journal import entry
from db.acts.sealing_keys import sealer_of
from db.base import alias
from db.people import Residency, Resident, ResidentColour, ResidentKey, lives_here
from db.places import Building, Community, Estate, Household
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Act, require
from rules.journal import EntryKind
from rules.people import EXPLAINED, Colour
from rules.reasons import check_reason


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the sheet."""

    estate: str
    building: str
    unit: int
    floor: int
    room: str
    name: str
    sex: str
    id_number: str | None = field(repr=False)
    born_on: date | None
    phone: str | None
    colours: list[Colour]
    reason: str | None
    moved_in_on: date | None
    relation: str | None = None
    tenure: str | None = None


async def export_residents(tx: Transaction, community_id: UUID, reason: str | None) -> list[Line]:
    """The residents of a community, with ID numbers only for a reason. The journal records both."""
    require(tx.viewer, Act.IMPORT_REGISTER)
    community = await tx.find(Community, community_id, "community")
    rows = await tx.rows(_lines, community=community.id)
    lines = [_line(tx, row, with_number=reason is not None) for row in rows]
    here: dict[str, Any] = {"community_id": community.id}
    entries = [entry(tx, EntryKind.REGISTER_EXPORTED, **here, note=f"{len(lines)} 人")]
    if reason is not None:
        said = check_reason(reason, "idNumbersFor")
        entries.append(entry(tx, EntryKind.ID_NUMBER_REVEALED, **here, note=f"导出名册：{said}"))
    await tx.save(*entries)
    return lines


def _lines(_: Scope) -> sql.Select:
    e, b, h, r, stay, key = (alias(each) for each in (Estate, Building, Household, Resident, Residency, ResidentKey))
    homes = r.join(h, h.c.id == r.c.household_id).join(b, b.c.id == h.c.building_id).join(e, e.c.id == b.c.estate_id)
    stays = sql.and_(stay.c.resident_id == r.c.id, stay.c.moved_out_on.is_(None))
    place = (e.c.name.label("estate"), b.c.name.label("building"), h.c.unit, h.c.floor, h.c.room)
    return (
        sql.select(
            *place,
            *(r.c[name] for name in ("id", "name", "sex", "id_number_sealed", "born_on", "phone")),
            _colours(r).label("colours"),
            _reasons(r).label("reason"),
            *(stay.c[name] for name in ("moved_in_on", "relation", "tenure")),
            key.c.generation,
            key.c.sealed.label("data_key"),
        )
        .from_(homes.outerjoin(stay, stays).outerjoin(key, key.c.resident_id == r.c.id))
        .where(b.c.community_id == sql.parameter("community", sql.UUID))
        .where(lives_here(r.c))
        .order_by(h.c.walk_key, r.c.id)
    )


def _colours(resident: sql.From) -> sql.Column:
    """The colours that a resident holds, by name."""
    t = alias(ResidentColour)
    return sql.select(t.c.colour).from_(t).where(_held(t, resident)).order_by(t.c.colour).array()


def _reasons(resident: sql.From) -> sql.Column:
    """The distinct reasons of the colours that need one."""
    t = alias(ResidentColour)
    reasons = sql.func.string_agg(sql.distinct(t.c.reason), "；", type_=sql.TEXT)
    return sql.select(reasons).from_(t).where(_held(t, resident), t.c.colour.in_(sorted(EXPLAINED))).scalar()


def _held(colour: sql.From, resident: sql.From) -> sql.Column:
    return sql.and_(colour.c.resident_id == resident.c.id, colour.c.removed_at.is_(None))


def _line(tx: Transaction, row: Any, *, with_number: bool) -> Line:
    cells = dict(row)
    uuid, sealed, *key = (cells.pop(name) for name in ("id", "id_number_sealed", "generation", "data_key"))
    cells["colours"] = [Colour(each) for each in cells["colours"]]
    return Line(**cells, id_number=opened(sealer_of(tx), uuid, sealed, *key) if sealed and with_number else None)
