"""What a viewer may do with a dispute, as SQL: the table of moves that refuses the rest, with the role filled in."""

from functools import reduce
from operator import and_
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from db.disputes import DisputeParty
from db.referrals import Referral
from db.scope import Condition, alias, table
from rules.access import ALLOWED, Role
from rules.dispute_moves import MOVES, Move, levels_for
from rules.disputes import Consent, DisputeLevel
from rules.referrals import OPEN
from schema.compiler.expressions import constant, values
from schema.compiler.sources import Column, Row


def acts_of(row: Row) -> Column:
    """The acts that are allowed now, in the order of the moves."""
    role = row.scope.role
    mine = [move for move in MOVES if role in ALLOWED[move.act] and levels_for(role, move)]
    acts: list[Any] = [sa.case((_possible(row, role, move), constant(move.act)), else_=sa.null()) for move in mine]
    return sa.func.to_json(sa.func.array_remove(array(acts, type_=sa.Text()), sa.null()), type_=sa.JSON())


def _possible(row: Row, role: Role | None, move: Move) -> Condition:
    conditions: list[Condition] = [sa.cast(row.c.status, sa.Text).in_(values(sorted(move.sources)))]
    levels = levels_for(role, move)
    if levels != set(DisputeLevel):
        conditions.append(sa.cast(row.c.level, sa.Text).in_(values(sorted(levels))))
    if move.willing:
        conditions.append(sa.not_(_some_party(row, lambda consent: consent == constant(Consent.REFUSED))))
    if move.agreed:
        conditions.append(sa.not_(_some_party(row, lambda consent: consent != constant(Consent.GIVEN))))
    if move.referral is not None:
        conditions.append(_referred(row, [move.referral]))
    if move.unreferred:
        conditions.append(sa.not_(_referred(row, sorted(OPEN))))
    return reduce(and_, conditions)


def _some_party(row: Row, such: Any) -> Condition:
    party = alias(table(DisputeParty))
    found = sa.exists().where(party.c.dispute_id == row.c.id, such(sa.cast(party.c.consent, sa.Text)))
    return found.correlate_except(party)


def _referred(row: Row, statuses: list[Any]) -> Condition:
    referral = alias(table(Referral))
    standing = sa.cast(referral.c.status, sa.Text).in_(values(statuses))
    return sa.exists().where(referral.c.dispute_id == row.c.id, standing).correlate_except(referral)
