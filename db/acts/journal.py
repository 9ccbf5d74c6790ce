"""Acts that are done once however often they arrive, and the journal entries of their changes."""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from functools import cache, wraps
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import orjson

from db.base import Row, table
from db.journal import Journal
from db.transaction import Identity, Transaction
from rules.access import Act, require
from rules.journal import EntryKind
from rules.refusals import Code, Refusal

Doing = TypeVar("Doing", bound=Callable[..., Coroutine[Any, Any, Any]])
_OF_IDS = ("pk_", "uq_residency_current")
"""Constraints that a new row violates if its id exists already and no act made that row. The stay of a new resident is
inserted before the resident."""
_SHARED = ("community_id", "grid_id", "building_id", "household_id", "visit_id", "incident_id", "dispute_id")
"""Columns that an entry copies from the row that it is about."""


def act(
    allowed: Act | None = None,
    *,
    key: str = "id",
    again: str | Callable[[Transaction, Any], Awaitable[Any]] = "id",
    row: type[Row] | None = None,
    limited: str = "",
) -> Callable[[Doing], Doing]:
    """Makes a function of a transaction and an input an act, which is done once for each id from the client.

    Checks in this order that the viewer's role may do it (``allowed``), whether it was done before, and that an
    anonymous viewer does not do too much of it (``limited`` is the attribute of the input with the code that they use).
    ``key`` is the attribute with the act's id, an idempotency key; without an id the act is done each time. A retry
    returns the attribute ``again`` of the input, or the ``row`` with that id, or the result of a function.

    The attribute ``allowed`` of the made function is compared with the table of acts when the schema is built.

    The function then locks the rows that it decides about, before it reads anything else that the decision depends on.
    It asks the rule, and saves the rows together with a journal entry. The first entry carries the act's id.

    Raises NOT_ALLOWED, TOO_MANY, and CONFLICT for an id that was used with another input, by another account, or for a
    row that no act made, such as an imported one.
    """

    def declare(do: Doing) -> Doing:
        @wraps(do)
        async def done(tx: Transaction, given: Any, *more: Any) -> Any:
            if allowed is not None:
                require(tx.viewer, allowed)
            uuid: UUID | None = getattr(given, key)
            identity = None if uuid is None else Identity(uuid, _digest([do.__name__, given]))
            if identity is not None and await _is_replay(tx, identity, key):
                return await replayed(tx, given)
            await _check_flood(tx, given, limited)
            outer, tx.identity = tx.identity, identity
            try:
                made = await do(tx, given, *more)
            except asyncpg.UniqueViolationError as error:
                if not (error.constraint_name or "").startswith(_OF_IDS):
                    raise
                raise Refusal(Code.CONFLICT, key) from error
            finally:
                tx.identity = outer
            _note_done(tx, given, limited)
            return made

        done.allowed = allowed  # type: ignore[attr-defined]
        return cast(Doing, done)

    async def replayed(tx: Transaction, given: Any) -> Any:
        if not isinstance(again, str):
            return await again(tx, given)
        found = getattr(given, again)
        return found if row is None else await tx.get(row, id=found)

    return declare


def _digest(content: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(content, default=_plain, option=orjson.OPT_SORT_KEYS)).digest()


def _plain(value: Any) -> Any:
    """Values that orjson does not know: amounts, sets, and asyncpg's own subclass of UUID."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if not isinstance(value, UUID | Decimal):
        raise TypeError
    return str(value)


async def _check_flood(tx: Transaction, given: Any, limited: str) -> None:
    if not limited or tx.viewer.role is not None or tx.flood is None:
        return
    if seconds := await tx.flood.wait(limited, getattr(given, limited) or ""):
        first, *others = limited.split("_")
        raise Refusal(Code.TOO_MANY, first + "".join(map(str.capitalize, others)), minutes=-(-seconds // 60))


def _note_done(tx: Transaction, given: Any, limited: str) -> None:
    if limited and tx.viewer.role is None and tx.flood is not None:
        tx.flood.done(limited, getattr(given, limited) or "")


async def _is_replay(tx: Transaction, identity: Identity, key: str) -> bool:
    """True if this act was done before. Concurrent retries wait here until the first one has ended."""
    await tx.lock_id(identity.id)
    done = await tx.first(Journal, act_id=identity.id)
    if done is None:
        return False
    if (done.digest, done.actor_id) != (identity.digest, tx.viewer.account_id):
        raise Refusal(Code.CONFLICT, key)
    return True


def entry(tx: Transaction, kind: EntryKind, about: Row | None = None, **facts: Any) -> Journal:
    """A journal entry about a row, to be saved with it. ``facts`` are further columns of the journal.

    Copies place, status and case from the row. The first entry of an act carries the act's id.
    """
    columns = {} if about is None else {name: about.__dict__[own] for name, own in _copied(type(about))}
    if tx.identity is not None:
        columns |= {"act_id": tx.identity.id, "digest": tx.identity.digest}
        tx.identity = None
    return Journal(kind=kind, actor_id=tx.viewer.account_id, **{"occurred_at": tx.now, **columns, **facts})


@cache
def _copied(model: type[Row]) -> tuple[tuple[str, str], ...]:
    """The columns of an entry that are copied from a row of the table, each with the row's column."""
    own, entry_columns = table(model), table(Journal).c
    found = {name: name for name in _SHARED if name in own.c}
    if "status" in own.c:
        found["to_status"] = "status"
    keys = [(each.name, key.target_fullname) for each in entry_columns for key in each.foreign_keys]
    pointing = [name for name, target in keys if target == f"{own.name}.id"]
    for name in {*pointing, f"{own.name}_id"} & set(entry_columns.keys()) - {"actor_id"}:
        found[name] = "id"
    return tuple(found.items())
