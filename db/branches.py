"""Tables of the grid Party branches: members and opening hours, and who leads and organises what in an estate."""

from datetime import datetime, time
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.base import Identified, alias, check, moment, partial_index, ref, text
from db.places import Grid, PartyBranch
from db.scope import Condition, Scope, seen_by, seen_through, through
from rules.access import COMMUNITY_ROLES, Role
from rules.branches import MEMBER_ROLES


class BranchMember(Identified, table=True):
    """A member of a branch for others to turn to: a colleague's account, or a person named as a contact.

    It is no list of Party members. Nobody on the register of residents is one by being in it (docs/domain.md).
    """

    party_branch_id: UUID = ref("party_branch.id")
    account_id: UUID | None = ref("account.id", optional=True)
    name: str | None = text(optional=True)
    post: str | None = text(optional=True)
    phone: str | None = text(optional=True)
    added_by: UUID = ref("account.id")
    added_at: datetime = moment()
    removed_by: UUID | None = ref("account.id", optional=True)
    removed_at: datetime | None = moment(optional=True)

    __table_args__ = (
        check("one_person", "num_nonnulls(account_id, name) = 1"),
        check("phone", "phone is null or name is not null"),
        check("removed", "(removed_by is null) = (removed_at is null)"),
        sa.Index("ix_branch_member_branch", "party_branch_id", "added_at", "id"),
        partial_index(
            "uq_branch_member_account", "account_id", "party_branch_id", unique=True, where="removed_at is null"
        ),
    )


class BranchHours(Identified, table=True):
    """A span of opening hours on a day of the week, by the clock of the community. Monday is 1."""

    party_branch_id: UUID = ref("party_branch.id")
    weekday: int
    opens: time
    closes: time

    __table_args__ = (
        sa.UniqueConstraint("party_branch_id", "weekday", "opens"),
        check("weekday", "weekday between 1 and 7"),
        check("in_order", "opens < closes"),
    )


def leads(community_id: sql.Column, estate_id: sql.Column, scope: Scope) -> Condition:
    """True if the viewer speaks for a place: the office for the community, a leader for an estate."""
    if scope.role in COMMUNITY_ROLES:
        return community_id == sql.any_(scope.communities)
    if scope.role is not Role.GRID_LEADER:
        return sql.FALSE
    grid = alias(Grid)
    return sql.exists(grid).where(grid.c.estate_id == estate_id, grid.c.id == sql.any_(scope.grids))


def organises(community_id: sql.Column, estate_id: sql.Column, scope: Scope) -> Condition:
    """True if the viewer leads a place, or is a member of the Party branch of the estate."""
    led = leads(community_id, estate_id, scope)
    if scope.role in COMMUNITY_ROLES or scope.role not in MEMBER_ROLES:
        return led
    member, branch = alias(BranchMember), alias(PartyBranch)
    joined = member.join(branch, branch.c.id == member.c.party_branch_id)
    own = member.c.account_id == scope.account_id, member.c.removed_at.is_(None)
    belongs = sql.exists(joined).where(branch.c.estate_id == estate_id, *own)
    return sql.or_(led, sql.and_(community_id == sql.any_(scope.communities), belongs))


def _member(t: sql.From, scope: Scope) -> Condition:
    """Colleagues know the members of the community's branches."""
    return seen_through(t, "party_branch_id", scope) if scope.role in MEMBER_ROLES else sql.FALSE


seen_by(_member, BranchMember)
seen_by(through("party_branch_id"), BranchHours)
