"""Construction sites in GraphQL: site posts, patrols, and open disputes."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from db import disputes as dispute_tables
from db import sites as tables
from db import sql
from db.base import alias
from db.scope import Condition, visible
from db.sql import Column
from schema.accounts import Account
from schema.compiler import declare as gql
from schema.compiler.sources import Row
from schema.filters import is_id, when
from schema.money import Yuan, yuan
from schema.orders import BY_NAME_KEY
from schema.places import Premises
from schema.premises import PATROLLED, is_open_of, is_site
from schema.relay import Connection, Node


def has_open(row: Row) -> Condition:
    """True if a site is a party to a pending dispute that the viewer sees."""
    dispute = alias(dispute_tables.Dispute)
    seen = visible(dispute_tables.Dispute, dispute, row.scope)
    return sql.exists(dispute).where(is_open_of(row, dispute.c), seen)


@gql.filters
class SiteFilter:
    """A filter of construction sites."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    open: bool | None = gql.where(when(has_open), "True: party to a pending dispute. False: the others.")


@gql.entity(tables.SitePost, "sitepost")
class SitePost(Node):
    """The post of a worker in charge of the community's construction sites (工地岗)."""

    id: strawberry.ID = gql.object_id("sitepost")
    worker = gql.to_one("account_id", "The worker.")
    starts_on: date = gql.column("starts_on", "The first day.")
    ends_on: date | None = gql.column(
        "ends_on", "The last day; null if open-ended. Before the first one if it held for no day."
    )
    ended_at: datetime | None = gql.column("ended_at", "When it was ended at once, the day after its last day.")


@gql.entity(tables.SiteArrears)
class SiteArrears:
    """Unpaid wages found by a patrol."""

    name: str = gql.column("name", "The person or work gang.")
    people: int = gql.column("people", "The number of people.")
    period: str = gql.column("period", "The time for which the wages are unpaid.")
    amount: Yuan = yuan("amount", "The amount.")


def _arrears_total(row: Row) -> Column:
    owed = alias(tables.SiteArrears)
    whole = sql.func.coalesce(sql.func.sum(owed.c.amount), sql.raw("0.00"))
    return sql.cast(sql.select(whole).from_(owed).where(owed.c.patrol_id == row.c.id).scalar(), sql.TEXT)


@gql.entity(tables.SitePatrol, "patrol")
class SitePatrol(Node):
    """A patrol of a construction site (工地巡查), with its checklist."""

    id: strawberry.ID = gql.object_id("patrol")
    premises = gql.to_one("premises_id", "The site.")
    patrolled_at: datetime = gql.column("patrolled_at", "The time of the patrol.")
    led_by = gql.to_one("led_by", "The deputy director who led it.")
    workers: list[Account] = gql.to_many(
        gql.through(tables.SitePatrolWorker, "patrol_id", "account_id"),
        lambda t: [t.username],
        "The two workers who hold the site posts.",
    )
    headcount: int = gql.column("headcount", "The number of people at work.")
    has_ledger: bool = gql.column("has_ledger", "Whether a wage ledger is kept (工资台账).")
    has_account: bool = gql.column("has_account", "Whether wages are paid from a special account (工资专用账户).")
    has_notice: bool = gql.column("has_notice", "Whether the notice of rights is put up (维权告示牌).")
    note: str | None = gql.column("note", "Other observations.")
    arrears: list[SiteArrears] = gql.to_many("patrol_id", lambda t: [t.id], "The unpaid wages.")
    arrears_total: Yuan = gql.value(_arrears_total, "The total of the unpaid wages, in yuan.")
    meeting_at: datetime | None = gql.column("called_for", "When the parties are called to the mediation studio.")
    dispute = gql.to_one("dispute_id", "The dispute opened because of the unpaid wages.")
    recorded_by = gql.to_one("recorded_by", "The account that recorded it.")
    recorded_at: datetime = gql.column("recorded_at", "When it was recorded.")


gql.extend(
    Premises,
    patrols=(
        Connection[SitePatrol],
        gql.paged("Patrols of a construction site, latest first.", PATROLLED, link="premises_id"),
    ),
)


@gql.roots
class SiteRoots:
    sites: Connection[Premises] = gql.paged("Construction sites, by name.", BY_NAME_KEY, link=is_site, where=SiteFilter)
    site_posts: list[SitePost] = gql.to_many(
        lambda *_: sql.TRUE, lambda t: [t.community_id, t.starts_on, t.id], "Past, current and future site posts."
    )
