"""Photos in GraphQL: evidence of a case, fetched by signed addresses that hold for minutes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import photos as tables
from db import sql
from db.sql import Column
from rules.photos import holds_until, pads
from schema.compiler.arguments import Run
from schema.compiler.declare import column, entity, object_id, to_many, to_one, value
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.relay import Node


def _pad(index: int) -> Any:
    def read(run: Run) -> bytes:
        return pads(run.photo_secret, holds_until(run.now))[index]

    return read


def _address(size: str) -> Any:
    """``/photos/<id>/<size>?until=…&signature=…``, signed by the key of these minutes."""

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


@entity(tables.Photo, "photo")
class Photo(Node):
    """A photo of a case, made anew without metadata."""

    id: strawberry.ID = object_id("photo")
    url: str = value(_address("whole"), "Where it is for the next minutes, beneath the server's own address.")
    thumbnail_url: str = value(_address("thumbnail"), "The same, 320 pixels at most on its longer side.")
    width: int = column("width", "Pixels.")
    height: int = column("height", "Pixels.")
    attached_by = to_one("attached_by", "Who attached it; null for a resident without an account.")
    attached_at: datetime = column("attached_at", "When.")


@entity(tables.Photo, visible_to=lambda *_: sql.TRUE, main=False)
class ReceiptPhoto:
    """A photo, as the holder of the receipt sees it."""

    url: str = value(_address("whole"), "Where it is for the next minutes, beneath the server's own address.")
    thumbnail_url: str = value(_address("thumbnail"), "The same, 320 pixels at most on its longer side.")


def photos_of(foreign_key: str) -> Any:
    """The field of a case."""
    return to_many(foreign_key, lambda t: [t.attached_at, t.id], "Its photos.")
