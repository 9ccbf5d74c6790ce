"""Acts of an account on its own devices."""

from dataclasses import dataclass
from uuid import UUID

from db import sql
from db.account_log import happened
from db.accounts import Device, DeviceSession, is_live
from db.acts.journal import act
from db.base import alias
from db.scope import Scope
from db.transaction import NOW, Transaction
from rules.access import Act
from rules.accounts import AccountEventKind
from rules.text import check_name


@dataclass(frozen=True, slots=True)
class DeviceName:
    device: UUID
    name: str | None = None
    act: UUID | None = None


@act(Act.KEEP_DEVICES, key="act", again="device")
async def confirm_device(tx: Transaction, given: DeviceName) -> UUID:
    """Notes that a device is the account's own, and names it."""
    name = None if given.name is None else check_name(given.name, "name")
    device = await tx.find(Device, given.device, "device", lock=True)
    device.confirmed_at = device.confirmed_at or tx.now
    if name is not None:
        device.name = name
    await tx.save(device)
    return device.id


@dataclass(frozen=True, slots=True)
class DeviceEnd:
    device: UUID
    act: UUID | None = None


@act(Act.KEEP_DEVICES, key="act", again="device")
async def sign_out_device(tx: Transaction, given: DeviceEnd) -> UUID:
    """Ends the sessions of a device, which is no longer known."""
    device = await tx.find(Device, given.device, "device", lock=True)
    live = await tx.rows(_live, device=device.id)
    await tx.rows(_revoke, device=device.id)
    await tx.save(*(happened(tx, AccountEventKind.SIGNED_OUT, tx.worker_id, each["id"]) for each in live))
    return device.id


def _live(_: Scope) -> sql.Select:
    t = alias(DeviceSession)
    return sql.select(t.c.id).from_(t).where(t.c.device_id == sql.parameter("device", sql.UUID), is_live(t, NOW))


def _revoke(_: Scope) -> sql.Update:
    t = alias(DeviceSession)
    own = t.c.device_id == sql.parameter("device", sql.UUID)
    return sql.update(t, revoked_at=NOW).where(own, t.c.revoked_at.is_(None))
