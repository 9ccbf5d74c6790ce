"""Mutations of duties: cadences, pauses, and rounds of stand-ins."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import duty
from db.acts.duty import NewCadence
from rules.duty import Period
from rules.people import Colour
from rules.visits import VisitMode
from schema.accounts import Account
from schema.compiler.declare import mutations
from schema.duty import DutyPause
from schema.mutations.communities import CommunityPayload
from schema.mutations.parts import act_id, change, move, mutation, optional, own_id, payload_of, required, takes


@takes(NewCadence)
class SetCadenceInput:
    """The cadence of visits to residents of a colour from a day on."""

    colour: Colour = required("The colour.")
    period: Period | None = change(
        "The period; the present one by default. Without any, visits are occasional and have no due date.", erases=True
    )
    modes: list[VisitMode] = required("The modes of visits that count.")
    grace_days: int | None = change(
        "Days after the period in which a visit counts as late instead of missed; as at present by default."
    )
    starts_on: date | None = optional("The first day on which it applies; today by default.")
    community: strawberry.ID | None = optional("The community; required for accounts with several.", "community")
    act: strawberry.ID | None = act_id()


DutyPausePayload = payload_of("DutyPausePayload", pause=DutyPause)
VisitRoundPayload = payload_of("VisitRoundPayload", worker=Account)


@mutations
class DutyMutations:
    set_cadence = mutation(
        duty.set_cadence,
        CommunityPayload,
        "Sets the cadence of visits to residents of a colour from a day on. Earlier days keep their cadence.",
        takes=SetCadenceInput,
    )
    pause_duty = mutation(
        duty.pause_duty,
        DutyPausePayload,
        "Pauses the duties to a resident, or to a whole household.",
        id=own_id("pause"),
        resident=optional("The resident.", "resident"),
        household=optional("The whole household.", "household"),
        starts_on=required("The first day; at most 31 days ago."),
        ends_on=required("The last day."),
        reason=required("The reason, such as a hospital stay."),
    )
    end_pause = move(
        duty.end_pause,
        DutyPausePayload,
        "Ends a pause early.",
        pause=required("The pause.", "pause"),
        on=optional("The first day after the pause; today by default."),
    )
    hand_over_round = mutation(
        duty.hand_over_round,
        VisitRoundPayload,
        "Hands a worker's round to a stand-in for some days.",
        act=own_id("act"),
        worker=required("The absent grid worker; workers hand over only their own round.", "account"),
        stand_in=required("The grid worker who stands in.", "account"),
        starts_on=required("The first day; today or later."),
        ends_on=required("The last day."),
        grids=optional("The grids to hand over; all of the worker's by default.", "grid"),
        reason=required("The reason."),
    )
    take_back_round = mutation(
        duty.take_back_round,
        VisitRoundPayload,
        "Ends the hand-over of a round.",
        act=own_id("act"),
        worker=required("The grid worker whose round it is.", "account"),
        on=optional("The first day back; today by default."),
    )
