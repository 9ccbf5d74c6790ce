"""Activities (社区活动) in GraphQL, as shown to accounts and to the public, and who comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import activities as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.activities import ActivityStatus
from rules.people import Colour
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.expressions import constant, label
from schema.compiler.sources import Order, Row
from schema.filters import PublicFilter, is_id, when
from schema.journal import JournalEntry, timeline
from schema.relay import Connection, Node

LATEST_FIRST = Order(("begins_at", "id"), descending=True)
SOONEST_FIRST = Order(("begins_at", "id"))
BY_JOINING = Order(("joined_at", "id"))


def _status(row: Row) -> Column:
    return sql.case(
        (row.c.cancelled_at.is_not(None), constant(ActivityStatus.CANCELLED)),
        (row.c.begins_at <= now_of(row), constant(ActivityStatus.BEGUN)),
        (row.c.coming >= row.c.wanted, constant(ActivityStatus.FULL)),
        else_=constant(ActivityStatus.OPEN),
    )


def _public_status(row: Row) -> Column:
    return sql.case(
        (row.c.cancelled_at.is_not(None), constant(ActivityStatus.CANCELLED)),
        (row.c.begins_at <= now_of(row), constant(ActivityStatus.BEGUN)),
        (row.c.is_full, constant(ActivityStatus.FULL)),
        else_=constant(ActivityStatus.OPEN),
    )


def _is_ahead(row: Row) -> Condition:
    return sql.and_(row.c.cancelled_at.is_(None), row.c.ends_at > now_of(row))


def _is_joined(row: Row) -> Condition:
    own = alias(tables.SignUp)
    mine = own.c.account_id == row.scope.account_id, own.c.left_at.is_(None)
    return sql.exists(own).where(own.c.activity_id == row.c.id, *mine)


def _comes(row: Row, t: Any) -> Condition:
    return sql.and_(t.activity_id == row.c.id, t.left_at.is_(None))


@gql.filters
class ActivityFilter:
    """A filter of activities."""

    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    estate: strawberry.ID | None = gql.where(is_id("estate", "estate_id"), "Of this estate.")
    ahead: bool | None = gql.where(when(_is_ahead), "True: neither over nor cancelled. False: the others.")
    joined: bool | None = gql.where(when(_is_joined), "True: those that the viewer comes to. False: the others.")


@gql.entity(tables.SignUp, "signup")
class SignUp(Node):
    """Somebody who comes to an activity. Visible to its organisers, to that account, and to whoever signed them up."""

    id: strawberry.ID = gql.object_id("signup")
    activity = gql.to_one("activity_id", "The activity.")
    account = gql.to_one("account_id", "The account, if an account comes.")
    resident = gql.to_one("resident_id", "The resident, if on the register.")
    name: str | None = gql.column("name", "The name of somebody who is not known by account or register.")
    phone: str | None = gql.column("phone", "Their telephone.")
    people: int = gql.column("people", "How many come, this person included.")
    joined_by = gql.to_one("joined_by", "The account that signed them up; null if they did it by a QR code.")
    joined_at: datetime = gql.column("joined_at", "When they signed up.")
    left_at: datetime | None = gql.column("left_at", "When they gave it up; null if they come.")
    attended: bool | None = gql.column("attended", "Whether they were there; null if nobody recorded it.")


@gql.entity(tables.Activity, "activity")
class Activity(Node):
    """An activity (社区活动) of a community or an estate."""

    id: strawberry.ID = gql.object_id("activity")
    what: str = gql.column("what", "What is done.")
    place: str = gql.column("place", "The place, in words.")
    begins_at: datetime = gql.column("begins_at", "When it begins.")
    ends_at: datetime = gql.column("ends_at", "When it ends.")
    wanted: int | None = gql.column("wanted", "How many helpers are wanted; null if as many as like.")
    coming: int = gql.column("coming", "How many people have signed up.")
    colours: list[Colour] = gql.column("colours", "The colours of the residents to invite; empty for everybody.")
    skill: str | None = gql.column("skill", "The skill that is wanted, such as 医生.")
    status: ActivityStatus = gql.value(_status, "The status.")
    status_label: str = gql.value(lambda row: label(_status(row), ActivityStatus), "The status, as a label.")
    community = gql.to_one("community_id", "The community.")
    estate = gql.to_one("estate_id", "The estate; null if it is the whole community's.")
    planned_by = gql.to_one("planned_by", "The account that planned it.")
    planned_at: datetime = gql.column("planned_at", "When it was planned.")
    cancelled_by = gql.to_one("cancelled_by", "The account that cancelled it.")
    cancelled_at: datetime | None = gql.column("cancelled_at", "When it was cancelled.")
    cancel_reason: str | None = gql.column("cancel_reason", "The reason for cancelling it.")
    sign_ups: Connection[SignUp] = gql.paged(
        "Who comes, in the order of signing up. Its organisers see everybody.", BY_JOINING, link=_comes
    )
    timeline: Connection[JournalEntry] = timeline("activity_id")


@gql.entity(tables.Activity, visible_to=lambda *_: sql.TRUE, rows=lambda _: tables.public_activities(), main=False)
class ActivityOnWall:
    """An activity, as shown to the public: with numbers, and without who comes."""

    activity_id: strawberry.ID = gql.object_id("activity")
    what: str = gql.column("what", "What is done.")
    place: str = gql.column("place", "The place, in words.")
    begins_at: datetime = gql.column("begins_at", "When it begins.")
    ends_at: datetime = gql.column("ends_at", "When it ends.")
    wanted: int | None = gql.column("wanted", "How many helpers are wanted; null if as many as like.")
    coming: int | None = gql.column("coming", "How many people have signed up; null below five.")
    skill: str | None = gql.column("skill", "The skill that is wanted.")
    status: ActivityStatus = gql.value(_public_status, "The status.")
    status_label: str = gql.value(lambda row: label(_public_status(row), ActivityStatus), "The status, as a label.")
    community: str = gql.column("community", "The community's name.")
    estate: str | None = gql.column("estate", "The estate's name.")
    cancel_reason: str | None = gql.column("cancel_reason", "The reason for cancelling it.")
    time_zone: str = gql.column("time_zone", "The time zone of its community.")


@gql.roots
class ActivityRoots:
    activities: Connection[Activity] = gql.paged("Activities, latest first.", LATEST_FIRST, where=ActivityFilter)
    activity = gql.by_id("activity", "An activity.")
    activity_wall: Connection[ActivityOnWall] = gql.paged(
        "The activities that are not over, soonest first. Needs no account.",
        SOONEST_FIRST,
        link=lambda row, t: t.ends_at > now_of(row),
        where=PublicFilter,
    )
