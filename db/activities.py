"""Tables of activities (社区活动) and of who comes."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db import sql
from db.base import Identified, alias, check, column_types, composite_key, moment, partial_index, ref, text
from db.branches import organises
from db.scope import Condition, Scope, in_community, seen_by
from rules.activities import MOST_PEOPLE


class Activity(Identified, table=True):
    """社区活动 of a community or an estate. ``coming`` counts people, and is changed under the lock of this row."""

    community_id: UUID = ref("community.id")
    estate_id: UUID | None = None
    what: str = text()
    place: str = text()
    begins_at: datetime = moment()
    ends_at: datetime = moment()
    wanted: int | None = None
    coming: int = 0
    colours: list[str] = Field(sa_type=ARRAY(sa.Text()), nullable=False)
    skill: str | None = text(optional=True)
    planned_by: UUID = ref("account.id")
    planned_at: datetime = moment()
    cancelled_by: UUID | None = ref("account.id", optional=True)
    cancelled_at: datetime | None = moment(optional=True)
    cancel_reason: str | None = text(optional=True)

    __table_args__ = (
        composite_key("fk_activity_estate", "estate", "community_id"),
        check("in_order", "begins_at < ends_at"),
        check("room", "coming between 0 and coalesce(wanted, coming)"),
        check("cancelled", "num_nonnulls(cancelled_by, cancelled_at, cancel_reason) in (0, 3)"),
        sa.Index("ix_activity_community", "community_id", "begins_at", "id"),
        sa.Index("ix_activity_estate", "estate_id", "begins_at", "id"),
        sa.Index("ix_activity_begins", "begins_at", "id"),
    )


class SignUp(Identified, table=True):
    """A person who comes to an activity: an account, a resident on the register, or somebody who gave a name."""

    activity_id: UUID = ref("activity.id")
    account_id: UUID | None = ref("account.id", optional=True)
    resident_id: UUID | None = ref("resident.id", optional=True)
    name: str | None = text(optional=True)
    phone: str | None = text(optional=True)
    people: int = 1
    """How many come, this person included."""
    receipt_code: str | None = text(optional=True)
    joined_by: UUID | None = ref("account.id", optional=True)
    joined_at: datetime = moment()
    left_by: UUID | None = ref("account.id", optional=True)
    left_at: datetime | None = moment(optional=True)
    attended: bool | None = None

    __table_args__ = (
        sa.UniqueConstraint("receipt_code"),
        check("one_person", "(account_id is null) = (num_nonnulls(resident_id, name) > 0)"),
        check("receipt", "(account_id is null) = (receipt_code is not null)"),
        check("people", f"people between 1 and {MOST_PEOPLE}"),
        check("left", "left_at is not null or left_by is null"),
        sa.Index("ix_sign_up_activity", "activity_id", "joined_at", "id"),
        sa.Index("ix_sign_up_account", "account_id", "id"),
        sa.Index("ix_sign_up_resident", "resident_id", "id"),
        partial_index("ix_sign_up_phone", "phone", where="phone is not null"),
    )


_PUBLIC = ("id", "community_id", "what", "place", "begins_at", "ends_at", "wanted", "skill", "cancelled_at")


def public_activities() -> sql.From:
    """The activities: a view, without who comes (db/wall_two.sql)."""
    told = dict.fromkeys(("community", "estate", "time_zone", "cancel_reason"), sql.TEXT)
    named = told | {"coming": sql.INTEGER, "is_full": sql.BOOLEAN}
    return sql.named("activity_wall", {name: column_types(Activity)[name] for name in _PUBLIC} | named)


def organised(t: sql.From, scope: Scope) -> Condition:
    """Activities whose organisers the viewer is one of. They know who comes."""
    return organises(t.c.community_id, t.c.estate_id, scope)


def _sign_up(t: sql.From, scope: Scope) -> Condition:
    """Organisers see who comes. Others see themselves, and whom they signed up."""
    activity = alias(Activity)
    own = sql.or_(t.c.account_id == scope.account_id, t.c.joined_by == scope.account_id)
    seen = sql.or_(organised(activity, scope), sql.and_(in_community(activity, scope), own))
    return sql.exists(activity).where(activity.c.id == t.c.activity_id, seen)


seen_by(in_community, Activity)
seen_by(_sign_up, SignUp)
