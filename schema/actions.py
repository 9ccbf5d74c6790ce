"""The actions that a viewer may take on a case, from the tables of moves that also refuse (rules/*_moves.py)."""

from collections.abc import Iterable

from db import sql
from db.scope import Condition
from db.sql import Column
from rules.access import Act
from rules.actions import ACTION_OF
from schema.compiler.expressions import constant, json_known

ALLOWED_ACTIONS = "The actions that the viewer may take now, by the same rules as the mutations."


def allowed(acts: Iterable[tuple[Act, Condition]]) -> Column:
    """The actions of the acts whose condition holds, as a JSON list in the given order."""
    return json_known([sql.case((condition, constant(ACTION_OF[act]))) for act, condition in acts])
