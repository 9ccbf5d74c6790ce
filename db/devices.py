"""Devices: which one a sign-in comes from, and the notice of a new one."""

from datetime import timedelta
from uuid import UUID

from db.accounts import Account, Device, DeviceSession
from db.messages import queued
from db.places import Community
from db.transaction import Transaction
from rules.alerts import Priority

NEW_DEVICE = "【{community}】您的账号在一台新设备上登录。如非本人操作，请立即联系社区{phone}。"
"""Without the device's name: who signs in chooses it, and could write to others by it."""
TEXTED_EVERY = timedelta(hours=1)
"""A compromise: an app that forgets its tokens must not cost a text message at each sign-in."""


async def device_of_session(tx: Transaction, session: UUID | None) -> Device | None:
    """The device on which a session was begun."""
    family = await tx.first(DeviceSession, id=session) if session else None
    return await tx.get(Device, id=family.device_id) if family else None


async def new_device(tx: Transaction, account: Account, name: str, *, texts: bool) -> Device:
    """A device that signs in for the first time, to be saved. The person is told, unless it is the account's first."""
    is_first = await tx.first(Device, account_id=account.id) is None
    device = Device(account_id=account.id, name=name, first_seen_at=tx.now, confirmed_at=tx.now if is_first else None)
    if texts and account.phone and not is_first and not await _was_told(tx, account):
        await tx.save(queued(tx, account.phone, await _notice(tx, account), Priority.NOTICE))
    return device


async def _notice(tx: Transaction, account: Account) -> str:
    """The text with the name and the telephone of the account's community, if it has one."""
    community = await tx.first(Community, id=account.community_id) if account.community_id else None
    phone = f"：{community.phone}" if community and community.phone else ""
    return NEW_DEVICE.format(community=community.name if community else "社区", phone=phone)


async def _was_told(tx: Transaction, account: Account) -> bool:
    """True after a text message about another device that nobody has confirmed yet."""
    latest = await tx.first(Device, order=("-first_seen_at",), account_id=account.id, confirmed_at=None)
    return latest is not None and tx.now - latest.first_seen_at < TEXTED_EVERY
