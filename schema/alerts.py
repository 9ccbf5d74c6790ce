"""The safety ladder and calls for help in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import alerts as tables
from db import calls, sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.alerts import AlertStatus, CallAnswer, Rung
from rules.people import Colour
from schema.compiler.declare import (
    by_id,
    by_link,
    column,
    entity,
    event,
    extend,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant, label
from schema.compiler.sources import Order, Row
from schema.filters import is_id, when
from schema.journal import Event
from schema.orders import BY_ID
from schema.places import Community
from schema.relay import Connection, Node

RAISED = Order(("raised_at", "id"), descending=True)


def _status(row: Row) -> Column:
    return sql.case(
        (row.c.ended_at.is_not(None), constant(AlertStatus.ENDED)),
        (row.c.acknowledged_at.is_not(None), constant(AlertStatus.ACKNOWLEDGED)),
        else_=constant(AlertStatus.OPEN),
    )


def _is_open(row: Row) -> Condition:
    return sql.and_(row.c.ended_at.is_(None), row.c.acknowledged_at.is_(None))


def _sent_at(row: Row) -> Column:
    message = alias(calls.Message)
    return sql.select(message.c.sent_at).from_(message).where(message.c.invitation_id == row.c.id).scalar()


def _comes(row: Row, invitation: Any) -> Condition:
    return sql.and_(invitation.call_id == row.c.id, invitation.answer == constant(CallAnswer.COMING))


@filters
class AlertFilter:
    """Which alerts."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "In this grid.")
    resident: strawberry.ID | None = where(is_id("resident", "resident_id"), "About this resident.")
    open: bool | None = where(when(_is_open), "Whether nobody has taken it upon themselves yet.")


@entity(tables.AlertRung)
class AlertRung:
    """A rung that rang."""

    rung: Rung = column("rung", "Who was told.")
    rung_label: str = labelled("rung", Rung, "Who was told, in Chinese.")
    rung_at: datetime = column("rung_at", "When.")


@entity(calls.Invitation, "invitation")
class Invitation(Node):
    """Somebody who was asked to help, and what they answered; the workers' alone."""

    id: strawberry.ID = object_id("invitation")
    resident = to_one("resident_id", "Who was asked.")
    invited_at: datetime = column("invited_at", "When.")
    message_sent_at: datetime | None = value(
        _sent_at, "When their message was handed to the gateway; null without one: then they are to be phoned."
    )
    answer: CallAnswer | None = column("answer", "What they answered.")
    answer_label: str | None = value(lambda row: label(row.c.answer, CallAnswer), "What they answered, in Chinese.")
    answered_at: datetime | None = column("answered_at", "When they answered.")
    answered_by = to_one("answered_by", "Who wrote it down for them; null when they answered themselves.")


@entity(tables.Alert, "alert")
class Alert(Node):
    """Somebody was to be reached by the hour and was not: the safety ladder rings, rung by rung."""

    id: strawberry.ID = object_id("alert")
    resident = to_one("resident_id", "Who was not reached.")
    household = to_one("household_id", "Where they live.")
    day: date = column("day", "The day by the community's calendar.")
    status: AlertStatus = value(_status, "How it stands.")
    status_label: str = value(lambda row: label(_status(row), AlertStatus), "How it stands, in Chinese.")
    raised_at: datetime = column("raised_at", "When it was raised.")
    rungs: list[AlertRung] = to_many("alert_id", lambda t: [t.rung_at, t.rung], "The rungs that rang so far.")
    invitations: Connection[Invitation] = paged(
        "The neighbours who were asked; nobody for a building head.",
        BY_ID,
        link="alert_id",
    )
    acknowledged_by = to_one("acknowledged_by", "Who looks after it; null for a neighbour.")
    acknowledged_at: datetime | None = column("acknowledged_at", "Since when.")
    note: str | None = column("note", "What they said.")
    ended_at: datetime | None = column("ended_at", "When the person was reached, or need not be any more.")


@entity(calls.HelpCall, "call")
class HelpCall(Node):
    """A call for help to those near by who agreed to be called upon."""

    id: strawberry.ID = object_id("call")
    what: str = column("what", "What is needed.")
    place: str = column("place", "Where, as people say it.")
    colours: list[Colour] = column("colours", "Who was to be called.")
    skill: str | None = column("skill", "What they were to be able to do.")
    grid = to_one("grid_id", "The grid.")
    building = to_one("building_id", "The building.")
    raised_by = to_one("raised_by", "Who called.")
    raised_at: datetime = column("raised_at", "When.")
    closed_by = to_one("closed_by", "Who closed it.")
    closed_at: datetime | None = column("closed_at", "When it was closed; null while it is open.")
    invitations: Connection[Invitation] = paged("Who was asked.", BY_ID, link="call_id")
    coming: Connection[Invitation] = paged("Who comes.", BY_ID, link=_comes)


@entity(tables.LadderPolicy)
class Ladder:
    """By when a community wants those who live alone to be reached, and how fast the ladder climbs."""

    reach_by: str = value(
        lambda row: sql.func.to_char(row.c.reach_by, constant("HH24:MI")), "The hour, by the community's clock."
    )
    step_minutes: int = column("step_minutes", "Minutes that each rung has before the next one rings.")


extend(Community, ladder=(Ladder | None, by_link("community_id", "By when those who live alone are to be reached.")))


@roots
class AlertRoots:
    """What can be read of alerts and calls for help."""

    alerts: Connection[Alert] = paged("Alerts of the safety ladder, latest first.", RAISED, where=AlertFilter)
    help_calls: Connection[HelpCall] = paged("Calls for help, latest first.", RAISED)
    alert = by_id("alert", "An alert.")


@event("alertRaised", "Each rung of the safety ladder as it rings.")
class AlertRaised(Event):
    """A rung of the safety ladder in the viewer's scope."""

    rung: Rung = column("to_status", "Who is told now.")
    rung_label: str = labelled("to_status", Rung, "Who is told now, in Chinese.")
    alert = to_one("alert_id", "The alert; null when it has left the viewer's scope since.")
