"""Mutations of alerts and calls for help."""

from __future__ import annotations

import strawberry

from db.acts import alerts, answers, calls
from db.acts.alerts import NewLadder
from db.acts.answers import Answered
from db.acts.calls import NewCall
from rules.people import Colour
from schema.alerts import Alert, HelpCall, Invitation
from schema.compiler.declare import mutations
from schema.mutations.parts import may, move, mutation, needs, own_id, payload, shows, takes
from schema.places import Community


@takes(NewLadder)
class SetLadderInput:
    """By when people who live alone are to be reached, and how long each rung has."""

    community: strawberry.ID = needs("The community.", "community")
    reach_by: str = needs("The hour by the community's clock, such as `11:00`.")
    step_minutes: int = needs("Minutes from rung to rung, 1 to 1440.")


@takes(NewCall)
class CallForHelpInput:
    """A call to those near by who agreed to be called upon: the same unit first, then the building, then the grid."""

    id: strawberry.ID = own_id("call")
    what: str = needs("What is needed, in a line.")
    household: strawberry.ID | None = may("Where: a household.", "household")
    building: strawberry.ID | None = may("Where: a building.", "building")
    unit: int | None = may("The unit (单元) of that building.")
    colours: list[Colour] | None = may("CYAN, BLUE or both; both by default.")
    skill: str | None = may("What they can do, as written beside their colour, such as 医生.")
    most: int | None = may("How many to ask at most, 1 to 50; 20 by default.")


@takes(Answered)
class AnswerCallInput:
    """The answer of somebody who was asked, by the code in their message."""

    code: str = needs("The answer code.")
    coming: bool = needs("Whether they come.")


@takes(Answered)
class RecordAnswerInput:
    """The answer of somebody who was phoned."""

    invitation: strawberry.ID = needs("The invitation.", "invitation")
    coming: bool = needs("Whether they come.")


@payload
class AlertPayload:
    """An alert after an act."""

    alert: Alert | None = shows("The alert; null when refused.")


@payload
class LadderPayload:
    """A community after its ladder was set."""

    community: Community | None = shows("The community; null when refused.")


@payload
class CallPayload:
    """A call for help after an act."""

    call: HelpCall | None = shows("The call; null when refused.")


@payload
class AnswerPayload:
    """An answer to a call."""

    invitation: Invitation | None = shows("The invitation; null when refused, or for those who answer by a code.")


@mutations
class AlertMutations:
    """Acts on alerts and calls for help."""

    acknowledge_alert: AlertPayload = move(
        alerts.acknowledge_alert,
        AlertPayload,
        "Takes responsibility for an alert, which stops the ladder.",
        alert=needs("The alert.", "alert"),
        note=may("What they do."),
    )
    set_ladder: LadderPayload = mutation(
        SetLadderInput,
        alerts.set_ladder,
        LadderPayload,
        "Sets by when people who live alone are to be reached, and how fast the ladder climbs.",
    )
    call_for_help: CallPayload = mutation(
        CallForHelpInput,
        calls.call_for_help,
        CallPayload,
        "Calls those near by who agreed to be called upon (CYAN and BLUE).",
    )
    answer_call: AnswerPayload = mutation(
        AnswerCallInput,
        answers.answer_call,
        AnswerPayload,
        "Says whether one comes, by the code in the message; needs no account. The first to come to an alert is"
        " responsible for it.",
    )
    record_answer: AnswerPayload = mutation(
        RecordAnswerInput, answers.answer_call, AnswerPayload, "Records what somebody who was phoned says."
    )
    close_call: CallPayload = move(
        calls.close_call, CallPayload, "Closes a call for help.", call=needs("The call.", "call")
    )
