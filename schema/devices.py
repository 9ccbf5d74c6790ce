"""Devices of an account in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import accounts as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from schema.accounts import Account
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.sources import Row
from schema.relay import Node


def _last_used(row: Row) -> Column:
    session = alias(tables.DeviceSession)
    return sql.select(sql.func.max(session.c.rotated_at)).from_(session).where(session.c.device_id == row.c.id).scalar()


def _signed_in(row: Row, device: Any) -> Condition:
    session = alias(tables.DeviceSession)
    return sql.exists(session).where(session.c.device_id == device.id, tables.is_live(session, now_of(row)))


@gql.entity(tables.Device, "device")
class Device(Node):
    """An installation of the app, or a browser, on which the viewer signed in. Nobody else sees it."""

    id: strawberry.ID = gql.object_id("device")
    name: str = gql.column("name", "The name: what the device called itself, until the person gave it another one.")
    first_seen_at: datetime = gql.column("first_seen_at", "When it signed in for the first time.")
    last_used_at: datetime = gql.value(_last_used, "When it signed in or renewed its tokens last.")
    is_new: bool = gql.value(
        lambda row: row.c.confirmed_at.is_(None), "True until the person says that the device is their own."
    )
    is_signed_in: bool = gql.value(lambda row: _signed_in(row, row.c), "False after its session has ended.")


gql.extend(
    Account,
    devices=(
        list[Device],
        gql.to_many(
            lambda row, t: sql.and_(t.account_id == row.c.id, _signed_in(row, t)),
            lambda t: [t.first_seen_at, t.id],
            "The devices that are signed in, for the viewer's own account; empty for all others.",
        ),
    ),
)
