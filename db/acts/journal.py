"""Acts that are done once however often they arrive, and the journal entries of their changes."""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache, wraps
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import orjson

from db import sql
from db.base import Row, table
from db.flood import Flood
from db.journal import Journal, QuietAct
from db.scope import Scope
from db.transaction import Identity, Named, Transaction
from rules.access import Act, Role, Viewer, require
from rules.codes import typed_code
from rules.gathering import gathering
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, together
from rules.text import meant, receipt_code

Doing = TypeVar("Doing", bound=Callable[..., Coroutine[Any, Any, Any]])
_OF_IDS = ("pk_", "uq_residency_current")
"""Constraints that a new row violates if its id exists already and no act made that row. The stay of a new resident is
inserted before the resident."""
_CODES = {"code": typed_code, "receipt_code": receipt_code}
"""How the codes that acts without an account take are read."""
_UNCHANGED = (UUID, Enum, date, int, float, Decimal, type(None))
"""Values of inputs that mean themselves."""
_SHARED = ("community_id", "grid_id", "building_id", "household_id", "visit_id", "incident_id", "dispute_id")
"""Columns that an entry copies from the row that it is about."""

_LIMITED: dict[Any, str] = {}
"""The attribute with the code, of each act that is limited for viewers without an account."""
_REVEALING: dict[Any, frozenset[Role]] = {}
"""The roles whose accounts are limited, of each function that reveals something."""


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
    It asks the rule, and saves the rows together with a journal entry. The first entry carries the act's id. An act
    without an entry, such as one that changed nothing, is noted as a :class:`QuietAct`.

    Raises NOT_ALLOWED, TOO_MANY, and CONFLICT for an id that was used with another input, by another account, or for a
    row that no act made, such as an imported one.
    """

    def declare(do: Doing) -> Doing:
        @wraps(do)
        async def done(tx: Transaction, given: Any, *more: Any) -> Any:
            if allowed is not None:
                require(tx.viewer, allowed)
            await _show_code(tx, given, limited)
            uuid: UUID | None = getattr(given, key)
            content = [do.__name__, given]
            identity = None if uuid is None else Identity(uuid, digest_of(tx, content))
            if identity is not None and await _is_replay(tx, identity, content, key):
                return await replayed(tx, given)
            _check_flood(tx, given, limited)
            outer, tx.identity = tx.identity, identity
            named, tx.named = tx.named, None
            try:
                made = await _done_now(tx, do(tx, given, *more), named)
                await _note_id(tx)
            except asyncpg.UniqueViolationError as error:
                if not (error.constraint_name or "").startswith(_OF_IDS):
                    raise
                raise Refusal(Code.CONFLICT, key) from error
            finally:
                tx.identity = outer
            _note_done(tx, given, limited)
            return made

        if limited:
            _LIMITED[done] = limited
        done.allowed = allowed  # type: ignore[attr-defined]
        return cast(Doing, done)

    async def replayed(tx: Transaction, given: Any) -> Any:
        if not isinstance(again, str):
            return await again(tx, given)
        found = getattr(given, again)
        return found if row is None else await tx.one(row, again, id=found)

    return declare


async def _done_now(
    tx: Transaction, doing: Coroutine[Any, Any, Any], named: Callable[[], Iterable[Named]] | None
) -> Any:
    """The result of an act. If it went back in time, only the posts of today count again after it."""
    then = tx.then
    if named is not None:
        tx.sought.clear()
    try:
        with gathering():
            made = await doing
    except Refusal as refusal:
        told = {each.path: each.code for each in (refusal, *refusal.others)}
        if named is None or Code.NOT_FOUND not in told.values():
            raise
        more = await tx.unknown(each for each in named() if each[0] not in told)
        raise together([refusal, *more]) from None
    finally:
        went_back, tx.then = tx.then != then, then
    if went_back:
        await tx.act_again()
    return made


async def _note_id(tx: Transaction) -> None:
    """Keeps the id of an act that no journal entry has taken."""
    if tx.identity is not None:
        await tx.save(QuietAct(id=tx.identity.id, digest=tx.identity.digest, actor_id=tx.viewer.account_id))


def limited_by_account(*roles: Role) -> Callable[[Doing], Doing]:
    """Limits a function that reveals something to these roles by the account. It calls :func:`check_account_rate`."""

    def declare(do: Doing) -> Doing:
        _REVEALING[do] = frozenset(roles)
        return do

    return declare


def check_account_rate(tx: Transaction, *path: str | int) -> None:
    """Raises TOO_MANY if the account revealed too much. Called before anything is looked up that may be revealed."""
    if tx.flood is not None and (seconds := tx.flood.wait_to_reveal()):
        raise Refusal(Code.TOO_MANY, *path, minutes=-(-seconds // 60))


async def count_attempt(flood: Flood, viewer: Viewer, do: Any, given: Any) -> None:
    """Counts an act that a viewer is about to try. To be called before the transaction."""
    if viewer.account_id is not None:
        if viewer.role in _REVEALING.get(do, ()):
            await flood.before_reveal(viewer.account_id)
    elif limited := _LIMITED.get(do):
        await flood.before(limited, getattr(given, limited) or "")


def _digests(tx: Transaction, content: Any) -> Iterator[bytes]:
    """The digest of an act's input, and then those that the same input may have been recorded with.

    The digest has a key, because an ID number could be guessed from a plain one: everything else of the input is in the
    database. It is the oldest key, which all processes know during a rotation.
    """
    written = orjson.dumps(content, default=_plain, option=orjson.OPT_SORT_KEYS)
    if tx.sealer is not None:
        yield from tx.sealer.oldest_first(written.decode())
    yield hashlib.sha256(written).digest()


def _meant(value: Any, *, defaults: bool = False) -> Any:
    """The form in which inputs are compared: texts by the text policy, without null and empty fields and defaults.

    So a retry is the same act after an upgrade that gave its input more fields. Earlier versions kept the ``defaults``.
    A mapping of changes keeps its nulls, because they erase something.
    """
    if isinstance(value, _UNCHANGED):
        return value
    if isinstance(value, str):
        return meant(value)
    if is_dataclass(value):
        known = [(name, default, getattr(value, name)) for name, default in _fields(cast(Hashable, type(value)))]
        given = [(name, said) for name, default, said in known if said is not None and (defaults or said != default)]
        kept = [(name, _meant(said, defaults=defaults)) for name, said in given]
        return {name: each for name, each in kept if each is not None and each != []}
    if isinstance(value, Mapping):
        return {name: _meant(each, defaults=defaults) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_meant(each, defaults=defaults) for each in value]
    return value


@cache
def _fields(input_type: Hashable) -> tuple[tuple[str, Any], ...]:
    """The names and the defaults of an input's fields."""
    return tuple((each.name, each.default) for each in fields(cast(Any, input_type)))


def _plain(value: Any) -> Any:
    """Values that orjson does not know: amounts, sets, and asyncpg's own subclass of UUID."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if not isinstance(value, UUID | Decimal):
        raise TypeError
    return str(value)


async def _show_code(tx: Transaction, given: Any, limited: str) -> None:
    """Opens the community of a code to the act. A malformed code opens nothing, and the act refuses it."""
    code = getattr(given, limited) if limited else None
    if code is not None:
        with suppress(Refusal):
            await tx.show(_CODES[limited](code))


def _check_flood(tx: Transaction, given: Any, limited: str) -> None:
    if not limited or tx.viewer.role is not None or tx.flood is None:
        return
    if seconds := tx.flood.wait(limited, getattr(given, limited) or ""):
        first, *others = limited.split("_")
        raise Refusal(Code.TOO_MANY, first + "".join(map(str.capitalize, others)), minutes=-(-seconds // 60))


def _note_done(tx: Transaction, given: Any, limited: str) -> None:
    if limited and tx.viewer.role is None and tx.flood is not None:
        tx.flood.done(limited, getattr(given, limited) or "")


async def _is_replay(tx: Transaction, identity: Identity, content: list[Any], key: str) -> bool:
    """True if this act was done before. Concurrent retries wait here until the first one has ended."""
    done = await tx.rows(_done, act=identity.id) if await tx.is_done(identity.id) else []
    if not done:
        return False
    digest, actor = done[0]
    if actor != tx.viewer.account_id or not is_same(tx, content, digest):
        raise Refusal(Code.CONFLICT, key)
    return True


def digest_of(tx: Transaction, content: list[Any]) -> bytes:
    """The digest by which the same act is recognised. ``content`` is its name and its input."""
    return next(_digests(tx, _meant(content)))


def is_same(tx: Transaction, content: list[Any], digest: bytes) -> bool:
    """True if an act with this digest had the same input. Earlier versions recorded the input as it was written."""
    return any(digest in _digests(tx, each) for each in (_meant(content), _meant(content, defaults=True), content))


def _done(_: Scope) -> sql.Select:
    """The author and the input of an act, which is recognised wherever its author works now."""
    act_ = sql.named("done_act", {"act_id": sql.UUID, "digest": sql.BYTES, "actor_id": sql.UUID})
    asked = act_.c.act_id == sql.parameter("act", sql.UUID)
    return sql.select(act_.c.digest, act_.c.actor_id).from_(act_).where(asked)


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
