"""Acts on the duty roster: plan a week, publish it, change days, swap shifts.

Every act locks the community's grid workers first, so that two who plan, publish or swap at once take turns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.accounts import Account
from db.acts.acting import Acting
from db.acts.calendar import today_in
from db.acts.duty import chosen_community
from db.acts.journal import append, digest_of, is_replay
from db.acts.team import Team, branches, history, lock_workers, teams
from db.places import Estate, PartyBranch
from db.roster import RosterShift, RosterWeek
from rules import roster as rules
from rules.access import ALLOWED, Act, require
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.roster import POST_LABELS, DutyPost, Shift, Workday, Worker
from rules.text import LINE_LIMIT, check_optional, check_text


@dataclass(frozen=True, slots=True)
class Absence:
    """Who is not at work on which days, all of the week's by default, and why."""

    worker: UUID
    reason: str
    days: list[date] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NewRoster:
    """The week to plan: which community's, which days, who is absent."""

    act: UUID
    monday: date
    community: UUID | None = None
    days: list[date] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rostered:
    """A week after an act, and which posts of which days stay empty because too few are at work."""

    week: UUID
    missing: list[tuple[date, DutyPost]]


async def plan_roster(acting: Acting, new: NewRoster) -> Rostered:
    """Proposes a fair draft of a week, in place of the one there may be."""
    require(acting.viewer, Act.PLAN_ROSTER)
    community = await chosen_community(acting, new.community)
    digest = digest_of(new)
    if await is_replay(acting, new.act, digest, "act"):
        return await _rostered(acting, await _existing(acting, community.id, new.monday))
    today = await today_in(acting, community.id)
    rules.check_monday(new.monday, today)
    days = rules.days_to_plan(new.monday, new.days, today)
    await lock_workers(acting, community.id)
    week = await _draft(acting, community.id, new.monday, today)
    workdays = _workdays(days, await teams(acting, week, days), new.absences)
    plan = rules.propose(workdays, await branches(acting, community), await history(acting, week, days[0]))
    acting.session.add_all(_row(week.id, day, shift) for day, shifts in plan.items() for shift in shifts)
    _note(acting, EntryKind.ROSTER_CHANGED, week, f"{days[0]} 至 {days[-1]}", new.act, digest)
    await acting.session.flush()
    return await _rostered(acting, week)


async def _existing(acting: Acting, community_id: UUID, monday: date) -> RosterWeek:
    own = (col(RosterWeek.community_id) == community_id, col(RosterWeek.monday) == monday)
    return (await acting.session.exec(select(RosterWeek).where(*own))).one()


async def _draft(acting: Acting, community_id: UUID, monday: date, today: date) -> RosterWeek:
    """A new draft, or the one there is without what was planned from today on."""
    own = (col(RosterWeek.community_id) == community_id, col(RosterWeek.monday) == monday)
    week = (await acting.session.exec(select(RosterWeek).where(*own))).first()
    if week is None:
        week = RosterWeek(community_id=community_id, monday=monday, planned_by=acting.worker_id)
    if week.published_at is not None:
        raise Refusal(Code.WRONG_STATE, "monday", status="PUBLISHED")
    week.planned_by, week.planned_at = acting.worker_id, acting.now
    acting.session.add(week)
    await acting.session.flush()
    ahead = sa.delete(RosterShift).where(col(RosterShift.week_id) == week.id, col(RosterShift.day) >= today)
    await acting.session.exec(ahead)
    return week


def _workdays(days: Sequence[date], at_work: Team, absences: Sequence[Absence]) -> list[Workday]:
    absent: dict[date, dict[UUID, str]] = {day: {} for day in days}
    for index, absence in enumerate(absences):
        reason = check_text(absence.reason, "absences", index, "reason", limit=LINE_LIMIT)
        for day in absence.days or days:
            if day not in absent:
                raise invalid(f"{day} 不在排班之内", f"{day} is not planned", "absences", index, "days")
            absent[day][absence.worker] = reason
        if not any(absence.worker == worker.id for day in absence.days or days for worker in at_work[day]):
            raise Refusal(Code.NOT_FOUND, "absences", index, "worker")
    return [Workday(day, at_work[day], absent[day]) for day in days]


def _row(week_id: UUID, day: date, shift: Shift) -> RosterShift:
    what: dict[str, Any] = {"post": shift.post, "party_branch_id": shift.branch, "reason": shift.reason}
    return RosterShift(week_id=week_id, day=day, account_id=shift.worker, **what)


def _shift(row: RosterShift) -> Shift:
    return Shift(row.account_id, DutyPost(row.post), row.party_branch_id, row.reason)


def _note(acting: Acting, kind: EntryKind, week: RosterWeek, note: str | None, act: UUID, digest: bytes) -> None:
    about = {"community_id": week.community_id, "roster_week_id": week.id}
    append(acting, kind, **about, note=note, act_id=act, digest=digest)


async def _rows(acting: Acting, week: RosterWeek, first: date) -> dict[date, list[RosterShift]]:
    """The week's shifts by day, from a day on."""
    own = (col(RosterShift.week_id) == week.id, col(RosterShift.day) >= first)
    found: dict[date, list[RosterShift]] = {}
    for row in (await acting.session.exec(select(RosterShift).where(*own).order_by(col(RosterShift.day)))).all():
        found.setdefault(row.day, []).append(row)
    return found


async def _rostered(acting: Acting, week: RosterWeek) -> Rostered:
    days = await _rows(acting, week, week.monday)
    missing = [(day, post) for day, rows in days.items() for post in rules.shortages([_shift(row) for row in rows])]
    return Rostered(week.id, missing)


@dataclass(frozen=True, slots=True)
class RosterStep:
    """A week, and the phone's id for what is done with it."""

    week: UUID
    act: UUID


@dataclass(frozen=True, slots=True)
class DayChange:
    """New posts of some workers on one day; everybody else keeps theirs."""

    step: RosterStep
    day: date
    shifts: list[Shift]


@dataclass(frozen=True, slots=True)
class Swap:
    """Two workers who exchange their posts on one day or two."""

    step: RosterStep
    first: UUID
    second: UUID
    days: list[date]


async def _locked(acting: Acting, step: RosterStep) -> RosterWeek:
    """The week as it stands once nobody else is at it."""
    week = await acting.find(RosterWeek, step.week, "week")
    await lock_workers(acting, week.community_id)
    await acting.session.refresh(week)
    return week


async def publish_roster(acting: Acting, step: RosterStep) -> Rostered:
    """Makes a draft that keeps the rule known to all workers; what lies in the past is not judged."""
    require(acting.viewer, Act.PLAN_ROSTER)
    digest = digest_of(["publish_roster", step])
    if await is_replay(acting, step.act, digest, "act"):
        return await _rostered(acting, await acting.find(RosterWeek, step.week, "week"))
    week = await _locked(acting, step)
    if week.published_at is not None:
        raise Refusal(Code.WRONG_STATE, "week", status="PUBLISHED")
    ahead = await _rows(acting, week, await today_in(acting, week.community_id))
    if not ahead:
        raise invalid("该周没有剩余的排班", "no day of that week is left", "week")
    at_work = await teams(acting, week, list(ahead))
    kept = {day: await _in_team(acting, rows, at_work[day]) for day, rows in ahead.items()}
    rules.check_rule({day: [_shift(row) for row in rows] for day, rows in kept.items()}, at_work)
    week.published_at, week.published_by = acting.now, acting.worker_id
    acting.session.add(week)
    _note(acting, EntryKind.ROSTER_PUBLISHED, week, str(week.monday), step.act, digest)
    return await _rostered(acting, week)


async def _in_team(acting: Acting, rows: Iterable[RosterShift], team: Sequence[Worker]) -> list[RosterShift]:
    """The shifts of those who are in office on the day; those of others lapse."""
    in_office, kept = {worker.id for worker in team}, []
    for row in rows:
        if row.account_id in in_office:
            kept.append(row)
        else:
            await acting.session.delete(row)
    return kept


async def set_day(acting: Acting, change: DayChange) -> Rostered:
    """Gives some workers other posts on one day; a published day must keep the rule as a whole."""
    require(acting.viewer, Act.PLAN_ROSTER)
    digest = digest_of(change)
    if await is_replay(acting, change.step.act, digest, "act"):
        return await _rostered(acting, await acting.find(RosterWeek, change.step.week, "week"))
    week = await _locked(acting, change.step)
    rules.check_day(week.monday, change.day, await today_in(acting, week.community_id), "day")
    team = (await teams(acting, week, [change.day]))[change.day]
    given = await _given(acting, week, team, change.shifts)
    rows = await _in_team(acting, (await _rows(acting, week, change.day)).get(change.day, []), team)
    await _replace(acting, week, change.day, rows, given, team)
    note = f"{change.day}:{_said(given, team)}"
    _note(acting, EntryKind.ROSTER_CHANGED, week, note, change.step.act, digest)
    await acting.session.flush()
    return await _rostered(acting, week)


async def _given(acting: Acting, week: RosterWeek, team: Sequence[Worker], shifts: Sequence[Shift]) -> list[Shift]:
    """The shifts as they are kept; each is of a worker in office, at a branch of the community."""
    if not shifts:
        raise invalid("请写明要调整的人员", "say whose post changes", "shifts")
    found = []
    for index, shift in enumerate(shifts):
        path = ("shifts", index)
        if shift.worker not in {worker.id for worker in team}:
            raise Refusal(Code.NOT_FOUND, *path, "worker")
        if shift.branch is not None:
            await _check_branch(acting, week, shift.branch, *path, "partyBranch")
        reason = check_optional(shift.reason, *path, "reason", limit=LINE_LIMIT)
        found.append(Shift(shift.worker, shift.post, shift.branch, reason))
    return found


async def _check_branch(acting: Acting, week: RosterWeek, uuid: UUID, *path: str | int) -> None:
    branch = await acting.find(PartyBranch, uuid, *path)
    estate = await acting.session.get_one(Estate, branch.estate_id)
    if estate.community_id != week.community_id:
        raise Refusal(Code.NOT_FOUND, *path)


async def _replace(
    acting: Acting,
    week: RosterWeek,
    day: date,
    rows: Sequence[RosterShift],
    given: Sequence[Shift],
    team: Sequence[Worker],
) -> None:
    changed = {shift.worker for shift in given}
    planned = [*(_shift(row) for row in rows if row.account_id not in changed), *given]
    rules.refuse(rules.faults(day, planned, team, draft=week.published_at is None))
    held = {row.account_id: row for row in rows}
    for shift in given:
        row = held.get(shift.worker) or _row(week.id, day, shift)
        row.post, row.party_branch_id, row.reason = shift.post, shift.branch, shift.reason
        acting.session.add(row)


def _said(shifts: Sequence[Shift], team: Sequence[Worker]) -> str:
    """「张三 服务大厅、李四 外出走访」."""
    names = {worker.id: worker.name for worker in team}
    return "、".join(f"{names[shift.worker]} {POST_LABELS[shift.post]}" for shift in shifts)


async def swap_shifts(acting: Acting, swap: Swap) -> Rostered:
    """Two workers exchange their posts on the days; a worker swaps none but their own."""
    require(acting.viewer, Act.SWAP_SHIFTS)
    digest = digest_of(swap)
    if await is_replay(acting, swap.step.act, digest, "act"):
        return await _rostered(acting, await acting.find(RosterWeek, swap.step.week, "week"))
    plans = acting.viewer.role in ALLOWED[Act.PLAN_ROSTER]
    if not plans and acting.viewer.account_id not in {swap.first, swap.second}:
        raise Refusal(Code.NOT_ALLOWED)
    rules.check_swap(swap.first, swap.second, swap.days)
    week = await _locked(acting, swap.step)
    today = await today_in(acting, week.community_id)
    for index, day in enumerate(swap.days):
        rules.check_day(week.monday, day, today, "days", index)
        await _exchange(acting, week, swap, day, index)
    names = [(await acting.session.get_one(Account, each)).name for each in (swap.first, swap.second)]
    note = f"{' ⇄ '.join(names)}:{'、'.join(map(str, swap.days))}"
    _note(acting, EntryKind.SHIFTS_SWAPPED, week, note, swap.step.act, digest)
    await acting.session.flush()
    return await _rostered(acting, week)


async def _exchange(acting: Acting, week: RosterWeek, swap: Swap, day: date, index: int) -> None:
    team = (await teams(acting, week, [day]))[day]
    rows = await _in_team(acting, (await _rows(acting, week, day)).get(day, []), team)
    held = {row.account_id: row for row in rows}
    for name, uuid in (("first", swap.first), ("second", swap.second)):
        if uuid not in held:
            raise Refusal(Code.NOT_FOUND, name)
    one, other = held[swap.first], held[swap.second]
    rules.check_exchange(_shift(one), _shift(other), "days", index)
    one.post, other.post = other.post, one.post
    one.party_branch_id, other.party_branch_id = other.party_branch_id, one.party_branch_id
    acting.session.add_all([one, other])
    rules.refuse(rules.faults(day, [_shift(row) for row in rows], team, draft=week.published_at is None))
