"""Tables of the duty roster: the weeks of a community, and their shifts."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.base import Identified, check, choice, moment, ref, text
from db.scope import Condition, Scope, in_community, seen_by, through
from rules.access import WORKERS, Act, Role
from rules.roster import DutyPost


class RosterWeek(Identified, table=True):
    """A week of a community's roster. It is a draft until it is published."""

    community_id: UUID = ref("community.id")
    monday: date
    planned_by: UUID = ref("account.id")
    planned_at: datetime = moment(now=True)
    published_by: UUID | None = ref("account.id", optional=True)
    published_at: datetime | None = moment(optional=True)

    __table_args__ = (
        sa.UniqueConstraint("community_id", "monday"),
        check("monday", "extract(isodow from monday) = 1"),
        check("published", "(published_at is null) = (published_by is null)"),
        sa.Index("ix_roster_week_monday", "monday", "id"),
    )


class RosterShift(Identified, table=True):
    """The post of a worker on a day. A worker has one post a day."""

    week_id: UUID = ref("roster_week.id")
    day: date
    account_id: UUID = ref("account.id")
    post: DutyPost = choice(DutyPost)
    party_branch_id: UUID | None = ref("party_branch.id", optional=True)
    reason: str | None = text(optional=True)

    __table_args__ = (
        sa.UniqueConstraint("account_id", "day"),
        check("branch", "(post = 'RECEPTION') = (party_branch_id is not null)"),
        check("absent", "(post = 'ABSENT') = (reason is not null)"),
        sa.Index("ix_roster_shift_week", "week_id", "day", "post", "id"),
        sa.Index("ix_roster_shift_branch", "party_branch_id", "day"),
    )


def _roster_week(t: sql.From, scope: Scope) -> Condition:
    """Published weeks are the workers' and the administrator's; drafts are for those who plan."""
    if scope.role in Act.PLAN_ROSTER.roles:
        return in_community(t, scope)
    if scope.role in WORKERS or scope.role is Role.ADMIN:
        return sql.and_(in_community(t, scope), t.c.published_at.is_not(None))
    return sql.FALSE


seen_by(_roster_week, RosterWeek)
seen_by(through("week_id"), RosterShift)
