"""Mutations of residents."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import id_numbers, merges, people
from db.acts.people import Correction, Moving
from rules.people import Relation, Sex, Tenure
from schema.compiler.declare import mutations
from schema.merges import ResidentMerge
from schema.mutations.parts import act_id, change, move, mutation, optional, own_id, payload_of, required, takes
from schema.people import Resident


@takes(Correction)
class CorrectResidentInput:
    """Corrections of a resident's record. What is not given keeps its value."""

    resident: strawberry.ID = required("The resident.", "resident")
    name: str | None = change("Name.")
    sex: Sex | None = change("Sex.")
    born_on: date | None = change("Date of birth.", erases=True)
    phone: str | None = change("Telephone.", erases=True)
    id_number: str | None = change("ID number, which cannot be erased alone.")
    relation: Relation | None = change(
        "The relation to the head of the household. A household has one head.", erases=True
    )
    tenure: Tenure | None = change("The right by which they live in the household.", erases=True)
    act: strawberry.ID | None = act_id()


RevealIdNumberPayload = payload_of("RevealIdNumberPayload", id_number=str)
ResidentPayload = payload_of("ResidentPayload", resident=Resident)
MoveResidentsPayload = payload_of("MoveResidentsPayload", residents=list[Resident])
ResidentMergePayload = payload_of("ResidentMergePayload", merge=ResidentMerge)


def _moved(moving: Moving, _: object) -> dict[str, object]:
    return {"residents": moving.residents}


@mutations
class PeopleMutations:
    add_resident = mutation(
        people.add_resident,
        ResidentPayload,
        "Adds a resident to the register.",
        id=own_id("resident"),
        household=required("The household.", "household"),
        name=required("Name."),
        sex=required("Sex, as in the household register."),
        born_on=optional("Date of birth."),
        phone=optional("Telephone."),
        moved_in_on=optional("The first day in the household; today by default."),
        id_number=optional("ID number (居民身份证号), which is stored encrypted."),
        relation=optional("The relation to the head of the household. A household has one head."),
        tenure=optional("The right by which they live in the household."),
    )
    correct_resident = mutation(
        people.correct_resident, ResidentPayload, "Corrects a resident's record.", takes=CorrectResidentInput
    )
    move_residents = move(
        people.move_residents,
        MoveResidentsPayload,
        "Moves residents to another household, or back after they had left.",
        shown=_moved,
        residents=required("The residents who move together.", "resident"),
        household=required("The new household.", "household"),
        on=optional("The first day in the new home; today by default."),
        note=optional("A note."),
    )
    move_out = move(
        people.move_out,
        MoveResidentsPayload,
        "Records that residents have left the community.",
        shown=_moved,
        residents=required("The residents.", "resident"),
        on=optional("The first day on which they no longer live here; today by default."),
        note=optional("The destination and the reason."),
    )
    reveal_id_number = move(
        id_numbers.reveal_id_number,
        RevealIdNumberPayload,
        "Reveals a resident's ID number. The journal records the account, the time and the reason. A retry is recorded"
        " again.",
        shown=lambda _, number: {"id_number": number},
        resident=required("The resident.", "resident"),
        reason=required("The reason."),
    )
    set_colour = move(
        people.set_colour,
        ResidentPayload,
        "Gives a resident a colour (六色).",
        resident=required("The resident.", "resident"),
        colour=required("The colour."),
        reason=optional("The reason; required for RED and ORANGE."),
    )
    remove_colour = move(
        people.remove_colour,
        ResidentPayload,
        "Removes a colour, which stays in the history.",
        resident=required("The resident.", "resident"),
        colour=required("The colour."),
        reason=optional("The reason."),
    )
    merge_residents = mutation(
        merges.merge_residents,
        ResidentMergePayload,
        "Merges two records of one person.",
        id=own_id("merge"),
        keep=required("The record that remains.", "resident"),
        merge=required("The record that is merged into it.", "resident"),
    )
    undo_merge = move(
        merges.undo_merge, ResidentMergePayload, "Undoes a merger.", merge=required("The merger.", "merge")
    )
