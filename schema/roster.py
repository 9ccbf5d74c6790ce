"""The duty roster in GraphQL: weeks, shifts and days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import strawberry

from db import roster as tables
from db import sql
from db.base import alias
from db.scope import Condition, visible
from db.sql import Column
from rules.roster import DutyPost
from schema.accounts import Account
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Link, Row
from schema.filters import given_id, is_id, when
from schema.journal import JournalEntry, timeline
from schema.orders import BY_DAY, BY_MONDAY
from schema.places import COMMUNITY, Community
from schema.relay import Connection, Node

ON = gql.argument("on", date, "The day.")


@gql.filters
class RosterFilter:
    """A filter of weeks."""

    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    starts_on: date | None = gql.where(
        lambda row, given: row.c.monday == row.bind(sql.DATE, given.get), "The week that begins on this Monday."
    )
    published: bool | None = gql.where(
        when(lambda row: row.c.published_at.is_not(None)), "True: published. False: drafts, which only planners see."
    )


@gql.entity(tables.RosterShift, "shift")
class Shift(Node):
    """The post of a worker on a day (全岗通)."""

    id: strawberry.ID = gql.object_id("shift")
    serves_on: date = gql.column("day", "The day.")
    post = gql.word("post", DutyPost, "The post.")
    reason: str | None = gql.column("reason", "The reason for an absence; with `ABSENT` only.")
    worker = gql.to_one("account_id", "The worker.")
    party_branch = gql.to_one("party_branch_id", "The Party branch; with `RECEPTION` only.")
    week = gql.to_one("week_id", "The week it belongs to.")


gql.extend(Account, shifts=(Connection[Shift], gql.paged("Roster shifts, latest first.", BY_DAY, link="account_id")))


@gql.entity(tables.RosterWeek, "roster")
class RosterWeek(Node):
    """A week of a community's duty roster. Drafts are visible to planners only."""

    id: strawberry.ID = gql.object_id("roster")
    starts_on: date = gql.column("monday", "The Monday.")
    planned_at: datetime = gql.column("planned_at", "When it was planned.")
    published_at: datetime | None = gql.column("published_at", "When it was published; null for a draft.")
    community = gql.to_one("community_id", "The community.")
    planned_by = gql.to_one("planned_by", "The account that planned it.")
    published_by = gql.to_one("published_by", "The account that published it.")
    shifts: list[Shift] = gql.to_many("week_id", lambda t: [t.day, t.post, t.id], "The shifts, by day.")
    timeline: Connection[JournalEntry] = timeline("roster_week_id")


gql.extend(
    Community,
    roster_weeks=(
        Connection[RosterWeek],
        gql.paged("Weeks of the duty roster, latest first.", BY_MONDAY, link="community_id"),
    ),
)


def of_day(row: Row) -> sql.From:
    """The weeks with shifts on the given day, in the viewer's communities."""
    week, shift = alias(tables.RosterWeek), alias(tables.RosterShift)
    day = row.given("on", sql.DATE)
    planned = sql.exists(shift).where(shift.c.week_id == week.c.id, shift.c.day == day)
    wanted = [visible(tables.RosterWeek, week, row.scope), planned]
    if "community" in row.arguments:
        wanted.append(week.c.community_id == given_id(row, "community"))
    names = ("id", "community_id", "published_at")
    found: Sequence[Column] = [week.c[name] for name in names]
    return sql.select(*found, day.label("day")).from_(week).where(*wanted).subquery("of_day")


def _at(post: DutyPost) -> Link:
    def link(row: Row, t: Any) -> Condition:
        same_day = sql.and_(t.week_id == row.c.id, t.day == row.c.day)
        return sql.and_(same_day, sql.cast(t.post, sql.TEXT) == constant(post))

    return link


def _everybody_at(post: DutyPost, description: str) -> Any:
    return gql.to_many(_at(post), lambda t: [t.id], description)


@gql.derived
class DutyRoster:
    """The duty roster of a day."""

    serves_on: date = gql.column("day", "The day.")
    community = gql.to_one("community_id", "The community.")
    week: RosterWeek | None = gql.to_one("id", "The week.")
    hall: list[Shift] = _everybody_at(DutyPost.HALL, "The shifts in the community hall.")
    reception: Shift | None = gql.by_link(_at(DutyPost.RECEPTION), "The shift that receives at a Party branch.")
    outreach: list[Shift] = _everybody_at(DutyPost.OUTREACH, "The shifts on outreach to firms, shops, gates and homes.")
    absent: list[Shift] = _everybody_at(DutyPost.ABSENT, "The absences.")


@gql.roots
class RosterRoots:
    duty_roster: list[DutyRoster] = gql.few_rows(
        of_day,
        lambda t: [t.community_id],
        "The duty roster of a day, for each community that has planned it.",
        [ON, COMMUNITY],
    )
    roster_weeks: Connection[RosterWeek] = gql.paged("Roster weeks, latest first.", BY_MONDAY, where=RosterFilter)
