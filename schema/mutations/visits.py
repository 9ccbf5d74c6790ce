"""What can be done about visits."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db.acts import visits
from db.acts.visits import NewVisit
from rules.visits import VisitMode
from schema.appeals import Appeal
from schema.disputes import Dispute
from schema.ids import parse_id
from schema.mutations.appeals import FoundAppealInput
from schema.mutations.disputes import OpenDisputeInput
from schema.mutations.parts import ERRORS, PHOTOS, few, given, item_of, may, mutation, needs, own_id, takes, touched
from schema.problems import Problem
from schema.visits import Visit


@takes
class RecordVisitInput:
    """A visit, and what was found at the door: record once."""

    id: strawberry.ID = own_id("visit")
    household: strawberry.ID = needs("The household.")
    mode: VisitMode = needs("How they were reached.")
    occurred_at: datetime = needs("When, by the phone's clock; it may be days ago.")
    residents: list[strawberry.ID] | None = may(
        "Who was reached; each lives there, or did on that day. With nobody it was an attempt, which no duty counts."
    )
    note: str | None = may("What there is to note.")
    appeals: list[FoundAppealInput] | None = may("Appeals found there.")
    disputes: list[OpenDisputeInput] | None = may("Disputes found there.")
    photos: list[str] | None = may(PHOTOS)

    def read(self) -> NewVisit:
        """As the act takes it."""
        return NewVisit(
            id=parse_id("visit", self.id, "id"),
            household=parse_id("household", self.household, "household"),
            mode=self.mode,
            occurred_at=self.occurred_at,
            residents=[
                parse_id("resident", each, "residents", index)
                for index, each in enumerate(few(self.residents, "residents"))
            ],
            note=given(self.note),
            appeals=[item_of("appeals", index, each) for index, each in enumerate(few(self.appeals, "appeals"))],
            disputes=[item_of("disputes", index, each) for index, each in enumerate(few(self.disputes, "disputes"))],
            photos=tuple(few(self.photos, "photos")),
        )


@strawberry.type(description="What a submission from a doorstep made.")
class VisitPayload:
    """See the description."""

    visit: Visit | None = strawberry.field(default=None, description="The visit; null when refused.")
    appeals: list[Appeal] = strawberry.field(
        default_factory=list, description="The appeals opened in it, in the order of the input."
    )
    disputes: list[Dispute] = strawberry.field(
        default_factory=list, description="The disputes reported in it, in the order of the input."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _visited(made: visits.Recorded) -> VisitPayload:
    return VisitPayload(
        visit=touched(made.visit),
        appeals=[touched(uuid) for uuid in made.appeals],
        disputes=[touched(uuid) for uuid in made.disputes],
    )


@strawberry.type
class VisitMutations:
    """Acts on visits."""

    record_visit: VisitPayload = mutation(
        RecordVisitInput,
        lambda acting, new: visits.record_visit(acting, new.read()),
        VisitPayload,
        _visited,
        "Records a visit, with the appeals and disputes found at the door.",
    )
