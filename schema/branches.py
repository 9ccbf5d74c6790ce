"""Grid Party branches (网格党支部) in GraphQL: members, opening hours, who receives, wishes, and what was brought."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import branches as tables
from db import places, roster, sql
from db.base import alias
from db.scope import Condition, visible
from rules.appeals import AppealSource
from schema.appeals import Appeal
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Row
from schema.orders import BY_DAY, NEWEST
from schema.places import PartyBranch
from schema.relay import Connection, Node
from schema.roster import Shift
from schema.wishes import PROPOSED, Wish, WishFilter


def _hour(name: str) -> Expression:
    return lambda row: sql.func.to_char(row.c[name], constant("HH24:MI"))


def _was_brought(row: Row, appeal: Any) -> Condition:
    """Appeals that a worker registered at a desk on a day on which they received at the branch."""
    shift, week, community = alias(roster.RosterShift), alias(roster.RosterWeek), alias(places.Community)
    served = shift.join(week, week.c.id == shift.c.week_id).join(community, community.c.id == week.c.community_id)
    opened_on = sql.cast(sql.func.timezone(community.c.time_zone, appeal.opened_at), sql.DATE)
    return sql.and_(
        sql.cast(appeal.source, sql.TEXT) == constant(AppealSource.DESK),
        sql.exists(served).where(
            shift.c.party_branch_id == row.c.id,
            shift.c.account_id == appeal.registered_by,
            shift.c.day == opened_on,
            week.c.community_id == appeal.community_id,
            week.c.published_at.is_not(None),
            visible(roster.RosterWeek, week, row.scope),
        ),
    )


@gql.filters
class ReceptionFilter:
    """A filter of receptions."""

    starts_on: date | None = gql.where(
        lambda row, given: row.c.day >= row.bind(sql.DATE, given.get), "On this day or later."
    )
    ends_on: date | None = gql.where(
        lambda row, given: row.c.day <= row.bind(sql.DATE, given.get), "On this day or earlier."
    )


@gql.entity(tables.BranchHours)
class OpeningHours:
    """A span of opening hours, in the time zone of the community."""

    weekday: int = gql.column("weekday", "The day of the week: 1 is Monday, 7 Sunday.")
    opens: str = gql.value(_hour("opens"), "The beginning, such as `09:30`.")
    closes: str = gql.value(_hour("closes"), "The end, such as `13:30`.")


@gql.entity(tables.BranchMember, "branchmember")
class BranchMember(Node):
    """A member of a Party branch whom others can turn to: a colleague, or a contact who agreed to be named."""

    id: strawberry.ID = gql.object_id("branchmember")
    account = gql.to_one("account_id", "The colleague; null for a contact.")
    name: str | None = gql.column("name", "The contact's name; null for a colleague.")
    post: str | None = gql.column("post", "The post in the branch, such as 组织委员.")
    phone: str | None = gql.column("phone", "The contact's telephone.")
    added_at: datetime = gql.column("added_at", "When the member was added.")
    removed_at: datetime | None = gql.column("removed_at", "When the member was removed.")


def _is_member(row: Row, t: Any) -> Condition:
    return sql.and_(t.party_branch_id == row.c.id, t.removed_at.is_(None))


gql.extend(
    PartyBranch,
    members=(list[BranchMember], gql.to_many(_is_member, lambda t: [t.added_at, t.id], "The members.")),
    opening_hours=(
        list[OpeningHours],
        gql.to_many("party_branch_id", lambda t: [t.weekday, t.opens], "The opening hours, by day."),
    ),
    receptions=(
        Connection[Shift],
        gql.paged(
            "Who receives residents on which day, by the roster, latest first.",
            BY_DAY,
            link="party_branch_id",
            where=ReceptionFilter,
        ),
    ),
    wishes=(
        Connection[Wish],
        gql.paged("The wishes that it claimed, latest first.", PROPOSED, link="party_branch_id", where=WishFilter),
    ),
    appeals=(
        Connection[Appeal],
        gql.paged(
            "What was brought to its reception, newest first: the appeals with source `DESK` that were registered by"
            " whoever received there on that day, by the published roster.",
            NEWEST,
            link=_was_brought,
        ),
    ),
)


@gql.roots
class BranchRoots:
    party_branch = gql.by_id("partybranch", "A grid Party branch.")
