"""What a viewer may do with a case, from the same tables of rules that refuse the rest."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

import orjson

from db import sql
from db.sql import Column
from rules.access import Act, Role
from schema.compiler.declare import value
from schema.compiler.expressions import constant
from schema.compiler.sources import Row

Allowed = Callable[[Role | None, Any, Any], Sequence[Act]]


ALLOWED_ACTIONS = "What the viewer may do with it now; the mutations follow the same rules."


def allowed_actions(allowed: Allowed, statuses: Iterable[StrEnum], levels: Iterable[StrEnum]) -> Any:
    """A field that lists the acts allowed for the viewer's role at the row's status and level."""
    return value(lambda row: acts_at(row, allowed, statuses, levels), ALLOWED_ACTIONS)


def acts_at(row: Row, allowed: Allowed, statuses: Iterable[StrEnum], levels: Iterable[StrEnum]) -> Column:
    """The acts allowed for the viewer's role at the row's status and level."""
    whens = [
        (sql.and_(_is(row.c.status, status), _is(row.c.level, level)), _list(acts))
        for status in statuses
        for level in levels
        if (acts := allowed(row.scope.role, status, level))
    ]
    nothing = _list([])
    return sql.case(*whens, else_=nothing) if whens else nothing


def _is(column: Column, member: StrEnum) -> Column:
    return sql.cast(column, sql.TEXT) == constant(member.value)


def _list(acts: Sequence[Act]) -> Column:
    return sql.cast(constant(orjson.dumps(acts).decode()), sql.JSON)
