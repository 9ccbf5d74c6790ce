"""What a viewer may do with an appeal, as SQL: the table of moves that refuses the rest, with the role filled in."""

from functools import reduce
from operator import and_
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from rules.access import ALLOWED, Act, Role
from rules.appeal_moves import MOVES, Move, levels_for, sources_for
from rules.appeals import MOST_OBJECTIONS, AppealLevel
from schema.clocks import is_paused, now_of
from schema.compiler.expressions import constant, values
from schema.compiler.sources import Column, Row


def acts_of(row: Row) -> Column:
    """The acts that are allowed now, in the order of the moves."""
    role = row.scope.role
    allowed: dict[Act, list[sa.ColumnElement[bool]]] = {}
    for move in MOVES:
        if role in ALLOWED[move.act]:
            allowed.setdefault(move.act, []).append(_possible(row, role, move))
    acts: list[Any] = [sa.case((sa.or_(*ways), constant(act)), else_=sa.null()) for act, ways in allowed.items()]
    return sa.func.to_json(sa.func.array_remove(array(acts, type_=sa.Text()), sa.null()), type_=sa.JSON())


def _possible(row: Row, role: Role | None, move: Move) -> sa.ColumnElement[bool]:
    conditions: list[Any] = [sa.cast(row.c.status, sa.Text).in_(values(sorted(sources_for(role, move))))]
    levels = levels_for(role, move)
    if levels != set(AppealLevel):
        conditions.append(sa.cast(row.c.level, sa.Text).in_(values(sorted(levels))))
    if move.report:
        conditions.append(row.c.report_kind.is_not(None))
    if move.alone:
        conditions.append(row.c.incident_id.is_(None))
    if move.paused is not None:
        conditions.append(is_paused(row) if move.paused else sa.not_(is_paused(row)))
    if move.contested_by is not None and role not in move.contested_by:
        conditions.append(row.c.objections < sa.literal_column(str(MOST_OBJECTIONS)))
    if move.in_time:
        conditions.append(sa.func.coalesce(row.c.reopen_until > now_of(row), sa.false()))
    return reduce(and_, conditions)
