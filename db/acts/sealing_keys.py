"""The generations of the sealing key: which is in use, and the rotation to a new one."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from db import sql
from db.accounts import Account, enrolled
from db.base import alias
from db.people import Resident, ResidentKey, SealingGeneration
from db.scope import Condition, Scope
from db.sealing import Generation, Sealer, generation_of
from db.statements import Lock
from db.transaction import Transaction
from rules.keys import wrong_key
from rules.refusals import invalid

BATCH = 500
"""Residents that one transaction of a rotation seals again: some 50 ms, for which their rows are locked."""
_LAST = sql.parameter("last", sql.UUID)


def sealer_of(tx: Transaction) -> Sealer:
    """The sealer. Raises INVALID_INPUT without a key, because a number is never stored unsealed."""
    if tx.sealer is None:
        raise invalid("未设置 TUNPING_SEALING_KEY，不能保存身份证号", "idNumber")
    return tx.sealer


async def keys_in_use(tx: Transaction, lock: Lock = "share") -> Generation:
    """The keys of the current generation, which is the newest that the database knows.

    Shared locks keep a rotation from beginning before this transaction ends, so that two people with one number cannot
    be sealed by two generations at once. The first use records which key it is.
    """
    sealer = sealer_of(tx)
    if not await tx.all(SealingGeneration, lock=lock, order=("number",)):
        await _begin(tx, sealer)
    # Read after the wait for the locks: a statement that waits keeps its old snapshot.
    return _proven(sealer, await _newest(tx))


async def _newest(tx: Transaction) -> SealingGeneration:
    (found,) = await tx.all(SealingGeneration, order=("-number",), limit=1)
    return found


def _proven(sealer: Sealer, used: SealingGeneration) -> Generation:
    keys = sealer.generation(used.number)
    if keys.proof != used.proof:
        raise wrong_key(used.number)
    return keys


async def _begin(tx: Transaction, sealer: Sealer) -> None:
    """Records the oldest key as the current one, if it opens what was sealed before keys were recorded."""
    keys = sealer.generations[min(sealer.generations)]
    for resident in await tx.matching(Resident, _any_without_data_key):
        assert resident.id_number_sealed is not None
        keys.open(resident.id, resident.id_number_sealed, None)
    await tx.insert(SealingGeneration(number=keys.number, proof=keys.proof, since=tx.now))


def _any_without_data_key(t: sql.From, _: Scope) -> Condition:
    """One resident whose number was sealed before there were data keys.

    Numbers with one are those of transactions that recorded the key since this one looked for it.
    """
    other, key = alias(Resident), alias(ResidentKey)
    keyed = sql.exists(key).where(key.c.resident_id == other.c.id)
    sealed = other.c.id_number_sealed.is_not(None), sql.not_(keyed)
    return t.c.id.in_(sql.select(other.c.id).from_(other).where(*sealed).limit(1))


async def begin_rotation(tx: Transaction) -> int:
    """Makes the newest key of this process the current generation, and returns its number.

    Waits for the transactions that seal by the one before. Every process that seals needs the new key from now on.
    """
    sealer, current = sealer_of(tx), await keys_in_use(tx, lock=True)
    newest = sealer.newest
    if newest.number > current.number:
        await tx.save(SealingGeneration(number=newest.number, proof=newest.proof, since=tx.now))
    return max(newest.number, current.number)


async def next_batch(tx: Transaction, last: UUID, current: int, batch: int = BATCH) -> list[Resident]:
    """The next residents, locked, whose numbers are not sealed by the current generation."""
    return await tx.read(Resident, _older, last=last, current=current, batch=batch)


def _older(_: Scope) -> sql.Select:
    t, key = alias(Resident), alias(ResidentKey)
    current = key.c.generation == sql.parameter("current", sql.INTEGER)
    renewed = sql.exists(key).where(key.c.resident_id == t.c.id, current)
    waiting = (t.c.id > _LAST, t.c.id_number_sealed.is_not(None), sql.not_(renewed))
    return (
        sql.select(*t.c)
        .from_(t)
        .where(*waiting)
        .order_by(t.c.id.asc())
        .limit(sql.parameter("batch", sql.INTEGER))
        .for_update(t)
    )


@dataclass(frozen=True, slots=True)
class Use:
    """A generation, how many ID numbers and accounts' secrets it seals, and whether it is the current one."""

    number: int
    sealed: int
    current: bool


async def generations_in_use(tx: Transaction) -> list[Use]:
    """All generations that the database knows. Raises INVALID_INPUT if this process lacks one that is in use."""
    sealer = sealer_of(tx)
    current = (await keys_in_use(tx)).number
    counted = Counter({row["generation"]: row["residents"] for row in await tx.rows(_counted)})
    for account in await tx.matching(Account, enrolled):
        counted.update({generation_of(each) for each in (account.totp_sealed, account.totp_pending) if each})
    used = []
    for each in await tx.all(SealingGeneration, order=("number",)):
        if counted[each.number]:
            _proven(sealer, each)
        used.append(Use(each.number, counted[each.number], each.number == current))
    return used


def _counted(_: Scope) -> sql.Select:
    """How many numbers each generation seals. Those without a data key are sealed by the first."""
    t, key = alias(Resident), alias(ResidentKey)
    generation = sql.func.coalesce(key.c.generation, sql.raw("1")).label("generation")
    sealed = t.outerjoin(key, key.c.resident_id == t.c.id)
    counted = sql.select(generation, sql.func.count().label("residents")).from_(sealed)
    return counted.where(t.c.id_number_sealed.is_not(None)).group_by(generation)
