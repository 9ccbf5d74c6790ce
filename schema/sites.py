"""Construction sites in GraphQL: who looks after them, what patrols found, and what is open on each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import disputes as dispute_tables
from db import sites as tables
from db import sql
from db.base import alias
from db.scope import Condition, visible
from db.sql import Column
from schema.accounts import Account
from schema.compiler.declare import (
    column,
    entity,
    extend,
    filters,
    object_id,
    paged,
    roots,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.sources import Row
from schema.filters import is_id, when
from schema.money import Yuan, yuan
from schema.orders import BY_NAME
from schema.places import Premises
from schema.premises import PATROLLED, is_open_of, is_site
from schema.relay import Connection, Node


def has_open(row: Row) -> Condition:
    """Whether something is open on a site that the viewer sees."""
    dispute = alias(dispute_tables.Dispute)
    seen = visible(dispute_tables.Dispute, dispute, row.scope)
    return sql.exists(dispute).where(is_open_of(row, dispute.c), seen)


@filters
class SiteFilter:
    """Which construction sites."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "In this grid.")
    open: bool | None = where(
        when(has_open), "True: party to a dispute that is reported or being mediated. False: the others."
    )


@entity(tables.SitePost, "sitepost")
class SitePost(Node):
    """A worker who looks after the community's construction sites (工地岗)."""

    id: strawberry.ID = object_id("sitepost")
    worker = to_one("account_id", "Who.")
    starts_on: date = column("starts_on", "From which day on.")
    ends_on: date | None = column("ends_on", "Until which day; null while it is not known.")


@entity(tables.SiteArrears)
class SiteArrears:
    """Wages that a patrol found to be owed."""

    name: str = column("name", "To whom: a person or a gang.")
    people: int = column("people", "How many people.")
    period: str = column("period", "For which time.")
    amount: Yuan = yuan("amount", "How much.")


def _arrears_total(row: Row) -> Column:
    owed = alias(tables.SiteArrears)
    whole = sql.func.coalesce(sql.func.sum(owed.c.amount), sql.raw("0.00"))
    return sql.cast(sql.select(whole).from_(owed).where(owed.c.patrol_id == row.c.id).scalar(), sql.TEXT)


def _went_along(row: Row, t: Any) -> Condition:
    worker = alias(tables.SitePatrolWorker)
    return sql.exists(worker).where(worker.c.patrol_id == row.c.id, worker.c.account_id == t.id)


@entity(tables.SitePatrol, "patrol")
class SitePatrol(Node):
    """A patrol's visit to a construction site (工地巡查), with its checklist."""

    id: strawberry.ID = object_id("patrol")
    premises = to_one("premises_id", "The site.")
    patrolled_at: datetime = column("patrolled_at", "When.")
    led_by = to_one("led_by", "The deputy director.")
    workers: list[Account] = to_many(_went_along, lambda t: [t.username], "The two who hold the site posts.")
    headcount: int = column("headcount", "People at work.")
    has_ledger: bool = column("has_ledger", "Whether a wage ledger is kept (工资台账).")
    has_account: bool = column("has_account", "Whether wages are paid from a special account (工资专用账户).")
    has_notice: bool = column("has_notice", "Whether the rights notice hangs there (维权告示牌).")
    note: str | None = column("note", "What else was seen.")
    arrears: list[SiteArrears] = to_many("patrol_id", lambda t: [t.id], "Wages found to be owed.")
    arrears_total: Yuan = value(_arrears_total, "What the arrears add up to. In yuan.")
    called_for: datetime | None = column("called_for", "When the parties are called to the mediation studio.")
    dispute = to_one("dispute_id", "The dispute that the arrears opened.")
    recorded_by = to_one("recorded_by", "Who wrote it down.")
    recorded_at: datetime = column("recorded_at", "When it was written down.")


extend(
    Premises,
    patrols=(
        Connection[SitePatrol],
        paged("The patrols' visits to a construction site, the latest first.", PATROLLED, link="premises_id"),
    ),
)


@roots
class SiteRoots:
    """What can be read of construction sites."""

    sites: Connection[Premises] = paged(
        "Construction sites, by name, with their patrols and what is open on each.",
        BY_NAME,
        link=is_site,
        where=SiteFilter,
    )
    site_posts: list[SitePost] = to_many(
        lambda *_: sql.TRUE,
        lambda t: [t.community_id, t.starts_on, t.id],
        "Who looks after the construction sites, who did, and who will.",
    )
