"""What a viewer may do with an appeal, as SQL: the table of moves that refuses the rest, with the role filled in."""

from typing import Any

from db import sql
from db.sql import Column
from rules.access import COMMUNITY_ROLES, Act, Role
from rules.appeal_moves import MOVES, AppealMove, levels_for, sources_for
from rules.appeals import MOST_OBJECTIONS, AppealLevel
from schema.clocks import is_paused, now_of
from schema.compiler.expressions import constant, json_known
from schema.compiler.sources import Row


def acts_of(row: Row) -> Column:
    """The acts that are allowed now, in the order of the moves."""
    role = row.scope.role
    allowed: dict[Act, list[Column]] = {}
    for move in MOVES:
        if role in move.act.roles:
            allowed.setdefault(move.act, []).append(_possible(row, role, move))
    acts: list[Any] = [sql.case((sql.or_(*ways), constant(act))) for act, ways in allowed.items()]
    return json_known(acts)


def _possible(row: Row, role: Role | None, move: AppealMove) -> Column:
    conditions: list[Any] = [sql.cast(row.c.status, sql.TEXT).in_(sorted(sources_for(role, move)))]
    levels = levels_for(role, move)
    if levels != set(AppealLevel):
        conditions.append(sql.cast(row.c.level, sql.TEXT).in_(sorted(levels)))
    if move.report:
        conditions.append(row.c.report_kind.is_not(None))
    if move.single:
        conditions.append(row.c.incident_id.is_(None))
    if move.paused is not None:
        conditions.append(is_paused(row) if move.paused else sql.not_(is_paused(row)))
    if move.contested and role not in COMMUNITY_ROLES:
        conditions.append(row.c.objections < MOST_OBJECTIONS)
    if move.in_time:
        conditions.append(sql.func.coalesce(row.c.reopen_until > now_of(row), sql.FALSE))
    return sql.and_(*conditions)
