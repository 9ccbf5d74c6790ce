"""Printed QR codes in GraphQL."""

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
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.filters import among, is_id, when
from schema.ids import parse_id
from schema.relay import Connection, Node

ISSUED = Order(("issued_at", "id"), descending=True)


def _of_building(row: Row, given: Any) -> Condition:
    """The code of a building, and the codes of its homes."""
    building = row.bind(sql.UUID, given.convert(lambda text: parse_id("building", text)))
    home = alias(tables.Household)
    inside = sql.exists(home).where(home.c.id == row.c.household_id, home.c.building_id == building)
    return sql.or_(row.c.building_id == building, inside)


def _url(row: Row) -> Column:
    """The address of the code's page; null if the server has no public address configured."""
    return row.bind(sql.TEXT, lambda run: run.public_url).op("||")(constant("/q/")).op("||")(row.c.code)


@gql.filters
class QrCodeFilter:
    """A filter of QR codes."""

    building: strawberry.ID | None = gql.where(_of_building, "Of this building and the homes in it.")
    premises: strawberry.ID | None = gql.where(is_id("premises", "premises_id"), "Of these premises.")
    live: bool | None = gql.where(when(lambda row: row.c.revoked_at.is_(None)), "True: in use. False: revoked.")
    target: list[QrTarget] | None = gql.where(among("target"), "For one of these targets.")


@gql.entity(tables.QrCode, "qrcode")
class QrCode(Node):
    """A printed QR code, with which a resident reports without an account. Revoked codes stay on record."""

    id: strawberry.ID = gql.object_id("qrcode")
    code: str = gql.column("code", "The printed code.")
    url: str | None = gql.value(_url, "The address of its page; null if the server has no public address configured.")
    target = gql.word("target", QrTarget, "The kind of place it is for.")
    place: str = gql.column("label", "The place as written when the code was issued, such as 「3号楼2单元501」.")
    community = gql.to_one("community_id", "The community.")
    building = gql.to_one("building_id", "The building, for a building's code.")
    household = gql.to_one("household_id", "The home, for a home's code.")
    premises = gql.to_one("premises_id", "The premises, for the code of premises.")
    issued_at: datetime = gql.column("issued_at", "When it was issued.")
    issued_by = gql.to_one("issued_by", "The account that issued it; null if unknown.")
    revoked_at: datetime | None = gql.column("revoked_at", "When it was revoked; null if it is in use.")
    revoked_by = gql.to_one("revoked_by", "The account that replaced or revoked it.")
    reason: str | None = gql.column("reason", "The reason for the replacement or revocation.")
    replaces = gql.to_one("replaces_id", "The code that it replaces.")
    replaced_by: QrCode | None = gql.by_link("replaces_id", "The code that replaces it.")


@gql.derived
class PlaceSuggestion:
    """A registered place that a text may refer to."""

    label: str = gql.column("label", "The place in words, such as 「金穗家园3号楼2单元501」.")
    building = gql.to_one("building_id", "The building; null if it is not visible to the viewer.")
    unit: int | None = gql.column("unit", "The unit (单元), if named.")
    household = gql.to_one("household_id", "The home; null if it is not visible to the viewer.")


@gql.roots
class CodeRoots:
    qr_code = gql.by_id("qrcode", "A printed QR code.")
    qr_codes: Connection[QrCode] = gql.paged("Printed QR codes, latest first.", ISSUED, where=QrCodeFilter)
