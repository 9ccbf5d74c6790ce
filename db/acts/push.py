"""Acts of an account on the pushes to its devices."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from db import sql
from db.accounts import Account, Device, DeviceSession, is_live
from db.acts.journal import act
from db.base import alias
from db.push import PushPreference, PushSubscription
from db.scope import Condition, Scope
from db.transaction import NOW, Transaction
from rules.access import Act
from rules.push import (
    GATEWAY,
    MOST_DEVICES,
    PushKind,
    check_endpoint,
    check_kinds,
    check_point,
    check_quiet,
    check_secret,
    check_service,
    check_token,
)
from rules.refusals import Code, Refusal, Said, invalid

_SIGNED_OUT = Said("已退出登录")


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """Where pushes to a device go: a browser's subscription, or the token of a phone maker's service."""

    device: UUID
    endpoint: str | None = None
    p256dh: str | None = None
    auth: str | None = None
    service: str | None = None
    token: str | None = None
    act: UUID | None = None


@act(Act.KEEP_DEVICES, key="act", again="device")
async def push_to_device(tx: Transaction, new: NewSubscription) -> UUID:
    """Sends pushes to a device of the viewer, until its session ends. Replaces what was given before.

    An address that another account gave before is taken from it: somebody else signed in on the device. Beyond
    :data:`MOST_DEVICES` the device that renewed its subscription least recently gets no more pushes.
    """
    given = _checked(new)
    device = await tx.find(Device, new.device, "device")
    await tx.lock_id(UUID(bytes=given["digest"][:16]))
    await tx.get(Account, lock=True, id=tx.worker_id)
    sessions = await tx.matching(DeviceSession, _live, device=device.id)
    if not sessions:
        raise Refusal(Code.WRONG_STATE, "device", status=_SIGNED_OUT)
    session = max(sessions, key=lambda each: each.rotated_at)
    await tx.rows(_taken_over, digest=given["digest"], device=device.id)
    held = await tx.all(PushSubscription, order=("-renewed_at",), account_id=tx.worker_id)
    kept = next((each for each in held if each.device_id == device.id), None)
    others = [each for each in held if each is not kept]
    for each in others[MOST_DEVICES - 1 :]:
        await tx.delete(each)
    if kept is None:
        kept = PushSubscription(account_id=tx.worker_id, device_id=device.id)
    kept.change(given | {"session_id": session.id, "renewed_at": tx.now, "broken_at": None})
    await tx.save(kept)
    return device.id


def _checked(new: NewSubscription) -> dict[str, Any]:
    """The columns of a subscription. Raises INVALID_INPUT unless exactly one way is given, whole."""
    web, phone = (new.endpoint, new.p256dh, new.auth), (new.service, new.token)
    if None not in web and not any(phone):
        return _of_browser(*web)  # type: ignore[arg-type]
    if None not in phone and not any(web):
        return _of_phone(*phone)  # type: ignore[arg-type]
    raise invalid("请填写 endpoint、p256dh 和 auth，或者 service 和 token")


def _of_browser(endpoint: str, p256dh: str, auth: str) -> dict[str, Any]:
    keys = {"p256dh": check_point(p256dh), "auth": check_secret(auth)}
    address = {"host": urlsplit(check_endpoint(endpoint)).hostname, "service": None, "address": endpoint}
    return {**address, **keys, "digest": _digest("", endpoint)}


def _of_phone(service: str, token: str) -> dict[str, Any]:
    address = {"host": GATEWAY, "service": check_service(service), "address": check_token(token)}
    return {**address, "p256dh": None, "auth": None, "digest": _digest(service, token)}


def _digest(service: str, address: str) -> bytes:
    return hashlib.sha256(f"{service} {address}".encode()).digest()


def _live(t: sql.From, _: Scope) -> Condition:
    return sql.and_(t.c.device_id == sql.parameter("device", sql.UUID), is_live(t, NOW))


def _taken_over(_: Scope) -> sql.Delete:
    t = alias(PushSubscription)
    other = sql.not_(t.c.device_id == sql.parameter("device", sql.UUID))
    return sql.delete(t).where(t.c.digest == sql.parameter("digest", sql.BYTES), other)


@dataclass(frozen=True, slots=True)
class PushEnd:
    device: UUID
    act: UUID | None = None


@act(Act.KEEP_DEVICES, key="act", again="device")
async def end_pushes(tx: Transaction, given: PushEnd) -> UUID:
    """Sends no more pushes to a device of the viewer. What waits for it is forgotten."""
    device = await tx.find(Device, given.device, "device")
    await tx.rows(_ended, device=device.id, account=tx.worker_id)
    return device.id


def _ended(_: Scope) -> sql.Delete:
    t = alias(PushSubscription)
    own = t.c.account_id == sql.parameter("account", sql.UUID)
    return sql.delete(t).where(own, t.c.device_id == sql.parameter("device", sql.UUID))


@dataclass(frozen=True, slots=True)
class Preferences:
    kinds: list[PushKind]
    """The kinds to get besides the urgent ones."""
    changes: Mapping[str, str | None] = field(default_factory=dict)
    """The new ``quiet_from`` and ``quiet_until``, as far as they change. None ends the quiet hours."""
    act: UUID | None = None


_QUIET = ("quiet_from", "quiet_until")


async def _own(tx: Transaction, _: Preferences) -> UUID:
    return tx.worker_id


@act(Act.KEEP_DEVICES, key="act", again=_own)
async def set_push_preferences(tx: Transaction, given: Preferences) -> UUID:
    """Sets which pushes the account gets, and its quiet hours, or none."""
    muted = sorted(check_kinds(given.kinds))
    await tx.find(Account, tx.worker_id, lock=True)
    chosen = await tx.first(PushPreference, account_id=tx.worker_id) or PushPreference(account_id=tx.worker_id)
    kept = {name: f"{at:%H:%M}" for name in _QUIET if (at := getattr(chosen, name, None)) is not None}
    hours = kept | given.changes
    begins, ends = check_quiet(hours.get("quiet_from"), hours.get("quiet_until")) or (None, None)
    chosen.change({"muted": muted, "quiet_from": begins, "quiet_until": ends})
    await tx.save(chosen)
    return tx.worker_id
