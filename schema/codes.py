"""Printed QR codes in GraphQL, and the places that a text may mean."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import places as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.places import QrTarget
from schema.compiler.declare import (
    by_id,
    by_link,
    column,
    derived,
    entity,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.filters import among, when
from schema.ids import parse_id
from schema.relay import Connection, Node

ISSUED = Order(("issued_at", "id"), descending=True)


def _of_building(row: Row, given: Any) -> Condition:
    """The building's own code, and those of its homes."""
    building = row.bind(sql.UUID, given.convert(lambda text: parse_id("building", text)))
    home = alias(tables.Household)
    inside = sql.exists(home).where(home.c.id == row.c.household_id, home.c.building_id == building)
    return sql.or_(row.c.building_id == building, inside)


def _url(row: Row) -> Column:
    """Nothing where the server was not told under which address the pages are."""
    return row.bind(sql.TEXT, lambda run: run.public_url).op("||")(constant("/q/")).op("||")(row.c.code)


@filters
class QrCodeFilter:
    """Which codes."""

    building: strawberry.ID | None = where(_of_building, "Of this building and the homes in it.")
    live: bool | None = where(when(lambda row: row.c.revoked_at.is_(None)), "Whether they work.")
    target: list[QrTarget] | None = where(among("target"), "For one of these.")


@entity(tables.QrCode, "qrcode")
class QrCode(Node):
    """A printed QR code, by which a resident gets in without an account. Its history stays when it works no more."""

    id: strawberry.ID = object_id("qrcode")
    code: str = column("code", "What is printed.")
    url: str | None = value(_url, "The page behind it; null until the server is told its public address.")
    target: QrTarget = column("target", "What it is for.")
    target_label: str = labelled("target", QrTarget, "What it is for, in Chinese.")
    place: str = column("label", "Where it is put up, as it was written when it was issued, such as 「3号楼2单元501」.")
    community = to_one("community_id", "The community.")
    building = to_one("building_id", "The building; null unless it is for a building.")
    household = to_one("household_id", "The home; null unless it is for a home.")
    issued_at: datetime = column("issued_at", "When it was issued.")
    issued_by = to_one("issued_by", "Who issued it; null where that was not written down.")
    revoked_at: datetime | None = column("revoked_at", "When it stopped working; null while it works.")
    revoked_by = to_one("revoked_by", "Who replaced or revoked it.")
    reason: str | None = column("reason", "Why it was replaced or revoked.")
    replaces = to_one("replaces_id", "The code in whose place it stands.")
    replaced_by: QrCode | None = by_link("replaces_id", "The code in its place.")


@derived
class PlaceSuggestion:
    """A place that exists and that a text may mean."""

    label: str = column("label", "The place as people read it, such as 「金穗家园3号楼2单元501」.")
    building = to_one("building_id", "The building; null where the viewer does not work with it.")
    unit: int | None = column("unit", "The unit (单元), where it is named.")
    household = to_one("household_id", "The home; null where the viewer does not work with it.")


@roots
class CodeRoots:
    """What can be read of printed QR codes."""

    qr_code = by_id("qrcode", "A printed QR code.")
    qr_codes: Connection[QrCode] = paged(
        "Printed QR codes, those issued last first; with those that work no more.", ISSUED, where=QrCodeFilter
    )
