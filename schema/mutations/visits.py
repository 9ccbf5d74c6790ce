"""Mutations of visits."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from db.acts import photos, visit_corrections, visits
from db.acts.visit_corrections import CorrectedVisit
from db.acts.visits import NewVisit
from rules.visits import VisitMode
from schema.appeals import Appeal
from schema.compiler.declare import mutations
from schema.disputes import Dispute
from schema.mutations.parts import (
    PHOTOS,
    act_id,
    change,
    move,
    mutation,
    optional,
    own_id,
    payload_of,
    required,
    takes,
)
from schema.photos import RemovedPhoto
from schema.visits import Visit


@takes(CorrectedVisit)
class CorrectVisitInput:
    """What a visit says correctly. What is not given keeps its value."""

    visit: strawberry.ID = required("The visit.", "visit")
    reason: str = required("The reason.")
    mode: VisitMode | None = optional("The mode.")
    occurred_at: datetime | None = optional("When it occurred.")
    household: strawberry.ID | None = optional("The household, if the place was wrong.", "household")
    premises: strawberry.ID | None = optional("The premises, if the place was wrong.", "premises")
    residents: list[strawberry.ID] | None = optional("All residents reached; an empty list for nobody.", "resident")
    spoke_with: str | None = change("With whom else the worker spoke.", erases=True)
    note: str | None = change("The note.", erases=True)
    act: strawberry.ID | None = act_id()


RemovedPhotoPayload = payload_of("RemovedPhotoPayload", photo=RemovedPhoto)
CorrectedVisitPayload = payload_of("CorrectedVisitPayload", visit=Visit)
VisitPayload = payload_of("VisitPayload", visit=Visit, appeals=list[Appeal], disputes=list[Dispute])


def _shown(new: NewVisit, made: UUID) -> dict[str, Any]:
    found = {"appeals": [each.id for each in new.appeals], "disputes": [each.id for each in new.disputes]}
    return {"visit": made, **found}


@mutations
class VisitMutations:
    record_visit = mutation(
        visits.record_visit,
        VisitPayload,
        "Records a visit, with the appeals and disputes found at the door.",
        shown=_shown,
        id=own_id("visit"),
        household=optional("The household; either this or the premises.", "household"),
        premises=optional("The premises; either these or the household.", "premises"),
        mode=required("The mode."),
        occurred_at=required(
            "When it occurred, by the phone's clock; possibly days ago. The posts that the worker held then count too."
        ),
        residents=optional(
            "The residents reached, who live or lived in the household. With none, and nobody in `spokeWith`, the visit"
            " was an attempt.",
            "resident",
        ),
        spoke_with=optional("With whom else the worker spoke: at premises, or people who are not on the register."),
        note=optional("A note."),
        appeals=optional("The appeals found at the door."),
        disputes=optional("The disputes found at the door."),
        photos=optional(PHOTOS),
    )
    correct_visit = mutation(
        visit_corrections.correct_visit,
        CorrectedVisitPayload,
        "Corrects a visit: within 7 days by whoever recorded it, at any time by the community's staff. Duties and"
        " alerts follow from the correction. What the visit said before is kept.",
        takes=CorrectVisitInput,
    )
    withdraw_visit = move(
        visit_corrections.withdraw_visit,
        CorrectedVisitPayload,
        "Withdraws a visit, as `correctVisit`. It stays on record and counts nowhere. Appeals and disputes found in it"
        " stay.",
        visit=required("The visit.", "visit"),
        reason=required("The reason."),
    )
    add_visit_photos = move(
        visit_corrections.add_visit_photos,
        CorrectedVisitPayload,
        "Adds photos to a recorded visit, as `correctVisit`.",
        visit=required("The visit.", "visit"),
        photos=required(PHOTOS),
    )
    remove_photo = move(
        photos.remove_photo,
        RemovedPhotoPayload,
        "Removes a photo of a visit or an appeal: within 7 days by whoever attached it, at any time by the community's"
        " staff. It stays on record and is served to nobody.",
        photo=required("The photo.", "photo"),
        reason=required("The reason."),
    )
