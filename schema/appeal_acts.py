"""The actions that a viewer may take on an appeal or an incident, in SQL, from the moves (rules/appeal_moves.py)."""

from dataclasses import replace
from typing import Any

from db import sql
from db.appeals import Appeal
from db.base import alias
from db.sql import Column
from rules.access import COMMUNITY_ROLES, Act, Role
from rules.appeal_moves import MOVES, OF_INCIDENT, AppealMove, levels_for, sources_for
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


def acts_of_incident(row: Row) -> Column:
    """The allowed actions on all appeals of an incident that can be moved at once."""
    role = row.scope.role
    moves = [move for move in OF_INCIDENT if role in move.act.roles]
    return allowed((move.act, _possible_for_all(row, role, move)) for move in moves)


def _possible_for_all(row: Row, role: Role | None, move: AppealMove) -> Column:
    """True if there are appeals in a status from which they move, and nothing else forbids it for one of them."""
    member, other = alias(Appeal), alias(Appeal)
    own, others = (
        sql.exists(each).where(each.c.incident_id == row.c.id, _is_at_source(each.c, role, move))
        for each in (member, other)
    )
    conditions = _conditions(replace(row, c=other.c), role, replace(move, single=False))
    return sql.and_(own, sql.not_(others.where(sql.not_(sql.and_(*conditions))))) if conditions else own


def _is_at_source(columns: Any, role: Role | None, move: AppealMove) -> Column:
    return sql.cast(columns.status, sql.TEXT).in_(sorted(sources_for(role, move)))


def _possible(row: Row, role: Role | None, move: AppealMove) -> Column:
    return sql.and_(_is_at_source(row.c, role, move), *_conditions(row, role, move))


def _conditions(row: Row, role: Role | None, move: AppealMove) -> list[Column]:
    """What a move requires beside the status."""
    conditions: list[Any] = []
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
    return conditions
