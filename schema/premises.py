"""Links from premises to disputes and patrols."""

from __future__ import annotations

from typing import Any

from db import disputes as dispute_tables
from db import sites as tables
from db import sql
from db.base import alias
from db.scope import Condition
from rules.disputes import PENDING
from rules.places import PremisesKind
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row

PATROLLED = Order(("patrolled_at", "id"), descending=True)


def is_site(_: Row, t: Any) -> Condition:
    """Premises that are construction sites."""
    found: Condition = sql.cast(t.kind, sql.TEXT) == constant(PremisesKind.CONSTRUCTION_SITE)
    return found


def is_party(row: Row, t: Any) -> Condition:
    """Disputes to which the premises are a party."""
    party = alias(dispute_tables.DisputeParty)
    return sql.exists(party).where(party.c.dispute_id == t.id, party.c.premises_id == row.c.id)


def is_open_of(row: Row, t: Any) -> Condition:
    """Pending disputes to which the premises are a party."""
    return sql.and_(sql.cast(t.status, sql.TEXT).in_(sorted(PENDING)), is_party(row, t))


def is_patrolled_in(row: Row, since: Any, until: Any) -> Condition:
    """True if the site was patrolled between two instants."""
    patrol = alias(tables.SitePatrol)
    then = patrol.c.patrolled_at >= since, patrol.c.patrolled_at < until
    return sql.exists(patrol).where(patrol.c.premises_id == row.c.id, *then)
