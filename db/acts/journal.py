"""Writing the journal: one entry for every change, and acts that are done once however often they arrive."""

import hashlib
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlmodel import select

from db.acts.acting import Acting
from db.journal import Journal
from rules.journal import EntryKind
from rules.refusals import Code, Refusal


def digest_of(content: Any) -> bytes:
    """The fingerprint of what an act was asked to do."""
    return hashlib.sha256(orjson.dumps(content, default=_plain, option=orjson.OPT_SORT_KEYS)).digest()


def _plain(value: Any) -> str:
    """Amounts, and the driver's own kind of UUID, which an id read from the database is."""
    if not isinstance(value, UUID | Decimal):
        raise TypeError
    return str(value)


async def is_replay(acting: Acting, act_id: UUID, digest: bytes, *path: str) -> bool:
    """Whether this act was done before. The same id with other content, or by somebody else, is a CONFLICT.

    Retries that arrive at once wait for each other here, until the first one's transaction ends.
    """
    key = sa.func.hashtextextended(str(act_id), 0)
    await acting.session.scalar(sa.select(sa.func.pg_advisory_xact_lock(key)))
    earlier = select(Journal.digest, Journal.actor_id).where(Journal.act_id == act_id)
    done = (await acting.session.exec(earlier)).first()
    if done is None:
        return False
    if tuple(done) != (digest, acting.viewer.account_id):
        raise Refusal(Code.CONFLICT, *(path or ("id",)))
    return True


def append(acting: Acting, kind: EntryKind, **facts: Any) -> None:
    """Adds one entry in the act's own transaction; ``facts`` are columns of the journal."""
    facts.setdefault("occurred_at", acting.now)
    entry = Journal(kind=kind, actor_id=acting.viewer.account_id, **facts)
    acting.session.add(entry)
