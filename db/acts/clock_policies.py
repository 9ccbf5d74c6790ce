"""How long appeals may take: the policy that counts for each, and setting it."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from db import sql
from db.acts.journal import act, entry
from db.appeals import Appeal, ClockPolicy
from db.base import alias
from db.places import Community
from db.scope import Scope
from db.transaction import Transaction
from rules import clocks as rules
from rules.access import Act
from rules.appeals import AppealCategory, AppealKind, AppealUrgency
from rules.clocks import Times
from rules.journal import EntryKind


async def wind_up(tx: Transaction, appeal: Appeal) -> None:
    """Starts the clocks of a new appeal at the moment when the server has it: nobody can act on it before."""
    case = {"kind": appeal.kind, "category": appeal.category, "urgency": appeal.urgency}
    policies = await tx.read(ClockPolicy, _most_precise, community=appeal.community_id, **case)
    for policy in policies:
        appeal.clock_policy_id = policy.id
        appeal.response_due_at = tx.now + timedelta(minutes=policy.response_minutes)
        appeal.resolution_due_at = tx.now + timedelta(minutes=policy.resolution_minutes)


def _most_precise(_: Scope) -> sql.Select:
    """The policy that describes a case most precisely; between equals the category counts most, then the kind."""
    t = alias(ClockPolicy)
    case = [t.c[name] for name in ("category", "kind", "urgency")]
    fits = [sql.or_(each.is_(None), each == sql.parameter(each.name, sql.TEXT)) for each in case]
    here = t.c.community_id == sql.parameter("community", sql.UUID)
    found = sql.select(*t.c).from_(t).where(here, t.c.replaced_at.is_(None), *fits)
    return found.order_by(sql.func.num_nonnulls(*case).desc(), *(each.is_(None) for each in case)).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClocks(Times):
    """The times of one case, as narrow as it is given; without any of the three they are the community's own."""

    community: UUID
    kind: AppealKind | None = None
    category: AppealCategory | None = None
    urgency: AppealUrgency | None = None
    act: UUID | None = None


@act(Act.SET_CLOCKS, key="act", again="community")
async def set_clocks(tx: Transaction, given: NewClocks) -> UUID:
    """Sets the times for appeals that come from now on; those that are there keep theirs."""
    await tx.find(Community, given.community, "community", lock=True)
    rules.check_times(given)
    case: dict[str, Any] = {"kind": given.kind, "category": given.category, "urgency": given.urgency}
    before = await tx.first(ClockPolicy, community_id=given.community, replaced_at=None, **case)
    if before is not None:
        before.replaced_at = tx.now
        await tx.save(before)
    times = {each.name: getattr(given, each.name) for each in fields(Times)}
    by: dict[str, Any] = {"set_by": tx.viewer.account_id, "set_at": tx.now}
    policy = ClockPolicy(community_id=given.community, **case, **times, **by)
    await tx.save(policy, entry(tx, EntryKind.CLOCKS_SET, policy, note=_said(given)))
    return given.community


def _said(given: NewClocks) -> str:
    labels = (
        given.kind and given.kind.label,
        given.category and given.category.label,
        given.urgency and given.urgency.label,
    )
    case = "·".join(filter(None, labels)) or "全部"
    return f"{case}:{given.response_minutes} 分钟回应，{given.resolution_minutes} 分钟办结"
