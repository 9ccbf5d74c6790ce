"""Devices of an account, worked out row by row."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rules.access import Role
from rules.accounts import KEPT_BY
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


def keeps(sight: Sight, account: Row) -> bool:
    """Its role is kept by the viewer's, in communities where all of its open posts are."""
    if Role(account["role"]) not in KEPT_BY.get(sight.viewer.role, ()):  # type: ignore[arg-type]
        return False
    posts = [each for each in sight.world["assignment"] if each["account_id"] == account["id"]]
    around = {each["community_id"] for each in posts}
    still = {each["community_id"] for each in posts if _is_open(sight, each)}
    return sight.viewer.role is Role.ADMIN or (bool(around & sight.communities) and still <= sight.communities)


def _is_open(sight: Sight, post: Row) -> bool:
    return post["ends_on"] is None or bool(post["ends_on"] >= sight.today(post["community_id"]))


def _signed_in_devices(sight: Sight, account: Row, _: Given) -> list[Row]:
    own = (each for each in sight.world["device"] if each["account_id"] == account["id"] and _signed_in(sight, each))
    found = sorted(own, key=lambda each: (each["first_seen_at"], f"device_{each['id']}"))
    facts = [{"device": f"device_{each['id']}", "name": each["name"]} for each in found]
    return [Row("kept_device", "SignedInDevice", each) for each in facts] if keeps(sight, account) else []


DEVICES = {
    ("Account", "signedInDevices"): _signed_in_devices,
    ("Account", "devices"): _devices,
    ("Device", "lastUsedAt"): lambda sight, row, _: shown(max(each["rotated_at"] for each in _sessions(sight, row))),
    ("Device", "isNew"): lambda _, row, __: row["confirmed_at"] is None,
    ("Device", "isSignedIn"): lambda sight, row, _: _signed_in(sight, row),
}
