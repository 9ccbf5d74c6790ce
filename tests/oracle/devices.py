"""Devices of an account, worked out row by row."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rules.tokens import IDLE
from tests.oracle.rows import Row, shown
from tests.oracle.sight import Sight

Given = Mapping[str, Any]


def _sessions(sight: Sight, device: Row) -> list[Row]:
    return [each for each in sight.world["device_session"] if each["device_id"] == device["id"]]


def _signed_in(sight: Sight, device: Row) -> bool:
    now = datetime.now(UTC)
    return any(
        each["revoked_at"] is None and now < min(each["expires_at"], each["rotated_at"] + IDLE)
        for each in _sessions(sight, device)
    )


def _devices(sight: Sight, account: Row, _: Given) -> list[Row]:
    own = (each for each in sight.rows("device") if each["account_id"] == account["id"] and _signed_in(sight, each))
    return sorted(own, key=lambda each: (each["first_seen_at"], each["id"]))


DEVICES = {
    ("Account", "devices"): _devices,
    ("Device", "lastUsedAt"): lambda sight, row, _: shown(max(each["rotated_at"] for each in _sessions(sight, row))),
    ("Device", "isNew"): lambda _, row, __: row["confirmed_at"] is None,
    ("Device", "isSignedIn"): lambda sight, row, _: _signed_in(sight, row),
}
