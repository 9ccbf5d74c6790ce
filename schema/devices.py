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
from rules.accounts import KEPT_BY
from schema.accounts import Account
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
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


def _kept(row: Row) -> sql.From:
    """The devices of an account of a role that the viewer's role keeps."""
    device, role = tables.kept_devices(), row.scope.role
    kept = sorted(KEPT_BY.get(role, ())) if role else []
    of_role = sql.cast(row.c.role, sql.TEXT).in_(kept) if kept else sql.FALSE
    columns = sql.func.concat(constant("device_"), device.c.id).label("device"), device.c.name, device.c.first_seen_at
    return sql.select(*columns).from_(device).where(device.c.account_id == row.c.id, of_role).subquery("kept")


@gql.derived
class SignedInDevice:
    """A device on which a colleague is signed in, for whoever keeps the account. It says nothing of when it is used."""

    device: strawberry.ID = gql.column("device", "The id, for `signOutAccount`.")
    name: str = gql.column("name", "The name: what the device called itself, or what the person calls it.")


gql.extend(
    Account,
    signed_in_devices=(
        list[SignedInDevice],
        gql.few_rows(
            _kept,
            lambda t: [t.first_seen_at, t.device],
            "The devices that are signed in, for those who keep the account; empty for all others.",
        ),
    ),
    devices=(
        list[Device],
        gql.to_many(
            lambda row, t: sql.and_(t.account_id == row.c.id, _signed_in(row, t)),
            lambda t: [t.first_seen_at, t.id],
            "The devices that are signed in, for the viewer's own account; empty for all others.",
        ),
    ),
)
