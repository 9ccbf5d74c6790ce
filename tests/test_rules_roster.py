"""The rule of the roster, and that every proposal keeps it fairly."""

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.refusals import Code, Refusal
from rules.roster import (
    DESKS,
    HALL,
    DutyPost,
    History,
    Shift,
    Workday,
    Worker,
    check_monday,
    check_rule,
    days_to_plan,
    faults,
    propose,
    shortages,
)
from schema.languages import message_of

MONDAY = date(2023, 11, 27)
DAY = timedelta(1)
BRANCHES = [UUID(int=1000 + number) for number in range(3)]


def team(count: int) -> list[Worker]:
    """Workers of three estates in turn."""
    return [Worker(UUID(int=n + 1), f"网格员{n + 1:02}", frozenset({BRANCHES[n % 3]})) for n in range(count)]


def week(count: int, days: int = 5, absent: dict[UUID, str] | None = None) -> list[Workday]:
    """Days on which the same workers are in office."""
    return [Workday(MONDAY + n * DAY, team(count), absent or {}) for n in range(days)]


def desk_days(plan: dict[date, list[Shift]], count: int) -> list[list[date]]:
    """On which days each worker serves at a desk."""
    return [
        [day for day, shifts in plan.items() for shift in shifts if shift.worker == worker.id and shift.post in DESKS]
        for worker in team(count)
    ]


@given(count=st.integers(4, 20), days=st.integers(1, 7))
@settings(deadline=None)
def test_a_proposal_keeps_the_rule_and_burdens_all_alike(count: int, days: int) -> None:
    plan = propose(week(count, days), BRANCHES, History())
    for each in week(count, days):
        assert faults(each.day, plan[each.day], each.workers) == []
    burden = [len(each) for each in desk_days(plan, count)]
    assert max(burden) - min(burden) <= 1
    assert plan == propose(week(count, days), BRANCHES, History())


@given(count=st.integers(6, 20))
@settings(deadline=None)
def test_from_six_workers_on_nobody_serves_two_days_in_a_row(count: int) -> None:
    plan = propose(week(count), BRANCHES, History())
    for days in desk_days(plan, count):
        assert all(later - earlier > DAY for earlier, later in pairwise(days))


@pytest.mark.long
@given(count=st.integers(4, 20), weeks=st.integers(1, 6))
@settings(deadline=None)
def test_the_weeks_before_count(count: int, weeks: int) -> None:
    served: dict[UUID, frozenset[date]] = {}
    for number in range(weeks):
        days = [Workday(each.day + number * 7 * DAY, each.workers) for each in week(count)]
        plan = propose(days, BRANCHES, History(served))
        for worker, more in zip(team(count), desk_days(plan, count), strict=True):
            served[worker.id] = served.get(worker.id, frozenset()) | frozenset(more)
    burden = [len(days) for days in served.values()]
    assert max(burden) - min(burden) <= 1


@pytest.mark.long
@given(
    count=st.integers(0, 20),
    away=st.sets(st.integers(0, 19)),
    past=st.dictionaries(st.integers(0, 19), st.sets(st.integers(1, 28)), max_size=20),
)
@settings(deadline=None)
def test_whoever_is_absent_and_whatever_was_before_the_rule_is_kept_as_far_as_it_can(
    count: int, away: set[int], past: dict[int, set[int]]
) -> None:
    absent = {worker.id: "休假" for n, worker in enumerate(team(count)) if n in away}
    before = {UUID(int=n + 1): frozenset(MONDAY - back * DAY for back in days) for n, days in past.items()}
    plan = propose(week(count, 5, absent), BRANCHES, History(before))
    for each in week(count, 5, absent):
        shifts = plan[each.day]
        assert faults(each.day, shifts, each.workers) == []
        assert {shift.worker for shift in shifts if shift.post is DutyPost.ABSENT} == set(absent)
        assert (shortages(shifts) == []) == (count - len(absent) >= 4)


def test_the_branches_take_turns_each_with_a_worker_of_its_own_estate() -> None:
    plan = propose(week(14), BRANCHES, History(received={BRANCHES[0]: MONDAY - DAY}))
    received = [shift for shifts in plan.values() for shift in shifts if shift.post is DutyPost.RECEPTION]
    assert [shift.branch for shift in received] == [BRANCHES[n] for n in (1, 2, 0, 1, 2)]
    assert [shift.branch in team(14)[shift.worker.int - 1].branches for shift in received] == [True] * 5


def test_who_came_from_a_desk_on_friday_is_outside_on_monday() -> None:
    friday = frozenset({MONDAY - 3 * DAY})
    plan = propose(week(6, 1), BRANCHES, History({UUID(int=n): friday for n in (1, 2, 3)}))
    assert {shift.worker.int for shift in plan[MONDAY] if shift.post in DESKS} == {4, 5, 6}


@pytest.mark.parametrize(("count", "hall"), [(4, 2), (7, 2), (8, 3), (20, 3)])
def test_three_serve_in_the_hall_when_there_are_enough(count: int, hall: int) -> None:
    (shifts,) = propose(week(count, 1), BRANCHES, History()).values()
    assert sum(shift.post is DutyPost.HALL for shift in shifts) == hall
    assert hall in HALL


@pytest.mark.parametrize(
    ("count", "posts", "lacking"),
    [
        (0, [], ["HALL", "RECEPTION", "OUTREACH"]),
        (1, ["RECEPTION"], ["HALL", "OUTREACH"]),
        (2, ["HALL", "HALL"], ["RECEPTION", "OUTREACH"]),
        (3, ["HALL", "HALL", "RECEPTION"], ["OUTREACH"]),
        (4, ["HALL", "HALL", "OUTREACH", "RECEPTION"], []),
    ],
)
def test_with_too_few_it_is_told_what_is_missing(count: int, posts: list[str], lacking: list[str]) -> None:
    (shifts,) = propose(week(count, 1), BRANCHES, History()).values()
    assert sorted(shift.post for shift in shifts) == posts
    assert shortages(shifts) == lacking


def test_a_refusal_lists_all_reasons() -> None:
    workers = team(6)
    shifts = [
        Shift(workers[0].id, DutyPost.HALL),
        Shift(workers[1].id, DutyPost.RECEPTION),
        Shift(workers[2].id, DutyPost.RECEPTION, BRANCHES[0]),
        Shift(workers[3].id, DutyPost.ABSENT),
        Shift(workers[3].id, DutyPost.OUTREACH),
        Shift(workers[4].id, DutyPost.OUTREACH),
        Shift(UUID(int=99), DutyPost.OUTREACH),
    ]
    with pytest.raises(Refusal) as refused:
        check_rule({MONDAY: shifts}, {MONDAY: workers})
    assert refused.value.code is Code.ROSTER_RULE
    assert message_of(refused.value, "en") == (
        "The roster breaks the rule: 2023-11-27: a branch goes with RECEPTION, and only with it; "
        "2023-11-27: a reason goes with ABSENT, and only with it; 2023-11-27: 网格员04 has two posts; "
        "2023-11-27: the hall needs 2 to 3, not 1; 2023-11-27: the branch needs 1, not 2; "
        "2023-11-27: 网格员06 has no post; "
        "2023-11-27: somebody is not a grid worker in office on that day."
    )
    assert refused.value.message() == (
        "排班不符合规则：2023-11-27 接待须写明网格党支部，其他岗位不写；2023-11-27 不在岗须写明原因，其他岗位不写；"
        "2023-11-27 网格员04安排了两次；2023-11-27 服务大厅应有 2 至 3 人，现有 1 人；"
        "2023-11-27 网格党支部应有 1 人接待，现有 2 人；2023-11-27 网格员06没有安排；"
        "2023-11-27 有人当天不是在任的网格员。"
    )


def test_a_week_is_planned_from_today_on() -> None:
    assert days_to_plan(MONDAY, [], MONDAY - DAY) == [MONDAY + n * DAY for n in range(5)]
    assert days_to_plan(MONDAY, [], MONDAY + 3 * DAY) == [MONDAY + 3 * DAY, MONDAY + 4 * DAY]
    saturday = MONDAY + 5 * DAY
    assert days_to_plan(MONDAY, [saturday, MONDAY, saturday], MONDAY) == [MONDAY, saturday]


@pytest.mark.parametrize(
    ("given_days", "today"),
    [([], MONDAY + 5 * DAY), ([MONDAY], MONDAY + DAY), ([MONDAY + 7 * DAY], MONDAY), ([MONDAY - DAY], MONDAY - DAY)],
)
def test_days_that_cannot_be_planned_are_refused(given_days: list[date], today: date) -> None:
    with pytest.raises(Refusal):
        days_to_plan(MONDAY, given_days, today)


def test_a_week_is_named_by_its_monday_and_near() -> None:
    check_monday(MONDAY, MONDAY + 6 * DAY)
    check_monday(MONDAY, MONDAY - 182 * DAY)
    for monday, today in ((MONDAY + DAY, MONDAY), (MONDAY, MONDAY + 7 * DAY), (MONDAY, MONDAY - 183 * DAY)):
        with pytest.raises(Refusal):
            check_monday(monday, today)
