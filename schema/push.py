"""Pushes in GraphQL: whether a device gets them, what an account chose, and by which ways it can be reached."""

from __future__ import annotations

from db import push as tables
from db import sql
from db.base import alias
from db.scope import Condition
from rules.push import CHOSEN, PushKind, Reach
from schema.accounts import Account
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.devices import Device


def _hour(name: str, description: str) -> str | None:
    hour: str | None = gql.value(lambda row: sql.func.to_char(row.c[name], constant("HH24:MI")), description)
    return hour


def _kinds(row: Row) -> sql.Column:
    """The urgent kinds, and those of the others that the account did not turn off."""
    kind = sql.rows_of(sql.func.unnest(sql.array([*map(str, PushKind)], sql.TEXT)), "kind", {"name": sql.TEXT})
    muted = sql.and_(kind.c.name == sql.any_(row.c.muted), kind.c.name.in_(sorted(CHOSEN)))
    return sql.select(kind.c.name).from_(kind).where(sql.not_(muted)).array()


@gql.entity(tables.PushPreference)
class PushPreferences:
    """Which pushes an account gets. Urgent kinds always come; the others wait for the end of the quiet hours."""

    kinds: list[PushKind] = gql.value(_kinds, "The kinds.")
    quiet_from: str | None = _hour("quiet_from", "When they begin, in the community's time zone, such as `22:00`.")
    quiet_until: str | None = _hour("quiet_until", "When they end.")


def _is_pushed(row: Row) -> Condition:
    """True while a subscription works. The device's row is the viewer's own, and so is its subscription."""
    subscription = alias(tables.PushSubscription)
    works = subscription.c.device_id == row.c.id, subscription.c.broken_at.is_(None)
    return sql.exists(subscription).where(*works)


def _reachable_by(row: Row) -> sql.Column:
    pushed = tables.pushable()
    ways = {
        Reach.PUSH: sql.exists(pushed).where(pushed.c.account_id == row.c.id),
        Reach.PHONE: row.c.phone.is_not(None),
    }
    named = [sql.case((works, constant(way)), else_=sql.NULL) for way, works in ways.items()]
    return sql.func.array_remove(sql.array(named, sql.TEXT), sql.NULL)


gql.extend(
    Device,
    is_pushed=(bool, gql.value(_is_pushed, "True while pushes get through to it.")),
    push_key=(
        str | None,
        gql.value(
            lambda row: row.bind(sql.TEXT, lambda run: run.push_key),
            "The `applicationServerKey` for `PushManager.subscribe`; null if the server sends no Web Push.",
        ),
    ),
)
gql.extend(
    Account,
    push_preferences=(
        PushPreferences | None,
        gql.by_link("account_id", "The viewer's own: null while all kinds come at all hours, and for other accounts."),
    ),
    reachable_by=(
        list[Reach],
        gql.value(_reachable_by, "The ways by which it can be reached, for the office; empty if there is none."),
    ),
)
