"""Acts on outside systems, for the command line: their credentials and their webhooks."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from db import sql
from db.account_log import happened
from db.base import alias
from db.centre import SystemClient, Webhook
from db.journal import Journal
from db.positions import head, place_entries
from db.scope import Scope
from db.sessions import text_digest
from db.transaction import NOW, Transaction
from db.usernames import account_of
from rules.access import Role
from rules.accounts import AccountEventKind
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import check_name
from rules.tokens import SECRET_BYTES
from rules.webhooks import check_address

_CLIENT = sql.parameter("client", sql.UUID)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of an outside system. The secret is shown only once."""

    client: UUID
    secret: str


async def add_client(tx: Transaction, name: str, username: str) -> Credentials:
    """Adds an outside system with the rights of an account, and returns its credentials."""
    kept = check_name(name, "name")
    account = await account_of(tx, username, lock="share")
    if account is None or account.disabled_at is not None:
        raise Refusal(Code.NOT_FOUND, "account")
    if account.role is not Role.CENTRE_MEDIATOR:
        raise invalid("须是人民调解员的账号", "account")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client = SystemClient(name=kept, account_id=account.id, secret_digest=text_digest(secret), created_at=tx.now)
    try:
        await tx.save(client, happened(tx, AccountEventKind.SYSTEM_ADDED, account.id, client.id))
    except asyncpg.UniqueViolationError as taken:
        raise invalid("名称已被使用", "name") from taken
    return Credentials(client.id, secret)


async def find_client(tx: Transaction, name: str) -> SystemClient:
    """The outside system of this name, locked."""
    return await tx.one(SystemClient, "name", lock=True, name=name)


async def set_webhook(tx: Transaction, name: str, url: str, *, private: bool) -> SystemClient:
    """Sets the address for webhooks from now on. Webhooks that wait for an earlier address go to the new one."""
    address = check_address(url, private=private)
    client = await find_client(tx, name)
    if client.webhook_url is None:
        await place_entries(tx.connection)  # Its lock is held until the commit, which follows at once.
        client.webhook_position = await tx.value(lambda _: sql.select(head()))
    client.webhook_url, client.gone_at = address, None
    await tx.save(client)
    return client


async def disable_client(tx: Transaction, name: str) -> None:
    """Disables the credentials and the webhooks of an outside system."""
    client = await find_client(tx, name)
    client.disabled_at = client.disabled_at or tx.now
    await tx.save(client, happened(tx, AccountEventKind.SYSTEM_DISABLED, client.account_id, client.id))


class DeadLetter(NamedTuple):
    """An event that could not be delivered: its journal entry, its dispute and the last error."""

    entry: int
    kind: EntryKind
    dispute: UUID
    failures: int
    error: str | None
    dead_at: datetime


async def dead_letters(tx: Transaction, name: str) -> list[DeadLetter]:
    """The dead letters of an outside system, in the order of the journal."""
    client = await find_client(tx, name)
    return [DeadLetter(*row)._replace(kind=EntryKind[row["kind"]]) for row in await tx.rows(_dead, client=client.id)]


def _dead(_: Scope) -> sql.Select:
    webhook, entry = alias(Webhook), alias(Journal)
    said = webhook.c.dispute_id, webhook.c.failures, webhook.c.last_error, webhook.c.dead_at
    return (
        sql.select(webhook.c.entry_id, entry.c.kind, *said)
        .from_(webhook.join(entry, entry.c.id == webhook.c.entry_id))
        .where(webhook.c.client_id == _CLIENT, webhook.c.dead_at.is_not(None))
        .order_by(webhook.c.entry_id)
    )


async def redeliver(tx: Transaction, name: str) -> int:
    """Queues the dead letters of an outside system again; returns their number."""
    client = await find_client(tx, name)
    return len(await tx.rows(_revive, client=client.id))


def _revive(_: Scope) -> sql.Update:
    webhook = alias(Webhook)
    dead = webhook.c.client_id == _CLIENT, webhook.c.dead_at.is_not(None)
    return sql.update(webhook, dead_at=sql.NULL, failures=0, due_at=NOW).where(*dead).returning(webhook.c.id)
