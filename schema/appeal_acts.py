"""The actions that a viewer may take on an appeal, in SQL, from the table of moves (rules/appeal_moves.py)."""

from typing import Any

from db import sql
from db.sql import Column
from rules.access import COMMUNITY_ROLES, Act, Role
from rules.appeal_moves import MOVES, AppealMove, levels_for, sources_for
from rules.appeals import MOST_OBJECTIONS, AppealLevel
from schema.actions import allowed
from schema.clocks import is_paused, now_of
from schema.compiler.sources import Row


def acts_of(row: Row) -> Column:
    """The allowed actions, in the order of the moves."""
    role = row.scope.role
    ways: dict[Act, list[Column]] = {}
    for move in MOVES:
        if role in move.act.roles:
            ways.setdefault(move.act, []).append(_possible(row, role, move))
    return allowed((act, sql.or_(*conditions)) for act, conditions in ways.items())


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
