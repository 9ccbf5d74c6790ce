"""Mutations of building heads' reports."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import reports
from db.acts.reports import MoveIn, MoveOut, Newcomer, Problem
from rules.appeals import AppealCategory
from rules.people import Sex
from schema.compiler.declare import mutations
from schema.mutations.appeal_moves import AppealPayload
from schema.mutations.parts import mutation, optional, own_id, required, takes


@takes(Problem)
class AsProblemInput:
    """The problem in a report. Text and place are the report's by default."""

    id: strawberry.ID = own_id("appeal")
    category: AppealCategory | None = optional("The category; suggested from the text by default.")
    body: str | None = optional("The text, up to 2,000 characters; the report's by default.")
    household: strawberry.ID | None = optional("The household.", "household")
    building: strawberry.ID | None = optional("The building.", "building")
    unit: int | None = optional("The unit (单元) of that building, or of the report's.")


@takes(Newcomer)
class NewcomerInput:
    """A resident who moved in."""

    name: str = required("Name.")
    sex: Sex = required("Sex, as in the household register.")
    born_on: date | None = optional("Date of birth, if known.")
    phone: str | None = optional("Telephone.")


@takes(MoveIn)
class ReportedMoveInInput:
    """Residents who moved into a household."""

    household: strawberry.ID = required("The household.", "household")
    residents: list[NewcomerInput] = required("The residents.")
    on: date = required("The first day in the household.")


@takes(MoveOut)
class ReportedMoveOutInput:
    """Residents who left the community."""

    residents: list[strawberry.ID] = required("The residents.", "resident")
    on: date = required("The first day on which they no longer live there.")


@mutations
class ReportMutations:
    settle_report = mutation(
        reports.settle_report,
        AppealPayload,
        "Turns a building head's report into exactly one of a problem, a move in, a move out and a dispute.",
        act=own_id("act"),
        appeal=required("The report.", "appeal", to="report"),
        note=optional("A note to the building head."),
        as_problem=optional("The problem.", to="problem"),
        move_in=optional("The move into a household."),
        move_out=optional("The move out of the community."),
        dispute=optional("The dispute."),
    )
