"""What can be done about reports of building heads."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from db.acts import reports
from db.acts.reports import MoveIn, MoveOut, Newcomer, Problem, Settlement
from rules.appeals import AppealCategory
from rules.people import Sex
from rules.refusals import refusals_under
from schema.ids import parse_id
from schema.mutations.appeal_moves import AppealPayload
from schema.mutations.disputes import OpenDisputeInput
from schema.mutations.parts import few, given, item_of, may, mutation, needs, optional_id, own_id, takes, touched


@takes
class AsProblemInput:
    """The problem that a report tells of; words and place are the report's unless given."""

    id: strawberry.ID = own_id("appeal")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    body: str | None = may("What is said, up to 2,000 characters; the report's words by default.")
    household: strawberry.ID | None = may("The household it is about.")
    building: strawberry.ID | None = may("The building it is about.")
    unit: int | None = may("The unit (单元) of that building, or of the report's.")

    def read(self) -> Problem:
        """As the act takes it."""
        return Problem(
            id=parse_id("appeal", self.id, "id"),
            category=given(self.category),
            body=given(self.body),
            household=optional_id("household", self.household, "household"),
            building=optional_id("building", self.building, "building"),
            unit=given(self.unit),
        )


@takes
class NewcomerInput:
    """Somebody who moved in."""

    name: str = needs("Name.")
    sex: Sex = needs("Sex, as in the household register.")
    born_on: date | None = may("Date of birth, if known.")
    phone: str | None = may("Telephone.")

    def read(self) -> Newcomer:
        """As the act takes it."""
        return Newcomer(self.name, self.sex, given(self.born_on), given(self.phone))


@takes
class ReportedMoveInInput:
    """Who moved into which home."""

    household: strawberry.ID = needs("The home.")
    residents: list[NewcomerInput] = needs("Who moved in.")
    on: date = needs("The day on which they moved in.")

    def read(self) -> MoveIn:
        """As the act takes it."""
        residents = few(self.residents, "residents")
        return MoveIn(
            parse_id("household", self.household, "household"),
            [item_of("residents", index, each) for index, each in enumerate(residents)],
            self.on,
        )


@takes
class ReportedMoveOutInput:
    """Who moved away."""

    residents: list[strawberry.ID] = needs("Who moved away.")
    on: date = needs("The first day on which they live there no longer.")

    def read(self) -> MoveOut:
        """As the act takes it."""
        residents = enumerate(few(self.residents, "residents"))
        return MoveOut([parse_id("resident", each, "residents", index) for index, each in residents], self.on)


@takes
class SettleReportInput:
    """What becomes of a building head's report: exactly one of the four."""

    act: strawberry.ID = needs("`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.")
    appeal: strawberry.ID = needs("The report.")
    note: str | None = may("What its reporter is told besides.")
    as_problem: AsProblemInput | None = may("It is a problem to be solved.")
    move_in: ReportedMoveInInput | None = may("Somebody moved in.")
    move_out: ReportedMoveOutInput | None = may("Somebody moved away.")
    dispute: OpenDisputeInput | None = may("It is a dispute to be mediated.")

    def read(self) -> Settlement:
        """As the act takes it."""
        return Settlement(
            report=parse_id("appeal", self.appeal, "appeal"),
            act=parse_id("act", self.act, "act"),
            note=given(self.note),
            problem=_part("asProblem", self.as_problem),
            move_in=_part("moveIn", self.move_in),
            move_out=_part("moveOut", self.move_out),
            dispute=_part("dispute", self.dispute),
        )


def _part(name: str, item: Any) -> Any:
    """A part of the input as the act takes it; nothing where it was left out."""
    if (found := given(item)) is None:
        return None
    with refusals_under(name):
        return found.read()


@strawberry.type
class ReportMutations:
    """Acts on reports."""

    settle_report: AppealPayload = mutation(
        SettleReportInput,
        lambda acting, settlement: reports.settle_report(acting, settlement.read()),
        AppealPayload,
        lambda uuid: AppealPayload(appeal=touched(uuid)),
        "Makes a problem, a change of the register or a dispute of a building head's report, and closes it.",
    )
