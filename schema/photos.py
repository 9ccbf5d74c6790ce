"""Photos in GraphQL: evidence of a case, fetched by signed addresses that hold for minutes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
import strawberry

from db import photos as tables
from rules.photos import holds_until, pads
from schema.accounts import Account
from schema.compiler.arguments import Run
from schema.compiler.declare import column, entity, object_id, to_many, to_one, value
from schema.compiler.expressions import constant
from schema.compiler.sources import Column, Row
from schema.relay import Node


def _pad(index: int) -> Any:
    def read(run: Run) -> bytes:
        return pads(run.photo_secret, holds_until(run.now))[index]

    return read


def _address(size: str) -> Any:
    """``/photos/<id>/<size>?until=…&signature=…``, signed by the key of these minutes."""

    def sql(row: Row) -> Column:
        inner, outer = (row.bind(sa.LargeBinary(), _pad(index)) for index in (0, 1))
        until = row.bind(sa.Text(), lambda run: str(holds_until(run.now)))
        path = sa.func.concat(sa.cast(row.c.id, sa.Text), constant(f"/{size}"))
        hashed = sa.func.sha256(inner.op("||")(sa.func.convert_to(path, constant("UTF8"))))
        signature = sa.func.encode(sa.func.sha256(outer.op("||")(hashed)), constant("hex"))
        return sa.func.concat(
            constant("/photos/"), path, constant("?until="), until, constant("&signature="), signature
        )

    return sql


@entity(tables.Photo, "photo")
class Photo(Node):
    """A photo of a case, made anew without metadata."""

    id: strawberry.ID = object_id("photo")
    url: str = value(_address("whole"), "Where it is for the next minutes, beneath the server's own address.")
    thumbnail_url: str = value(_address("thumbnail"), "The same, 320 pixels at most on its longer side.")
    width: int = column("width", "Pixels.")
    height: int = column("height", "Pixels.")
    attached_by: Account | None = to_one("attached_by", "Who attached it; null for a resident without an account.")
    attached_at: datetime = column("attached_at", "When.")


@entity(tables.Photo, visible_to=lambda *_: sa.true())
class ReceiptPhoto:
    """A photo, as the holder of the receipt sees it."""

    url: str = value(_address("whole"), "Where it is for the next minutes, beneath the server's own address.")
    thumbnail_url: str = value(_address("thumbnail"), "The same, 320 pixels at most on its longer side.")


def photos_of(foreign_key: str) -> Any:
    """The field of a case."""
    return to_many(lambda row, t: getattr(t, foreign_key) == row.c.id, lambda t: [t.attached_at, t.id], "Its photos.")
