"""What can be done about residents: put them on the register, correct, move, colour, merge and part."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from db.acts import merges, people
from db.acts.merges import Merge
from db.acts.people import Correction, Move, NewResident, Painting
from rules.people import Colour, Sex
from schema.ids import parse_id
from schema.merges import ResidentMerge
from schema.mutations.parts import (
    ERRORS,
    act_id,
    few,
    given,
    may,
    mutation,
    needs,
    optional_id,
    own_id,
    set_fields,
    takes,
    touched,
)
from schema.people import Resident
from schema.problems import Problem


@takes
class AddResidentInput:
    """Somebody to put on the register."""

    id: strawberry.ID = own_id("resident")
    household: strawberry.ID = needs("Where they live.")
    name: str = needs("Name.")
    sex: Sex = needs("Sex, as in the household register.")
    born_on: date | None = may("Date of birth.")
    phone: str | None = may("Telephone.")
    moved_in_on: date | None = may("The first day on which they live there; today by default.")

    def read(self) -> NewResident:
        """As the act takes it."""
        return NewResident(
            id=parse_id("resident", self.id, "id"),
            household=parse_id("household", self.household, "household"),
            name=self.name,
            sex=self.sex,
            born_on=given(self.born_on),
            phone=given(self.phone),
            moved_in_on=given(self.moved_in_on),
        )


@takes
class CorrectResidentInput:
    """What was written down wrongly; what is left out stays, and null empties a field that may be empty."""

    resident: strawberry.ID = needs("The resident.")
    name: str | None = may("Name.")
    sex: Sex | None = may("Sex.")
    born_on: date | None = may("Date of birth.")
    phone: str | None = may("Telephone.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Correction:
        """As the act takes it."""
        return Correction(
            resident=parse_id("resident", self.resident, "resident"),
            changes=set_fields(self, "name", "sex", "born_on", "phone"),
            act=optional_id("act", self.act, "act"),
        )


@takes
class MoveResidentsInput:
    """Who moves to another home, or comes back here."""

    residents: list[strawberry.ID] = needs("Who moves; a family together.")
    household: strawberry.ID = needs("Where to.")
    on: date | None = may("The first day in the new home; today by default.")
    note: str | None = may("What there is to note.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Move:
        """As the act takes it."""
        return _move(self, parse_id("household", self.household, "household"))


@takes
class MoveOutInput:
    """Who leaves the community."""

    residents: list[strawberry.ID] = needs("Who leaves.")
    on: date | None = may("The day from which they live here no longer; today by default.")
    note: str | None = may("Where to, and why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Move:
        """As the act takes it."""
        return _move(self, None)


def _move(moving: MoveResidentsInput | MoveOutInput, household: UUID | None) -> Move:
    ids = enumerate(few(moving.residents, "residents"))
    return Move(
        residents=[parse_id("resident", each, "residents", index) for index, each in ids],
        household=household,
        on=given(moving.on),
        note=given(moving.note),
        act=optional_id("act", moving.act, "act"),
    )


@takes
class SetColourInput:
    """A colour for a resident."""

    resident: strawberry.ID = needs("The resident.")
    colour: Colour = needs("The colour.")
    reason: str | None = may("Why; required for RED and ORANGE.")
    act: strawberry.ID | None = act_id()


@takes
class RemoveColourInput:
    """A colour that holds no longer."""

    resident: strawberry.ID = needs("The resident.")
    colour: Colour = needs("The colour.")
    reason: str | None = may("Why.")
    act: strawberry.ID | None = act_id()


def _painting(given_input: SetColourInput | RemoveColourInput) -> Painting:
    return Painting(
        resident=parse_id("resident", given_input.resident, "resident"),
        colour=given_input.colour,
        reason=given(given_input.reason),
        act=optional_id("act", given_input.act, "act"),
    )


@takes
class MergeResidentsInput:
    """Two records of one person."""

    id: strawberry.ID = own_id("merge")
    keep: strawberry.ID = needs("The record that takes over.")
    merge: strawberry.ID = needs("The record that is taken over.")

    def read(self) -> Merge:
        """As the act takes it."""
        return Merge(
            id=parse_id("merge", self.id, "id"),
            keep=parse_id("resident", self.keep, "keep"),
            merge=parse_id("resident", self.merge, "merge"),
        )


@takes
class UndoMergeInput:
    """They were two people after all."""

    merge: strawberry.ID = needs("The merger.")
    act: strawberry.ID | None = act_id()


@strawberry.type(description="A resident after an act.")
class ResidentPayload:
    """See the description."""

    resident: Resident | None = strawberry.field(default=None, description="The resident; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="Residents after a move.")
class MovePayload:
    """See the description."""

    residents: list[Resident] = strawberry.field(default_factory=list, description="Who moved; nobody when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A merger after an act.")
class MergePayload:
    """See the description."""

    merge: ResidentMerge | None = strawberry.field(default=None, description="The merger; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _resident(uuid: UUID) -> ResidentPayload:
    return ResidentPayload(resident=touched(uuid))


def _moved(uuids: list[UUID]) -> MovePayload:
    return MovePayload(residents=[touched(uuid) for uuid in uuids])


def _merged(uuid: UUID) -> MergePayload:
    return MergePayload(merge=touched(uuid))


async def _undo(acting: Any, undone: UndoMergeInput) -> UUID:
    merge, act = parse_id("merge", undone.merge, "merge"), optional_id("act", undone.act, "act")
    return await merges.undo_merge(acting, merge, act)


@strawberry.type
class PeopleMutations:
    """Acts on residents."""

    add_resident: ResidentPayload = mutation(
        AddResidentInput,
        lambda acting, new: people.add_resident(acting, new.read()),
        ResidentPayload,
        _resident,
        "Puts somebody on the register.",
    )
    correct_resident: ResidentPayload = mutation(
        CorrectResidentInput,
        lambda acting, each: people.correct_resident(acting, each.read()),
        ResidentPayload,
        _resident,
        "Corrects what was written down wrongly about a resident.",
    )
    move_residents: MovePayload = mutation(
        MoveResidentsInput,
        lambda acting, move: people.move_residents(acting, move.read()),
        MovePayload,
        _moved,
        "Moves people to another home, or back here after they had left.",
    )
    move_out: MovePayload = mutation(
        MoveOutInput,
        lambda acting, move: people.move_out(acting, move.read()),
        MovePayload,
        _moved,
        "Says that people have left the community.",
    )
    set_colour: ResidentPayload = mutation(
        SetColourInput,
        lambda acting, each: people.set_colour(acting, _painting(each)),
        ResidentPayload,
        _resident,
        "Gives a resident a colour (六色).",
    )
    remove_colour: ResidentPayload = mutation(
        RemoveColourInput,
        lambda acting, each: people.remove_colour(acting, _painting(each)),
        ResidentPayload,
        _resident,
        "Takes a colour away; its history stays.",
    )
    merge_residents: MergePayload = mutation(
        MergeResidentsInput,
        lambda acting, each: merges.merge_residents(acting, each.read()),
        MergePayload,
        _merged,
        "Makes two records of one person one.",
    )
    undo_merge: MergePayload = mutation(UndoMergeInput, _undo, MergePayload, _merged, "Parts two merged records again.")
