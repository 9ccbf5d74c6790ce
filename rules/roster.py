"""The duty roster (全岗通, domain.md section 4): who is in the hall, at the branch, outside; the rule and a fair plan.

The rule of a day: two or three workers in the hall, exactly one at the grid Party branch of an estate, everybody else
outside. With fewer than three at work what can be kept of it is kept, and what is missing is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import auto
from uuid import UUID

from rules.refusals import Code, Refusal, invalid
from rules.vocabulary import Word

HALL = range(2, 4)
"""How many serve in the hall."""
ROOMY = 2 * (HALL[-1] + 1)
"""From so many workers on three serve in the hall, and yet nobody two days in a row."""
WEEK = 7
WORKING_DAYS = 5
MEMORY = timedelta(weeks=4)
"""How far back desk days count when a new week is planned."""
FURTHEST_AHEAD = timedelta(weeks=26)
MOST_SWAPPED = 2
_WEEKEND = timedelta(3)
"""A Monday follows upon a Friday."""


class DutyPost(Word):
    """Where a worker serves on a day."""

    HALL = auto(), "服务大厅", "In the community hall 服务大厅: two or three a day."
    RECEPTION = (
        auto(),
        "网格党支部接待",
        "Receives residents at a grid Party branch: one a day.",
    )
    OUTREACH = auto(), "外出走访", "Goes out to firms, shops, gates and homes 外出走访: everybody else."
    ABSENT = auto(), "不在岗", "Not at work, with a reason."


DESKS = frozenset({DutyPost.HALL, DutyPost.RECEPTION})
"""Whoever serves there may register any matter for anyone in the community (一人在岗,事项通办)."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A grid worker in office, with the Party branches of the estates in which they hold grids."""

    id: UUID
    name: str
    branches: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Shift:
    """One worker's post on a day: at which branch when receiving, why when absent."""

    worker: UUID
    post: DutyPost
    branch: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Workday:
    """A day to plan: who is in office, and who of them is absent and why."""

    day: date
    workers: Sequence[Worker]
    absent: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """The weeks before: on which days who served at a desk, and when each branch last received residents."""

    desk_days: Mapping[UUID, frozenset[date]] = field(default_factory=dict)
    received: Mapping[UUID, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for which a roster cannot be, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Needed:
    hall: range
    reception: int


def _needed(at_work: int) -> _Needed:
    """What the rule asks for with so many workers; with too few, the part of it that can be kept."""
    if at_work > HALL[0]:
        return _Needed(HALL, 1)
    return _Needed(HALL[:1], 0) if at_work == HALL[0] else _Needed(range(1), at_work)


def missing(at_work: int) -> list[DutyPost]:
    """The posts that stay below the rule because so few are at work."""
    needed = _needed(at_work)
    lacking = {
        DutyPost.HALL: HALL[0] not in needed.hall,
        DutyPost.RECEPTION: not needed.reception,
        DutyPost.OUTREACH: at_work <= HALL[0] + 1,
    }
    return [post for post, lacks in lacking.items() if lacks]


def _at_work(shifts: Iterable[Shift]) -> int:
    return sum(shift.post is not DutyPost.ABSENT for shift in shifts)


def shortages(shifts: Sequence[Shift]) -> list[DutyPost]:
    """The posts of a day that stay below the rule because so few are at work."""
    return missing(_at_work(shifts))


def check_rule(days: Mapping[date, Sequence[Shift]], workers: Mapping[date, Sequence[Worker]]) -> None:
    """Refuses days that break the rule, with all reasons."""
    refuse([fault for day in sorted(days) for fault in faults(day, days[day], workers[day])])


def refuse(found: Sequence[Fault]) -> None:
    """One refusal that tells every fault; nothing when there is none."""
    if found:
        zh, en = "；".join(each.zh for each in found), "; ".join(each.en for each in found)
        raise Refusal(Code.ROSTER_RULE, reasons_zh=zh, reasons_en=en)


def faults(day: date, shifts: Sequence[Shift], workers: Sequence[Worker], *, draft: bool = False) -> list[Fault]:
    """Every way in which the roster of a day breaks the rule; a draft is unfinished, but no nonsense."""
    found = [*_shape(shifts), *_twice(shifts, workers)]
    if not draft:
        found += [*_numbers(shifts), *_people(shifts, workers)]
    return [Fault(f"{day} {each.zh}", f"{day}: {each.en}") for each in found]


def _shape(shifts: Sequence[Shift]) -> Iterator[Fault]:
    for shift in shifts:
        if (shift.post is DutyPost.RECEPTION) != (shift.branch is not None):
            yield Fault("接待须写明网格党支部，其他岗位不写", "a branch goes with RECEPTION, and only with it")
        if (shift.post is DutyPost.ABSENT) != (shift.reason is not None):
            yield Fault("不在岗须写明原因，其他岗位不写", "a reason goes with ABSENT, and only with it")


def _numbers(shifts: Sequence[Shift]) -> Iterator[Fault]:
    needed = _needed(_at_work(shifts))
    hall, reception = (sum(shift.post is post for shift in shifts) for post in (DutyPost.HALL, DutyPost.RECEPTION))
    if hall not in needed.hall:
        low, high = needed.hall[0], needed.hall[-1]
        wanted_zh, wanted_en = (f"{low}", f"{low}") if low == high else (f"{low} 至 {high}", f"{low} to {high}")
        yield Fault(f"服务大厅应有 {wanted_zh} 人，现有 {hall} 人", f"the hall needs {wanted_en}, not {hall}")
    if reception != needed.reception:
        wanted = needed.reception
        zh = f"网格党支部应有 {wanted} 人接待，现有 {reception} 人"
        yield Fault(zh, f"the branch needs {wanted}, not {reception}")


def _twice(shifts: Sequence[Shift], workers: Sequence[Worker]) -> Iterator[Fault]:
    planned = [shift.worker for shift in shifts]
    for worker in workers:
        if planned.count(worker.id) > 1:
            yield Fault(f"{worker.name}安排了两次", f"{worker.name} has two posts")


def _people(shifts: Sequence[Shift], workers: Sequence[Worker]) -> Iterator[Fault]:
    planned = [shift.worker for shift in shifts]
    for worker in workers:
        if worker.id not in planned:
            yield Fault(f"{worker.name}没有安排", f"{worker.name} has no post")
    if set(planned) - {worker.id for worker in workers}:
        yield Fault("有人当天不是在任的网格员", "somebody is not a grid worker in office on that day")


def check_monday(monday: date, today: date) -> None:
    """A week begins on a Monday, is not over, and is near enough to be planned."""
    if monday.weekday():
        raise invalid("请写明该周的星期一", "a week is named by its Monday", "monday")
    if monday + timedelta(WEEK) <= today:
        raise invalid("该周已经过去", "that week is over", "monday")
    if monday > today + FURTHEST_AHEAD:
        raise invalid("最多提前半年排班", "plan at most half a year ahead", "monday")


def days_to_plan(monday: date, given: Sequence[date], today: date) -> list[date]:
    """The given days, or Monday to Friday from today on; each lies in the week, and none is past."""
    for index, day in enumerate(given):
        check_day(monday, day, today, "days", index)
    usual = (monday + timedelta(number) for number in range(WORKING_DAYS))
    found = sorted(set(given)) or [day for day in usual if day >= today]
    if not found:
        raise invalid("该周没有剩余的工作日", "no working day is left in that week", "days")
    return found


def check_day(monday: date, day: date, today: date, *path: str | int) -> None:
    """A day of the week that is not past."""
    if not timedelta(0) <= day - monday < timedelta(WEEK):
        raise invalid(f"{day} 不在该周", f"{day} is not in that week", *path)
    if day < today:
        raise invalid("不能改变过去的排班", "a past day is not changed", *path)


def check_swap(first: UUID, second: UUID, days: Sequence[date]) -> None:
    """Two people, and one day or two."""
    if first == second:
        raise invalid("不能和自己换班", "nobody swaps with themselves", "second")
    if not 1 <= len(set(days)) == len(days) <= MOST_SWAPPED:
        raise invalid("请写明一天或两天", "name one day or two", "days")


def check_exchange(one: Shift, other: Shift, *path: str | int) -> None:
    """Both are at work, at different posts."""
    if DutyPost.ABSENT in {one.post, other.post}:
        raise invalid("有人当天不在岗", "somebody is absent on that day", *path)
    if (one.post, one.branch) == (other.post, other.branch):
        raise invalid("两人岗位相同，不必换班", "both have the same post", *path)


def propose(days: Sequence[Workday], branches: Sequence[UUID], history: History) -> dict[date, list[Shift]]:
    """A fair plan of the days: nobody at a desk two days in a row where avoidable, then as equally often as possible,
    counting the weeks before; the branches take turns, with a worker of their own estate where that is as fair."""
    tally = _Tally(branches, history)
    return {each.day: tally.plan(each) for each in sorted(days, key=lambda each: each.day)}


class _Tally:
    """Counts desk days while a week is planned."""

    def __init__(self, branches: Sequence[UUID], history: History) -> None:
        self._branches = branches
        self._days = {worker: set(days) for worker, days in history.desk_days.items()}
        self._received = dict(history.received)

    def plan(self, each: Workday) -> list[Shift]:
        """Everybody's post on one day."""
        order = self._in_turn(each)
        desk, host = self._desk(each.day, order)
        branch = self._next_branch() if host else None
        for worker in desk:
            self._days.setdefault(worker.id, set()).add(each.day)
        if branch is not None:
            self._received[branch] = each.day
        return [_shift(worker, each, desk, host, branch) for worker in each.workers]

    def _in_turn(self, each: Workday) -> list[Worker]:
        present = (worker for worker in each.workers if worker.id not in each.absent)
        return sorted(present, key=lambda worker: (*self._burden(worker, each.day), worker.id))

    def _burden(self, worker: Worker, day: date) -> tuple[bool, int]:
        """Whether they come from a desk, and how often they served at one."""
        days = self._days.get(worker.id, set())
        return self._day_before(day) in days, len(days)

    def _day_before(self, day: date) -> date | None:
        """The day before on which desks were served; a weekend lies between at most."""
        earlier = (each for days in self._days.values() for each in days if day - _WEEKEND <= each < day)
        return max(earlier, default=None)

    def _next_branch(self) -> UUID:
        """The branch that has waited longest."""
        return min(self._branches, key=lambda branch: self._received.get(branch, date.min))

    def _desk(self, day: date, order: list[Worker]) -> tuple[list[Worker], Worker | None]:
        """Who serves at a desk, and which of them receives at the branch."""
        needed = _needed(len(order))
        hall = needed.hall[-1] if len(order) >= ROOMY else needed.hall[0]
        desk = order[: hall + needed.reception]
        if not needed.reception:
            return desk, None
        last = self._burden(desk[-1], day)
        as_fair = [worker for worker in order[len(desk) :] if self._burden(worker, day) == last]
        branch = self._next_branch()
        own = next((worker for worker in (*desk, *as_fair) if branch in worker.branches), desk[0])
        return (desk if own in desk else [*desk[:-1], own]), own


def _shift(worker: Worker, each: Workday, desk: Sequence[Worker], host: Worker | None, branch: UUID | None) -> Shift:
    if worker.id in each.absent:
        return Shift(worker.id, DutyPost.ABSENT, reason=each.absent[worker.id])
    if worker is host:
        return Shift(worker.id, DutyPost.RECEPTION, branch)
    return Shift(worker.id, DutyPost.HALL if worker in desk else DutyPost.OUTREACH)
