"""Acts on ID numbers: kept sealed, told only for a reason that goes on the record."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.journal import append
from db.acts.places import community_of_grid
from db.people import Resident
from db.places import Grid
from db.sealing import Sealer
from rules.access import Act, require
from rules.id_numbers import birth_of, check_id_number, sex_of
from rules.journal import EntryKind
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_text

_TAIL = 4


def sealer_of(acting: Acting) -> Sealer:
    """The sealer, or a refusal: a number is never kept in the open."""
    if acting.sealer is None:
        raise invalid("未设置 TUNPING_SEALING_KEY,不能保存身份证号", "no key to seal ID numbers is set", "idNumber")
    return acting.sealer


async def give_id_number(acting: Acting, resident: Resident, text: str) -> None:
    """Seals a number into a record; it has to fit the person, and be nobody else's in the community."""
    sealer, number = sealer_of(acting), check_id_number(text, "idNumber")
    if resident.born_on not in {None, birth_of(number)} or resident.sex != sex_of(number):
        raise invalid("与出生日期或性别不符", "it does not fit the date of birth or the sex", "idNumber")
    if await _other(acting, resident, sealer.index(number)):
        raise invalid("已有此身份证号的登记", "somebody on the register has it already", "idNumber")
    resident.born_on = birth_of(number)
    resident.sqlmodel_update(sealed_columns(acting, resident.id, number))


def sealed_columns(acting: Acting, resident: UUID, number: str | None) -> dict[str, Any]:
    """A checked number as columns of a resident; all empty without one."""
    if number is None:
        return {"id_number_sealed": None, "id_number_index": None, "id_number_tail": None}
    sealer = sealer_of(acting)
    kept = {"id_number_sealed": sealer.seal(resident, number), "id_number_index": sealer.index(number)}
    return {**kept, "id_number_tail": number[-_TAIL:]}


async def _other(acting: Acting, resident: Resident, index: bytes) -> bool:
    community = await community_of_grid(acting, resident.grid_id)
    grids = sa.select(col(Grid.id)).where(col(Grid.community_id) == community)
    same = (col(Resident.id_number_index) == index, col(Resident.merged_into).is_(None), Resident.id != resident.id)
    with acting.session.no_autoflush:
        found = await acting.session.exec(select(Resident.id).where(*same, col(Resident.grid_id).in_(grids)))
        return found.first() is not None


async def reveal_id_number(acting: Acting, uuid: UUID, reason: str) -> str | None:
    """The number of a resident in the viewer's grids, if there is one."""
    require(acting.viewer, Act.REVEAL_ID_NUMBER)
    resident = await acting.find(Resident, uuid, "resident")
    said = check_text(reason, "reason", limit=LINE_LIMIT)
    if resident.id_number_sealed is None:
        return None
    append(
        acting,
        EntryKind.ID_NUMBER_REVEALED,
        community_id=await community_of_grid(acting, resident.grid_id),
        grid_id=resident.grid_id,
        building_id=resident.building_id,
        household_id=resident.household_id,
        resident_id=resident.id,
        note=said,
    )
    return sealer_of(acting).open(resident.id, resident.id_number_sealed)
