"""The actions that a viewer may take on a case, from the tables of moves that also refuse (rules/*_moves.py)."""

from collections.abc import Iterable

from db import sql
from db.scope import Condition
from db.sql import Column
from rules.access import Act
from schema.compiler.expressions import constant, json_known

ALLOWED_ACTIONS = "The actions that the viewer may take now, by the same rules as the mutations."


def allowed(acts: Iterable[tuple[Act, Condition]]) -> Column:
    """The acts whose condition holds, as a JSON list in the given order."""
    return json_known([sql.case((condition, constant(act))) for act, condition in acts])
