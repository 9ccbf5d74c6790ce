"""What can be done about the duty roster."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import roster
from db.acts.roster import Absence, DayChange, NewRoster, Rostered, RosterStep, Swap
from rules.roster import DutyPost
from rules.roster import Shift as PlannedShift
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, few, given, item_of, may, mutation, needs, optional_id, takes, touched
from schema.problems import Problem
from schema.roster import RosterWeek

_ACT = "`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless."


@takes
class AbsenceInput:
    """Who is not at work, and why."""

    worker: strawberry.ID = needs("The grid worker.")
    reason: str = needs("Why: on leave, at a training.")
    days: list[date] | None = may("On which days; all of the week's by default.")

    def read(self) -> Absence:
        """As the act takes it."""
        return Absence(parse_id("account", self.worker, "worker"), self.reason, list(few(self.days, "days")))


@takes
class PlanRosterInput:
    """A week to plan. Days that are past stay as they are; a draft that there is gives way."""

    act: strawberry.ID = needs(_ACT)
    monday: date = needs("The week's Monday.")
    days: list[date] | None = may("Which of its days; Monday to Friday by default.")
    absences: list[AbsenceInput] | None = may("Who is not at work.")
    community: strawberry.ID | None = may("The community; needed by those who work in several.")

    def read(self) -> NewRoster:
        """As the act takes it."""
        absences = few(self.absences, "absences")
        return NewRoster(
            act=parse_id("act", self.act, "act"),
            monday=self.monday,
            community=optional_id("community", self.community, "community"),
            days=list(few(self.days, "days")),
            absences=[item_of("absences", index, each) for index, each in enumerate(absences)],
        )


@takes
class ShiftInput:
    """A worker's post on a day."""

    worker: strawberry.ID = needs("The grid worker.")
    post: DutyPost = needs("Where.")
    party_branch: strawberry.ID | None = may("At which Party branch; with `RECEPTION`, and only with it.")
    reason: str | None = may("Why they are not at work; with `ABSENT`, and only with it.")

    def read(self) -> PlannedShift:
        """As the act takes it."""
        branch = optional_id("partybranch", self.party_branch, "partyBranch")
        return PlannedShift(parse_id("account", self.worker, "worker"), self.post, branch, given(self.reason))


@takes
class SetDayInput:
    """New posts of several workers on one day; everybody else keeps theirs."""

    act: strawberry.ID = needs(_ACT)
    week: strawberry.ID = needs("The week.")
    day: date = needs("The day; today or later.")
    shifts: list[ShiftInput] = needs("The new posts.")

    def read(self) -> DayChange:
        """As the act takes it."""
        shifts = [item_of("shifts", index, each) for index, each in enumerate(few(self.shifts, "shifts"))]
        return DayChange(_step(self.week, self.act), self.day, shifts)


@takes
class ChangeShiftInput:
    """A new post of one worker on one day."""

    act: strawberry.ID = needs(_ACT)
    week: strawberry.ID = needs("The week.")
    day: date = needs("The day; today or later.")
    shift: ShiftInput = needs("The new post.")

    def read(self) -> DayChange:
        """As the act takes it."""
        return DayChange(_step(self.week, self.act), self.day, [self.shift.read()])


@takes
class PublishRosterInput:
    """A draft to be known to all workers."""

    act: strawberry.ID = needs(_ACT)
    week: strawberry.ID = needs("The week.")

    def read(self) -> RosterStep:
        """As the act takes it."""
        return _step(self.week, self.act)


@takes
class SwapShiftsInput:
    """Two workers who exchange their posts."""

    act: strawberry.ID = needs(_ACT)
    week: strawberry.ID = needs("The week.")
    first: strawberry.ID = needs("One grid worker; a worker swaps none but their own shifts.")
    second: strawberry.ID = needs("The other.")
    days: list[date] = needs("The day, or two: on each both take over the other's post.")

    def read(self) -> Swap:
        """As the act takes it."""
        first, second = parse_id("account", self.first, "first"), parse_id("account", self.second, "second")
        return Swap(_step(self.week, self.act), first, second, list(few(self.days, "days")))


def _step(week: str, act: str) -> RosterStep:
    return RosterStep(parse_id("roster", week, "week"), parse_id("act", act, "act"))


@strawberry.type(description="A post of a day that stays below the rule because too few are at work.")
class MissingPost:
    """See the description."""

    day: date = strawberry.field(description="The day.")
    post: DutyPost = strawberry.field(description="The post.")


@strawberry.type(description="A week of the roster after an act.")
class RosterPayload:
    """See the description."""

    week: RosterWeek | None = strawberry.field(default=None, description="The week; null when refused.")
    missing: list[MissingPost] = strawberry.field(
        default_factory=list, description="What cannot be kept of the rule because too few are at work."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _done(made: Rostered) -> RosterPayload:
    return RosterPayload(
        week=touched(made.week), missing=[MissingPost(day=day, post=post) for day, post in made.missing]
    )


@strawberry.type
class RosterMutations:
    """Acts on the duty roster."""

    plan_roster: RosterPayload = mutation(
        PlanRosterInput,
        lambda acting, new: roster.plan_roster(acting, new.read()),
        RosterPayload,
        _done,
        "Proposes a fair draft of a week.",
    )
    publish_roster: RosterPayload = mutation(
        PublishRosterInput,
        lambda acting, step: roster.publish_roster(acting, step.read()),
        RosterPayload,
        _done,
        "Publishes a draft that keeps the rule; a refusal lists every reason.",
    )
    change_shift: RosterPayload = mutation(
        ChangeShiftInput,
        lambda acting, change: roster.set_day(acting, change.read()),
        RosterPayload,
        _done,
        "Gives one worker another post on a day; a published day must keep the rule.",
    )
    set_day: RosterPayload = mutation(
        SetDayInput,
        lambda acting, change: roster.set_day(acting, change.read()),
        RosterPayload,
        _done,
        "Gives several workers other posts on a day at once; a published day must keep the rule.",
    )
    swap_shifts: RosterPayload = mutation(
        SwapShiftsInput,
        lambda acting, swap: roster.swap_shifts(acting, swap.read()),
        RosterPayload,
        _done,
        "Two workers exchange their posts on a day or two; done at once, both are on record.",
    )
