"""Mutations of duties: cadences, pauses, and rounds that somebody else walks."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import duty
from db.acts.duty import HandOver, NewCadence, NewPause, TakingBack
from rules.duty import Period
from rules.people import Colour
from rules.visits import VisitMode
from schema.accounts import Account
from schema.compiler.declare import mutations
from schema.duty import DutyPause
from schema.mutations.parts import act_id, may, move, mutation, needs, own_id, payload, shows, takes
from schema.places import Community


@takes(NewCadence)
class SetCadenceInput:
    """How often people of a colour are to be reached from a day on. The past is judged as it was."""

    colour: Colour = needs("The colour.")
    period: Period | None = may("How often; left out: now and then, with no due date.")
    modes: list[VisitMode] = needs("The modes that count.")
    grace_days: int | None = may("How many days after the period a visit is late rather than missed; 0 by default.")
    starts_on: date | None = may("The first day on which it holds; today by default.")
    community: strawberry.ID | None = may("The community; needed by those who work in several.", "community")
    act: strawberry.ID | None = act_id()


@takes(NewPause)
class PauseDutyInput:
    """Who need not be reached for some days: a resident, or without one a whole household."""

    id: strawberry.ID = own_id("pause")
    resident: strawberry.ID | None = may("The resident.", "resident")
    household: strawberry.ID | None = may("The household as a whole.", "household")
    starts_on: date = needs("The first day; at most 31 days ago.")
    ends_on: date = needs("The last day.")
    reason: str = needs("Why: in hospital, with their children.")


@takes(HandOver)
class HandOverRoundInput:
    """Whose round somebody else walks."""

    act: strawberry.ID = own_id("act")
    worker: strawberry.ID = needs("The grid worker who is away; a worker hands over only their own round.", "account")
    stand_in: strawberry.ID = needs("The grid worker who walks it.", "account")
    starts_on: date = needs("The first day; today or later.")
    ends_on: date = needs("The last day.")
    grids: list[strawberry.ID] | None = may("Which of the worker's grids; all by default.", "grid")
    reason: str = needs("Why.")


@takes(TakingBack)
class TakeBackRoundInput:
    """The worker is back."""

    act: strawberry.ID = own_id("act")
    worker: strawberry.ID = needs("The grid worker whose round it is.", "account")
    on: date | None = may("The first day on which they walk it again; today by default.")


@payload
class CadencePayload:
    """A community after its cadence was set."""

    community: Community | None = shows("The community; null when refused.")


@payload
class PausePayload:
    """A pause after an act."""

    pause: DutyPause | None = shows("The pause; null when refused.")


@payload
class RoundPayload:
    """A worker whose round changed hands."""

    worker: Account | None = shows("The worker whose round it is; null when refused.")


@mutations
class DutyMutations:
    """Acts on duties."""

    set_cadence: CadencePayload = mutation(
        SetCadenceInput, duty.set_cadence, CadencePayload, "Sets how often people of a colour are to be reached."
    )
    pause_duty: PausePayload = mutation(
        PauseDutyInput, duty.pause_duty, PausePayload, "Records who need not be reached for some days, and why."
    )
    end_pause: PausePayload = move(
        duty.end_pause,
        PausePayload,
        "Ends a pause before its time.",
        pause=needs("The pause.", "pause"),
        on=may("The first day on which they are to be reached again; today by default."),
    )
    hand_over_round: RoundPayload = mutation(
        HandOverRoundInput,
        duty.hand_over_round,
        RoundPayload,
        "Hands a worker's round to a stand-in, whose day it is then part of.",
    )
    take_back_round: RoundPayload = mutation(
        TakeBackRoundInput, duty.take_back_round, RoundPayload, "Ends a stand-in's time."
    )
