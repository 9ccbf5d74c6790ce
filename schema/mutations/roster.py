"""Mutations of the duty roster."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from db.acts import roster as acts
from db.acts.roster import Absence, DayChange, NewRoster, Rostered, RosterStep, ShiftChange, Swap
from rules.roster import DutyPost
from rules.roster import Shift as PlannedShift
from schema.compiler.declare import mutations
from schema.mutations.parts import Act, lists, may, mutation, needs, own_id, payload, shows, takes
from schema.roster import RosterWeek


@takes(Absence)
class AbsenceInput:
    """A worker who is not at work, and why."""

    worker: strawberry.ID = needs("The grid worker.", "account")
    reason: str = needs("Why: on leave, at a training.")
    days: list[date] | None = may("On which days; all of the week's by default.")


@takes(NewRoster)
class PlanRosterInput:
    """A week to plan. Days that are past stay as they are; an existing draft is replaced."""

    act: strawberry.ID = own_id("act")
    monday: date = needs("The week's Monday.")
    days: list[date] | None = may("Which of its days; Monday to Friday by default.")
    absences: list[AbsenceInput] | None = may("Who is not at work.")
    community: strawberry.ID | None = may("The community; needed by those who work in several.", "community")


@takes(PlannedShift)
class ShiftInput:
    """A worker's post on a day."""

    worker: strawberry.ID = needs("The grid worker.", "account")
    post: DutyPost = needs("Where.")
    party_branch: strawberry.ID | None = may(
        "At which Party branch; with `RECEPTION`, and only with it.", "partybranch", to="branch"
    )
    reason: str | None = may("Why they are not at work; with `ABSENT`, and only with it.")


@takes(DayChange)
class SetDayInput:
    """New posts of several workers on one day; everybody else keeps theirs."""

    act: strawberry.ID = own_id("act")
    week: strawberry.ID = needs("The week.", "roster")
    day: date = needs("The day; today or later.")
    shifts: list[ShiftInput] = needs("The new posts.")


@takes(ShiftChange)
class ChangeShiftInput:
    """A new post of one worker on one day."""

    act: strawberry.ID = own_id("act")
    week: strawberry.ID = needs("The week.", "roster")
    day: date = needs("The day; today or later.")
    shift: ShiftInput = needs("The new post.")


@takes(RosterStep)
class PublishRosterInput:
    """A draft that all workers are to know."""

    act: strawberry.ID = own_id("act")
    week: strawberry.ID = needs("The week.", "roster")


@takes(Swap)
class SwapShiftsInput:
    """Two workers who exchange their posts."""

    act: strawberry.ID = own_id("act")
    week: strawberry.ID = needs("The week.", "roster")
    first: strawberry.ID = needs("One grid worker; a worker swaps only their own shifts.", "account")
    second: strawberry.ID = needs("The other.", "account")
    days: list[date] = needs("The day, or two: on each of them both take over the other's post.")


@strawberry.type(description="A post of a day that stays below the rule because too few are at work.")
class MissingPost:
    """See the description."""

    day: date = strawberry.field(description="The day.")
    post: DutyPost = strawberry.field(description="The post.")


@payload
class RosterPayload:
    """A week of the roster after an act."""

    week: RosterWeek | None = shows("The week; null when refused.")
    missing: list[MissingPost] = lists("What cannot be kept of the rule because too few are at work.")


def _mutation(takes: type, act: Act, description: str) -> Any:
    return mutation(takes, act, RosterPayload, description, _shown)


def _shown(_: Any, made: Rostered) -> dict[str, Any]:
    return {"week": made.week, "missing": made.missing}


@mutations
class RosterMutations:
    """Acts on the duty roster."""

    plan_roster: RosterPayload = _mutation(PlanRosterInput, acts.plan_roster, "Proposes a fair draft of a week.")
    publish_roster: RosterPayload = _mutation(
        PublishRosterInput, acts.publish_roster, "Publishes a draft that keeps the rule; a refusal lists every reason."
    )
    change_shift: RosterPayload = _mutation(
        ChangeShiftInput,
        acts.change_shift,
        "Gives one worker another post on a day; a published day must keep the rule.",
    )
    set_day: RosterPayload = _mutation(
        SetDayInput,
        acts.set_day,
        "Gives several workers other posts on a day at once; a published day must keep the rule.",
    )
    swap_shifts: RosterPayload = _mutation(
        SwapShiftsInput,
        acts.swap_shifts,
        "Exchanges the posts of two workers on a day or two; done at once, both are on record.",
    )
