"""How long appeals may take: the policy that counts for each, and setting it."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.journal import append, digest_of, is_replay
from db.appeals import Appeal, ClockPolicy
from db.places import Community
from rules import clocks as rules
from rules.access import Act, require
from rules.appeals import CATEGORY_LABELS, KIND_LABELS, URGENCY_LABELS, AppealCategory, AppealKind, AppealUrgency
from rules.clocks import Times
from rules.journal import EntryKind


async def wind_up(acting: Acting, appeal: Appeal) -> None:
    """Starts the clocks of a new appeal, when the server has it: nobody can act upon what lies in a phone."""
    policy = await _policy(acting, appeal)
    if policy is not None:
        appeal.clock_policy_id = policy.id
        appeal.response_due_at = acting.now + timedelta(minutes=policy.response_minutes)
        appeal.resolution_due_at = acting.now + timedelta(minutes=policy.resolution_minutes)


async def _policy(acting: Acting, appeal: Appeal) -> ClockPolicy | None:
    """The row that says most precisely what the case is; between equals the category counts most, then the kind."""
    case = {"kind": appeal.kind, "category": appeal.category, "urgency": appeal.urgency}
    columns = {name: getattr(ClockPolicy, name) for name in case}
    fits = [sa.or_(columns[name].is_(None), columns[name] == value) for name, value in case.items()]
    precision = sa.func.num_nonnulls(*columns.values()).desc()
    ranks = (precision, *(columns[name].is_(None) for name in ("category", "kind", "urgency")))
    found = select(ClockPolicy).where(*_in_force(appeal.community_id), *fits).order_by(*ranks)
    return (await acting.session.exec(found.limit(1))).first()


@dataclass(frozen=True, slots=True)
class NewClocks:
    """The times of one case, as narrow as it is given; without any of the three they are the community's own."""

    community: UUID
    times: Times
    kind: AppealKind | None = None
    category: AppealCategory | None = None
    urgency: AppealUrgency | None = None
    act: UUID | None = None


async def set_clocks(acting: Acting, given: NewClocks) -> UUID:
    """Sets the times for appeals that come from now on; those that are there keep theirs."""
    require(acting.viewer, Act.SET_CLOCKS)
    digest = digest_of(given)
    if given.act is not None and await is_replay(acting, given.act, digest, "act"):
        return given.community
    await acting.find(Community, given.community, "community", lock=True)
    rules.check_times(given.times)
    case: dict[str, Any] = {"kind": given.kind, "category": given.category, "urgency": given.urgency}
    where = [getattr(ClockPolicy, name).is_not_distinct_from(value) for name, value in case.items()]
    policies = select(ClockPolicy).where(*_in_force(given.community), *where)
    before = (await acting.session.exec(policies)).first()
    if before is not None:
        before.replaced_at = acting.now
        acting.session.add(before)
        await acting.session.flush()
    by: dict[str, Any] = {"set_by": acting.viewer.account_id, "set_at": acting.now}
    acting.session.add(ClockPolicy(community_id=given.community, **case, **asdict(given.times), **by))
    act = {"act_id": given.act, "digest": digest} if given.act else {}
    append(acting, EntryKind.CLOCKS_SET, community_id=given.community, note=_said(given), **act)
    return given.community


def _in_force(community_id: UUID) -> list[sa.ColumnElement[bool]]:
    return [col(ClockPolicy.community_id) == community_id, col(ClockPolicy.replaced_at).is_(None)]


def _said(given: NewClocks) -> str:
    labels = (
        given.kind and KIND_LABELS[given.kind],
        given.category and CATEGORY_LABELS[given.category],
        given.urgency and URGENCY_LABELS[given.urgency],
    )
    case = "·".join(filter(None, labels)) or "全部"
    return f"{case}:{given.times.response_minutes} 分钟回应,{given.times.resolution_minutes} 分钟办结"
