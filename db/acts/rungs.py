"""A rung of the safety ladder: who is on it, and their text messages."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from db import sql
from db.accounts import Account
from db.acts.calls import area_of_alert, invite_neighbours, urge_neighbours
from db.alerts import Alert
from db.base import alias
from db.calls import Message
from db.holding import in_office, is_signed_in, responsible_for
from db.messages import queued
from db.places import Community, Grid
from db.scope import Scope
from db.transaction import Transaction
from rules import alerts as rules
from rules.access import COMMUNITY_ROLES, Role
from rules.alerts import Contact, Priority, Rung


class _Officer(NamedTuple):
    """Somebody with a post at the alert's home today."""

    id: UUID
    name: str
    phone: str | None
    role: str
    signed_in: bool


async def tell(tx: Transaction, alert: Alert, rung: Rung, *, urgent: bool) -> tuple[int, list[Message]]:
    """How many people of a rung can be told of an alert, and the messages to those with an account, to be saved.

    Each person gets one message of a rung, and one more when it is urgent. Neighbours are invited here.
    """
    if rung is Rung.NEIGHBOURS:
        return await invite_neighbours(tx, alert, urgent=urgent), []
    officers = [_Officer(**row) for row in await tx.rows(_officers, alert=alert.id)]
    heads = [each for each in officers if each.role == Role.BUILDING_HEAD]
    workers = [each for each in officers if each.role == Role.GRID_WORKER]
    office = [each for each in officers if each not in heads and each not in workers]
    community, area = await tx.get(Community, id=alert.community_id), await area_of_alert(tx, alert)
    where = community.name, area.address
    asked = rules.rung_message(rung, *where, _contacts(workers), urgent=urgent)
    if rung is Rung.COMMUNITY:
        people, texts = office, dict.fromkeys(office, asked)
    else:
        people, told = heads, rules.worker_message(*where, _contacts(heads), urgent=urgent)
        texts = dict.fromkeys(heads, asked) | dict.fromkeys(workers, told)
    priority = Priority.URGENT if urgent else Priority.ALERT
    messages = [
        queued(tx, each.phone, body, priority, alert_id=alert.id, account_id=each.id)
        for each, body in texts.items()
        if each.phone
    ]
    return sum(bool(each.phone) or each.signed_in for each in people), messages


async def urge(tx: Transaction, alert: Alert, rung: Rung) -> list[Message]:
    """Tells the people of a rung that has rung before that the resident needs help."""
    if rung is Rung.NEIGHBOURS:
        return await urge_neighbours(tx, alert)
    _, messages = await tell(tx, alert, rung, urgent=True)
    return messages


def _contacts(officers: Iterable[_Officer]) -> Iterator[Contact]:
    return ((each.name, each.phone) for each in officers if each.phone)


def _officers(_: Scope) -> sql.Select:
    """The building's head, the grid's workers, the estate's leader and the community's staff, of an alert."""
    alert, grid, account = alias(Alert), alias(Grid), alias(Account)
    posts = sql.union(
        in_office("building_id", alert.c.building_id, Role.BUILDING_HEAD),
        responsible_for(alert.c.grid_id),
        in_office("estate_id", grid.c.estate_id, Role.GRID_LEADER),
        in_office("community_id", alert.c.community_id, *COMMUNITY_ROLES),
    ).lateral("holder")
    held = alert.join(grid, grid.c.id == alert.c.grid_id).join(posts, sql.TRUE)
    return (
        sql.select(
            *(account.c[name] for name in ("id", "name", "phone")),
            account.c.role,
            is_signed_in(account.c.id).label("signed_in", sql.BOOLEAN),
        )
        .from_(held.join(account, account.c.id == posts.c.account_id))
        .where(alert.c.id == sql.parameter("alert", sql.UUID))
        .order_by(account.c.username)
    )
