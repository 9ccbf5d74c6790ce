"""Tables of construction sites: site posts, patrols, and the wage arrears that patrols found."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.accounts import POSTS, PostTable
from db.base import Identified, alias, check, moment, money, ref, text
from db.holding import in_force_on, today
from db.places import Community, Grid, Premises, in_places
from db.scope import Condition, Scope, in_community, in_grid, seen_by, seen_through, through
from rules.access import Role
from rules.journal import EntryKind
from rules.places import PremisesKind


class SitePost(Identified, table=True):
    """A worker who looks after a community's construction sites for a span of days."""

    community_id: UUID = ref("community.id")
    account_id: UUID = ref("account.id", index=True)
    starts_on: date
    ends_on: date | None = None
    ended_at: datetime | None = moment(optional=True)
    given_by: UUID | None = ref("account.id", optional=True)

    __table_args__ = (
        sa.Index("ix_site_post_community", "community_id", "starts_on", "id"),
        check("in_order", "ends_on is null or ends_on >= starts_on - 1"),
        check("ended", "ended_at is null or ends_on is not null"),
    )


class SitePatrol(Identified, table=True):
    """A patrol's visit to a site, with its checklist."""

    premises_id: UUID = ref("premises.id")
    patrolled_at: datetime = moment()
    led_by: UUID = ref("account.id")
    headcount: int
    has_ledger: bool
    """True if a wage ledger is kept."""
    has_account: bool
    """True if wages are paid from a special account."""
    has_notice: bool
    """True if the notice of workers' rights is posted."""
    note: str | None = text(optional=True)
    called_for: datetime | None = moment(optional=True)
    """The time for which the parties are called to the mediation studio."""
    dispute_id: UUID | None = ref("dispute.id", optional=True, index=True)
    recorded_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment()

    __table_args__ = (
        sa.Index("ix_site_patrol_premises", "premises_id", "patrolled_at", "id"),
        check("headcount", "headcount >= 0"),
        check("called", "(dispute_id is null) = (called_for is null)"),
    )


class SitePatrolWorker(Identified, table=True):
    """A worker who took part in a patrol."""

    patrol_id: UUID = ref("site_patrol.id")
    account_id: UUID = ref("account.id", index=True)

    __table_args__ = (sa.UniqueConstraint("patrol_id", "account_id"),)


class SiteArrears(Identified, table=True):
    """Wages owed to a person or a work gang."""

    patrol_id: UUID = ref("site_patrol.id", index=True)
    name: str = text()
    people: int
    amount: Decimal = money()
    period: str = text()

    __table_args__ = (
        check("people", "people > 0"),
        check("amount", "amount > 0"),
    )


def _premises(t: sql.From, scope: Scope) -> Condition:
    """Premises of the viewer's grids. A holder of a site post sees all construction sites of the community."""
    if scope.role is not Role.GRID_WORKER:
        return in_places(t, scope)
    post, community, grid = alias(SitePost), alias(Community), alias(Grid)
    held = sql.exists(post, community, grid).where(
        post.c.account_id == scope.account_id,
        post.c.community_id == community.c.id,
        in_force_on(post, today(community)),
        grid.c.id == t.c.grid_id,
        grid.c.community_id == community.c.id,
        community.c.id == sql.any_(scope.communities),
    )
    site = t.c.kind == PremisesKind.CONSTRUCTION_SITE
    return sql.or_(in_grid(t, scope), sql.and_(site, held))


def _patrol(t: sql.From, scope: Scope) -> Condition:
    """A patrol is seen by who sees the site, but for an administrator, who sees places without what was found there."""
    return sql.FALSE if scope.role is Role.ADMIN else seen_through(t, "premises_id", scope)


seen_by(_premises, Premises)
seen_by(in_community, SitePost)
POSTS[SitePost] = PostTable(EntryKind.SITE_POST_ENDED, "工地岗")
seen_by(_patrol, SitePatrol)
seen_by(through("patrol_id"), SitePatrolWorker, SiteArrears)
