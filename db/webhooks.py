"""The outbox of webhooks: which events an outside system gets, in which order, and the outcome of each delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from db import sql
from db.accounts import Account
from db.base import alias
from db.centre import SystemClient, Webhook
from db.holding import account_scope
from db.journal import Journal
from db.positions import FeedPosition, cursor_of, head
from db.referrals import Referral
from db.scope import Condition, Scope
from db.statements import Query
from db.transaction import NOW, Transaction
from rules.access import Role
from rules.journal import DISPUTE_CHANGES, EntryKind
from rules.webhooks import GONE, wait_after

LEASE = timedelta(seconds=25)
"""The time for one delivery before another worker may take the webhook: 15 s, and 5 s for each of its transactions."""
_ENDS = (EntryKind.REFERRAL_REJECTED, EntryKind.REFERRAL_RECALLED)
_CLIENT = sql.parameter("client", sql.UUID)


@dataclass(frozen=True, slots=True)
class Leased:
    """A webhook that its worker delivers now."""

    id: UUID
    client: UUID
    url: str
    kind: EntryKind
    dispute: UUID
    cursor: str
    occurred_at: datetime


async def clients_with_webhook(tx: Transaction) -> list[UUID]:
    """The ids of the outside systems with a webhook."""
    return [client.id for client in await tx.all(SystemClient, disabled_at=None) if client.webhook_url is not None]


async def collect(tx: Transaction, client_id: UUID) -> int:
    """Queues the new events of disputes that are with the outside system, unless another worker is doing so.

    Returns their number. An event behind a dead letter of the same dispute becomes a dead letter too, so that the
    order is kept when they are redelivered.
    """
    client = await tx.first(SystemClient, lock="skip", id=client_id, disabled_at=None)
    if client is None or client.webhook_url is None:
        return 0
    account = await tx.get(Account, id=client.account_id)
    since = client.webhook_position
    return int(await tx.value(_collect(account.role), client=client.id, account=account.id, since=since))


@cache
def _collect(role: Role) -> Query:
    """Inserts the webhooks for an account in this role and moves the position; returns the number of webhooks."""
    outside = account_scope(role, sql.parameter("account", sql.UUID))

    def collect(_: Scope) -> sql.Update:
        end = sql.select(head().label("position")).cte("head")
        news = _news(end).cte("news")
        told = _told(news, outside.organisations).cte("told")
        client = alias(SystemClient)
        noted = sql.update(client, webhook_position=end.c.position).from_(end).where(client.c.id == _CLIENT)
        count = sql.select(sql.func.count()).from_(told).scalar()
        return noted.with_(outside.places, end, news, told).returning(count)

    return collect


def _news(end: sql.From) -> sql.Select:
    """The entries about disputes between the position and the head."""
    placed, entry = alias(FeedPosition), alias(Journal)
    ahead = placed.c.position > sql.parameter("since", sql.BIGINT), placed.c.position <= end.c.position
    found = sql.select(entry.c.id, entry.c.dispute_id).from_(placed.join(entry, entry.c.id == placed.c.entry_id), end)
    return found.where(*ahead, entry.c.kind.in_(sorted(DISPUTE_CHANGES)))


def _told(news: sql.From, organisations: sql.Column) -> sql.Insert:
    """Inserts a webhook for each entry of a case that is with one of the organisations."""
    webhook, earlier = alias(Webhook), alias(Webhook)
    same_case = earlier.c.client_id == _CLIENT, earlier.c.dispute_id == news.c.dispute_id
    dead = sql.select(sql.func.max(earlier.c.dead_at)).from_(earlier).where(*same_case).scalar()
    made = {
        "client_id": _CLIENT,
        "dispute_id": news.c.dispute_id,
        "entry_id": news.c.id,
        "failures": sql.raw("0"),
        "due_at": NOW,
        "dead_at": dead,
    }
    found = sql.select(*made.values()).from_(news).where(_is_with(news, organisations))
    return sql.insert_from(webhook, list(made), found).on_conflict_do_nothing().returning(webhook.c.id)


def _is_with(news: sql.From, organisations: sql.Column) -> Condition:
    """True if a case had been referred to one of the organisations at an entry, and not been sent back before it."""
    referral, sent, ended = alias(Referral), alias(Journal), alias(Journal)
    between = ended.c.id > sent.c.id, ended.c.id < news.c.id
    back = sql.exists(ended).where(ended.c.dispute_id == news.c.dispute_id, *between, ended.c.kind.in_(_ENDS))
    return sql.exists(referral.join(sent, sent.c.act_id == referral.c.id)).where(
        referral.c.dispute_id == news.c.dispute_id,
        referral.c.organisation_id == sql.any_(organisations),
        sent.c.id <= news.c.id,
        sql.not_(back),
    )


async def lease(tx: Transaction) -> Leased | None:
    """Leases the next due webhook to this worker. Webhooks of one dispute are due in the order of their entries.

    The attempt counts as a failure until its outcome is known, so that one that kills its worker counts too.
    """
    leased = [Leased(**{**row, "kind": EntryKind[row["kind"]]}) for row in await tx.rows(_lease)]
    return leased[0] if leased else None


def _lease(_: Scope) -> sql.Update:
    webhook = alias(Webhook)
    due = _due().cte("due", materialized=True)  # A plain subquery could be executed, and lock rows, more than once.
    until = sql.parameter(lambda tx: tx.now + LEASE, sql.INSTANT)
    counted = webhook.c.failures + sql.raw("1")
    leased = sql.update(webhook, leased_until=until, failures=counted).from_(due).where(webhook.c.id == due.c.id)
    return leased.with_(due).returning(*due.c)


def _due() -> sql.Select:
    webhook, client, entry = alias(Webhook), alias(SystemClient), alias(Journal)
    cursor = cursor_of(entry.c).label("cursor")
    event = entry.c.kind, webhook.c.dispute_id.label("dispute"), cursor, entry.c.occurred_at
    told = webhook.join(client, client.c.id == webhook.c.client_id).join(entry, entry.c.id == webhook.c.entry_id)
    return (
        sql.select(webhook.c.id, client.c.id.label("client"), client.c.webhook_url.label("url"), *event)
        .from_(told)
        .where(_waits(webhook), webhook.c.due_at <= NOW, sql.not_(_has_earlier(webhook)))
        .where(sql.or_(webhook.c.leased_until.is_(None), webhook.c.leased_until < NOW))
        .where(client.c.disabled_at.is_(None), client.c.gone_at.is_(None))
        .order_by(webhook.c.due_at, webhook.c.entry_id)
        .limit(1)
        .for_update(webhook, skip_locked=True)
    )


def _waits(webhook: sql.From) -> Condition:
    return sql.and_(webhook.c.delivered_at.is_(None), webhook.c.dead_at.is_(None))


def oldest_webhook(_: Scope) -> sql.Select:
    """When the oldest event was recorded that waits for a receiver that is not gone."""
    webhook, client, entry = alias(Webhook), alias(SystemClient), alias(Journal)
    told = webhook.join(client, client.c.id == webhook.c.client_id).join(entry, entry.c.id == webhook.c.entry_id)
    wanted = client.c.disabled_at.is_(None), client.c.gone_at.is_(None)
    return sql.select(sql.func.min(entry.c.recorded_at)).from_(told).where(_waits(webhook), *wanted)


def _has_earlier(webhook: sql.From) -> Condition:
    """True if an earlier event of the same dispute is waiting."""
    earlier = alias(Webhook)
    same_case = (earlier.c[name] == webhook.c[name] for name in ("client_id", "dispute_id"))
    return sql.exists(earlier).where(*same_case, earlier.c.entry_id < webhook.c.entry_id, _waits(earlier))


async def note_delivered(tx: Transaction, sent: Leased) -> None:
    """Records that the receiver accepted the webhook."""
    webhook = await tx.get(Webhook, lock=True, id=sent.id)
    webhook.failures -= 1
    webhook.delivered_at, webhook.leased_until, webhook.last_error = tx.now, None, None
    await tx.save(webhook)


async def note_failed(tx: Transaction, sent: Leased, error: str, asked: timedelta | None = None) -> bool:
    """Records a failed attempt, and schedules the next one after the backoff or the receiver's Retry-After ``asked``.

    After the last attempt, the webhook and those waiting behind it become dead letters. Returns whether they did.
    """
    webhook = await tx.get(Webhook, lock=True, id=sent.id)
    webhook.leased_until, webhook.last_error = None, error
    wait = wait_after(webhook.failures, asked)
    if wait is not None:
        webhook.due_at = tx.now + wait
    await tx.save(webhook)
    if wait is None:
        await tx.rows(_bury, client=sent.client, dispute=sent.dispute)
    return wait is None


def _bury(_: Scope) -> sql.Update:
    """Turns the waiting webhooks of a dispute for an outside system into dead letters."""
    webhook = alias(Webhook)
    same_case = webhook.c.client_id == _CLIENT, webhook.c.dispute_id == sql.parameter("dispute", sql.UUID)
    return sql.update(webhook, dead_at=NOW).where(*same_case, _waits(webhook))


async def note_gone(tx: Transaction, sent: Leased) -> None:
    """Records that the receiver answered 410 Gone. Its webhooks wait until it has a new address."""
    client = await tx.get(SystemClient, lock=True, id=sent.client)
    webhook = await tx.get(Webhook, lock=True, id=sent.id)
    webhook.failures -= 1
    client.gone_at, webhook.leased_until, webhook.last_error = tx.now, None, f"HTTP {GONE}"
    await tx.save(client, webhook)
