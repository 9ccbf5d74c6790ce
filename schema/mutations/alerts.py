"""What can be done about alerts and calls for help."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

import strawberry

from db.acts import alerts, answers, calls
from db.acts.alerts import Acknowledgement
from db.acts.answers import Answered
from db.acts.calls import NewCall
from rules.people import Colour
from rules.refusals import invalid
from schema.alerts import Alert, HelpCall, Invitation
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, act_id, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.places import Community
from schema.problems import Problem


@takes
class AcknowledgeAlertInput:
    """Somebody takes an alert upon themselves; whoever is first stops the ladder."""

    alert: strawberry.ID = needs("The alert.")
    note: str | None = may("What they do.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Acknowledgement:
        """As the act takes it."""
        alert, act = parse_id("alert", self.alert, "alert"), optional_id("act", self.act, "act")
        return Acknowledgement(alert, given(self.note), act)


@takes
class SetLadderInput:
    """By when those who live alone are to be reached, and how long each rung has."""

    community: strawberry.ID = needs("The community.")
    reach_by: str = needs("The hour by the community's clock, such as `11:00`.")
    step_minutes: int = needs("Minutes from rung to rung, 1 to 1440.")


@takes
class CallForHelpInput:
    """A call to those near by who agreed to be called upon: the same unit first, then the building, then the grid."""

    id: strawberry.ID = own_id("call")
    what: str = needs("What is needed, in a line.")
    household: strawberry.ID | None = may("Where: a household.")
    building: strawberry.ID | None = may("Where: a building.")
    unit: int | None = may("The unit (单元) of that building.")
    colours: list[Colour] | None = may("CYAN, BLUE or both; both by default.")
    skill: str | None = may("What they can do, as written beside their colour, such as 医生.")
    most: int | None = may("How many to ask at most, 1 to 50; 20 by default.")

    def read(self) -> NewCall:
        """As the act takes it."""
        return NewCall(
            id=parse_id("call", self.id, "id"),
            what=self.what,
            colours=list(given(self.colours) or (Colour.CYAN, Colour.BLUE)),
            household=optional_id("household", self.household, "household"),
            building=optional_id("building", self.building, "building"),
            unit=given(self.unit),
            skill=given(self.skill),
            most=20 if given(self.most) is None else int(given(self.most) or 0),
        )


@takes
class AnswerCallInput:
    """The answer of somebody who was asked, by the code in their message."""

    code: str = needs("The answer code.")
    coming: bool = needs("Whether they come.")


@takes
class RecordAnswerInput:
    """The answer of somebody who was phoned."""

    invitation: strawberry.ID = needs("The invitation.")
    coming: bool = needs("Whether they come.")


@takes
class CloseCallInput:
    """Enough have come, or none is needed any more."""

    call: strawberry.ID = needs("The call.")
    act: strawberry.ID | None = act_id()


@strawberry.type(description="An alert after an act.")
class AlertPayload:
    """See the description."""

    alert: Alert | None = strawberry.field(default=None, description="The alert; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A community after its ladder was set.")
class LadderPayload:
    """See the description."""

    community: Community | None = strawberry.field(default=None, description="The community; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A call for help after an act.")
class CallPayload:
    """See the description."""

    call: HelpCall | None = strawberry.field(default=None, description="The call; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="An answer to a call.")
class AnswerPayload:
    """See the description."""

    invitation: Invitation | None = strawberry.field(
        default=None, description="The invitation; null when refused, or for those who answer by a code."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


async def _set_ladder(acting: Any, new: SetLadderInput) -> UUID:
    try:
        reach_by = time.fromisoformat(new.reach_by)
    except ValueError:
        raise invalid("时间写作 11:00", "the hour is written 11:00", "reachBy") from None
    return await alerts.set_ladder(
        acting, parse_id("community", new.community, "community"), reach_by, new.step_minutes
    )


async def _record(acting: Any, answered: RecordAnswerInput) -> UUID:
    invitation = parse_id("invitation", answered.invitation, "invitation")
    return await answers.answer_call(acting, Answered(answered.coming, invitation=invitation))


async def _close(acting: Any, closed: CloseCallInput) -> UUID:
    return await calls.close_call(acting, parse_id("call", closed.call, "call"), optional_id("act", closed.act, "act"))


def _called(uuid: UUID) -> CallPayload:
    return CallPayload(call=touched(uuid))


def _answered(uuid: UUID) -> AnswerPayload:
    return AnswerPayload(invitation=touched(uuid))


@strawberry.type
class AlertMutations:
    """Acts on alerts and calls for help."""

    acknowledge_alert: AlertPayload = mutation(
        AcknowledgeAlertInput,
        lambda acting, each: alerts.acknowledge_alert(acting, each.read()),
        AlertPayload,
        lambda uuid: AlertPayload(alert=touched(uuid)),
        "Takes an alert upon oneself, which stops the ladder.",
    )
    set_ladder: LadderPayload = mutation(
        SetLadderInput,
        _set_ladder,
        LadderPayload,
        lambda uuid: LadderPayload(community=touched(uuid)),
        "Sets by when those who live alone are to be reached, and how fast the ladder climbs.",
    )
    call_for_help: CallPayload = mutation(
        CallForHelpInput,
        lambda acting, new: calls.call_for_help(acting, new.read()),
        CallPayload,
        _called,
        "Calls those near by who agreed to be called upon (CYAN and BLUE).",
    )
    answer_call: AnswerPayload = mutation(
        AnswerCallInput,
        lambda acting, each: answers.answer_call(acting, Answered(each.coming, code=each.code)),
        AnswerPayload,
        _answered,
        "Says whether one comes, by the code in the message; needs no account. Who comes to an alert looks after it.",
    )
    record_answer: AnswerPayload = mutation(
        RecordAnswerInput, _record, AnswerPayload, _answered, "Writes down what somebody who was phoned says."
    )
    close_call: CallPayload = mutation(CloseCallInput, _close, CallPayload, _called, "Closes a call for help.")
