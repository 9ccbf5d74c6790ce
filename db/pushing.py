"""The outbox of pushes: takes new entries of the journal into it, leases the next due push, and records the outcome."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from db import sql
from db.accounts import Account, DeviceSession, is_live
from db.alerts import Alert
from db.appeals import Appeal
from db.base import Row, alias
from db.calls import HelpCall
from db.holding import account_scope
from db.notices import Notice
from db.places import Community
from db.positions import head
from db.push import Push, PushPreference, PushProgress, PushSubscription
from db.push_recipients import told
from db.scope import Condition, Scope, visible
from db.statements import Query
from db.transaction import NOW, Transaction
from rules.access import Role
from rules.clocks import RUNNING
from rules.communities import TIME_ZONE
from rules.push import CHOSEN, LONGEST_LIFE, PushKind, end_of_quiet, wait_after

LEASE = timedelta(seconds=25)
"""The time for one push before another worker may take it: 15 s, and 5 s for each of its transactions."""
AT_ONCE = 2_000
"""Positions of one turn, so that its locks are not held for long after a large import."""
MOST_PASSED = 100
"""Pushes that one transaction drops or postpones, in some tenths of a second: it must not meet its deadline."""
KEPT = timedelta(days=7)
"""How long the outcome of a push stays, for whoever asks why a phone was silent."""
_MODELS: dict[PushKind, type[Row]] = {PushKind.ALERT: Alert, PushKind.HELP_CALL: HelpCall, PushKind.NOTICE: Notice}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A push, and the device that it goes to."""

    id: UUID
    subscription: UUID
    account: UUID
    role: Role
    host: str
    service: str | None
    address: str
    p256dh: bytes | None
    auth: bytes | None
    digest: bytes
    kind: PushKind
    object_id: UUID
    happened_at: datetime
    tries: int
    alive: bool
    muted: list[str] | None
    quiet_from: time | None
    quiet_until: time | None
    zone: str


async def collect(tx: Transaction) -> bool:
    """Queues the pushes of new entries, unless another worker is doing so. Returns whether more entries wait."""
    progress = await tx.first(PushProgress, lock="skip")
    if progress is None:
        return False
    end = await tx.value(_end)
    until = min(end, progress.position + AT_ONCE)
    if until <= progress.position:
        return False
    await tx.rows(_queued, since=progress.position, until=until, oldest=tx.now - LONGEST_LIFE)
    progress.position = until
    await tx.save(progress)
    return bool(until < end)


def _end(_: Scope) -> sql.Select:
    return sql.select(head())


def _queued(_: Scope) -> sql.Insert:
    """Inserts a push for each device of those who are told of an entry, but not of its own author."""
    news, people = told()
    device, session, preference = alias(PushSubscription), alias(DeviceSession), alias(PushPreference)
    to = people.join(device, device.c.account_id == people.c.account_id)
    to = to.join(session, session.c.id == device.c.session_id)
    to = to.outerjoin(preference, preference.c.account_id == device.c.account_id)
    muted = sql.func.coalesce(people.c.kind == sql.any_(preference.c.muted), sql.FALSE)
    made = {
        "subscription_id": device.c.id,
        "kind": people.c.kind,
        "object_id": people.c.object_id,
        "happened_at": people.c.recorded_at,
        "due_at": NOW,
        "tries": sql.raw("0"),
    }
    own = people.c.actor_id.is_not_distinct_from(people.c.account_id)
    found = sql.select(*made.values()).from_(to).where(is_live(session, NOW), sql.not_(own))
    found = found.where(sql.not_(sql.and_(muted, people.c.kind.in_(sorted(CHOSEN)))))
    # Of several entries about an object, the latest decides until when the push is worth something.
    found = found.order_by(people.c.recorded_at.desc())
    return sql.insert_from(alias(Push), list(made), found).on_conflict_do_nothing().with_(news)


async def lease(tx: Transaction, busy: list[str]) -> tuple[Leased | None, bool]:
    """Leases the next due push to this worker, and counts the try. Also returns whether another one may be due.

    Those at ``busy`` hosts wait. A push that nobody needs any more is dropped on the way, and one that falls into quiet
    hours waits for their end.
    """
    for _ in range(MOST_PASSED):
        if not (found := await tx.rows(_due, busy=busy)):
            return None, False
        due = Leased(**{**found[0], "role": Role(found[0]["role"]), "kind": PushKind[found[0]["kind"]]})
        push = await tx.get(Push, id=due.id)
        quiet_until = None if due.kind.urgent else _quiet(due, tx.now)
        if not await _is_needed(tx, due):
            push.dropped_at = tx.now
        elif quiet_until is not None:
            push.due_at = quiet_until
        else:
            push.due_at, push.tries = tx.now + LEASE, push.tries + 1
            await tx.save(push)
            return due, True
        await tx.save(push)
    return None, True


def _quiet(due: Leased, now: datetime) -> datetime | None:
    return end_of_quiet(now.astimezone(ZoneInfo(due.zone)), due.quiet_from, due.quiet_until)


async def _is_needed(tx: Transaction, due: Leased) -> bool:
    """True while the account is signed in on the device, wants the kind and sees its object, and that is not over."""
    if not due.alive or due.kind in CHOSEN & set(due.muted or ()) or tx.now >= due.happened_at + due.kind.life:
        return False
    return bool(await tx.value(_still(due.role, due.kind), account=due.account, object=due.object_id))


@cache
def _still(role: Role, kind: PushKind) -> Query:
    """Whether an account in a role sees an object, and the matter of a push about it is not over."""
    account, model = sql.parameter("account", sql.UUID), _MODELS.get(kind, Appeal)

    def still(_: Scope) -> sql.Select:
        scope, t = account_scope(role, account), alias(model)
        that = t.c.id == sql.parameter("object", sql.UUID), sql.not_(_over(kind, t, account))
        return sql.select(sql.exists(t).where(*that, visible(model, t, scope))).with_(scope.places)

    return still


def _over(kind: PushKind, t: sql.From, account: sql.Column) -> Condition:
    """True if a push comes too late: somebody took the alert, the call is closed, the appeal is answered."""
    if kind is PushKind.ALERT:
        return sql.or_(t.c.ended_at.is_not(None), t.c.acknowledged_at.is_not(None))
    if kind is PushKind.HELP_CALL:
        return t.c.closed_at.is_not(None)
    if kind is PushKind.NOTICE:
        return sql.or_(t.c.withdrawn_at.is_not(None), sql.func.coalesce(t.c.until <= NOW, sql.FALSE))
    answered = sql.not_(t.c.status.in_(sorted(RUNNING)))
    if kind is PushKind.CAME_BACK:
        # The answer to an own report is news also when the report is closed by it.
        return sql.and_(answered, sql.not_(t.c.registered_by.is_not_distinct_from(account)))
    return answered


def _due(_: Scope) -> sql.Select:
    push, device, session = alias(Push), alias(PushSubscription), alias(DeviceSession)
    account, preference, community = alias(Account), alias(PushPreference), alias(Community)
    whole = push.join(device, device.c.id == push.c.subscription_id)
    whole = whole.join(session, session.c.id == device.c.session_id).join(account, account.c.id == device.c.account_id)
    whole = whole.outerjoin(preference, preference.c.account_id == account.c.id)
    whole = whole.outerjoin(community, community.c.id == account.c.community_id)
    busy = device.c.host == sql.any_(sql.parameter("busy", sql.array_of(sql.TEXT)))
    chosen = push.c.kind.in_(sorted(CHOSEN))
    return (
        sql.select(
            *(push.c[name] for name in ("id", "kind", "object_id", "happened_at", "tries")),
            *(device.c[name] for name in ("host", "service", "address", "p256dh", "auth", "digest")),
            *(preference.c[name] for name in ("muted", "quiet_from", "quiet_until")),
            device.c.id.label("subscription"),
            account.c.id.label("account"),
            account.c.role,
            sql.and_(is_live(session, NOW), account.c.disabled_at.is_(None)).label("alive", sql.BOOLEAN),
            sql.func.coalesce(community.c.time_zone, sql.raw(sql.quote(TIME_ZONE))).label("zone", sql.TEXT),
        )
        .from_(whole)
        .where(_waits(push), push.c.due_at <= NOW, sql.not_(busy))
        .order_by(sql.case((chosen, 1), else_=0), push.c.due_at)
        .limit(1)
        .for_update(push, skip_locked=True)
    )


def _waits(push: sql.From) -> Condition:
    return sql.and_(*(push.c[name].is_(None) for name in ("sent_at", "dropped_at", "parked_at")))


def oldest_push(_: Scope) -> sql.Select:
    """Since when the oldest push is due. One that waits for quiet hours or for its next try is not."""
    push = alias(Push)
    return sql.select(sql.func.min(push.c.due_at)).from_(push).where(_waits(push), push.c.due_at <= NOW)


async def note_sent(tx: Transaction, sent: Leased) -> None:
    """Records that the push service accepted the push."""
    if (push := await _returned(tx, sent)) is not None:
        push.sent_at, push.last_error = tx.now, None
        await tx.save(push)
        await tx.rows(_mended, subscription=sent.subscription)


def _mended(_: Scope) -> sql.Update:
    t = alias(PushSubscription)
    own = t.c.id == sql.parameter("subscription", sql.UUID)
    return sql.update(t, broken_at=sql.NULL).where(own, t.c.broken_at.is_not(None))


async def note_failed(
    tx: Transaction, sent: Leased, error: str, asked: timedelta | None = None, *, final: bool = False
) -> bool:
    """Records a failed try: retried after the back-off or Retry-After ``asked``, or parked if no further try is due.

    Returns whether it is parked. The device of a parked push counts as not reachable until a push gets through.
    """
    push = await _returned(tx, sent)
    if push is None:
        return False
    wait = None if final else wait_after(push.tries, tx.now - push.happened_at, sent.kind.life, asked)
    push.last_error = error
    if wait is not None:
        push.due_at = tx.now + wait
        await tx.save(push)
        return False
    push.parked_at = tx.now
    await tx.save(push)
    await tx.rows(_broken, subscription=sent.subscription)
    return True


def _broken(_: Scope) -> sql.Update:
    t = alias(PushSubscription)
    return sql.update(t, broken_at=NOW).where(t.c.id == sql.parameter("subscription", sql.UUID))


async def note_gone(tx: Transaction, sent: Leased) -> None:
    """Removes a subscription that its push service does not know any more, with its pushes.

    If the device has sent a new one meanwhile, the push is tried there.
    """
    if not await tx.rows(_gone, subscription=sent.subscription, digest=sent.digest):
        await note_failed(tx, sent, "gone")


def _gone(_: Scope) -> sql.Delete:
    t = alias(PushSubscription)
    same = t.c.id == sql.parameter("subscription", sql.UUID), t.c.digest == sql.parameter("digest", sql.BYTES)
    return sql.delete(t).where(*same).returning(t.c.id)


async def _returned(tx: Transaction, sent: Leased) -> Push | None:
    """The push, locked. None if the subscription was removed meanwhile."""
    return await tx.first(Push, lock=True, id=sent.id)


async def forget_pushes(tx: Transaction) -> int:
    """Removes old outcomes, and the subscriptions of sessions that have ended. Returns the number of the latter."""
    await tx.rows(_old, before=tx.now - KEPT)
    return len(await tx.rows(_of_ended_sessions))


def _old(_: Scope) -> sql.Delete:
    t = alias(Push)
    ended = sql.func.coalesce(t.c.sent_at, t.c.dropped_at, t.c.parked_at)
    return sql.delete(t).where(ended < sql.parameter("before", sql.INSTANT))


def _of_ended_sessions(_: Scope) -> sql.Delete:
    t, session, account = alias(PushSubscription), alias(DeviceSession), alias(Account)
    owned = session.join(account, account.c.id == session.c.account_id)
    live: Any = sql.exists(owned).where(session.c.id == t.c.session_id, is_live(session, NOW))
    return sql.delete(t).where(sql.not_(live.where(account.c.disabled_at.is_(None)))).returning(t.c.id)
