"""Alerts of the safety ladder and calls for help in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import alerts as tables
from db import calls, sql
from db.base import alias
from db.holding import responsible_for
from db.scope import Condition
from db.sql import Column
from rules.alerts import LADDER, AlertFinding, AlertStatus, CallAnswer, Rung
from rules.people import Colour
from schema.accounts import Account
from schema.compiler import declare as gql
from schema.compiler.counts import counted, key, key_to
from schema.compiler.expressions import constant, label
from schema.compiler.sources import Order, Row
from schema.filters import TimeRange, changed_within, contains, in_area, is_id, is_mine, when, within
from schema.journal import Happening
from schema.orders import BY_ID
from schema.places import Building, Community, Grid
from schema.relay import Connection, Node
from schema.starting_values import starting_value

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
    first = sql.select(sql.func.min(message.c.sent_at)).from_(message)
    return first.where(message.c.invitation_id == row.c.id).scalar()


def _in_order(rung: Any) -> list[Column]:
    """The order of the ladder. Rungs that ring at once have the same time."""
    return [sql.case(*((constant(each), place) for place, each in enumerate(LADDER)), value=rung.rung)]


def _is_responsible(row: Row, account: Any) -> Condition:
    found: Condition = account.id.in_(responsible_for(row.c.grid_id))
    return found


def _comes(row: Row, invitation: Any) -> Condition:
    return sql.and_(invitation.call_id == row.c.id, invitation.answer == constant(CallAnswer.COMING))


@gql.filters
class AlertFilter:
    """Which alerts."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    resident: strawberry.ID | None = gql.where(is_id("resident", "resident_id"), "About this resident.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "About this household.")
    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    estate: strawberry.ID | None = gql.where(in_area("estate"), "In this estate.")
    raised_between: TimeRange | None = gql.where(within("raised_at"), "Raised in this range of time.")
    changed_between: TimeRange | None = gql.where(changed_within("alert"), "Changed in this range of time.")
    open: bool | None = gql.where(when(_is_open), "True: not acknowledged and not ended. False: the others.")


@gql.filters
class HelpCallFilter:
    """A filter of calls for help."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    mine: bool | None = gql.where(is_mine("raised_by"), "True: raised by the viewer. False: the others.")
    open: bool | None = gql.where(when(lambda row: row.c.closed_at.is_(None)), "True: not closed. False: closed.")
    raised_between: TimeRange | None = gql.where(within("raised_at"), "Raised in this range of time.")
    text: str | None = gql.where(contains("what", "place", "skill"), "With this in the help, the place or the skill.")


@gql.entity(tables.AlertRung)
class AlertRung:
    """A notified rung of the ladder."""

    rung = gql.word("rung", Rung, "The rung.")
    rung_at: datetime = gql.column("rung_at", "When it was notified.")
    reached: int | None = gql.column(
        "reached",
        "How many of its people could be told, the workers of the grid not counted. With 0 the next rung was notified"
        " at once. Null for older rungs.",
    )


@gql.entity(calls.Invitation, "invitation")
class HelpCallInvitation(Node):
    """A resident who was asked to help, and the answer. Visible to workers only."""

    id: strawberry.ID = gql.object_id("invitation")
    resident = gql.to_one("resident_id", "The resident.")
    invited_at: datetime = gql.column("invited_at", "When the resident was asked.")
    message_sent_at: datetime | None = gql.value(
        _sent_at,
        "When the first message was handed to the gateway; null if there is none and the resident must be phoned.",
    )
    answer = gql.word("answer", CallAnswer | None, "The answer.")
    answered_at: datetime | None = gql.column("answered_at", "When it was answered.")
    answered_by = gql.to_one("answered_by", "The account that recorded the answer; null if the resident answered.")


@gql.entity(tables.Alert, "alert")
class Alert(Node):
    """A resident who was not reached in time. The safety ladder notifies one rung after another."""

    id: strawberry.ID = gql.object_id("alert")
    resident = gql.to_one("resident_id", "The resident.")
    household = gql.to_one("household_id", "The household.")
    missed_on: date = gql.column("day", "The day by the community's calendar.")
    status: AlertStatus = gql.value(_status, "The status.")
    status_label: str = gql.value(lambda row: label(_status(row), AlertStatus), "The status, as a label.")
    raised_at: datetime = gql.column("raised_at", "When it was raised.")
    raised_by = gql.to_one("raised_by", "The worker who raised it before the set hour; null if the hour raised it.")
    reason: str | None = gql.column("reason", "The note of the worker who raised it.")
    workers: list[Account] = gql.to_many(
        _is_responsible, lambda t: [t.username], "The workers who are responsible for the grid today."
    )
    rungs: list[AlertRung] = gql.to_many("alert_id", _in_order, "The rungs notified so far.")
    invitations: Connection[HelpCallInvitation] = gql.paged(
        "The neighbours who were asked; empty for a building head.", BY_ID, link="alert_id"
    )
    acknowledged_by = gql.to_one("acknowledged_by", "The account that acknowledged it; null for a neighbour.")
    acknowledged_at: datetime | None = gql.column("acknowledged_at", "When it was acknowledged.")
    note: str | None = gql.column("note", "The note of the acknowledgement.")
    finding = gql.word("finding", AlertFinding | None, "What was found at the door, by the latest report.")
    found_by = gql.to_one("found_by", "The account that reported it; null for a neighbour.")
    found_at: datetime | None = gql.column("found_at", "When it was reported.")
    found_note: str | None = gql.column("found_note", "The note of the report.")
    urgent_at: datetime | None = gql.column("urgent_at", "When all rungs were told that the resident needs help.")
    ended_at: datetime | None = gql.column("ended_at", "When the resident was reached, or no longer had to be.")


@counted(Alert, at="raised_at")
class AlertCount:
    """Alerts with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid.", shows="household")
    building: Building | None = key_to("building_id", "The building.", shows="household")
    status: AlertStatus | None = key("status", "The status.", _status)
    finding: AlertFinding | None = key("finding", "What was found at the door.")


@gql.entity(calls.HelpCall, "call")
class HelpCall(Node):
    """A call for help to residents nearby, or in a whole grid, estate or community, who agreed to be called."""

    id: strawberry.ID = gql.object_id("call")
    what: str = gql.column("what", "The help that is needed.")
    place: str = gql.column("place", "The place, in words.")
    colours: list[Colour] = gql.column("colours", "The colours of the residents to call.")
    skill: str | None = gql.column("skill", "The skill needed.")
    estate = gql.to_one("estate_id", "The estate, for a call in all of it.")
    grid = gql.to_one("grid_id", "The grid; null for a call in a whole estate or community.")
    building = gql.to_one("building_id", "The building.")
    raised_by = gql.to_one("raised_by", "The account that raised it.")
    raised_at: datetime = gql.column("raised_at", "When it was raised.")
    closed_by = gql.to_one("closed_by", "The account that closed it.")
    closed_at: datetime | None = gql.column("closed_at", "When it was closed; null if open.")
    invitations: Connection[HelpCallInvitation] = gql.paged("The invitations.", BY_ID, link="call_id")
    coming: Connection[HelpCallInvitation] = gql.paged("The invitations answered with yes.", BY_ID, link=_comes)


@counted(HelpCall, at="raised_at")
class HelpCallCount:
    """Calls with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid; null for a call in a whole estate or community.")
    building: Building | None = key_to("building_id", "The building.")
    worker: Account | None = key_to("raised_by", "The account that raised it.", shows="raisedBy")


@gql.entity(tables.LadderPolicy)
class SafetyLadder:
    """The safety ladder of a community: the hour by which residents who live alone are to be reached, and the pace."""

    reach_by: str = gql.value(
        lambda row: sql.func.to_char(row.c.reach_by, constant("HH24:MI")), "The hour, in the community's time zone."
    )
    step_minutes: int = gql.column("step_minutes", "Minutes from one rung to the next.")
    set_by = gql.to_one("set_by", "The account that set it; null for a starting value.")
    is_starting_value: bool = starting_value()


gql.extend(Community, safety_ladder=(SafetyLadder | None, gql.by_link("community_id", "The safety ladder.")))


@gql.roots
class AlertRoots:
    alerts: Connection[Alert] = gql.paged("Alerts of the safety ladder, latest first.", RAISED, where=AlertFilter)
    help_calls: Connection[HelpCall] = gql.paged("Calls for help, latest first.", RAISED, where=HelpCallFilter)
    alert = gql.by_id("alert", "An alert.")


@gql.event("alertRaised", "Each rung of the safety ladder when it is notified.")
class AlertRaised(Happening):
    """A notified rung of the safety ladder in the viewer's scope."""

    rung = gql.word("to_status", Rung, "The rung that is notified.")
    alert = gql.to_one("alert_id", "The alert; null if it is no longer visible to the viewer.")


@gql.event("alertChanged", "Acknowledgements, reports and ends of alerts.")
class AlertChanged(Happening):
    """A change of an alert in the viewer's scope."""

    alert = gql.to_one("alert_id", "The alert; null if it is no longer visible to the viewer.")
