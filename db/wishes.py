"""The table of small wishes."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.base import Identified, check, choice, column_types, moment, partial_index, ref, text
from db.places import in_area
from db.scope import Condition, Scope, in_grid, own_in_office, seen_by
from rules.access import Role
from rules.wishes import Claimant, WishStatus


class Wish(Identified, table=True):
    """微心愿. Only workers see the wisher and the home. The published text is public."""

    community_id: UUID
    grid_id: UUID
    building_id: UUID | None = ref("building.id", optional=True)
    unit: int | None = None
    household_id: UUID | None = ref("household.id", optional=True)
    resident_id: UUID | None = ref("resident.id", optional=True)
    wisher_name: str | None = text(optional=True)
    wisher_phone: str | None = text(optional=True)
    receipt_code: str = text()
    body: str = text()
    status: WishStatus = choice(WishStatus, WishStatus.PROPOSED)
    proposed_by: UUID | None = ref("account.id", optional=True)
    proposed_at: datetime = moment()
    published_text: str | None = text(optional=True)
    published_by: UUID | None = ref("account.id", optional=True)
    published_at: datetime | None = moment(optional=True)
    claimant: Claimant | None = choice(Claimant, optional=True)
    volunteer_name: str | None = text(optional=True)
    volunteer_phone: str | None = text(optional=True)
    organisation_id: UUID | None = ref("organisation.id", optional=True)
    party_branch_id: UUID | None = ref("party_branch.id", optional=True)
    claimed_by: UUID | None = ref("account.id", optional=True)
    claimed_at: datetime | None = moment(optional=True)
    fulfilled_at: datetime | None = moment(optional=True)
    declined_at: datetime | None = moment(optional=True)
    decline_reason: str | None = text(optional=True)

    __table_args__ = (
        in_area("wish"),
        sa.UniqueConstraint("receipt_code"),
        check("published", "(published_text is null) = (published_at is null)"),
        check("on_wall", "status not in ('PUBLISHED', 'CLAIMED', 'FULFILLED') or published_text is not null"),
        check("claimed", "(status in ('CLAIMED', 'FULFILLED')) = (claimant is not null)"),
        check("claimed_at", "(claimant is null) = (claimed_at is null)"),
        check("volunteer", "(coalesce(claimant, '') = 'VOLUNTEER') = (volunteer_name is not null)"),
        check("organisation", "(coalesce(claimant, '') = 'ORGANISATION') = (organisation_id is not null)"),
        check("party_branch", "(coalesce(claimant, '') = 'PARTY_BRANCH') = (party_branch_id is not null)"),
        check("fulfilled", "(status = 'FULFILLED') = (fulfilled_at is not null)"),
        check("declined", "(status = 'DECLINED') = (decline_reason is not null)"),
        sa.Index("ix_wish_grid", "grid_id", "proposed_at", "id"),
        sa.Index("ix_wish_household", "household_id", "id"),
        sa.Index("ix_wish_resident", "resident_id", "id"),
        partial_index("ix_wish_wall", "published_at", "id", where="published_at is not null"),
    )


_PUBLIC = ("id", "community_id", "status", "published_text", "published_at", "claimant", "claimed_at", "fulfilled_at")


def on_wall() -> sql.From:
    """The wishes on the wall: a view, which has only what is public (db/wall_two.sql)."""
    named = dict.fromkeys(("community", "time_zone", "community_phone", "claimed_for"), sql.TEXT)
    return sql.named("wish_wall", {name: column_types(Wish)[name] for name in _PUBLIC} | named)


def _wish(t: sql.From, scope: Scope) -> Condition:
    """Workers see the wishes of their grids. A building head sees those that they proposed themselves."""
    if scope.role is Role.BUILDING_HEAD:
        return own_in_office(t.c.proposed_by, scope)
    return in_grid(t, scope)


seen_by(_wish, Wish)
