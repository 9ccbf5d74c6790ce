"""Mutations of the duty roster."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from db.acts import roster as acts
from db.acts.roster import Absence, Rostered
from rules.roster import DutyPost
from rules.roster import Shift as PlannedShift
from schema.compiler.declare import mutations
from schema.mutations.parts import Act, lists, mutation, optional, own_id, payload, required, shows, takes
from schema.roster import RosterWeek


@takes(Absence)
class AbsenceInput:
    """An absent worker."""

    worker: strawberry.ID = required("The grid worker.", "account")
    reason: str = required("The reason, such as leave or training.")
    days: list[date] | None = optional("The days; all planned days by default.")


@takes(PlannedShift)
class ShiftInput:
    """The post of a worker on a day."""

    worker: strawberry.ID = required("The grid worker.", "account")
    post: DutyPost = required("The post.")
    party_branch: strawberry.ID | None = optional("The Party branch, for `RECEPTION`.", "partybranch", to="branch")
    reason: str | None = optional("The reason for an absence; with `ABSENT` only.")


@strawberry.type(description="A post that is understaffed because too few workers are available.")
class UnderstaffedPost:
    serves_on: date = strawberry.field(description="The day.")
    post: DutyPost = strawberry.field(description="The post.")


@payload
class RosterPayload:
    """A week of the roster after a mutation."""

    week: RosterWeek | None = shows("The week; null when refused.")
    missing: list[UnderstaffedPost] = lists("The posts that are understaffed because too few workers are available.")


def _mutation(act: Act, description: str, **fields: Any) -> Any:
    return mutation(act, RosterPayload, description, shown=_shown, act=own_id("act"), **fields)


def _shown(_: Any, made: Rostered) -> dict[str, Any]:
    return {"week": made.week, "missing": made.missing}


@mutations
class RosterMutations:
    plan_roster = _mutation(
        acts.plan_roster,
        "Proposes a fair draft of a week. Replaces an earlier draft, and keeps the days before today.",
        starts_on=required("The Monday of the week."),
        days=optional("The days to plan; Monday to Friday by default."),
        absences=optional("The absent workers."),
        community=optional("The community; required for accounts with several.", "community"),
    )
    publish_roster = _mutation(
        acts.publish_roster,
        "Publishes a draft that keeps the staffing rule. A refusal lists every violation.",
        week=required("The week.", "roster"),
    )
    change_shift = _mutation(
        acts.change_shift,
        "Changes the post of one worker on a day. A published day must keep the staffing rule.",
        week=required("The week.", "roster"),
        serves_on=required("The day; today or later."),
        shift=required("The new post."),
    )
    set_day = _mutation(
        acts.set_day,
        "Changes the posts of several workers on a day at once. A published day must keep the staffing rule.",
        week=required("The week.", "roster"),
        serves_on=required("The day; today or later."),
        shifts=required("The new posts."),
    )
    swap_shifts = _mutation(
        acts.swap_shifts,
        "Swaps the posts of two workers on one or two days. The journal records both.",
        week=required("The week.", "roster"),
        first=required("A grid worker; workers swap only their own shifts.", "account"),
        second=required("The other grid worker.", "account"),
        days=required("One day or two days, on each of which the workers take each other's post."),
    )
