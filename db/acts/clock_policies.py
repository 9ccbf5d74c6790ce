"""Deadlines of appeals: the policy that applies to each, and the act that sets it."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from db import sql
from db.acts.journal import act, entry
from db.appeals import Appeal, CategoryPolicy, ClockPolicy
from db.base import alias
from db.holding import own_grids
from db.places import Community
from db.scope import Scope
from db.transaction import Transaction
from rules import clocks as rules
from rules.access import Act, Role
from rules.appeals import AppealCategory, AppealKind, AppealUrgency
from rules.clocks import Times
from rules.journal import EntryKind


async def apply_policies(tx: Transaction, appeal: Appeal) -> bool:
    """Sets the deadlines of a new appeal, and the organisation that answers for its category.

    The deadlines count from the time at which the server receives the appeal, because nobody can act on it before.
    Returns whether the grid is a grid worker's own, and not only theirs for a desk shift; True for other viewers. One
    statement reads all of this.
    """
    case = {"kind": appeal.kind, "category": appeal.category, "urgency": appeal.urgency}
    (found,) = await tx.rows(_policies, community=appeal.community_id, grid=appeal.grid_id, **case)
    appeal.organisation_id, appeal.clock_policy_id = found["organisation_id"], found["id"]
    if found["id"] is not None:
        appeal.response_due_at = tx.now + timedelta(minutes=found["response_minutes"])
        appeal.resolution_due_at = tx.now + timedelta(minutes=found["resolution_minutes"])
    return bool(found["is_own_grid"])


async def reapply_policies(tx: Transaction, appeal: Appeal) -> None:
    """Sets the deadlines and the organisation again after a correction of the category or the urgency.

    The deadlines count from the same moment as before, by the policies of that time. Pauses since then still count.
    """
    case = {"kind": appeal.kind, "category": appeal.category, "urgency": appeal.urgency}
    (found,) = await tx.rows(_policies_then, community=appeal.community_id, at=appeal.recorded_at, **case)
    old = await tx.first(ClockPolicy, id=appeal.clock_policy_id) if appeal.clock_policy_id else None
    for name in ("response", "resolution"):
        due, minutes = getattr(appeal, f"{name}_due_at"), found[f"{name}_minutes"]
        paused = due - appeal.recorded_at - timedelta(minutes=getattr(old, f"{name}_minutes")) if old else timedelta()
        corrected = None if minutes is None else appeal.recorded_at + timedelta(minutes=minutes) + paused
        appeal.change({f"{name}_due_at": corrected})
    appeal.organisation_id, appeal.clock_policy_id = found["organisation_id"], found["id"]


_COMMUNITY = sql.parameter("community", sql.UUID)
_CASE = {name: sql.parameter(name, sql.TEXT) for name in ("category", "kind", "urgency")}


def _policies(scope: Scope) -> sql.Select:
    own = sql.parameter("grid", sql.UUID).in_(own_grids(scope)) if scope.role is Role.GRID_WORKER else sql.TRUE
    t = alias(ClockPolicy)
    return _applying(_most_precise(t).where(t.c.replaced_at.is_(None)), own.label("is_own_grid"))


def _policies_then(_: Scope) -> sql.Select:
    """The policies at a moment. Those that were set later count only for a community that had none."""
    t, at = alias(ClockPolicy), sql.parameter("at", sql.INSTANT)
    lasting = sql.or_(t.c.replaced_at.is_(None), t.c.replaced_at > at)
    return _applying(_most_precise(t, (t.c.set_at <= at).desc()).where(lasting))


def _applying(policies: sql.Select, *more: sql.Column) -> sql.Select:
    """The first of the policies, and the organisation that answers for the category."""
    community, policy, category = alias(Community), policies.limit(1).subquery("policy"), alias(CategoryPolicy)
    times = (policy.c.id, policy.c.response_minutes, policy.c.resolution_minutes)
    fits = (category.c.community_id == _COMMUNITY, category.c.category == _CASE["category"])
    answers = sql.select(category.c.organisation_id).from_(category).where(*fits).scalar()
    found = sql.select(*times, answers.label("organisation_id"), *more)
    return found.from_(community.outerjoin(policy, sql.TRUE)).where(community.c.id == _COMMUNITY)


def _most_precise(t: sql.From, *first: sql.Column) -> sql.Select:
    """Policies for a case, the most specific first. Between equally specific ones, the category counts most."""
    case = [t.c[name] for name in _CASE]
    fits = [sql.or_(each.is_(None), each == given) for each, given in zip(case, _CASE.values(), strict=True)]
    found = sql.select(t.c.id, t.c.response_minutes, t.c.resolution_minutes).from_(t)
    found = found.where(t.c.community_id == _COMMUNITY, *fits)
    specific = sql.func.num_nonnulls(*case).desc(), *(each.is_(None) for each in case)
    return found.order_by(*first, *specific, t.c.set_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClocks(Times):
    """The times for a kind, category and urgency. None stands for all of them."""

    community: UUID
    kind: AppealKind | None = None
    category: AppealCategory | None = None
    urgency: AppealUrgency | None = None
    act: UUID | None = None


@act(Act.SET_CLOCKS, key="act", again="community")
async def set_time_limits(tx: Transaction, given: NewClocks) -> UUID:
    """Sets the times for appeals opened from now on. Earlier appeals keep their deadlines."""
    await tx.find(Community, given.community, "community", lock=True)
    rules.check_times(given)
    case: dict[str, Any] = {"kind": given.kind, "category": given.category, "urgency": given.urgency}
    before = await tx.first(ClockPolicy, community_id=given.community, replaced_at=None, **case)
    if before is not None:
        before.replaced_at = tx.now
        await tx.save(before)
    times = {each.name: getattr(given, each.name) for each in fields(Times)}
    policy = ClockPolicy(community_id=given.community, **case, **times, **tx.stamp("set"))
    scope = "·".join(each.label for each in (given.kind, given.category, given.urgency) if each) or "全部"
    note = f"{scope}：{given.response_minutes} 分钟回应，{given.resolution_minutes} 分钟办结"
    await tx.save(policy, entry(tx, EntryKind.CLOCKS_SET, policy, note=note))
    return given.community
