"""Mutations of reports of building heads."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import reports
from db.acts.reports import MoveIn, MoveOut, Newcomer, Problem, Settlement
from rules.appeals import AppealCategory
from rules.people import Sex
from schema.compiler.declare import mutations
from schema.mutations.appeal_moves import AppealPayload
from schema.mutations.disputes import OpenDisputeInput
from schema.mutations.parts import may, mutation, needs, own_id, takes


@takes(Problem)
class AsProblemInput:
    """The problem that a report tells of; words and place are the report's unless given."""

    id: strawberry.ID = own_id("appeal")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    body: str | None = may("What is said, up to 2,000 characters; the report's words by default.")
    household: strawberry.ID | None = may("The household it is about.", "household")
    building: strawberry.ID | None = may("The building it is about.", "building")
    unit: int | None = may("The unit (单元) of that building, or of the report's.")


@takes(Newcomer)
class NewcomerInput:
    """Somebody who moved in."""

    name: str = needs("Name.")
    sex: Sex = needs("Sex, as in the household register.")
    born_on: date | None = may("Date of birth, if known.")
    phone: str | None = may("Telephone.")


@takes(MoveIn)
class ReportedMoveInInput:
    """A move into a home."""

    household: strawberry.ID = needs("The home.", "household")
    residents: list[NewcomerInput] = needs("Who moved in.")
    on: date = needs("The day on which they moved in.")


@takes(MoveOut)
class ReportedMoveOutInput:
    """A move away from here."""

    residents: list[strawberry.ID] = needs("Who moved away.", "resident")
    on: date = needs("The first day on which they no longer live there.")


@takes(Settlement)
class SettleReportInput:
    """The decision on a building head's report: exactly one of the four."""

    act: strawberry.ID = own_id("act")
    appeal: strawberry.ID = needs("The report.", "appeal", to="report")
    note: str | None = may("What else its reporter is told.")
    as_problem: AsProblemInput | None = may("It is a problem to be solved.", to="problem")
    move_in: ReportedMoveInInput | None = may("Somebody moved in.")
    move_out: ReportedMoveOutInput | None = may("Somebody moved away.")
    dispute: OpenDisputeInput | None = may("It is a dispute to be mediated.")


@mutations
class ReportMutations:
    """Acts on reports."""

    settle_report: AppealPayload = mutation(
        SettleReportInput,
        reports.settle_report,
        AppealPayload,
        "Turns a building head's report into a problem, a change of the register or a dispute, and closes it.",
    )
