"""Writing the journal: one entry for every change, and acts that are done once however often they arrive."""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from functools import cache, wraps
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson

from db.base import Row, table
from db.journal import Journal
from db.transaction import Identity, Transaction
from rules.access import Act, require
from rules.journal import EntryKind
from rules.refusals import Code, Refusal

Doing = TypeVar("Doing", bound=Callable[..., Coroutine[Any, Any, Any]])

_SHARED = ("community_id", "grid_id", "building_id", "household_id", "visit_id", "incident_id", "dispute_id")
"""Columns that an entry has from what it is about."""


def act(
    allowed: Act | None = None,
    *,
    again: str | Callable[[Transaction, Any], Awaitable[Any]] = "id",
    key: str = "id",
    limited: bool = False,
) -> Callable[[Doing], Doing]:
    """Makes a function an act: what is common to all of them happens here, in one order.

    The role may do it (``allowed``); somebody without an account does not do too much of it (``limited``); the same
    id again is the same act. ``key`` names the attribute of what is given that holds the id, which the client made;
    without one, the act is done each time. ``again`` answers a retry: by an attribute of what is given, or a function.
    The function then locks the rows that it decides about, before it reads anything else that the decision depends on,
    asks the rule, and saves rows together with a journal entry, the first of which carries the id.

    Raises CONFLICT for an id that was used for something else, or by somebody else.
    """

    def declare(do: Doing) -> Doing:
        @wraps(do)
        async def done(tx: Transaction, given: Any, *more: Any) -> Any:
            if allowed is not None:
                require(tx.viewer, allowed)
            uuid: UUID | None = getattr(given, key)
            if limited and uuid is not None:
                _check_flood(tx, getattr(given, "code", None), uuid)
            identity = None if uuid is None else Identity(uuid, digest_of([do.__name__, given]))
            if identity is not None and await _is_replay(tx, identity, key):
                return getattr(given, again) if isinstance(again, str) else await again(tx, given)
            around, tx.identity = tx.identity, identity
            try:
                return await do(tx, given, *more)
            finally:
                tx.identity = around

        return cast(Doing, done)

    return declare


def digest_of(content: Any) -> bytes:
    """The fingerprint of what an act was asked to do."""
    return hashlib.sha256(orjson.dumps(content, default=_plain, option=orjson.OPT_SORT_KEYS)).digest()


def _plain(value: Any) -> Any:
    """Amounts, sets, and the driver's own kind of UUID, which an id read from the database is."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if not isinstance(value, UUID | Decimal):
        raise TypeError
    return str(value)


def _check_flood(tx: Transaction, code: str | None, uuid: UUID) -> None:
    """Stops somebody without an account who opens too much, from one address or by one code."""
    if tx.viewer.role is None and tx.flood is not None and (seconds := tx.flood(code or "", uuid)):
        raise Refusal(Code.TOO_MANY, "code", minutes=-(-seconds // 60))


async def _is_replay(tx: Transaction, identity: Identity, key: str) -> bool:
    """Whether this act was done before. Retries that arrive at once wait here until the first one has ended."""
    await tx.wait_for(identity.id)
    done = await tx.first(Journal, act_id=identity.id)
    if done is None:
        return False
    if (done.digest, done.actor_id) != (identity.digest, tx.viewer.account_id):
        raise Refusal(Code.CONFLICT, key)
    return True


def entry(tx: Transaction, kind: EntryKind, about: Row | None = None, **facts: Any) -> Journal:
    """An entry about a row, to be saved with it; ``facts`` are columns of the journal.

    Place, status and case are those of the row. The first entry of an act carries the act's id.
    """
    columns = {} if about is None else {name: about.__dict__[own] for name, own in _shared(type(about))}
    if tx.identity is not None:
        columns |= {"act_id": tx.identity.id, "digest": tx.identity.digest}
        tx.identity = None
    return Journal(kind=kind, actor_id=tx.viewer.account_id, **{"occurred_at": tx.now, **columns, **facts})


@cache
def _shared(model: type[Row]) -> tuple[tuple[str, str], ...]:
    """The columns of an entry that come from a row of the table, each with the row's own column."""
    own, entry_columns = table(model), table(Journal).c
    found = {name: name for name in _SHARED if name in own.c}
    if "status" in own.c:
        found["to_status"] = "status"
    named = f"{own.name}_id"
    keys = [(each.name, key.target_fullname) for each in entry_columns for key in each.foreign_keys]
    pointing = [name for name, target in keys if target == f"{own.name}.id"]
    for name in {*pointing, named} & set(entry_columns.keys()) - {"actor_id"}:
        found[name] = "id"
    return tuple(found.items())
