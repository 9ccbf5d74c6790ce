"""Text messages with the receipts of cases, and the end of the telephones that people left with them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from db import sql
from db.activities import Activity, SignUp
from db.appeals import Appeal
from db.base import Row, alias
from db.calls import Message
from db.messages import queued
from db.people import Resident
from db.scope import Condition, Scope
from db.transaction import Transaction
from db.wishes import Wish
from rules.alerts import Priority
from rules.receipts import CASE_CONTACTS_KEPT, SIGN_UP_CONTACTS_KEPT, receipt_message
from rules.retention import ERASED

_CASES: dict[type[Row], tuple[str, str]] = {
    Appeal: ("appeal_id", "您反映的事收到了"),
    Wish: ("wish_id", "您的心愿收到了"),
    SignUp: ("sign_up_id", "活动报名收到了"),
}
"""By case: its column of messages, and what its message says."""
_BEFORE = sql.parameter("before", sql.INSTANT)


@dataclass(frozen=True, slots=True)
class Texted:
    """Where a receipt goes: the mobile number that was left with the case. ``page`` is the address before the code."""

    phone: str
    community: str
    page: str


async def text_receipt(tx: Transaction, case: Appeal | Wish | SignUp, to: Texted) -> None:
    """Queues the receipt of a case, unless it was queued before."""
    column, what = _CASES[type(case)]
    assert case.receipt_code is not None
    if not await tx.rows(partial(_about, column), case=case.id):
        body = receipt_message(to.community, what, case.receipt_code, f"{to.page}{case.receipt_code}")
        await tx.save(queued(tx, to.phone, body, Priority.NOTICE, **{column: case.id}))


def _about(column: str, _: Scope) -> sql.Select:
    message = alias(Message)
    return sql.select(message.c.id).from_(message).where(message.c[column] == sql.parameter("case", sql.UUID)).limit(1)


async def forget_contacts(tx: Transaction) -> int:
    """Removes names and telephones from cases that ended long ago, and from sign-ups for past activities."""
    cases, past = tx.now - CASE_CONTACTS_KEPT, tx.now - SIGN_UP_CONTACTS_KEPT
    appeals, wishes = await tx.rows(_of_appeals, before=cases), await tx.rows(_of_wishes, before=cases)
    return len(appeals) + len(wishes) + len(await tx.rows(_of_sign_ups, before=past))


def _emptied(model: type[Row], ends: tuple[str, ...], names: tuple[str, ...], _: Scope) -> sql.Update:
    """Names and telephones of nobody on the register, for whom the time begins when they leave."""
    t, resident = alias(model), alias(Resident)
    gone: dict[str, Any] = dict.fromkeys(names, sql.cast(sql.NULL, sql.TEXT))
    left = sql.or_(*(t.c[name].is_not(None) for name in names))
    known = sql.exists(resident).where(resident.c.phone == t.c[names[-1]])
    return (
        sql.update(t, **gone).where(_ended(t, ends), left, t.c.resident_id.is_(None), sql.not_(known)).returning(t.c.id)
    )


def _ended(t: sql.From, ends: tuple[str, ...]) -> Condition:
    return sql.func.coalesce(*(t.c[name] for name in ends)) < _BEFORE


_of_appeals = partial(
    _emptied, Appeal, ("closed_at", "rejected_at", "withdrawn_at"), ("reporter_name", "reporter_phone")
)
_of_wishes = partial(_emptied, Wish, ("fulfilled_at", "declined_at"), ("wisher_name", "wisher_phone"))


def _of_sign_ups(_: Scope) -> sql.Update:
    """A sign-up keeps that there was a name, because it is of nobody else."""
    t, activity = alias(SignUp), alias(Activity)
    over = sql.exists(activity).where(activity.c.id == t.c.activity_id, activity.c.ends_at < _BEFORE)
    gone = sql.raw(sql.quote(ERASED))
    emptied = sql.update(t, name=gone, phone=sql.cast(sql.NULL, sql.TEXT))
    return emptied.where(over, t.c.name.is_not(None), t.c.name != gone).returning(t.c.id)
