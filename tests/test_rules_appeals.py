"""The life of an appeal, pure: every role and standing against the one table, and against what is written here."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import appeal_moves as moves
from rules.access import COMMUNITY_ROLES, Act, Role, Viewer
from rules.appeal_moves import MOVES, AppealMove, AppealState, check_move
from rules.appeals import ENDED, AppealLevel, AppealStatus
from rules.clocks import DeadlineState, Times, check_pause, check_times
from rules.refusals import Code, Refusal
from tests.reference import appeal_acts, deadline_state

WHO = UUID(int=1)
NOW = datetime(2023, 12, 5, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
S, G = AppealStatus, AppealLevel
roles = st.sampled_from([None, *Role])
standings = st.builds(
    AppealState,
    st.sampled_from(AppealStatus),
    st.sampled_from(AppealLevel),
    report=st.booleans(),
    paused=st.booleans(),
    objections=st.integers(0, 3),
    reopenable=st.booleans(),
    in_incident=st.booleans(),
)


def refusal(function: object, *arguments: object) -> Code | None:
    """The code a rule refuses with, if it does."""
    try:
        function(*arguments)  # type: ignore[operator]
    except Refusal as refused:
        return refused.code
    return None


@given(roles, standings)
def test_what_is_offered_is_what_is_not_refused(role: Role | None, standing: AppealState) -> None:
    offered = appeal_acts(role, standing)
    done = {move.act for move in MOVES if refusal(check_move, Viewer(WHO, role), move, standing) is None}
    assert set(offered) == done
    assert len(offered) == len(set(offered))


OFFERED: dict[AppealStatus, dict[Role | None, str]] = {
    S.SUBMITTED: {
        Role.GRID_WORKER: "ACCEPT_APPEAL REJECT_APPEAL WITHDRAW_APPEAL ADD_TO_APPEAL RECORD_CALL_BACK CORRECT_APPEAL",
        Role.SECRETARY: "ACCEPT_APPEAL REJECT_APPEAL WITHDRAW_APPEAL PAUSE_APPEAL ADD_TO_APPEAL"
        " RECORD_CALL_BACK CORRECT_APPEAL",
        Role.PARTNER: "ADD_TO_APPEAL",
        None: "WITHDRAW_APPEAL ADD_TO_APPEAL",
    },
    S.ACCEPTED: {
        Role.GRID_WORKER: "BEGIN_APPEAL DISPATCH_APPEAL ANSWER_APPEAL REJECT_APPEAL WITHDRAW_APPEAL ESCALATE_APPEAL"
        " ADD_TO_APPEAL"
        " RECORD_CALL_BACK CORRECT_APPEAL",
        None: "WITHDRAW_APPEAL ADD_TO_APPEAL",
    },
    S.DISPATCHED: {
        Role.GRID_WORKER: "RECALL_DISPATCH WITHDRAW_APPEAL ESCALATE_APPEAL ADD_TO_APPEAL"
        " RECORD_CALL_BACK CORRECT_APPEAL",
        Role.PARTNER: "ACCEPT_DISPATCH OBJECT_DISPATCH ADD_TO_APPEAL",
        None: "WITHDRAW_APPEAL ADD_TO_APPEAL",
    },
    S.IN_PROGRESS: {
        Role.GRID_WORKER: "DISPATCH_APPEAL ANSWER_APPEAL WITHDRAW_APPEAL ESCALATE_APPEAL ADD_TO_APPEAL"
        " RECORD_CALL_BACK CORRECT_APPEAL",
        Role.PARTNER: "ANSWER_APPEAL ADD_TO_APPEAL",
        Role.BUILDING_HEAD: "WITHDRAW_APPEAL ADD_TO_APPEAL",
    },
    S.AWAITING_CONFIRMATION: {
        Role.GRID_WORKER: "CONFIRM_APPEAL WITHDRAW_APPEAL ADD_TO_APPEAL RECORD_CALL_BACK CORRECT_APPEAL",
        Role.PARTNER: "ADD_TO_APPEAL",
        None: "CONFIRM_APPEAL WITHDRAW_APPEAL ADD_TO_APPEAL",
    },
    S.CLOSED: {
        Role.GRID_WORKER: "RECORD_CALL_BACK",
        Role.SECRETARY: "RECORD_CALL_BACK CORRECT_APPEAL",
        Role.PARTNER: "",
        None: "",
    },
    S.REJECTED: {Role.GRID_WORKER: "", Role.SECRETARY: "CORRECT_APPEAL", None: ""},
    S.WITHDRAWN: {Role.GRID_WORKER: "", Role.SECRETARY: "CORRECT_APPEAL", None: ""},
}


@pytest.mark.parametrize(("status", "role"), [(status, role) for status, by in OFFERED.items() for role in by])
def test_who_may_do_what_where(status: AppealStatus, role: Role | None) -> None:
    assert appeal_acts(role, AppealState(status)) == OFFERED[status][role].split()


def test_above_the_grid_the_community_handles_it() -> None:
    raised = AppealState(S.ACCEPTED, G.COMMUNITY)
    assert appeal_acts(Role.GRID_WORKER, raised) == [*(Act.WITHDRAW_APPEAL, Act.ADD_TO_APPEAL, Act.RECORD_CALL_BACK)]
    assert Act.ANSWER_APPEAL in appeal_acts(Role.COMMUNITY_STAFF, raised)
    assert refusal(check_move, Viewer(WHO, Role.GRID_WORKER), moves.ANSWER, raised) is Code.WRONG_LEVEL
    assert Act.ESCALATE_APPEAL not in appeal_acts(Role.SECRETARY, AppealState(S.ACCEPTED, G.FARM))


def test_after_two_objections_only_the_community_decides() -> None:
    for objections, may in ((0, True), (1, True), (2, False)):
        standing = AppealState(S.ACCEPTED, objections=objections)
        assert (Act.DISPATCH_APPEAL in appeal_acts(Role.GRID_WORKER, standing)) is may
        for role in COMMUNITY_ROLES:
            assert Act.DISPATCH_APPEAL in appeal_acts(role, standing)


def test_a_pause_has_an_end_and_is_not_paused_again() -> None:
    assert Act.RESUME_APPEAL in appeal_acts(Role.SECRETARY, AppealState(S.IN_PROGRESS, paused=True))
    assert Act.PAUSE_APPEAL not in appeal_acts(Role.SECRETARY, AppealState(S.IN_PROGRESS, paused=True))
    assert refusal(check_pause, NOW, NOW) is Code.INVALID_INPUT
    assert refusal(check_pause, NOW + timedelta(days=90), NOW) is None
    assert refusal(check_pause, NOW + timedelta(days=90, seconds=1), NOW) is Code.INVALID_INPUT


def test_a_closed_one_is_opened_again_in_time_alone() -> None:
    assert appeal_acts(None, AppealState(S.CLOSED, reopenable=True)) == [Act.REOPEN_APPEAL]


def test_an_incident_is_dispatched_as_one() -> None:
    alone, merged = (appeal_acts(Role.GRID_WORKER, AppealState(S.ACCEPTED, in_incident=each)) for each in (False, True))
    assert set(alone) - set(merged) == {Act.DISPATCH_APPEAL}


@given(roles, standings, st.sampled_from(MOVES))
def test_no_move_leads_out_of_what_ended_but_reopening(
    role: Role | None, standing: AppealState, move: AppealMove
) -> None:
    if standing.status in ENDED and refusal(check_move, Viewer(WHO, role), move, standing) is None:
        assert move is moves.REOPEN or move.target is None


@pytest.mark.parametrize(
    ("hours_left", "met", "paused", "state"),
    [
        (10, None, None, DeadlineState.ON_TIME),
        (2, None, None, DeadlineState.DUE_SOON),
        (0, None, None, DeadlineState.OVERDUE),
        (-5, None, NOW + HOUR, DeadlineState.PAUSED),
        (-5, None, NOW, DeadlineState.OVERDUE),
        (-5, NOW - 5 * HOUR, None, DeadlineState.MET),
        (-5, NOW - 4 * HOUR, NOW + HOUR, DeadlineState.MET_LATE),
    ],
)
def test_how_a_deadline_stands(
    hours_left: int, met: datetime | None, paused: datetime | None, state: DeadlineState
) -> None:
    assert deadline_state(NOW + hours_left * HOUR, 10 * HOUR, met, paused, NOW) is state


@pytest.mark.parametrize(
    ("times", "path"),
    [
        (Times(60, 120, 30, 7, 30), None),
        (Times(0, 120, 30, 7, 30), "responseMinutes"),
        (Times(60, 59, 30, 7, 30), "resolutionMinutes"),
        (Times(60, 120, 10**9, 7, 30), "stepMinutes"),
        (Times(60, 120, 30, 0, 30), "silenceDays"),
        (Times(60, 120, 30, 7, 367), "reopenDays"),
    ],
)
def test_times_that_cannot_be_are_named(times: Times, path: str | None) -> None:
    if path is None:
        check_times(times)
    else:
        with pytest.raises(Refusal) as refused:
            check_times(times)
        assert refused.value.path == (path,)
