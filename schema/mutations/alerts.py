"""Mutations of alerts and calls for help."""

from __future__ import annotations

import strawberry

from db.acts import alert_reports, alerts, answers, calls
from db.acts.answers import Answered
from schema.alerts import Alert, HelpCall, HelpCallInvitation
from schema.compiler.declare import mutations
from schema.mutations.communities import CommunityPayload
from schema.mutations.parts import act_id, move, mutation, optional, own_id, payload_of, required, secret, takes


@takes(Answered)
class RecordAnswerInput:
    """The answer of a resident who was phoned."""

    invitation: strawberry.ID = required("The invitation.", "invitation")
    coming: bool = required("Whether the resident comes.")
    act: strawberry.ID | None = act_id()


AlertPayload = payload_of("AlertPayload", alert=Alert)
HelpCallPayload = payload_of("HelpCallPayload", call=HelpCall)
HelpCallInvitationPayload = payload_of("HelpCallInvitationPayload", invitation=HelpCallInvitation)


@mutations
class AlertMutations:
    acknowledge_alert = move(
        alerts.acknowledge_alert,
        AlertPayload,
        "Takes responsibility for an alert, which stops the ladder.",
        alert=required("The alert.", "alert"),
        note=optional("A note on what is being done."),
    )
    raise_alert = move(
        alerts.raise_alert,
        AlertPayload,
        "Raises an alert about a resident who lives alone and whom nobody reached today, before the set hour."
        " There is one alert a day: an earlier one is returned, and opened again if it had ended.",
        resident=required("The resident.", "resident"),
        note=optional("Why: for example that nobody answers the telephone."),
    )
    report_alert = move(
        alert_reports.report_alert,
        AlertPayload,
        "Reports what was found at the door. `REACHED` by an account counts as a home visit and ends the alert; by a"
        " neighbour it stops the ladder. `NOT_THERE` notifies the next rung at once. `HELP_NEEDED` notifies all rungs.",
        alert=optional("The alert; not needed with a code.", "alert"),
        code=secret("The answer code of a neighbour's message, without an account."),
        finding=required("What was found."),
        note=optional("A note."),
    )
    set_safety_ladder = move(
        alerts.set_safety_ladder,
        CommunityPayload,
        "Sets the hour by which residents who live alone are to be reached, and the pace of the ladder.",
        community=required("The community.", "community"),
        reach_by=required("The hour in the community's time zone, such as `11:00`."),
        step_minutes=required("Minutes from one rung to the next, 1 to 1440."),
    )
    call_for_help = mutation(
        calls.call_for_help,
        HelpCallPayload,
        "Calls residents who agreed to be called: first in the same unit, then in the building, then in the grid."
        " Exactly one place is given. A call in an estate or a community is for those who work in all of its grids.",
        id=own_id("call"),
        what=required("The help that is needed, in a line."),
        household=optional("The household, as the place.", "household"),
        building=optional("The building, as the place.", "building"),
        unit=optional("The unit (单元) of that building."),
        grid=optional("A whole grid, as the place.", "grid"),
        estate=optional("A whole estate, as the place.", "estate"),
        community=optional("A whole community, as the place.", "community"),
        colours=optional("CYAN, BLUE or both; both by default."),
        skill=optional("The skill needed, as noted with a resident's colour, such as 医生."),
        most=optional("The largest number of residents to ask, 1 to 500; 20 by default."),
    )
    answer_call = move(
        answers.answer_call,
        HelpCallInvitationPayload,
        "Answers by the code in the message, without an account. The first to come to an alert is responsible for it.",
        code=secret("The answer code.", needed=True),
        coming=required("Whether the resident comes."),
    )
    record_answer = mutation(
        answers.answer_call,
        HelpCallInvitationPayload,
        "Records the answer of a resident who was phoned.",
        takes=RecordAnswerInput,
    )
    close_call = move(calls.close_call, HelpCallPayload, "Closes a call for help.", call=required("The call.", "call"))
