"""What can be done about duties: cadences, pauses, and rounds that somebody else walks."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from db.acts import duty
from db.acts.duty import HandOver, NewCadence, NewPause
from rules.duty import Period
from rules.people import Colour
from rules.visits import VisitMode
from schema.accounts import Account
from schema.duty import DutyPause
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, act_id, few, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.places import Community
from schema.problems import Problem


@takes
class SetCadenceInput:
    """How often people of a colour are to be reached from a day on. The past is judged as it was."""

    colour: Colour = needs("The colour.")
    period: Period | None = may("How often; left out: now and then, with no due date.")
    modes: list[VisitMode] = needs("The modes that count.")
    grace_days: int | None = may("How many days after the period a visit is late rather than missed; 0 by default.")
    starts_on: date | None = may("The first day on which it holds; today by default.")
    community: strawberry.ID | None = may("The community; needed by those who work in several.")
    act: strawberry.ID | None = act_id()

    def read(self) -> NewCadence:
        """As the act takes it."""
        return NewCadence(
            colour=self.colour,
            period=given(self.period),
            modes=list(self.modes),
            grace_days=given(self.grace_days) or 0,
            starts_on=given(self.starts_on),
            community=optional_id("community", self.community, "community"),
            act=optional_id("act", self.act, "act"),
        )


@takes
class PauseDutyInput:
    """Who need not be reached for some days: a resident, or without one a whole household."""

    id: strawberry.ID = own_id("pause")
    resident: strawberry.ID | None = may("The resident.")
    household: strawberry.ID | None = may("The household as a whole.")
    starts_on: date = needs("The first day; at most 31 days ago.")
    ends_on: date = needs("The last day.")
    reason: str = needs("Why: in hospital, with their children.")

    def read(self) -> NewPause:
        """As the act takes it."""
        return NewPause(
            id=parse_id("pause", self.id, "id"),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            reason=self.reason,
            household=optional_id("household", self.household, "household"),
            resident=optional_id("resident", self.resident, "resident"),
        )


@takes
class EndPauseInput:
    """They are back."""

    pause: strawberry.ID = needs("The pause.")
    on: date | None = may("The first day on which they are to be reached again; today by default.")
    act: strawberry.ID | None = act_id()


@takes
class HandOverRoundInput:
    """Whose round somebody else walks."""

    act: strawberry.ID = needs("`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.")
    worker: strawberry.ID = needs("The grid worker who is away; a worker hands over none but their own round.")
    stand_in: strawberry.ID = needs("The grid worker who walks it.")
    starts_on: date = needs("The first day; today or later.")
    ends_on: date = needs("The last day.")
    grids: list[strawberry.ID] | None = may("Which of the worker's grids; all by default.")
    reason: str = needs("Why.")

    def read(self) -> HandOver:
        """As the act takes it."""
        return HandOver(
            worker=parse_id("account", self.worker, "worker"),
            stand_in=parse_id("account", self.stand_in, "standIn"),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            act=parse_id("act", self.act, "act"),
            grids=[parse_id("grid", each, "grids", index) for index, each in enumerate(few(self.grids, "grids"))],
            reason=self.reason,
        )


@takes
class TakeBackRoundInput:
    """The worker is back."""

    act: strawberry.ID = needs("`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.")
    worker: strawberry.ID = needs("The grid worker whose round it is.")
    on: date | None = may("The first day on which they walk it again; today by default.")


@strawberry.type(description="A community after its cadence was set.")
class CadencePayload:
    """See the description."""

    community: Community | None = strawberry.field(default=None, description="The community; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A pause after an act.")
class PausePayload:
    """See the description."""

    pause: DutyPause | None = strawberry.field(default=None, description="The pause; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A worker whose round changed hands.")
class RoundPayload:
    """See the description."""

    worker: Account | None = strawberry.field(
        default=None, description="The worker whose round it is; null when refused."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _paused(uuid: UUID) -> PausePayload:
    return PausePayload(pause=touched(uuid))


def _handed(uuid: UUID) -> RoundPayload:
    return RoundPayload(worker=touched(uuid))


async def _end_pause(acting: Any, ended: EndPauseInput) -> UUID:
    pause, act = parse_id("pause", ended.pause, "pause"), optional_id("act", ended.act, "act")
    return await duty.end_pause(acting, pause, given(ended.on), act)


async def _take_back(acting: Any, back: TakeBackRoundInput) -> UUID:
    worker, act = parse_id("account", back.worker, "worker"), parse_id("act", back.act, "act")
    return await duty.take_back_round(acting, worker, given(back.on), act)


@strawberry.type
class DutyMutations:
    """Acts on duties."""

    set_cadence: CadencePayload = mutation(
        SetCadenceInput,
        lambda acting, new: duty.set_cadence(acting, new.read()),
        CadencePayload,
        lambda uuid: CadencePayload(community=touched(uuid)),
        "Sets how often people of a colour are to be reached.",
    )
    pause_duty: PausePayload = mutation(
        PauseDutyInput,
        lambda acting, new: duty.pause_duty(acting, new.read()),
        PausePayload,
        _paused,
        "Says who need not be reached for some days, and why.",
    )
    end_pause: PausePayload = mutation(
        EndPauseInput, _end_pause, PausePayload, _paused, "Ends a pause before its time."
    )
    hand_over_round: RoundPayload = mutation(
        HandOverRoundInput,
        lambda acting, new: duty.hand_over_round(acting, new.read()),
        RoundPayload,
        _handed,
        "Hands a worker's round to a stand-in, whose day it is then part of.",
    )
    take_back_round: RoundPayload = mutation(
        TakeBackRoundInput, _take_back, RoundPayload, _handed, "Ends a stand-in's time."
    )
