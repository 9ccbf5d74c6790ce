"""Mutations of visits."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from db.acts import visits
from db.acts.visits import NewVisit
from rules.visits import VisitMode
from schema.appeals import Appeal
from schema.compiler.declare import mutations
from schema.disputes import Dispute
from schema.mutations.appeals import FoundAppealInput
from schema.mutations.disputes import OpenDisputeInput
from schema.mutations.parts import PHOTOS, lists, may, mutation, needs, own_id, payload, shows, takes
from schema.visits import Visit


@takes(NewVisit)
class RecordVisitInput:
    """A visit, and what was found at the door: record once."""

    id: strawberry.ID = own_id("visit")
    household: strawberry.ID = needs("The household.", "household")
    mode: VisitMode = needs("How they were reached.")
    occurred_at: datetime = needs("When, by the phone's clock; it may be days ago.")
    residents: list[strawberry.ID] | None = may(
        "Who was reached; each lives there, or did on that day. With nobody it was an attempt, which no duty counts.",
        "resident",
    )
    note: str | None = may("What there is to note.")
    appeals: list[FoundAppealInput] | None = may("Appeals found there.")
    disputes: list[OpenDisputeInput] | None = may("Disputes found there.")
    photos: list[str] | None = may(PHOTOS)


@payload
class VisitPayload:
    """What a submission from a doorstep made."""

    visit: Visit | None = shows("The visit; null when refused.")
    appeals: list[Appeal] = lists("The appeals opened in it, in the order of the input.")
    disputes: list[Dispute] = lists("The disputes reported in it, in the order of the input.")


def _shown(new: NewVisit, made: UUID) -> dict[str, Any]:
    found = {"appeals": [each.id for each in new.appeals], "disputes": [each.id for each in new.disputes]}
    return {"visit": made, **found}


@mutations
class VisitMutations:
    """Acts on visits."""

    record_visit: VisitPayload = mutation(
        RecordVisitInput,
        visits.record_visit,
        VisitPayload,
        "Records a visit, with the appeals and disputes found at the door.",
        _shown,
    )
