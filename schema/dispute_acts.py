"""The actions that a viewer may take on a dispute, in SQL, from the table of moves (rules/dispute_moves.py)."""

from typing import Any

from db import sql
from db.base import alias
from db.disputes import DisputeParty
from db.referrals import Referral
from db.scope import Condition
from db.sql import Column
from rules.access import Role
from rules.dispute_moves import MOVES, DisputeMove, levels_for
from rules.disputes import Consent, DisputeLevel
from rules.referrals import OPEN_REFERRALS
from schema.actions import allowed
from schema.compiler.expressions import constant
from schema.compiler.sources import Row


def acts_of(row: Row) -> Column:
    """The allowed actions, in the order of the moves."""
    role = row.scope.role
    mine = [move for move in MOVES if role in move.act.roles and levels_for(role, move)]
    return allowed((move.act, _possible(row, role, move)) for move in mine)


def _possible(row: Row, role: Role | None, move: DisputeMove) -> Condition:
    conditions: list[Condition] = [sql.cast(row.c.status, sql.TEXT).in_(sorted(move.sources))]
    levels = levels_for(role, move)
    if levels != set(DisputeLevel):
        conditions.append(sql.cast(row.c.level, sql.TEXT).in_(sorted(levels)))
    if move.mediates:
        conditions.append(sql.not_(_some_party(row, lambda consent: consent == constant(Consent.REFUSED))))
    if move.consented:
        conditions.append(sql.not_(_some_party(row, lambda consent: consent != constant(Consent.GIVEN))))
    if move.referral is not None:
        conditions.append(_referred(row, [move.referral]))
    if move.unreferred:
        conditions.append(sql.not_(_referred(row, sorted(OPEN_REFERRALS))))
    return sql.and_(*conditions)


def _some_party(row: Row, such: Any) -> Condition:
    party = alias(DisputeParty)
    return sql.exists(party).where(party.c.dispute_id == row.c.id, such(sql.cast(party.c.consent, sql.TEXT)))


def _referred(row: Row, statuses: list[Any]) -> Condition:
    referral = alias(Referral)
    standing = sql.cast(referral.c.status, sql.TEXT).in_(statuses)
    return sql.exists(referral).where(referral.c.dispute_id == row.c.id, standing)
