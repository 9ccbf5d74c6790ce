"""The actions that a viewer may take on a case, from the tables of moves that also refuse (rules/*_moves.py)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import strawberry

from db import sql
from db.scope import Condition
from db.sql import Column
from rules import appeal_moves, dispute_moves, wishes
from rules.access import Act
from schema.compiler.expressions import constant, json_known

ALLOWED_ACTIONS = "The actions that the viewer may take now, by the same rules as the mutations."
_MOVES = {move.act for moves in (appeal_moves.MOVES, dispute_moves.MOVES, wishes.MOVES) for move in moves}
_ACTS = [act for act in Act if act in _MOVES]
_make: Any = StrEnum
CaseAction: Any = strawberry.enum(
    _make("CaseAction", {act.name: act.value for act in _ACTS}),
    description="Something that can be done with a case, by the mutation that the value names.",
)
for each, act in zip(CaseAction.__strawberry_definition__.values, _ACTS, strict=True):
    each.description = act.meaning


def allowed(acts: Iterable[tuple[Act, Condition]]) -> Column:
    """The acts whose condition holds, as a JSON list in the given order."""
    return json_known([sql.case((condition, constant(act))) for act, condition in acts])
