"""The register as a sheet has it: who lives in a community, row by row in walking order."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.acts.acting import Acting
from db.acts.id_numbers import sealer_of
from db.acts.journal import append
from db.base import table
from db.people import Residency, Resident, ResidentColour
from db.places import Building, Community, Estate, Household
from rules.access import Act, require
from rules.journal import EntryKind
from rules.people import EXPLAINED, Colour
from rules.text import LINE_LIMIT, check_text


@dataclass(frozen=True, slots=True)
class Line:
    """A resident as the sheet has it."""

    estate: str
    building: int
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


async def export_residents(acting: Acting, community_id: UUID, reason: str | None) -> list[Line]:
    """Everybody who lives in the community; with ID numbers only for a reason. Either goes on the record."""
    require(acting.viewer, Act.IMPORT_REGISTER)
    community = await acting.find(Community, community_id, "community")
    rows = await (await acting.session.connection()).execute(_statement(community.id))
    lines = [_line(acting, row, with_number=reason is not None) for row in rows.all()]
    append(acting, EntryKind.REGISTER_EXPORTED, community_id=community.id, note=f"{len(lines)} 人")
    if reason is not None:
        said = check_text(reason, "idNumbersFor", limit=LINE_LIMIT)
        append(acting, EntryKind.ID_NUMBER_REVEALED, community_id=community.id, note=f"导出名册:{said}")
    return lines


def _statement(community_id: UUID) -> sa.Select[Any]:
    e, b, h, r = (table(model).alias() for model in (Estate, Building, Household, Resident))
    stay, colour = table(Residency).alias(), table(ResidentColour).alias()
    held = sa.and_(colour.c.resident_id == r.c.id, colour.c.removed_at.is_(None))
    colours = sa.select(sa.func.array_agg(sa.distinct(colour.c.colour))).where(held)
    reasons = sa.select(sa.func.string_agg(sa.distinct(colour.c.reason), sa.literal_column("';'"))).where(
        held, colour.c.colour.in_(sorted(EXPLAINED))
    )
    homes = r.join(h, h.c.id == r.c.household_id).join(b, b.c.id == h.c.building_id).join(e, e.c.id == b.c.estate_id)
    stays = sa.and_(stay.c.resident_id == r.c.id, stay.c.moved_out_on.is_(None))
    return (
        sa.select(
            *(e.c.name.label("estate"), b.c.number, h.c.unit, h.c.floor, h.c.room),
            *(r.c[name] for name in ("id", "name", "sex", "id_number_sealed", "born_on", "phone")),
            *(colours.scalar_subquery().label("colours"), reasons.scalar_subquery().label("reason")),
            stay.c.moved_in_on,
        )
        .select_from(homes.outerjoin(stay, stays))
        .where(b.c.community_id == community_id, r.c.left_on.is_(None), r.c.merged_into.is_(None))
        .order_by(e.c.name, b.c.number, h.c.unit, h.c.floor, h.c.room, r.c.id)
    )


def _line(acting: Acting, row: Any, *, with_number: bool) -> Line:
    sealed = row.id_number_sealed if with_number else None
    number = sealer_of(acting).open(row.id, sealed) if sealed else None
    place = (row.estate, row.number, row.unit, row.floor, row.room)
    held = [Colour(each) for each in row.colours or ()]
    return Line(*place, row.name, row.sex, number, row.born_on, row.phone, held, row.reason, row.moved_in_on)
