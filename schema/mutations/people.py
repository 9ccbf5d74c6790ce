"""Mutations of residents: put them on the register, correct, move, colour, merge and part."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import id_numbers, merges, people
from db.acts.id_numbers import Reveal
from db.acts.merges import Merge
from db.acts.people import Correction, Moving, NewResident
from rules.people import Sex
from schema.compiler.declare import mutations
from schema.merges import ResidentMerge
from schema.mutations.parts import act_id, change, lists, may, move, mutation, needs, own_id, payload, shows, takes
from schema.people import Resident


@takes(NewResident)
class AddResidentInput:
    """Somebody to put on the register."""

    id: strawberry.ID = own_id("resident")
    household: strawberry.ID = needs("Where they live.", "household")
    name: str = needs("Name.")
    sex: Sex = needs("Sex, as in the household register.")
    born_on: date | None = may("Date of birth.")
    phone: str | None = may("Telephone.")
    moved_in_on: date | None = may("The first day on which they live there; today by default.")
    id_number: str | None = may("ID number (居民身份证号); stored sealed.")


@takes(Correction)
class CorrectResidentInput:
    """What was recorded wrongly. A field that is left out stays; null empties one that may be empty."""

    resident: strawberry.ID = needs("The resident.", "resident")
    name: str | None = change("Name.")
    sex: Sex | None = change("Sex.")
    born_on: date | None = change("Date of birth.")
    phone: str | None = change("Telephone.")
    id_number: str | None = change("ID number; null changes nothing.")
    act: strawberry.ID | None = act_id()


@takes(Reveal)
class RevealIdNumberInput:
    """Whose number is needed, and for what; the journal records it."""

    resident: strawberry.ID = needs("The resident.", "resident")
    reason: str = needs("What it is needed for.")


@takes(Merge)
class MergeResidentsInput:
    """Two records of one person."""

    id: strawberry.ID = own_id("merge")
    keep: strawberry.ID = needs("The record that takes over.", "resident")
    merge: strawberry.ID = needs("The record that is taken over.", "resident")


@payload
class IdNumberPayload:
    """A revealed ID number."""

    id_number: str | None = shows("The number; null when refused, or when there is none.")


@payload
class ResidentPayload:
    """A resident after an act."""

    resident: Resident | None = shows("The resident; null when refused.")


@payload
class MovePayload:
    """Residents after a move."""

    residents: list[Resident] = lists("Those who moved; nobody when refused.")


@payload
class MergePayload:
    """A merger after an act."""

    merge: ResidentMerge | None = shows("The merger; null when refused.")


def _moved(moving: Moving, _: object) -> dict[str, object]:
    return {"residents": moving.residents}


@mutations
class PeopleMutations:
    """Acts on residents."""

    add_resident: ResidentPayload = mutation(
        AddResidentInput, people.add_resident, ResidentPayload, "Puts somebody on the register."
    )
    correct_resident: ResidentPayload = mutation(
        CorrectResidentInput,
        people.correct_resident,
        ResidentPayload,
        "Corrects what was recorded wrongly about a resident.",
    )
    move_residents: MovePayload = move(
        people.move_residents,
        MovePayload,
        "Moves people to another home, or back here after they had left.",
        shown=_moved,
        residents=needs("Who moves; a family together.", "resident"),
        household=needs("Where to.", "household"),
        on=may("The first day in the new home; today by default."),
        note=may("What there is to note."),
    )
    move_out: MovePayload = move(
        people.move_out,
        MovePayload,
        "Records that people have left the community.",
        shown=_moved,
        residents=needs("Who leaves.", "resident"),
        on=may("The day from which they live here no longer; today by default."),
        note=may("Where to, and why."),
    )
    reveal_id_number: IdNumberPayload = mutation(
        RevealIdNumberInput,
        id_numbers.reveal_id_number,
        IdNumberPayload,
        "Reveals a resident's ID number; the journal records who asked, when and why.",
        lambda _, number: {"id_number": number},
    )
    set_colour: ResidentPayload = move(
        people.set_colour,
        ResidentPayload,
        "Gives a resident a colour (六色).",
        resident=needs("The resident.", "resident"),
        colour=needs("The colour."),
        reason=may("Why; required for RED and ORANGE."),
    )
    remove_colour: ResidentPayload = move(
        people.remove_colour,
        ResidentPayload,
        "Takes a colour away; its history stays.",
        resident=needs("The resident.", "resident"),
        colour=needs("The colour."),
        reason=may("Why."),
    )
    merge_residents: MergePayload = mutation(
        MergeResidentsInput, merges.merge_residents, MergePayload, "Makes two records of one person one."
    )
    undo_merge: MergePayload = move(
        merges.undo_merge,
        MergePayload,
        "Parts two merged records again.",
        merge=needs("The merger.", "merge"),
    )
