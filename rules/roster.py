"""The duty roster (全岗通, domain.md section 4): the rule of a day, and a fair plan of a week.

Each day two or three workers serve in the hall, one receives residents at a Party branch, and everybody else is
outside. With fewer than four at work the posts that cannot be filled are reported as missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import auto
from typing import NamedTuple
from uuid import UUID

from rules.refusals import Code, Joined, Refusal, Said, invalid
from rules.vocabulary import Word

HALL = range(2, 4)  # how many serve in the hall (domain.md section 4)
ROOMY = 2 * (HALL[-1] + 1)
"""With this many workers three serve in the hall, and still nobody serves at a desk two days in a row."""
WEEK = 7
WORKING_DAYS = 5
MEMORY = timedelta(weeks=4)  # how far back desk days count when a week is planned (domain.md section 4)
FURTHEST_AHEAD = timedelta(weeks=26)  # half a year: beyond it a date is a typing error
MOST_SWAPPED = 2
_WEEKEND = timedelta(3)  # from Friday to Monday


class DutyPost(Word):
    """Where a worker serves on a day."""

    HALL = auto(), "服务大厅", "In the community hall (服务大厅): two or three a day."
    RECEPTION = auto(), "网格党支部接待", "Receives residents at a Party branch (网格党支部): one a day."
    OUTREACH = auto(), "外出走访", "Goes out to firms, shops, gates and homes (外出走访): everybody else."
    ABSENT = auto(), "不在岗", "Not at work, with a reason."


DESKS = frozenset({DutyPost.HALL, DutyPost.RECEPTION})
"""Workers at these posts can register any matter for anybody in the community (一人在岗，事项通办)."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A grid worker in office, with the Party branches of the estates of their grids."""

    id: UUID
    name: str
    branches: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Shift:
    """A worker's post on a day, with the branch of a RECEPTION and the reason of an ABSENT."""

    worker: UUID
    post: DutyPost
    branch: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Workday:
    """A day to plan: the workers in office, and the reasons of those who are absent."""

    day: date
    workers: Sequence[Worker]
    absent: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """The weeks before: each worker's days at a desk, and the last reception of each branch."""

    desk_days: Mapping[UUID, frozenset[date]] = field(default_factory=dict)
    received: Mapping[UUID, date] = field(default_factory=dict)


class _Rule(NamedTuple):
    """The numbers of workers for the hall and the branches, and the posts that stay empty for lack of workers."""

    hall: range
    reception: int
    missing: Sequence[DutyPost] = ()


_SHORT_STAFFED = (
    _Rule(range(1), 0, (DutyPost.HALL, DutyPost.RECEPTION, DutyPost.OUTREACH)),
    _Rule(range(1), 1, (DutyPost.HALL, DutyPost.OUTREACH)),
    _Rule(range(2, 3), 0, (DutyPost.RECEPTION, DutyPost.OUTREACH)),
    _Rule(HALL, 1, (DutyPost.OUTREACH,)),
)
"""The rule with none, one, two and three workers (domain.md section 4)."""


def _rule(at_work: int) -> _Rule:
    return _SHORT_STAFFED[at_work] if at_work < len(_SHORT_STAFFED) else _Rule(HALL, 1)


def _at_work(shifts: Iterable[Shift]) -> int:
    return sum(shift.post is not DutyPost.ABSENT for shift in shifts)


def shortages(shifts: Sequence[Shift]) -> list[DutyPost]:
    """The posts of a day that are missing because too few are at work."""
    return list(_rule(_at_work(shifts)).missing)


def check_rule(
    days: Mapping[date, Sequence[Shift]], workers: Mapping[date, Sequence[Worker]], *, draft: bool = False
) -> None:
    """Raises ROSTER_RULE with every fault of the days."""
    found = [fault for day in sorted(days) for fault in faults(day, days[day], workers[day], draft=draft)]
    if found:
        raise Refusal(Code.ROSTER_RULE, reasons=Joined(found, "；"))


def faults(day: date, shifts: Sequence[Shift], workers: Sequence[Worker], *, draft: bool = False) -> list[Said]:
    """Every way in which the roster of a day breaks the rule. A draft may be incomplete."""
    found = list(_nonsense(shifts, workers))
    if not draft:
        found += [*_numbers(shifts), *_people(shifts, workers)]
    return [Said("{day} {fault}", {"day": day, "fault": each}) for each in found]


def _nonsense(shifts: Sequence[Shift], workers: Sequence[Worker]) -> Iterator[Said]:
    """Faults that not even a draft may have."""
    for shift in shifts:
        if (shift.post is DutyPost.RECEPTION) != (shift.branch is not None):
            yield Said("接待须写明网格党支部，其他岗位不写")
        if (shift.post is DutyPost.ABSENT) != (shift.reason is not None):
            yield Said("不在岗须写明原因，其他岗位不写")
    planned = [shift.worker for shift in shifts]
    for worker in workers:
        if planned.count(worker.id) > 1:
            yield Said("{worker}安排了两次", {"worker": worker.name})


def _numbers(shifts: Sequence[Shift]) -> Iterator[Said]:
    rule = _rule(_at_work(shifts))
    hall, reception = (sum(shift.post is post for shift in shifts) for post in (DutyPost.HALL, DutyPost.RECEPTION))
    if hall not in rule.hall:
        low, high = rule.hall[0], rule.hall[-1]
        wanted = low if low == high else Said("{low} 至 {high}", {"low": low, "high": high})
        yield Said("服务大厅应有 {wanted} 人，现有 {hall} 人", {"wanted": wanted, "hall": hall})
    if reception != rule.reception:
        numbers = {"wanted": rule.reception, "reception": reception}
        yield Said("网格党支部应有 {wanted} 人接待，现有 {reception} 人", numbers)


def _people(shifts: Sequence[Shift], workers: Sequence[Worker]) -> Iterator[Said]:
    planned = {shift.worker for shift in shifts}
    for worker in workers:
        if worker.id not in planned:
            yield Said("{worker}没有安排", {"worker": worker.name})
    if planned - {worker.id for worker in workers}:
        yield Said("有人当天不是在任的网格员")


def check_monday(monday: date, today: date) -> None:
    """The Monday of a week that is not over, and not too far ahead."""
    if monday.weekday():
        raise invalid("请填写该周的星期一", "startsOn")
    if monday + timedelta(WEEK) <= today:
        raise invalid("该周已经过去", "startsOn")
    if monday > today + FURTHEST_AHEAD:
        raise invalid("最多提前半年排班", "startsOn")


def days_to_plan(monday: date, given: Sequence[date], today: date) -> list[date]:
    """The given days, or Monday to Friday from today on."""
    for index, day in enumerate(given):
        check_day(monday, day, today, "days", index)
    usual = (monday + timedelta(number) for number in range(WORKING_DAYS))
    found = sorted(set(given)) or [day for day in usual if day >= today]
    if not found:
        raise invalid("该周没有剩余的工作日", "days")
    return found


def check_day(monday: date, day: date, today: date, *path: str | int) -> None:
    """A day of the week that is not past."""
    if not timedelta(0) <= day - monday < timedelta(WEEK):
        raise invalid("{day} 不在该周", *path, day=day)
    if day < today:
        raise invalid("不能更改过去的排班", *path)


def check_swap(first: UUID, second: UUID, days: Sequence[date]) -> None:
    """Two different workers swap on one day or two."""
    if first == second:
        raise invalid("不能和自己换班", "second")
    if not 1 <= len(set(days)) == len(days) <= MOST_SWAPPED:
        raise invalid("请写明一天或两天", "days")


def check_exchange(one: Shift, other: Shift, *path: str | int) -> None:
    """Two shifts that can be swapped: both at work, at different posts."""
    if DutyPost.ABSENT in {one.post, other.post}:
        raise invalid("有人当天不在岗", *path)
    if (one.post, one.branch) == (other.post, other.branch):
        raise invalid("两人岗位相同，不必换班", *path)


def propose(days: Sequence[Workday], branches: Sequence[UUID], history: History) -> dict[date, list[Shift]]:
    """A fair plan of the days.

    Nobody serves at a desk two days in a row where that can be avoided. Then desk days are shared equally, counting the
    weeks before. The branches take turns, with a worker of their own estate where that is equally fair.
    """
    planner = _Planner(branches, history)
    return {each.day: planner.plan(each) for each in sorted(days, key=lambda each: each.day)}


class _Planner:
    """Plans day by day and counts desk days."""

    def __init__(self, branches: Sequence[UUID], history: History) -> None:
        self._branches = branches
        self._days = {worker: set(days) for worker, days in history.desk_days.items()}
        self._received = dict(history.received)

    def plan(self, workday: Workday) -> list[Shift]:
        """The shifts of one day."""
        present = (worker for worker in workday.workers if worker.id not in workday.absent)
        order = sorted(present, key=lambda worker: (*self._burden(worker, workday.day), worker.id))
        desk, host = self._desk(workday.day, order)
        branch = self._next_branch() if host else None
        for worker in desk:
            self._days.setdefault(worker.id, set()).add(workday.day)
        if branch is not None:
            self._received[branch] = workday.day
        return [_shift(worker, workday, desk, host, branch) for worker in workday.workers]

    def _burden(self, worker: Worker, day: date) -> tuple[bool, int]:
        """True after a day at a desk, and the number of days at a desk."""
        days = self._days.get(worker.id, set())
        return self._day_before(day) in days, len(days)

    def _day_before(self, day: date) -> date | None:
        """The last day with desks before this one, at most a weekend away."""
        earlier = (each for days in self._days.values() for each in days if day - _WEEKEND <= each < day)
        return max(earlier, default=None)

    def _next_branch(self) -> UUID:
        """The branch that has waited longest."""
        return min(self._branches, key=lambda branch: self._received.get(branch, date.min))

    def _desk(self, day: date, order: list[Worker]) -> tuple[list[Worker], Worker | None]:
        """The workers at a desk, the least burdened first, and which of them receives at the branch."""
        rule = _rule(len(order))
        hall = rule.hall[-1] if len(order) >= ROOMY else rule.hall[0]
        desk = order[: hall + rule.reception]
        if not rule.reception:
            return desk, None
        last = self._burden(desk[-1], day)
        as_fair = [worker for worker in order[len(desk) :] if self._burden(worker, day) == last]
        branch = self._next_branch()
        own = next((worker for worker in (*desk, *as_fair) if branch in worker.branches), desk[0])
        return (desk if own in desk else [*desk[:-1], own]), own


def _shift(worker: Worker, workday: Workday, desk: Sequence[Worker], host: Worker | None, branch: UUID | None) -> Shift:
    if worker.id in workday.absent:
        return Shift(worker.id, DutyPost.ABSENT, reason=workday.absent[worker.id])
    if worker is host:
        return Shift(worker.id, DutyPost.RECEPTION, branch)
    return Shift(worker.id, DutyPost.HALL if worker in desk else DutyPost.OUTREACH)
