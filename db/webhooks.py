"""Which events an outside system is told, in which order, and what became of each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.accounts import Account
from db.centre import SystemClient, Webhook
from db.journal import Journal
from db.scope import table
from db.session_scope import SessionScope
from rules.journal import DISPUTE_CHANGES, EntryKind
from rules.webhooks import GONE, wait_after

LEASE = timedelta(seconds=60)
"""How long one worker has for one webhook before another may take it."""

_COLLECT = sa.text("""
with head as (select pg_snapshot_xmin(pg_current_snapshot()) as xid),
news as (
    select j.id, j.xid, j.dispute_id from journal j, head
    where (j.xid, j.id) > (cast(:xid as text)::xid8, :entry) and j.xid < head.xid and j.kind = any(:kinds)
),
told as (
    insert into webhook (client_id, dispute_id, entry_id, failures, due_at, dead_at)
    select :client, n.dispute_id, n.id, 0, :now, (
        select max(dead_at) from webhook w where w.client_id = :client and w.dispute_id = n.dispute_id
    ) from news n
    where exists (
        select from referral r join journal sent on sent.act_id = r.id
        where r.dispute_id = n.dispute_id and r.organisation_id = any(:bodies) and sent.id <= n.id
        and not exists (
            select from journal ended
            where ended.dispute_id = n.dispute_id and ended.id > sent.id and ended.id < n.id
            and ended.kind = any(:ends)
        )
    )
    on conflict do nothing
    returning 1
)
update system_client set webhook_xid = head.xid::text::bigint, webhook_entry = 0
from head where system_client.id = :client
returning (select count(*) from told)
""").bindparams(
    sa.bindparam("client", type_=sa.Uuid()),
    sa.bindparam("bodies", type_=sa.ARRAY(sa.Uuid())),
    sa.bindparam("kinds", type_=sa.ARRAY(sa.Text())),
    sa.bindparam("ends", type_=sa.ARRAY(sa.Text())),
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
)
_ENDS = [EntryKind.REFERRAL_REJECTED, EntryKind.REFERRAL_RECALLED]


@dataclass(frozen=True, slots=True)
class Leased:
    """A webhook that is to go out now."""

    id: UUID
    client: UUID
    url: str
    kind: EntryKind
    dispute: UUID
    cursor: str
    occurred_at: datetime


async def clients_to_tell(session: AsyncSession) -> list[UUID]:
    """The outside systems that have a webhook."""
    told = (col(SystemClient.webhook_url).is_not(None), col(SystemClient.disabled_at).is_(None))
    return list((await session.exec(select(SystemClient.id).where(*told))).all())


async def collect(session: AsyncSession, client_id: UUID, now: datetime) -> int:
    """Writes down what the outside system is to be told since the last time: of cases while they are with it.

    What comes after a dead letter of its case is dead with it, so that both are told in order once they live again.
    """
    statement = select(SystemClient).where(SystemClient.id == client_id).with_for_update(skip_locked=True)
    client = (await session.exec(statement)).first()
    if client is None:
        return 0
    account = await session.get_one(Account, client.account_id)
    scope = SessionScope(account.role, account.id)
    bodies = await session.scalar(sa.select(scope.organisations))
    given: dict[str, Any] = {
        "xid": str(client.webhook_xid),
        "entry": client.webhook_entry,
        "client": client.id,
        "bodies": list(bodies or []),
        "kinds": sorted(DISPUTE_CHANGES),
        "ends": _ENDS,
        "now": now,
    }
    return int(await session.scalar(_COLLECT, given) or 0)


async def lease(session: AsyncSession, now: datetime) -> Leased | None:
    """The next webhook that is due, for this worker alone; of one dispute the earlier ones go first."""
    w, earlier, client, entry = (table(each).alias() for each in (Webhook, Webhook, SystemClient, Journal))
    waits = (w.c.delivered_at.is_(None), w.c.dead_at.is_(None), w.c.due_at <= now)
    free = sa.or_(w.c.leased_until.is_(None), w.c.leased_until < now)
    ahead = sa.exists().where(
        *(earlier.c[name] == w.c[name] for name in ("client_id", "dispute_id")),
        earlier.c.entry_id < w.c.entry_id,
        earlier.c.delivered_at.is_(None),
        earlier.c.dead_at.is_(None),
    )
    listens = (client.c.disabled_at.is_(None), client.c.gone_at.is_(None))
    place = sa.func.concat(sa.cast(entry.c.xid, sa.Text), ".", entry.c.id)
    statement = (
        sa.select(w.c.id, w.c.client_id, client.c.webhook_url, entry.c.kind, w.c.dispute_id, place, entry.c.occurred_at)
        .select_from(w)
        .join(client, client.c.id == w.c.client_id)
        .join(entry, entry.c.id == w.c.entry_id)
        .where(*waits, free, sa.not_(ahead), *listens)
        .order_by(w.c.due_at, w.c.entry_id)
        .limit(1)
        .with_for_update(of=w, skip_locked=True)
    )
    row = (await (await session.connection()).execute(statement)).first()
    if row is None:
        return None
    found = Leased(*row)
    await session.exec(sa.update(Webhook).where(col(Webhook.id) == found.id).values(leased_until=now + LEASE))
    return found


async def note_delivered(session: AsyncSession, sent: Leased, now: datetime) -> None:
    """The receiver has it."""
    webhook = await session.get_one(Webhook, sent.id)
    webhook.delivered_at, webhook.leased_until, webhook.last_error = now, None, None
    session.add(webhook)


async def note_failed(
    session: AsyncSession, sent: Leased, error: str, now: datetime, asked: timedelta | None = None
) -> bool:
    """It is tried again later, or dead together with those that wait behind it; whether it is dead."""
    webhook = await session.get_one(Webhook, sent.id)
    webhook.failures += 1
    webhook.leased_until, webhook.last_error = None, error
    wait = wait_after(webhook.failures, asked)
    if wait is not None:
        webhook.due_at = now + wait
        session.add(webhook)
        return False
    behind = sa.update(Webhook).where(
        col(Webhook.client_id) == sent.client,
        col(Webhook.dispute_id) == sent.dispute,
        col(Webhook.delivered_at).is_(None),
        col(Webhook.dead_at).is_(None),
    )
    session.add(webhook)
    await session.flush()
    await session.exec(behind.values(dead_at=now))
    return True


async def note_gone(session: AsyncSession, sent: Leased, now: datetime) -> None:
    """The receiver is gone for good; what waits for it goes out once it has another address."""
    client, webhook = await session.get_one(SystemClient, sent.client), await session.get_one(Webhook, sent.id)
    client.gone_at, webhook.leased_until, webhook.last_error = now, None, f"HTTP {GONE}"
    session.add_all([client, webhook])
