"""ID numbers: sealed in the database, and revealed only for a reason that goes into the journal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from db.acts.journal import act, check_account_rate, entry, limited_by_account
from db.acts.sealing_keys import keys_in_use, sealer_of
from db.base import Row
from db.people import UNIQUE_ID_NUMBER, Resident, ResidentKey
from db.places import Grid
from db.sealing import Generation, Sealer
from db.transaction import Transaction
from rules.access import WORKERS, Act
from rules.gathering import refuse_noted
from rules.id_numbers import birth_of, check_id_number, sex_of
from rules.journal import EntryKind
from rules.reasons import check_reason
from rules.refusals import Refusal, invalid

_TAIL = 4  # characters that workers see (domain.md section 2)
NO_NUMBER: dict[str, Any] = {"id_number_sealed": None, "id_number_index": None, "id_number_tail": None}


def indexed(community_id: UUID, number: str) -> str:
    """What the blind index is made of. It differs between communities, which keep separate registers."""
    return f"{community_id}:{number}"


def sealed(
    keys: Generation, community_id: UUID, resident: UUID, number: str, key: ResidentKey | None = None
) -> tuple[dict[str, Any], ResidentKey]:
    """The columns of a resident for a checked number, and their new data key, which replaces ``key``."""
    made = keys.seal(resident, number, indexed(community_id, number))
    row = key or ResidentKey(resident_id=resident)
    row.change({"generation": keys.number, "sealed": made.key})
    columns = {"id_number_sealed": made.value, "id_number_index": made.blind, "id_number_tail": number[-_TAIL:]}
    return columns, row


def opened(sealer: Sealer, resident: UUID, number: bytes, generation: int | None, key: bytes | None) -> str:
    """The number of a resident. Without a data key it is from before there were any, or the key was destroyed."""
    return sealer.generation(generation or 1).open(resident, number, key)


async def give_id_number(tx: Transaction, resident: Resident, text: str) -> ResidentKey:
    """Sets the number of a resident, which must fit their sex and date of birth. Returns the data key.

    Save both by :func:`one_of_each_number`.
    """
    sealer_of(tx)
    number = check_id_number(text, "idNumber")
    refuse_noted()
    if resident.born_on not in {None, birth_of(number)} or resident.sex != sex_of(number):
        raise invalid("与出生日期或性别不符", "idNumber")
    grid = await tx.get(Grid, id=resident.grid_id)
    resident.born_on = birth_of(number)
    return await _seal(tx, resident, grid.community_id, number, "idNumber")


async def _seal(tx: Transaction, resident: Resident, community_id: UUID, number: str, *path: str) -> ResidentKey:
    """Seals a number by the current generation, unless somebody has it who is still sealed by an older one."""
    keys, sealer = await keys_in_use(tx), sealer_of(tx)
    # The unique index has those of the current generation.
    indexes = sealer.indexes(indexed(community_id, number)) if len(sealer.generations) > 1 else []
    others = await tx.all(Resident, id_number_index=indexes, merged_into=None) if indexes else []
    if any(other.id != resident.id for other in others):
        raise _taken(*path)
    columns, key = sealed(keys, community_id, resident.id, number, await tx.first(ResidentKey, resident_id=resident.id))
    resident.change(columns)
    return key


async def keep_numbers(tx: Transaction, residents: Sequence[Resident], grid_id: UUID) -> list[ResidentKey]:
    """Seals again the numbers of residents who move to a grid of another community. Returns their data keys."""
    numbered = [each for each in residents if each.id_number_sealed is not None]
    if not numbered:
        return []
    grids = await tx.all(Grid, id={grid_id, *(each.grid_id for each in numbered)})
    communities = {grid.id: grid.community_id for grid in grids}
    moving = [each for each in numbered if communities[each.grid_id] != communities[grid_id]]
    return [await _seal(tx, each, communities[grid_id], await number_of(tx, each), "household") for each in moving]


async def renew_numbers(tx: Transaction, residents: Sequence[Resident]) -> None:
    """Seals the numbers by the current generation, so that equal numbers have equal indexes."""
    numbered = [each for each in residents if each.id_number_sealed is not None]
    if not numbered:
        return
    keys = await keys_in_use(tx)
    held = {each.resident_id: each for each in await tx.all(ResidentKey, resident_id=[each.id for each in numbered])}
    grids = {each.id: each.community_id for each in await tx.all(Grid, id={each.grid_id for each in numbered})}
    changed: list[Row] = []
    for each in numbered:
        key = held.get(each.id)
        if key is None or key.generation != keys.number:
            number = _number(tx, each, key)
            columns, key = sealed(keys, grids[each.grid_id], each.id, number, key)
            each.change(columns)
            changed += [each, key]
    await tx.save(*changed)


async def number_of(tx: Transaction, resident: Resident) -> str:
    """The number of a resident who has one."""
    return _number(tx, resident, await tx.first(ResidentKey, resident_id=resident.id))


def _number(tx: Transaction, resident: Resident, key: ResidentKey | None) -> str:
    assert resident.id_number_sealed is not None
    generation, data_key = (key.generation, key.sealed) if key else (None, None)
    return opened(sealer_of(tx), resident.id, resident.id_number_sealed, generation, data_key)


@contextmanager
def one_of_each_number(*path: str | int) -> Iterator[None]:
    """Raises INVALID_INPUT if the block saves a number that another resident of the community has."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != UNIQUE_ID_NUMBER:
            raise
        raise _taken(*path) from error


def _taken(*path: str | int) -> Refusal:
    return invalid("已有此身份证号的登记", *path)


@dataclass(frozen=True, slots=True)
class Reveal:
    resident: UUID
    reason: str
    act: UUID | None = None


async def _reveal(tx: Transaction, given: Reveal) -> str | None:
    reason = check_reason(given.reason, "reason")
    refuse_noted()
    check_account_rate(tx, "resident")
    resident = await tx.find(Resident, given.resident, "resident")
    if resident.id_number_sealed is None:
        return None
    number = await number_of(tx, resident)
    await tx.save(entry(tx, EntryKind.ID_NUMBER_REVEALED, resident, note=reason))
    return number


@limited_by_account(*WORKERS)
@act(Act.REVEAL_ID_NUMBER, key="act", again=_reveal)
async def reveal_id_number(tx: Transaction, given: Reveal) -> str | None:
    """The number of a resident in the viewer's grids, or None if there is none. The journal records the reason.

    Each attempt with a reason counts against the account's rate. A retry tells the number as it is now, to a viewer who
    may still read it, and is recorded too: the journal has each time at which the number was shown.
    """
    return await _reveal(tx, given)
