"""Acts on outside systems: their credentials, and where their webhooks go. Made from the command line alone."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.accounts import Account
from db.centre import SystemClient, Webhook
from db.sessions import Tokens
from rules.access import Role
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text
from rules.webhooks import check_address

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an outside system signs in with; the secret is told once."""

    client: UUID
    secret: str


async def add_client(session: AsyncSession, name: str, username: str, now: datetime) -> Credentials:
    """Gives an outside system credentials; it does what its account may do."""
    account = (await session.exec(select(Account).where(Account.username == username))).first()
    if account is None or account.disabled_at is not None:
        raise Refusal(Code.NOT_FOUND, "account")
    if account.role is not Role.CENTRE_MEDIATOR:
        raise invalid("须是人民调解员的账号", "the account is to be a centre mediator's", "account")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    kept = check_text(name, "name", limit=LINE_LIMIT)
    client = SystemClient(name=kept, account_id=account.id, secret_digest=_digest(secret), created_at=now)
    try:
        async with session.begin_nested():
            session.add(client)
    except IntegrityError as taken:
        raise invalid("名称已被使用", "the name is taken", "name") from taken
    return Credentials(client.id, secret)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def admit_client(session: AsyncSession, uuid: UUID, secret: str) -> Tokens | None:
    """Signs an outside system in; nothing for a wrong secret, or when it or its account is disabled."""
    client = await session.get(SystemClient, uuid)
    known = client.secret_digest if client else bytes(SECRET_BYTES)
    if not hmac.compare_digest(known, _digest(secret)) or client is None or client.disabled_at is not None:
        return None
    account = await session.get_one(Account, client.account_id)
    return None if account.disabled_at else Tokens(account.id, account.role, client.id)


async def find_client(session: AsyncSession, name: str) -> SystemClient:
    """The outside system of this name, locked."""
    client = (await session.exec(select(SystemClient).where(SystemClient.name == name).with_for_update())).first()
    if client is None:
        raise Refusal(Code.NOT_FOUND, "name")
    return client


async def set_webhook(session: AsyncSession, name: str, url: str, *, private: bool) -> SystemClient:
    """From now on the outside system is told by webhook; what waited for another address goes to this one."""
    client = await find_client(session, name)
    if client.webhook_url is None:
        head = sa.cast(sa.cast(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()), sa.Text), sa.BigInteger)
        client.webhook_xid, client.webhook_entry = await session.scalar(sa.select(head)), 0
    client.webhook_url, client.gone_at = check_address(url, private=private), None
    session.add(client)
    return client


async def disable_client(session: AsyncSession, name: str, now: datetime) -> None:
    """Its credentials hold no longer, and it is told nothing more."""
    client = await find_client(session, name)
    client.disabled_at = client.disabled_at or now
    session.add(client)


async def redeliver(session: AsyncSession, name: str, now: datetime) -> int:
    """Brings the dead letters of an outside system to life; how many there were."""
    client = await find_client(session, name)
    dead = sa.update(Webhook).where(col(Webhook.client_id) == client.id, col(Webhook.dead_at).is_not(None))
    return (await session.exec(dead.values(dead_at=None, failures=0, due_at=now))).rowcount
