"""The documents that phones keep: in which buckets each is, and at which position of the feed it last changed.

Triggers note what a transaction changes, and ``place_entries`` gives it a position after the commit, as it does with
entries of the journal. Buckets divide the documents: one for each area and community, each building, each account, and
each case, by the id of that. The tables have no content. Whoever reads a document reads its row by the rules of its
table (db/scope.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.base import Row, text
from db.feed import read_holdings
from db.scope import Held
from db.transaction import Transaction
from rules.access import WORKERS, Role
from rules.documents import DocumentKind

BATCH = 5_000
"""Documents that one transaction removes."""


class DocumentWaiting(Row, table=True):
    """A document that changed since positions were last given, with a bucket in which it is now."""

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    kind: str = text()
    document_id: UUID
    bucket: UUID | None = None


class Document(Row, table=True):
    """A document in a bucket where it is, or was: it stays there as what a phone must be told that it is gone."""

    bucket: UUID = Field(primary_key=True)
    kind: str = Field(sa_column=sa.Column(sa.Text(collation="C"), primary_key=True))
    document_id: UUID = Field(primary_key=True, index=True)
    position: int = Field(sa_type=sa.BigInteger)
    """The position at which it last changed: its version."""
    since: int = Field(sa_type=sa.BigInteger)
    """The position at which it came into the bucket."""

    __table_args__ = (sa.Index("ix_document_position", "bucket", "position"),)


class DocumentForgotten(Row, table=True):
    """The highest position among the marks of removed documents that were deleted from a bucket."""

    bucket: UUID = Field(primary_key=True)
    position: int = Field(sa_type=sa.BigInteger)


class Listed(NamedTuple):
    """A document that a phone is to be told, by its id."""

    id: UUID
    position: int
    known: bool
    """True if the phone may have it, so that it must be told if it is gone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The documents that a phone lacks: those changed ``after`` a position in known buckets, and all of new buckets.

    Documents of known buckets that are or were in ``lost`` ones too are told again, because a phone drops those.
    """

    known: Sequence[UUID]
    after: int
    until: int
    new: Sequence[UUID]
    lost: Sequence[UUID] = ()


async def buckets_of(connection: Any, role: Role, account: UUID, cases: Sequence[UUID]) -> set[UUID]:
    """The buckets of an account in its role today; of ``cases`` those that it sees one by one."""
    held = (await read_holdings(connection, role, [account])).get(account) or Held(*[frozenset()] * 4)
    if role is Role.ADMIN:
        return {*held.communities, account}
    if role in WORKERS:
        return {*held.communities, *held.grids, account}
    if role is Role.BUILDING_HEAD:
        return {*held.communities, *held.buildings, account}
    return {*held.communities, *cases, account}


async def list_changed(
    connection: Any, kind: DocumentKind, wanted: Wanted, after: UUID | None, most: int
) -> list[Listed]:
    """The documents of a kind that a phone lacks, each once, in the order of their ids."""
    buckets = list(wanted.known), wanted.after, wanted.until, list(wanted.new), list(wanted.lost)
    return [Listed(*row) for row in await connection.fetch(_CHANGED, kind, *buckets, after or _FIRST, most)]


_FIRST = UUID(int=0)
# Of each new bucket no more than fit is read. Otherwise a first copy would read all that is left for every page.
_CHANGED = """
    select document_id, max(position), bool_or(known) from (
        select document_id, position, true as known from document
        where bucket = any ($2) and position > $3 and position <= $4 and kind = $1 and document_id > $7
        union all
        select document_id, position, false from unnest($5::uuid[]) new, lateral (
            select document_id, position from document
            where bucket = new and kind = $1 and document_id > $7 order by document_id limit $8) next
        union all
        select document_id, position, true from document d
        where bucket = any ($6) and kind = $1 and document_id > $7 and exists (
            select from document o where o.document_id = d.document_id and o.kind = $1
                and o.bucket = any ($2::uuid[] || $5::uuid[]))
    ) found group by document_id order by document_id limit $8"""


async def list_lost(
    connection: Any, lost: Sequence[UUID], kept: Sequence[UUID], until: int, after: UUID | None, most: int
) -> list[tuple[str, UUID, int]]:
    """The documents that a phone may have of buckets that were lost, and that are in none of the others."""
    rows = await connection.fetch(_LOST, list(lost), list(kept), until, after or _FIRST, most)
    return [(row["kind"], row["document_id"], row["position"]) for row in rows]


_LOST = """
    select kind, document_id, max(position) as position from document d
    where bucket = any ($1) and since <= $3 and document_id > $4
        and not exists (select from document o where o.document_id = d.document_id and o.kind = d.kind
            and o.bucket = any ($2))
    group by document_id, kind order by document_id limit $5"""


async def versions_of(connection: Any, documents: Sequence[UUID]) -> dict[tuple[str, UUID], int]:
    """The positions of the last changes of documents, by kind and id."""
    rows = await connection.fetch(_VERSIONS, list(documents))
    return {(row["kind"], row["document_id"]): row["position"] for row in rows}


_VERSIONS = """select kind, document_id, max(position) as position from document
    where document_id = any ($1) group by kind, document_id"""


async def has_forgotten(connection: Any, known: Sequence[UUID], position: int, new: Sequence[UUID], until: int) -> bool:
    """True if a phone may have documents that are gone, and cannot be told any more.

    It has everything of the buckets ``known`` as of a position, and something of ``new`` ones as of a later one.
    """
    return bool(await connection.fetchval(_HAS_FORGOTTEN, list(known), position, list(new), until))


_HAS_FORGOTTEN = """select exists (select from document_forgotten
    where (bucket = any ($1) and position > $2) or (bucket = any ($3) and position > $4))"""


async def forget_documents(tx: Transaction, before: datetime) -> int:
    """Removes some of the documents that were gone before a time. Returns how many: none are left if it is 0.

    Only answers to submitted acts leave any, because other rows stay.
    """
    return int(await tx.fetchval("select forget_documents($1, $2)", before, BATCH))


async def days_of(connection: Any, communities: Sequence[UUID], now: datetime) -> str:
    """The local days in the communities."""
    return str(await connection.fetchval(_DAYS, list(communities), now))


_DAYS = """select coalesce(string_agg(distinct ($2::timestamptz at time zone time_zone)::date::text, ' '), '')
    from community where id = any ($1)"""
