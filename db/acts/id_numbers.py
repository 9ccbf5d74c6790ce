"""ID numbers: sealed in the database, and revealed only for a reason that goes into the journal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from db.acts.journal import entry
from db.people import UNIQUE_ID_NUMBER, Resident
from db.places import Grid
from db.sealing import Sealer
from db.transaction import Transaction
from rules.access import Act, require
from rules.id_numbers import birth_of, check_id_number, sex_of
from rules.journal import EntryKind
from rules.reasons import check_reason
from rules.refusals import Code, Refusal, invalid

_TAIL = 4  # characters that workers see (domain.md section 2)
NO_NUMBER: dict[str, Any] = {"id_number_sealed": None, "id_number_index": None, "id_number_tail": None}


def sealer_of(tx: Transaction) -> Sealer:
    """The sealer. Raises INVALID_INPUT without a key, because a number is never stored unsealed."""
    if tx.sealer is None:
        raise invalid("未设置 TUNPING_SEALING_KEY，不能保存身份证号", "no key to seal ID numbers is set", "idNumber")
    return tx.sealer


def blind_index(sealer: Sealer, community_id: UUID, number: str) -> bytes:
    """The blind index of a number. It differs between communities, which keep separate registers."""
    return sealer.index(f"{community_id}:{number}")


def sealed_columns(tx: Transaction, community_id: UUID, resident: UUID, number: str | None) -> dict[str, Any]:
    """The columns of a resident for a checked number; all null without one."""
    if number is None:
        return NO_NUMBER
    sealer = sealer_of(tx)
    return {
        "id_number_sealed": sealer.seal(resident, number),
        "id_number_index": blind_index(sealer, community_id, number),
        "id_number_tail": number[-_TAIL:],
    }


async def give_id_number(tx: Transaction, resident: Resident, text: str) -> None:
    """Sets the number of a resident, which must fit their sex and date of birth. Save by :func:`one_of_each_number`."""
    sealer_of(tx)
    number = check_id_number(text, "idNumber")
    if resident.born_on not in {None, birth_of(number)} or resident.sex != sex_of(number):
        raise invalid("与出生日期或性别不符", "it does not fit the date of birth or the sex", "idNumber")
    grid = await tx.get(Grid, id=resident.grid_id)
    resident.born_on = birth_of(number)
    resident.change(sealed_columns(tx, grid.community_id, resident.id, number))


async def keep_numbers(tx: Transaction, residents: Sequence[Resident], grid_id: UUID) -> None:
    """Recomputes the blind indexes of residents who move to a grid of another community."""
    numbered = [(each, each.id_number_sealed) for each in residents if each.id_number_sealed is not None]
    if not numbered:
        return
    grids = await tx.all(Grid, id={grid_id, *(each.grid_id for each, _ in numbered)})
    communities = {grid.id: grid.community_id for grid in grids}
    for resident, sealed in numbered:
        if communities[resident.grid_id] != communities[grid_id]:
            sealer = sealer_of(tx)
            resident.id_number_index = blind_index(sealer, communities[grid_id], sealer.open(resident.id, sealed))


@contextmanager
def one_of_each_number(*path: str | int) -> Iterator[None]:
    """Raises INVALID_INPUT if the block saves a number that another resident of the community has."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != UNIQUE_ID_NUMBER:
            raise
        raise invalid("已有此身份证号的登记", "somebody on the register has it already", *path) from error


@dataclass(frozen=True, slots=True)
class Reveal:
    resident: UUID
    reason: str


async def reveal_id_number(tx: Transaction, given: Reveal) -> str | None:
    """The number of a resident in the viewer's grids, or None if there is none. The journal records the reason.

    Each attempt with a reason counts against the account's rate.
    """
    require(tx.viewer, Act.REVEAL_ID_NUMBER)
    reason = check_reason(given.reason, "reason")
    if tx.flood is not None and (seconds := await tx.flood.reveal(tx.worker_id)):
        raise Refusal(Code.TOO_MANY, "resident", minutes=-(-seconds // 60))
    resident = await tx.find(Resident, given.resident, "resident")
    if resident.id_number_sealed is None:
        return None
    number = sealer_of(tx).open(resident.id, resident.id_number_sealed)
    await tx.save(entry(tx, EntryKind.ID_NUMBER_REVEALED, resident, note=reason))
    return number
