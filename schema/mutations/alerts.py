"""Mutations of alerts and calls for help."""

from __future__ import annotations

import strawberry

from db.acts import alerts, answers, calls
from db.acts.answers import Answered
from schema.alerts import Alert, HelpCall, Invitation
from schema.compiler.declare import mutations
from schema.mutations.parts import move, mutation, optional, own_id, payload_of, required, secret, takes
from schema.places import Community


@takes(Answered)
class RecordAnswerInput:
    """The answer of a resident who was phoned."""

    invitation: strawberry.ID = required("The invitation.", "invitation")
    coming: bool = required("Whether the resident comes.")


AlertPayload = payload_of("AlertPayload", alert=Alert)
LadderPayload = payload_of("LadderPayload", community=Community)
CallPayload = payload_of("CallPayload", call=HelpCall)
AnswerPayload = payload_of("AnswerPayload", invitation=Invitation)


@mutations
class AlertMutations:
    acknowledge_alert = move(
        alerts.acknowledge_alert,
        AlertPayload,
        "Takes responsibility for an alert, which stops the ladder.",
        alert=required("The alert.", "alert"),
        note=optional("A note on what is being done."),
    )
    set_ladder = mutation(
        alerts.set_ladder,
        LadderPayload,
        "Sets the hour by which residents who live alone are to be reached, and the pace of the ladder.",
        community=required("The community.", "community"),
        reach_by=required("The hour in the community's time zone, such as `11:00`."),
        step_minutes=required("Minutes from one rung to the next, 1 to 1440."),
    )
    call_for_help = mutation(
        calls.call_for_help,
        CallPayload,
        "Calls residents who agreed to be called: first in the same unit, then in the building, then in the grid.",
        id=own_id("call"),
        what=required("The help that is needed, in a line."),
        household=optional("The household, as the place.", "household"),
        building=optional("The building, as the place.", "building"),
        unit=optional("The unit (单元) of that building."),
        colours=optional("CYAN, BLUE or both; both by default."),
        skill=optional("The skill needed, as noted with a resident's colour, such as 医生."),
        most=optional("The largest number of residents to ask, 1 to 50; 20 by default."),
    )
    answer_call = mutation(
        answers.answer_call,
        AnswerPayload,
        "Answers by the code in the message, without an account. The first to come to an alert is responsible for it.",
        code=secret("The answer code.", needed=True),
        coming=required("Whether the resident comes."),
    )
    record_answer = mutation(
        answers.answer_call, AnswerPayload, "Records the answer of a resident who was phoned.", takes=RecordAnswerInput
    )
    close_call = move(calls.close_call, CallPayload, "Closes a call for help.", call=required("The call.", "call"))
