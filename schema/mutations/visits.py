"""Mutations of visits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from db.acts import visits
from db.acts.visits import NewVisit
from schema.appeals import Appeal
from schema.compiler.declare import mutations
from schema.disputes import Dispute
from schema.mutations.parts import PHOTOS, mutation, optional, own_id, payload_of, required
from schema.visits import Visit

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
        household=required("The household.", "household"),
        mode=required("The mode."),
        occurred_at=required("When it occurred, by the phone's clock; possibly days ago."),
        residents=optional(
            "The residents reached, who live or lived there; with none, the visit was an attempt.", "resident"
        ),
        note=optional("A note."),
        appeals=optional("The appeals found at the door."),
        disputes=optional("The disputes found at the door."),
        photos=optional(PHOTOS),
    )
