"""The duty roster in GraphQL: weeks, shifts, and who serves where on a day."""

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
from schema.compiler.declare import (
    argument,
    by_link,
    column,
    derived,
    entity,
    extend,
    few_rows,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_many,
    to_one,
    where,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Link, Row
from schema.filters import is_id, when
from schema.ids import parse_id
from schema.journal import JournalEntry, timeline
from schema.orders import BY_DAY, BY_MONDAY
from schema.places import COMMUNITY, Community
from schema.relay import Connection, Node

DATE = argument("date", date, "The day.")


@filters
class RosterFilter:
    """Which weeks."""

    community: strawberry.ID | None = where(is_id("community", "community_id"), "Of this community.")
    monday: date | None = where(
        lambda row, given: row.c.monday == row.bind(sql.DATE, given.get), "That begins on this Monday."
    )
    published: bool | None = where(
        when(lambda row: row.c.published_at.is_not(None)), "True: published. False: drafts, for those who plan."
    )


@entity(tables.RosterShift, "shift")
class Shift(Node):
    """Where a worker serves on a day (全岗通)."""

    id: strawberry.ID = object_id("shift")
    day: date = column("day", "The day.")
    post: DutyPost = column("post", "Where.")
    post_label: str = labelled("post", DutyPost, "Where, in Chinese.")
    reason: str | None = column("reason", "Why they are not at work; with `ABSENT` only.")
    worker = to_one("account_id", "Who.")
    party_branch = to_one("party_branch_id", "At which Party branch; with `RECEPTION` only.")
    week = to_one("week_id", "The week it belongs to.")


extend(
    Account,
    shifts=(Connection[Shift], paged("Their shifts on the roster, latest first.", BY_DAY, link="account_id")),
)


@entity(tables.RosterWeek, "roster")
class RosterWeek(Node):
    """A week of a community's duty roster: a draft until it is published. Drafts are for those who plan."""

    id: strawberry.ID = object_id("roster")
    monday: date = column("monday", "Its Monday.")
    planned_at: datetime = column("planned_at", "When it was planned.")
    published_at: datetime | None = column("published_at", "When it was published; null for a draft.")
    community = to_one("community_id", "The community.")
    planned_by = to_one("planned_by", "Who planned it.")
    published_by = to_one("published_by", "Who published it.")
    shifts: list[Shift] = to_many("week_id", lambda t: [t.day, t.post, t.id], "Everybody's posts, day by day.")
    timeline: Connection[JournalEntry] = timeline("roster_week_id")


extend(
    Community,
    roster_weeks=(
        Connection[RosterWeek],
        paged("Weeks of its duty roster, latest first.", BY_MONDAY, link="community_id"),
    ),
)


def of_day(row: Row) -> sql.From:
    """The weeks that plan the day in the arguments, in the viewer's communities."""
    week, shift = alias(tables.RosterWeek), alias(tables.RosterShift)
    day = row.given("date", sql.DATE)
    planned = sql.exists(shift).where(shift.c.week_id == week.c.id, shift.c.day == day)
    wanted = [visible(tables.RosterWeek, week, row.scope), planned]
    if "community" in row.arguments:
        wanted.append(week.c.community_id == row.given("community", sql.UUID, _community))
    names = ("id", "community_id", "published_at")
    found: Sequence[Column] = [week.c[name] for name in names]
    return sql.select(*found, day.label("day")).from_(week).where(*wanted).subquery("of_day")


def _community(text: str) -> Any:
    return parse_id("community", text)


def _at(post: DutyPost) -> Link:
    def link(row: Row, t: Any) -> Condition:
        same_day = sql.and_(t.week_id == row.c.id, t.day == row.c.day)
        return sql.and_(same_day, sql.cast(t.post, sql.TEXT) == constant(post))

    return link


def _everybody_at(post: DutyPost, description: str) -> Any:
    return to_many(_at(post), lambda t: [t.id], description)


@derived
class DutyRoster:
    """Who serves where on a day."""

    day: date = column("day", "The day.")
    community = to_one("community_id", "The community.")
    week: RosterWeek | None = to_one("id", "The week.")
    hall: list[Shift] = _everybody_at(DutyPost.HALL, "Who serves in the community hall.")
    reception: Shift | None = by_link(_at(DutyPost.RECEPTION), "Who receives residents, and at which Party branch.")
    outreach: list[Shift] = _everybody_at(DutyPost.OUTREACH, "Who goes out to firms, shops, gates and homes.")
    absent: list[Shift] = _everybody_at(DutyPost.ABSENT, "Who is not at work, and why.")


@roots
class RosterRoots:
    """What can be read of the duty roster."""

    duty_roster: list[DutyRoster] = few_rows(
        of_day,
        lambda t: [t.community_id],
        "Who serves where on a day, for each community with a roster for it.",
        [DATE, COMMUNITY],
    )
    roster_weeks: Connection[RosterWeek] = paged("Weeks of the roster, latest first.", BY_MONDAY, where=RosterFilter)
