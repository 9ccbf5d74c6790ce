"""Reads what a submitted act depends on, inside its transaction: earlier answers, and what others changed meanwhile."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from db import sql
from db.acts.journal import is_same
from db.base import alias
from db.journal import Journal
from db.positions import FeedPosition
from db.scope import Scope
from db.submissions import Submission
from db.transaction import Transaction
from rules.journal import EntryKind
from rules.refusals import Code, Refusal
from rules.submissions import fields_changed

BATCH = 5_000
"""Answers that one transaction removes."""
_KINDS = {kind.value: kind for kind in EntryKind}
NOUNS = {"visit", "appeal", "dispute", "resident", "household", "alert", "call", "wish", "notice"}
"""The objects that phones keep and that journal entries point to, by the prefix of their ids."""


async def answered_before(tx: Transaction, act: UUID, content: list[Any], key: str) -> Submission | None:
    """The earlier answer to an act, if there is one. A concurrent retry waits here.

    ``content`` is the name and the input of the act, and ``key`` the field with its id. What the person knew is not
    part of it. Raises CONFLICT for the id of another act.
    """
    await tx.lock_id(act)
    found = await tx.first(Submission, account_id=tx.worker_id, id=act)
    if found is not None and found.digest is not None and not is_same(tx, content, found.digest):
        raise Refusal(Code.CONFLICT, key)
    return found


async def changed_since(
    tx: Transaction, act: UUID, noun: str, subject: UUID, version: int, own: Sequence[UUID]
) -> frozenset[str]:
    """The fields of an object that were changed after a version. Changes by the acts ``own`` do not count.

    None were for an ``act`` that is done already, whose answer may be forgotten.
    """
    found: set[str] = set()
    for row in await tx.rows(_SINCE[noun], act=act, subject=subject, version=version, own=list(own)):
        kind, before = _KINDS[row["kind"]], row["before"]
        if kind.subject == noun:
            told = None if before is None else orjson.loads(before)
            found |= fields_changed(kind, row["from_status"], row["to_status"], row["note"], told)
    return frozenset(found)


async def note_versions(tx: Transaction, versions: Mapping[UUID, int]) -> None:
    """Keeps the versions of what acts made, which are known after their commits."""
    await tx.rows(_note_versions, acts=list(versions), versions=list(versions.values()), account=tx.worker_id)


def _note_versions(_: Scope) -> sql.Update:
    t = alias(Submission)
    arrays = sql.parameter("acts", sql.array_of(sql.UUID)), sql.parameter("versions", sql.array_of(sql.BIGINT))
    told = sql.rows_of(sql.func.unnest(*arrays), "told", {"act": sql.UUID, "version": sql.BIGINT})
    own = t.c.account_id == sql.parameter("account", sql.UUID), t.c.id == told.c.act
    return sql.update(t, version=told.c.version).from_(told).where(*own)


async def forget_submissions(tx: Transaction, before: datetime) -> int:
    """Removes some of the answers that are older. Returns how many: none are left if it is 0.

    An act that was done stays known by its journal entry.
    """
    return len(await tx.rows(_old, before=before, most=BATCH))


def _old(_: Scope) -> sql.Delete:
    t, old = alias(Submission), alias(Submission)
    oldest = (
        sql.select(old.c.account_id, old.c.id)
        .from_(old)
        .where(old.c.received_at < sql.parameter("before", sql.INSTANT))
        .order_by(old.c.received_at.asc())
        .limit(sql.parameter("most", sql.INTEGER))
    )
    return sql.delete(t).where(sql.tuple_(t.c.account_id, t.c.id).in_(oldest)).returning(t.c.id)


class _Since:
    """The entries about an object of one noun after a version. One without a position yet comes after all of them."""

    def __init__(self, noun: str) -> None:
        self._column = f"{noun}_id"

    def __call__(self, _: Scope) -> sql.Select:
        entry, placed, known = alias(Journal), alias(FeedPosition), alias(Journal)
        own = sql.any_(sql.parameter("own", sql.array_of(sql.UUID)))
        same = known.c.recorded_at == entry.c.recorded_at, known.c.actor_id == entry.c.actor_id
        done = sql.named("done_act", {"act_id": sql.UUID})
        is_done = sql.exists(done).where(done.c.act_id == sql.parameter("act", sql.UUID))
        later = sql.or_(placed.c.position.is_(None), placed.c.position > sql.parameter("version", sql.BIGINT))
        return (
            sql.select(*(entry.c[name] for name in ("kind", "from_status", "to_status", "note", "before")))
            .from_(entry.outerjoin(placed, placed.c.entry_id == entry.c.id))
            .where(entry.c[self._column] == sql.parameter("subject", sql.UUID), later)
            .where(sql.not_(sql.exists(known).where(known.c.act_id == own, *same)), sql.not_(is_done))
        )


_SINCE = {noun: _Since(noun) for noun in NOUNS}
