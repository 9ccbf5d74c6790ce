"""What all cases have, whatever they are about."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.compiler.declare import PAGING
from schema.journal import JournalEntry
from schema.places import Grid
from schema.relay import Connection, Node

_TIMELINE = strawberry.field(description="The journal entries about it, in order.")
_TIMELINE.arguments = list(PAGING)


@strawberry.interface(description="A case: an appeal, an incident of several appeals, a dispute or a wish.")
class Case(Node):
    grid: Grid | None = strawberry.field(description="The grid it belongs to.")
    opened_at: datetime = strawberry.field(description="When it was opened, proposed or created.")
    closed_at: datetime | None = strawberry.field(description="When it ended; null while it goes on.")
    timeline: Connection[JournalEntry] = _TIMELINE
