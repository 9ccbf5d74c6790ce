"""Acts on the duty roster: plan and publish a week, change posts, swap shifts.

Every act locks the community's grid workers first, because a worker may be on the rosters of two communities. Then it
locks the week, and only then reads the shifts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from db import sql
from db.acts.calendar import local_day, today_in
from db.acts.journal import act, entry
from db.acts.places import branch_in, chosen_community
from db.acts.team import Team, branches, history, lock_workers, teams
from db.base import alias
from db.roster import RosterShift, RosterWeek
from db.scope import Scope
from db.transaction import Transaction
from rules import roster as rules
from rules.access import Act
from rules.gathering import refusals_under
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, Said, invalid
from rules.roster import DutyPost, Shift, Workday, Worker
from rules.text import LINE_LIMIT, check_optional, check_text

Path = tuple[str | int, ...]
_PUBLISHED = Said("已发布")


@dataclass(frozen=True, slots=True)
class Absence:
    """An absent worker. ``days`` are by default all planned days."""

    worker: UUID
    reason: str
    days: list[date] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NewRoster:
    """A week to plan. ``days`` are by default its working days."""

    act: UUID
    starts_on: date
    community: UUID | None = None
    days: list[date] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RosterStep:
    week: UUID
    act: UUID


@dataclass(frozen=True, slots=True)
class ShiftChange(RosterStep):
    serves_on: date
    shift: Shift


@dataclass(frozen=True, slots=True)
class DayChange(RosterStep):
    """New posts of some workers on a day. The others keep theirs."""

    serves_on: date
    shifts: list[Shift]


@dataclass(frozen=True, slots=True)
class Swap(RosterStep):
    """Two workers who exchange their posts on one day or two."""

    first: UUID
    second: UUID
    days: list[date]


class Missing(NamedTuple):
    """A post of a day that cannot be filled because too few are at work."""

    serves_on: date
    post: DutyPost


@dataclass(frozen=True, slots=True)
class Rostered:
    """A week after an act, with its missing posts."""

    week: UUID
    missing: list[Missing]


async def _planned(tx: Transaction, new: NewRoster) -> Rostered:
    community = await chosen_community(tx, new.community)
    planned = await tx.one(RosterWeek, "startsOn", community_id=community.id, monday=new.starts_on)
    return await _rostered(tx, planned)


@act(Act.PLAN_ROSTER, key="act", again=_planned)
async def plan_roster(tx: Transaction, new: NewRoster) -> Rostered:
    """Proposes a fair draft of a week, in place of an earlier draft."""
    community = await chosen_community(tx, new.community)
    today = local_day(community, tx.now)
    rules.check_monday(new.starts_on, today)
    days = rules.days_to_plan(new.starts_on, new.days, today)
    await lock_workers(tx, community.id)
    week = await tx.first(RosterWeek, lock=True, community_id=community.id, monday=new.starts_on)
    if week is None:
        week = RosterWeek(community_id=community.id, monday=new.starts_on)
    elif week.published_at is not None:
        raise Refusal(Code.WRONG_STATE, "startsOn", status=_PUBLISHED)
    else:
        await tx.rows(_forget, week=week.id, today=today)
    week.planned_by, week.planned_at = tx.worker_id, tx.now
    workdays = _workdays(days, await teams(tx, week, days), new.absences)
    plan = rules.propose(workdays, await branches(tx, community), await history(tx, week, days[0]))
    shifts = (_row(week.id, day, shift) for day, planned in plan.items() for shift in planned)
    note = f"{days[0]} 至 {days[-1]}"
    await tx.save(week, *shifts, entry(tx, EntryKind.ROSTER_CHANGED, week, note=note))
    return await _rostered(tx, week)


def _forget(_: Scope) -> sql.Delete:
    """Deletes the shifts of a week from a day on."""
    shift = alias(RosterShift)
    ahead = shift.c.day >= sql.parameter("today", sql.DATE)
    return sql.delete(shift).where(shift.c.week_id == sql.parameter("week", sql.UUID), ahead)


def _workdays(days: Sequence[date], at_work: Team, absences: Sequence[Absence]) -> list[Workday]:
    absent: dict[date, dict[UUID, str]] = {day: {} for day in days}
    for index, absence in enumerate(absences):
        reason = check_text(absence.reason, "absences", index, "reason", limit=LINE_LIMIT)
        for day in absence.days or days:
            if day not in absent:
                raise invalid("{day} 不在排班之内", "absences", index, "days", day=day)
            absent[day][absence.worker] = reason
        if not any(absence.worker == worker.id for day in absence.days or days for worker in at_work[day]):
            raise Refusal(Code.NOT_FOUND, "absences", index, "worker")
    return [Workday(day, at_work[day], absent[day]) for day in days]


def _row(week_id: UUID, day: date, shift: Shift) -> RosterShift:
    place = {"week_id": week_id, "day": day, "party_branch_id": shift.branch}
    return RosterShift(**place, account_id=shift.worker, post=shift.post, reason=shift.reason)


def _shifts(rows: Iterable[RosterShift]) -> list[Shift]:
    return [Shift(row.account_id, row.post, row.party_branch_id, row.reason) for row in rows]


async def _by_day(tx: Transaction, week: RosterWeek) -> dict[date, list[RosterShift]]:
    found: dict[date, list[RosterShift]] = {}
    for row in await tx.all(RosterShift, order=("day", "id"), week_id=week.id):
        found.setdefault(row.day, []).append(row)
    return found


async def _rostered(tx: Transaction, week: RosterWeek) -> Rostered:
    days = await _by_day(tx, week)
    missing = [Missing(day, post) for day, rows in days.items() for post in rules.shortages(_shifts(rows))]
    return Rostered(week.id, missing)


async def _locked(tx: Transaction, step: RosterStep) -> RosterWeek:
    """The week, locked after the workers of its community, which never changes."""
    week = await tx.find(RosterWeek, step.week, "week")
    await lock_workers(tx, week.community_id)
    return await tx.find(RosterWeek, step.week, "week", lock=True)


async def _done(tx: Transaction, step: RosterStep) -> Rostered:
    return await _rostered(tx, await tx.find(RosterWeek, step.week, "week"))


@act(Act.PLAN_ROSTER, key="act", again=_done)
async def publish_roster(tx: Transaction, step: RosterStep) -> Rostered:
    """Publishes a draft that keeps the rule from today on."""
    week = await _locked(tx, step)
    if week.published_at is not None:
        raise Refusal(Code.WRONG_STATE, "week", status=_PUBLISHED)
    today = await today_in(tx, week.community_id)
    ahead = {day: rows for day, rows in (await _by_day(tx, week)).items() if day >= today}
    if not ahead:
        raise invalid("该周没有剩余的排班", "week")
    at_work = await teams(tx, week, list(ahead))
    kept = {day: await _in_team(tx, rows, at_work[day]) for day, rows in ahead.items()}
    rules.check_rule({day: _shifts(rows) for day, rows in kept.items()}, at_work)
    week.published_at, week.published_by = tx.now, tx.worker_id
    await tx.save(week, entry(tx, EntryKind.ROSTER_PUBLISHED, week, note=str(week.monday)))
    return await _rostered(tx, week)


async def _in_team(tx: Transaction, rows: Iterable[RosterShift], team: Sequence[Worker]) -> list[RosterShift]:
    """The shifts of workers in office on the day. Those of others are deleted."""
    in_office, kept = {worker.id for worker in team}, []
    for row in rows:
        if row.account_id in in_office:
            kept.append(row)
        else:
            await tx.delete(row)
    return kept


@act(Act.PLAN_ROSTER, key="act", again=_done)
async def change_shift(tx: Transaction, change: ShiftChange) -> Rostered:
    """Gives one worker another post on a day. A published day must keep the rule."""
    return await _change_day(tx, change, change.serves_on, {("shift",): change.shift})


@act(Act.PLAN_ROSTER, key="act", again=_done)
async def set_day(tx: Transaction, change: DayChange) -> Rostered:
    """Gives some workers other posts on a day. A published day must keep the rule."""
    if not change.shifts:
        raise invalid("请写明要调整的人员", "shifts")
    shifts: dict[Path, Shift] = {("shifts", index): shift for index, shift in enumerate(change.shifts)}
    return await _change_day(tx, change, change.serves_on, shifts)


async def _change_day(tx: Transaction, step: RosterStep, day: date, shifts: Mapping[Path, Shift]) -> Rostered:
    """Gives workers new posts on a day. The keys of ``shifts`` are their paths in the input."""
    week = await _locked(tx, step)
    rules.check_day(week.monday, day, await today_in(tx, week.community_id), "servesOn")
    team = (await teams(tx, week, [day]))[day]
    given = []
    for path, shift in shifts.items():
        with refusals_under(*path):
            given.append(await _checked(tx, week, team, shift))
    changed = _changed(week, day, await _of_day(tx, week, day, team), given, team)
    names = {worker.id: worker.name for worker in team}
    posts = "、".join(f"{names[shift.worker]} {shift.post.label}" for shift in given)
    await tx.save(*changed, entry(tx, EntryKind.ROSTER_CHANGED, week, note=f"{day}：{posts}"))
    return await _rostered(tx, week)


async def _of_day(tx: Transaction, week: RosterWeek, day: date, team: Sequence[Worker]) -> list[RosterShift]:
    """The shifts of a day of workers in office."""
    return await _in_team(tx, await tx.all(RosterShift, order=("id",), week_id=week.id, day=day), team)


async def _checked(tx: Transaction, week: RosterWeek, team: Sequence[Worker], shift: Shift) -> Shift:
    """A shift of a worker in office, at a branch of the community. Raises NOT_FOUND otherwise."""
    if shift.worker not in {worker.id for worker in team}:
        raise Refusal(Code.NOT_FOUND, "worker")
    if shift.branch is not None:
        await branch_in(tx, week.community_id, shift.branch)
    return Shift(shift.worker, shift.post, shift.branch, check_optional(shift.reason, "reason", limit=LINE_LIMIT))


def _changed(
    week: RosterWeek, day: date, rows: Sequence[RosterShift], given: Sequence[Shift], team: Sequence[Worker]
) -> list[RosterShift]:
    """The rows of the given shifts, if the whole day with them keeps the rule."""
    changed = {shift.worker for shift in given}
    planned = [*_shifts(row for row in rows if row.account_id not in changed), *given]
    rules.check_rule({day: planned}, {day: team}, draft=week.published_at is None)
    held = {row.account_id: row for row in rows}
    for shift in given:
        row = held.setdefault(shift.worker, _row(week.id, day, shift))
        row.post, row.party_branch_id, row.reason = shift.post, shift.branch, shift.reason
    return [held[worker] for worker in changed]


@act(Act.SWAP_SHIFTS, key="act", again=_done)
async def swap_shifts(tx: Transaction, swap: Swap) -> Rostered:
    """Exchanges the posts of two workers. A worker who does not plan rosters swaps only their own shifts."""
    plans = tx.viewer.role in Act.PLAN_ROSTER.roles
    if not plans and tx.viewer.account_id not in {swap.first, swap.second}:
        raise Refusal(Code.NOT_ALLOWED)
    rules.check_swap(swap.first, swap.second, swap.days)
    week = await _locked(tx, swap)
    today = await today_in(tx, week.community_id)
    for index, day in enumerate(swap.days):
        rules.check_day(week.monday, day, today, "days", index)
    at_work = await teams(tx, week, swap.days)
    exchanged: list[RosterShift] = []
    for index, day in enumerate(swap.days):
        rows = await _of_day(tx, week, day, at_work[day])
        exchanged += _exchange(swap, rows, index)
        rules.check_rule({day: _shifts(rows)}, at_work, draft=week.published_at is None)
    names = {worker.id: worker.name for worker in at_work[swap.days[0]]}
    note = f"{names[swap.first]} ⇄ {names[swap.second]}：{'、'.join(map(str, swap.days))}"
    await tx.save(*exchanged, entry(tx, EntryKind.SHIFTS_SWAPPED, week, note=note))
    return await _rostered(tx, week)


def _exchange(swap: Swap, rows: Sequence[RosterShift], index: int) -> list[RosterShift]:
    """The shifts of the two workers on one of the days, exchanged."""
    held = {row.account_id: row for row in rows}
    for name, uuid in (("first", swap.first), ("second", swap.second)):
        if uuid not in held:
            raise Refusal(Code.NOT_FOUND, name)
    one, other = held[swap.first], held[swap.second]
    first, second = _shifts([one, other])
    rules.check_exchange(first, second, "days", index)
    one.post, other.post = other.post, one.post
    one.party_branch_id, other.party_branch_id = other.party_branch_id, one.party_branch_id
    return [one, other]
