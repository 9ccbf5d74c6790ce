"""Devices of an account, worked out row by row."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rules.access import COMMUNITY_ROLES, Role
from rules.accounts import KEPT_BY
from rules.push import CHOSEN, PushKind
from rules.tokens import IDLE
from tests.oracle.rows import Row, shown
from tests.oracle.sight import Sight

Given = Mapping[str, Any]


def _sessions(sight: Sight, device: Row) -> list[Row]:
    return [each for each in sight.world["device_session"] if each["device_id"] == device["id"]]


def _is_live(session: Row) -> bool:
    now = datetime.now(UTC)
    return session["revoked_at"] is None and now < min(session["expires_at"], session["rotated_at"] + IDLE)


def _signed_in(sight: Sight, device: Row) -> bool:
    return any(map(_is_live, _sessions(sight, device)))


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


def _is_pushed(sight: Sight, device: Row, _: Given) -> bool:
    own = (each for each in sight.rows("push_subscription") if each["device_id"] == device["id"])
    return any(each["broken_at"] is None for each in own)


def _preferences(sight: Sight, account: Row, _: Given) -> Row | None:
    return next((each for each in sight.rows("push_preference") if each["account_id"] == account["id"]), None)


def _reachable_by(sight: Sight, account: Row, _: Given) -> list[str]:
    if sight.viewer.role not in COMMUNITY_ROLES | {Role.ADMIN}:
        return []
    given = [each for each in sight.world["push_subscription"] if each["account_id"] == account["id"]]
    live = {each["id"] for each in sight.world["device_session"] if _is_live(each)}
    pushed = any(each["session_id"] in live and each["broken_at"] is None for each in given)
    return [*(["PUSH"] if pushed else []), *(["PHONE"] if account["phone"] is not None else [])]


def _hour(name: str) -> Callable[[Sight, Row, Given], str | None]:
    return lambda _, row, __: f"{row[name]:%H:%M}" if row[name] else None


def _kinds(_: Sight, row: Row, __: Given) -> list[str]:
    return [each for each in PushKind if each not in CHOSEN & set(row["muted"])]


DEVICES: dict[tuple[str, str], Callable[[Sight, Any, Given], Any]] = {
    ("Device", "isPushed"): _is_pushed,
    ("Device", "pushKey"): lambda *_: None,
    ("Account", "pushPreferences"): _preferences,
    ("Account", "reachableBy"): _reachable_by,
    ("PushPreferences", "kinds"): _kinds,
    ("PushPreferences", "quietFrom"): _hour("quiet_from"),
    ("PushPreferences", "quietUntil"): _hour("quiet_until"),
    ("Account", "signedInDevices"): _signed_in_devices,
    ("Account", "devices"): _devices,
    ("Device", "lastUsedAt"): lambda sight, row, _: shown(max(each["rotated_at"] for each in _sessions(sight, row))),
    ("Device", "isNew"): lambda _, row, __: row["confirmed_at"] is None,
    ("Device", "isSignedIn"): lambda sight, row, _: _signed_in(sight, row),
}
