"""Keeps, trusts and finds GraphQL documents by their SHA-256. There is no viewer: a document holds nothing personal."""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from db.persisted_documents import PersistedDocument
from db.transaction import Transaction

MOST_KEPT = 2_000
"""Documents of clients. An app has some 100, and each release some new ones."""
MOST_BYTES = 8 * 1024 * 1024
"""Their bytes together, 4 KiB for each."""
_NOTED_EVERY = timedelta(hours=1)
_MAKE_ROOM = """
    WITH kept AS (
        SELECT sha256, row_number() OVER latest AS number, sum(octet_length(body)) OVER latest AS bytes
        FROM persisted_document WHERE NOT trusted WINDOW latest AS (ORDER BY used_at DESC, sha256)),
    gone AS (
        DELETE FROM persisted_document d USING kept
        WHERE d.sha256 = kept.sha256 AND NOT d.trusted AND (kept.number > $1 OR kept.bytes > $2) RETURNING d.sha256)
    SELECT count(*) FROM gone
    """
_REMOVE = """
    WITH gone AS (DELETE FROM persisted_document WHERE sha256 = $1 AND trusted RETURNING sha256)
    SELECT count(*) FROM gone
    """


def digest_of(body: str) -> bytes:
    """The SHA-256 by which a document is known."""
    return sha256(body.encode()).digest()


async def find_document(tx: Transaction, digest: bytes) -> PersistedDocument | None:
    """The document with a digest."""
    found = await tx.first(PersistedDocument, sha256=digest)
    if found is not None and tx.now - found.used_at > _NOTED_EVERY:
        found.used_at = tx.now
        await tx.save(found)
    return found


async def keep_document(tx: Transaction, body: str) -> None:
    """Keeps a document of a client. The ones that were used longest ago make room for it."""
    if await tx.insert(PersistedDocument(sha256=digest_of(body), body=body, used_at=tx.now)):
        await tx.fetchval(_MAKE_ROOM, MOST_KEPT, MOST_BYTES)


async def trust_documents(tx: Transaction, bodies: Iterable[str]) -> int:
    """Trusts documents. Returns how many were not trusted before."""
    added = 0
    for body in sorted(set(bodies)):
        new = PersistedDocument(sha256=digest_of(body), body=body, trusted=True, used_at=tx.now)
        if await tx.insert(new):
            added += 1
            continue
        known = await tx.get(PersistedDocument, lock=True, sha256=new.sha256)
        added += not known.trusted
        known.trusted = True
        await tx.save(known)
    return added


async def trusted_documents(tx: Transaction) -> list[PersistedDocument]:
    """All trusted documents, by their digests."""
    return await tx.all(PersistedDocument, order=("sha256",), trusted=True)


async def remove_document(tx: Transaction, digest: bytes) -> bool:
    """Removes a trusted document. Returns whether there was one."""
    return bool(await tx.fetchval(_REMOVE, digest))
