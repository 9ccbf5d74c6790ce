"""Photos in GraphQL, with signed addresses that are valid for minutes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import photos as tables
from db import sql
from db.scope import Condition, Scope, visible
from db.sql import Column
from rules.photos import holds_until, pads
from schema.compiler import declare as gql
from schema.compiler.arguments import Run
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.relay import Node


def _pad(index: int) -> Any:
    def read(run: Run) -> bytes:
        return pads(run.photo_secret, holds_until(run.now))[index]

    return read


def _address(size: str) -> Any:
    """``/photos/<id>/<size>?until=…&signature=…``, signed with the current key."""

    def signed(row: Row) -> Column:
        inner, outer = (row.bind(sql.BYTES, _pad(index)) for index in (0, 1))
        until = row.bind(sql.TEXT, lambda run: str(holds_until(run.now)))
        path = sql.func.concat(sql.cast(row.c.id, sql.TEXT), constant(f"/{size}"))
        hashed = sql.func.sha256(inner.op("||")(sql.func.convert_to(path, constant("UTF8"))))
        signature = sql.func.encode(sql.func.sha256(outer.op("||")(hashed)), constant("hex"))
        return sql.func.concat(
            constant("/photos/"), path, constant("?until="), until, constant("&signature="), signature
        )

    return signed


def _kept(row: Any) -> Condition:
    found: Condition = row.removed_at.is_(None)
    return found


def _seen_and_kept(t: sql.From, scope: Scope) -> Condition:
    return sql.and_(visible(tables.Photo, t, scope), _kept(t.c))


@gql.entity(tables.Photo, "photo", visible_to=_seen_and_kept)
class Photo(Node):
    """A photo of a case, stored without metadata."""

    id: strawberry.ID = gql.object_id("photo")
    url: str = gql.value(_address("whole"), "The path on this server, valid for some minutes.")
    thumbnail_url: str = gql.value(_address("thumbnail"), "The path of a thumbnail, at most 320 pixels on a side.")
    width: int = gql.column("width", "Width in pixels.")
    height: int = gql.column("height", "Height in pixels.")
    attached_by = gql.to_one("attached_by", "The account that attached it; null for a resident without an account.")
    attached_at: datetime = gql.column("attached_at", "When it was attached.")


@gql.entity(tables.Photo, main=False)
class RemovedPhoto:
    """A photo that was removed. It stays on record, and nobody can fetch it."""

    attached_by = gql.to_one("attached_by", "The account that attached it; null for a resident without an account.")
    attached_at: datetime = gql.column("attached_at", "When it was attached.")
    removed_by = gql.to_one("removed_by", "The account that removed it.")
    removed_at: datetime = gql.column("removed_at", "When it was removed.")
    removed_reason: str | None = gql.column("removed_reason", "The reason; null if its text was erased.")


@gql.entity(tables.Photo, visible_to=lambda t, _: _kept(t.c), main=False)
class ReceiptPhoto:
    """A photo, as shown to the holder of the receipt."""

    url: str = gql.value(_address("whole"), "The path on this server, valid for some minutes.")
    thumbnail_url: str = gql.value(_address("thumbnail"), "The path of a thumbnail, at most 320 pixels on a side.")


def photos_of(foreign_key: str) -> Any:
    """A field with the photos of a case."""
    return gql.to_many(foreign_key, lambda t: [t.attached_at, t.id], "Its photos.")


def removed_photos_of(foreign_key: str) -> Any:
    """A field with the photos of a case that were removed."""

    def link(row: Row, t: Any) -> Condition:
        return sql.and_(t[foreign_key] == row.c.id, t.removed_at.is_not(None))

    return gql.to_many(link, lambda t: [t.removed_at, t.id], "Its photos that were removed, in order.")
