"""Acts on duties: cadences, pauses, and stand-ins for rounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from db import sql
from db.accounts import Account, Assignment
from db.acts.calendar import local_day, today_in, today_of
from db.acts.households import home_of
from db.acts.journal import act, entry
from db.acts.people import on_register
from db.acts.places import chosen_community
from db.duty import DutyPause, VisitPolicy
from db.people import Resident
from db.places import Community, Grid, Household
from db.scope import Condition, Scope
from db.transaction import Transaction
from rules import duty as rules
from rules.access import Act, Role
from rules.journal import EntryKind
from rules.people import Colour
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text
from rules.visits import VisitMode

_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class NewCadence:
    """A cadence from a day on, today by default.

    ``period`` and ``grace_days`` are among the ``changes``, or stay as they are. Without a period, nothing is ever due.
    """

    colour: Colour
    modes: list[VisitMode]
    changes: dict[str, Any] = field(default_factory=dict)
    community: UUID | None = None
    starts_on: date | None = None
    act: UUID | None = None


async def _community_id(tx: Transaction, new: NewCadence) -> UUID:
    return (await chosen_community(tx, new.community)).id


@act(Act.SET_CADENCE, key="act", again=_community_id)
async def set_cadence(tx: Transaction, new: NewCadence) -> UUID:
    """Sets the cadence of a colour. It replaces those that were to hold on that day or later; the past stays."""
    rules.check_cadence(new.modes, new.changes.get("grace_days", 0))
    community = await tx.get(Community, lock=True, id=await _community_id(tx, new))
    today = local_day(community, tx.now)
    starts_on = new.starts_on or today
    if starts_on < today:
        raise invalid("不能改变过去的走访周期", "startsOn")
    before = await tx.all(VisitPolicy, order=("starts_on", "id"), community_id=community.id, colour=new.colour)
    held = [each for each in before if each.starts_on <= starts_on][-1:]
    present: dict[str, Any] = {"period": held[0].period, "grace_days": held[0].grace_days} if held else {}
    cadence = {"period": None, "grace_days": 0, **present, **new.changes}
    for earlier in before:
        if earlier.starts_on >= starts_on:
            await tx.delete(earlier)
        elif earlier.ends_on is None or earlier.ends_on > starts_on:
            earlier.ends_on = starts_on
            await tx.save(earlier)
    policy = VisitPolicy(
        community_id=community.id,
        colour=new.colour,
        modes=sorted(set(new.modes)),
        **cadence,
        starts_on=starts_on,
        **tx.stamp("set"),
    )
    often = policy.period.label if policy.period else "不定期"
    modes = "或".join(mode.label for mode in sorted(set(new.modes)))
    note = f"{new.colour.label}：{often}，{modes}，宽限{policy.grace_days}天"
    await tx.save(policy, entry(tx, EntryKind.CADENCE_SET, policy, note=note))
    return community.id


@dataclass(frozen=True, slots=True)
class NewPause:
    """A pause of the duties to exactly one of a resident and a household. Both days are included."""

    id: UUID
    starts_on: date
    ends_on: date
    reason: str
    household: UUID | None = None
    resident: UUID | None = None


@act(Act.PAUSE_DUTY)
async def pause_duty(tx: Transaction, new: NewPause) -> UUID:
    reason = check_text(new.reason, "reason", limit=LINE_LIMIT)
    household, resident = await _target(tx, new)
    rules.check_pause(new.starts_on, new.ends_on, await today_of(tx, household.grid_id))
    pause = DutyPause(
        id=new.id,
        **home_of(household),
        resident_id=resident.id if resident else None,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        reason=reason,
        **tx.stamp("set"),
    )
    # Pauses of one target never overlap, so that ending one means that it is reached again.
    target: dict[str, Any] = {"resident_id": pause.resident_id}
    if resident is None:
        target["household_id"] = pause.household_id
    for other in await tx.all(DutyPause, order=("starts_on",), **target):
        if other.starts_on <= pause.ends_on and other.ends_on >= pause.starts_on:
            days = f"{other.starts_on} – {other.ends_on}"
            raise invalid("已有暂停（{days}）", "startsOn", days=days)
    facts = {"resident_id": pause.resident_id, "note": f"{pause.starts_on} 至 {pause.ends_on}：{pause.reason}"}
    await tx.save(pause, entry(tx, EntryKind.DUTY_PAUSED, pause, **facts))
    return new.id


async def _target(tx: Transaction, new: NewPause) -> tuple[Household, Resident | None]:
    """The target of a pause, locked: a household, or a resident with their household."""
    if new.household is not None and new.resident is None:
        return await tx.find(Household, new.household, "household", lock=True), None
    if new.resident is None or new.household is not None:
        raise invalid("请写明一位居民或一户", "household")
    resident = await on_register(tx, new.resident, "resident")
    if resident.left_on is not None:
        raise invalid("该居民已迁出", "resident")
    return await tx.find(Household, resident.household_id, "resident"), resident


@dataclass(frozen=True, slots=True)
class PauseEnd:
    """The end of a pause. ``on`` is the first day after it, today by default."""

    pause: UUID
    on: date | None = None
    act: UUID | None = None


@act(Act.PAUSE_DUTY, key="act", again="pause")
async def end_pause(tx: Transaction, given: PauseEnd) -> UUID:
    pause = await tx.find(DutyPause, given.pause, "pause", lock=True)
    today = await today_of(tx, pause.grid_id)
    on = given.on or today
    if on < today:
        raise invalid("不能从过去恢复", "on")
    if pause.ends_on < max(pause.starts_on, today) or on > pause.ends_on:
        raise invalid("暂停到 {ends_on} 为止", "on", ends_on=pause.ends_on)
    pause.ends_on = max(on, pause.starts_on) - _DAY
    facts = {"resident_id": pause.resident_id, "note": str(pause.ends_on + _DAY)}
    await tx.save(pause, entry(tx, EntryKind.PAUSE_ENDED, pause, **facts))
    return pause.id


@dataclass(frozen=True, slots=True)
class HandOver:
    """A round that a stand-in walks from a first to a last day: the given grids, or by default all of the worker's."""

    act: UUID
    worker: UUID
    stand_in: UUID
    starts_on: date
    ends_on: date
    reason: str
    grids: list[UUID] = field(default_factory=list)


@act(Act.HAND_OVER_ROUND, key="act", again="worker")
async def hand_over_round(tx: Transaction, given: HandOver) -> UUID:
    """Hands a worker's round to a stand-in, who sees the grids and has their duties for that time."""
    reason = check_text(given.reason, "reason", limit=LINE_LIMIT)
    if given.worker == given.stand_in:
        raise invalid("不能代自己的班", "standIn")
    worker, stand_in = await _colleagues(tx, worker=given.worker, standIn=given.stand_in)
    posts = await _handed_over(tx, given)
    rules.check_stand_in(given.starts_on, given.ends_on, await today_in(tx, posts[0].community_id))
    await _check_free(tx, given, posts)
    span: dict[str, Any] = {"starts_on": given.starts_on, "ends_on": given.ends_on}
    stand_ins = [
        Assignment(
            account_id=given.stand_in,
            community_id=post.community_id,
            grid_id=post.grid_id,
            stands_in_for=given.worker,
            **span,
        )
        for post in posts
    ]
    days = f"{given.starts_on} 至 {given.ends_on}"
    note = f"{worker.name} → {stand_in.name}，{days}：{reason}"
    told = [entry(tx, EntryKind.ROUND_HANDED_OVER, post, note=note) for post in posts]
    await tx.save(*stand_ins, *told)
    return given.worker


async def _colleagues(tx: Transaction, **named: UUID) -> list[Account]:
    """Grid workers in office by their path in the input, locked. A worker hands over only their own round."""
    accounts = await tx.find_named(Account, named, lock=True)
    for path, account in zip(named, accounts, strict=True):
        if account.role is not Role.GRID_WORKER or account.disabled_at is not None:
            raise invalid("不是在岗的网格员", path)
        if path == "worker" and tx.viewer.role is Role.GRID_WORKER and account.id != tx.viewer.account_id:
            raise Refusal(Code.NOT_ALLOWED, path)
    return accounts


async def _handed_over(tx: Transaction, given: HandOver) -> Sequence[Assignment]:
    """The worker's posts that cover all of the days, locked, in grids of the viewer's scope."""
    span = {"starts_on": given.starts_on, "ends_on": given.ends_on}
    posts = await tx.matching(Assignment, _own_posts, order=("id",), lock=True, worker=given.worker, **span)
    held = {post.grid_id for post in posts}
    for index, grid in enumerate(given.grids):
        if grid not in held:
            raise Refusal(Code.NOT_FOUND, "grids", index)
    if given.grids:
        posts = [post for post in posts if post.grid_id in given.grids]
    if not posts:
        raise invalid("该网格员在这些天没有网格", "worker")
    return posts


def _own_posts(t: sql.From, scope: Scope) -> Condition:
    own = t.c.account_id == sql.parameter("worker", sql.UUID), t.c.stands_in_for.is_(None)
    begun = t.c.starts_on <= sql.parameter("starts_on", sql.DATE)
    lasts = sql.or_(t.c.ends_on.is_(None), t.c.ends_on >= sql.parameter("ends_on", sql.DATE))
    return sql.and_(*own, begun, lasts, t.c.grid_id == sql.any_(scope.grids))


async def _check_free(tx: Transaction, given: HandOver, posts: Sequence[Assignment]) -> None:
    """A grid has at most one stand-in at a time."""
    grids = {post.grid_id for post in posts}
    for other in await tx.all(Assignment, order=("grid_id", "id"), stands_in_for=given.worker, grid_id=grids):
        assert other.ends_on is not None
        if max(other.starts_on, given.starts_on) <= min(other.ends_on, given.ends_on):
            grid = await tx.get(Grid, id=other.grid_id)
            raise invalid("{grid}在这些天已有人代班", "startsOn", grid=grid.name)


@dataclass(frozen=True, slots=True)
class TakingBack:
    """The end of a stand-in's time. ``on`` is the first day of the worker's own round, today by default."""

    act: UUID
    worker: UUID
    on: date | None = None


@act(Act.HAND_OVER_ROUND, key="act", again="worker")
async def take_back_round(tx: Transaction, given: TakingBack) -> UUID:
    """Ends a stand-in's time early. The worker walks their own round again."""
    await _colleagues(tx, worker=given.worker)
    posts = await tx.matching(Assignment, _stand_ins, order=("id",), lock=True, worker=given.worker)
    ended = [post for post in posts if await _end_post(tx, post, given.on)]
    if not ended:
        raise invalid("没有代班", "worker")
    note = str(given.on or "")
    await tx.save(*(entry(tx, EntryKind.ROUND_TAKEN_BACK, post, note=note) for post in ended))
    return given.worker


def _stand_ins(t: sql.From, scope: Scope) -> Condition:
    return sql.and_(t.c.stands_in_for == sql.parameter("worker", sql.UUID), t.c.grid_id == sql.any_(scope.grids))


async def _end_post(tx: Transaction, post: Assignment, on: date | None) -> bool:
    """Ends a stand-in's post before a day, and deletes one that has not begun. Returns whether it had not ended."""
    today = await today_in(tx, post.community_id)
    day = on or today
    if day < today:
        raise invalid("不能从过去恢复", "on")
    assert post.ends_on is not None
    if post.ends_on < day:
        return False
    if post.starts_on >= day:
        await tx.delete(post)
    else:
        post.ends_on = day - _DAY
        await tx.save(post)
    return True
