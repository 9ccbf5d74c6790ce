"""Acts on duties: how often people are to be reached, who need not be for a while, and who stands in for whom."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import col, select

from db.accounts import Account, Assignment
from db.acts.acting import Acting
from db.acts.calendar import today_in
from db.acts.journal import append, digest_of, is_replay
from db.acts.places import community_of_grid
from db.duty import DutyPause, VisitPolicy
from db.people import Resident
from db.places import Community, Grid, Household
from rules import duty as rules
from rules.access import Act, Role, require
from rules.duty import PERIOD_LABELS, Cadence, Period
from rules.journal import EntryKind
from rules.people import COLOUR_LABELS, Colour
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text
from rules.visits import MODE_LABELS, VisitMode

_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class NewCadence:
    """How often people of a colour are to be reached from a day on; today by default."""

    colour: Colour
    period: Period | None
    modes: list[VisitMode]
    grace_days: int = 0
    community: UUID | None = None
    starts_on: date | None = None
    act: UUID | None = None


async def set_cadence(acting: Acting, new: NewCadence) -> UUID:
    """Sets a cadence; what was to hold from then on, or from later, is replaced, and the past stays as it was."""
    require(acting.viewer, Act.SET_CADENCE)
    community = await _community(acting, new.community)
    digest = digest_of(new)
    if new.act is not None and await is_replay(acting, new.act, digest, "act"):
        return community.id
    cadence = Cadence(new.colour, new.period, frozenset(new.modes), new.grace_days)
    rules.check_cadence(cadence)
    today = acting.now.astimezone(ZoneInfo(community.time_zone)).date()
    starts_on = new.starts_on or today
    if starts_on < today:
        raise invalid("不能改变过去的走访周期", "the past's cadence cannot be changed", "startsOn")
    await _end_policies(acting, community.id, new.colour, starts_on)
    acting.session.add(_policy(acting, community.id, cadence, starts_on))
    note = f"{COLOUR_LABELS[new.colour]}:{_said(cadence)}"
    append(
        acting,
        EntryKind.CADENCE_SET,
        community_id=community.id,
        note=note,
        act_id=new.act,
        digest=digest if new.act else None,
    )
    return community.id


async def _community(acting: Acting, uuid: UUID | None) -> Community:
    """The named community, or the viewer's only one."""
    if uuid is not None:
        return await acting.find(Community, uuid, "community")
    own = (
        await acting.session.exec(select(Community).where(col(Community.id) == sa.any_(acting.scope.communities)))
    ).all()
    if len(own) != 1:
        raise invalid("请写明社区", "say which community", "community")
    return own[0]


async def _end_policies(acting: Acting, community_id: UUID, colour: Colour, on: date) -> None:
    later = sa.or_(col(VisitPolicy.ends_on).is_(None), col(VisitPolicy.ends_on) > on)
    own = (col(VisitPolicy.community_id) == community_id, col(VisitPolicy.colour) == colour)
    statement = select(VisitPolicy).where(*own, later).with_for_update()
    for policy in (await acting.session.exec(statement)).all():
        if policy.starts_on >= on:
            await acting.session.delete(policy)
        else:
            policy.ends_on = on
    await acting.session.flush()


def _policy(acting: Acting, community_id: UUID, cadence: Cadence, starts_on: date) -> VisitPolicy:
    return VisitPolicy(
        community_id=community_id,
        colour=cadence.colour,
        period=cadence.period,
        modes=sorted(cadence.modes),
        grace_days=cadence.grace_days,
        starts_on=starts_on,
        set_by=acting.viewer.account_id,
        set_at=acting.now,
    )


def _said(cadence: Cadence) -> str:
    """「每天,上门或电话,宽限0天」."""
    often = PERIOD_LABELS[cadence.period] if cadence.period else "不定期"
    modes = "或".join(MODE_LABELS[mode] for mode in sorted(cadence.modes))
    return f"{often},{modes},宽限{cadence.grace_days}天"


@dataclass(frozen=True, slots=True)
class NewPause:
    """Who need not be reached, from when to when, both included, and why: a resident, or a whole household."""

    id: UUID
    starts_on: date
    ends_on: date
    reason: str
    household: UUID | None = None
    resident: UUID | None = None


async def pause_duty(acting: Acting, new: NewPause) -> UUID:
    """Pauses the duties to a resident or to a household."""
    require(acting.viewer, Act.PAUSE_DUTY)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    household, resident = await _paused(acting, new)
    community_id = await community_of_grid(acting, household.grid_id)
    rules.check_pause(new.starts_on, new.ends_on, await today_in(acting, community_id))
    pause = DutyPause(
        id=new.id,
        household_id=household.id,
        building_id=household.building_id,
        grid_id=household.grid_id,
        resident_id=resident.id if resident else None,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        reason=check_text(new.reason, "reason", limit=LINE_LIMIT),
        set_by=acting.worker_id,
        set_at=acting.now,
    )
    await _check_alone(acting, pause)
    acting.session.add(pause)
    note = f"{pause.starts_on} 至 {pause.ends_on}:{pause.reason}"
    await _note_pause(acting, EntryKind.DUTY_PAUSED, pause, note, new.id, digest)
    return new.id


async def _paused(acting: Acting, new: NewPause) -> tuple[Household, Resident | None]:
    if (new.household is None) == (new.resident is None):
        raise invalid("请写明一位居民或一户", "name either a resident or a household", "household")
    if new.household is not None:
        return await acting.find(Household, new.household, "household", lock=True), None
    assert new.resident is not None
    resident = await acting.find(Resident, new.resident, "resident", lock=True)
    if resident.left_on is not None:
        raise invalid("该居民已迁出", "the resident has moved away", "resident")
    return await acting.find(Household, resident.household_id, "resident"), resident


async def _check_alone(acting: Acting, pause: DutyPause) -> None:
    """Two pauses of one target never share a day, so that ending one means what it says."""
    same = col(DutyPause.resident_id).is_not_distinct_from(pause.resident_id)
    home = sa.true() if pause.resident_id else col(DutyPause.household_id) == pause.household_id
    shares = sa.and_(col(DutyPause.starts_on) <= pause.ends_on, col(DutyPause.ends_on) >= pause.starts_on)
    other = (await acting.session.exec(select(DutyPause).where(same, home, shares))).first()
    if other is not None:
        days = f"{other.starts_on} – {other.ends_on}"
        raise invalid(f"已有暂停({days})", f"paused already ({days})", "startsOn")


async def end_pause(acting: Acting, uuid: UUID, on: date | None, act: UUID | None) -> UUID:
    """From a day on, today by default, they are to be reached again."""
    require(acting.viewer, Act.PAUSE_DUTY)
    digest = digest_of(["end_pause", uuid, on])
    if act is not None and await is_replay(acting, act, digest, "act"):
        return uuid
    pause = await acting.find(DutyPause, uuid, "pause", lock=True)
    today = await today_in(acting, await community_of_grid(acting, pause.grid_id))
    last_day = (on or today) - _DAY
    if on is not None and on < today:
        raise invalid("不能从过去恢复", "it cannot end in the past", "on")
    if pause.ends_on < max(pause.starts_on, today) or last_day >= pause.ends_on:
        raise invalid(f"暂停到 {pause.ends_on} 为止", f"it ends on {pause.ends_on} as it is", "on")
    pause.ends_on = max(last_day, pause.starts_on - _DAY)
    acting.session.add(pause)
    await _note_pause(acting, EntryKind.PAUSE_ENDED, pause, str(pause.ends_on + _DAY), act, digest if act else None)
    return uuid


async def _note_pause(
    acting: Acting, kind: EntryKind, pause: DutyPause, note: str, act: UUID | None, digest: bytes | None
) -> None:
    append(
        acting,
        kind,
        community_id=await community_of_grid(acting, pause.grid_id),
        grid_id=pause.grid_id,
        building_id=pause.building_id,
        household_id=pause.household_id,
        resident_id=pause.resident_id,
        note=note,
        act_id=act,
        digest=digest,
    )


@dataclass(frozen=True, slots=True)
class HandOver:
    """Whose round somebody else walks, from when to when, both included; all of the worker's grids by default."""

    worker: UUID
    stand_in: UUID
    starts_on: date
    ends_on: date
    act: UUID
    grids: list[UUID] = field(default_factory=list)
    reason: str = ""


async def hand_over_round(acting: Acting, given: HandOver) -> UUID:
    """Hands a worker's grids to a stand-in, who sees them and whose day they are for that time."""
    require(acting.viewer, Act.HAND_OVER_ROUND)
    digest = digest_of(given)
    if await is_replay(acting, given.act, digest, "act"):
        return given.worker
    worker = await _colleague(acting, given.worker, "worker")
    stand_in = await _colleague(acting, given.stand_in, "standIn")
    if worker.id == stand_in.id:
        raise invalid("不能代自己的班", "nobody stands in for themselves", "standIn")
    posts = await _handed_over(acting, given)
    rules.check_stand_in(given.starts_on, given.ends_on, await today_in(acting, posts[0].community_id))
    reason = check_text(given.reason, "reason", limit=LINE_LIMIT)
    for index, post in enumerate(posts):
        await _check_free(acting, given, post)
        acting.session.add(_standing_in(given, post))
        note = f"{worker.name} → {stand_in.name},{given.starts_on} 至 {given.ends_on}:{reason}"
        first = {"act_id": given.act, "digest": digest} if index == 0 else {}
        place = {"community_id": post.community_id, "grid_id": post.grid_id}
        append(acting, EntryKind.ROUND_HANDED_OVER, **place, note=note, **first)
    return given.worker


async def _colleague(acting: Acting, uuid: UUID, path: str) -> Account:
    """A grid worker in office; a worker hands over none but their own round."""
    account = await acting.find(Account, uuid, path, lock=path == "worker")
    if account.role is not Role.GRID_WORKER or account.disabled_at is not None:
        raise invalid("不是在岗的网格员", "not a grid worker in office", path)
    if path == "worker" and acting.viewer.role is Role.GRID_WORKER and uuid != acting.viewer.account_id:
        raise Refusal(Code.NOT_ALLOWED, path)
    return account


async def _handed_over(acting: Acting, given: HandOver) -> Sequence[Assignment]:
    """The worker's own posts on the first day, in grids that the viewer works with."""
    holds = sa.and_(
        col(Assignment.starts_on) <= given.starts_on,
        sa.or_(col(Assignment.ends_on).is_(None), col(Assignment.ends_on) >= given.ends_on),
    )
    own = (col(Assignment.account_id) == given.worker, col(Assignment.stands_in_for).is_(None))
    seen = col(Assignment.grid_id) == sa.any_(acting.scope.grids)
    statement = select(Assignment).where(*own, holds, seen).order_by(col(Assignment.grid_id))
    posts = (await acting.session.exec(statement)).all()
    if given.grids:
        missing = set(given.grids) - {post.grid_id for post in posts}
        if missing:
            raise Refusal(Code.NOT_FOUND, "grids", next(i for i, each in enumerate(given.grids) if each in missing))
        posts = [post for post in posts if post.grid_id in given.grids]
    if not posts:
        raise invalid("该网格员在这些天没有网格", "the worker holds no grid on those days", "worker")
    return posts


async def _check_free(acting: Acting, given: HandOver, post: Assignment) -> None:
    """One stand-in at a time for each grid."""
    shares = sa.and_(col(Assignment.starts_on) <= given.ends_on, col(Assignment.ends_on) >= given.starts_on)
    other = sa.and_(col(Assignment.stands_in_for) == given.worker, col(Assignment.grid_id) == post.grid_id)
    taken = (await acting.session.exec(select(Assignment).where(other, shares))).first()
    if taken is not None:
        grid = await acting.session.get_one(Grid, post.grid_id)
        raise invalid(
            f"{grid.name}在这些天已有人代班", f"{grid.name} is handed over already on some of the days", "startsOn"
        )


def _standing_in(given: HandOver, post: Assignment) -> Assignment:
    return Assignment(
        account_id=given.stand_in,
        community_id=post.community_id,
        grid_id=post.grid_id,
        stands_in_for=given.worker,
        starts_on=given.starts_on,
        ends_on=given.ends_on,
    )


async def take_back_round(acting: Acting, worker: UUID, on: date | None, act: UUID) -> UUID:
    """From a day on, today by default, the worker walks their own round again."""
    require(acting.viewer, Act.HAND_OVER_ROUND)
    digest = digest_of(["take_back_round", worker, on])
    if await is_replay(acting, act, digest, "act"):
        return worker
    await _colleague(acting, worker, "worker")
    seen = col(Assignment.grid_id) == sa.any_(acting.scope.grids)
    standing_in = select(Assignment).where(col(Assignment.stands_in_for) == worker, seen).with_for_update()
    posts = (await acting.session.exec(standing_in)).all()
    ended = [post for post in posts if await _end_post(acting, post, on)]
    if not ended:
        raise invalid("没有代班", "nobody stands in", "worker")
    for index, post in enumerate(ended):
        first = {"act_id": act, "digest": digest} if index == 0 else {}
        place = {"community_id": post.community_id, "grid_id": post.grid_id}
        append(acting, EntryKind.ROUND_TAKEN_BACK, **place, note=str(on or ""), **first)
    return worker


async def _end_post(acting: Acting, post: Assignment, on: date | None) -> bool:
    """Ends a stand-in's post before the day; one that would not have begun is gone, its journal entry tells of it."""
    today = await today_in(acting, post.community_id)
    day = on or today
    if day < today:
        raise invalid("不能从过去恢复", "it cannot end in the past", "on")
    assert post.ends_on is not None
    if post.ends_on < day:
        return False
    if post.starts_on >= day:
        await acting.session.delete(post)
    else:
        post.ends_on = day - _DAY
    return True
