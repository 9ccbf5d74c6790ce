"""The life of an appeal (domain.md section 5): one table of moves, which refusals and allowed actions follow."""

from dataclasses import dataclass, replace

from rules.access import COMMUNITY_ROLES, WORKERS, Act, Role, Viewer, require
from rules.appeals import MOST_OBJECTIONS, NEXT_LEVEL, AppealLevel, AppealStatus
from rules.clocks import RUNNING
from rules.journal import EntryKind as Kind
from rules.moves import Move
from rules.refusals import Code, Refusal, invalid

S = AppealStatus


@dataclass(frozen=True, slots=True)
class AppealMove(Move[AppealStatus]):
    """A move of an appeal, made by those who handle appeals at its level unless ``any_level`` is set."""

    any_level: bool = False
    """Also open to the reporter, and to a worker for them, at any level."""
    levels: frozenset[AppealLevel] = frozenset(AppealLevel)
    paused: bool | None = None
    """The state of the clocks that the move requires: True for paused, False for running."""
    report: bool = False
    """Only for reports of building heads."""
    contested: bool = False
    """Only for community roles after :data:`MOST_OBJECTIONS` objections by organisations."""
    in_time: bool = False
    """Only while the appeal can be reopened."""
    single: bool = False
    """Not for an appeal in an incident, which makes this move for all its appeals at once."""


@dataclass(frozen=True, slots=True)
class AppealState:
    """The facts of an appeal that its moves depend on."""

    status: AppealStatus
    level: AppealLevel = AppealLevel.GRID
    report: bool = False
    paused: bool = False
    objections: int = 0
    reopenable: bool = False
    in_incident: bool = False


_HANDLERS: dict[AppealLevel, frozenset[Role]] = {
    AppealLevel.GRID: WORKERS,
    AppealLevel.COMMUNITY: COMMUNITY_ROLES,
    AppealLevel.FARM: COMMUNITY_ROLES,
}
"""Above the grid, appeals are handled in the community's name (以社区名义)."""

_NEW = frozenset({S.SUBMITTED})
_DISPATCHED = frozenset({S.DISPATCHED})
_ANSWERED = frozenset({S.AWAITING_CONFIRMATION})
_ACTIVE = frozenset({S.ACCEPTED, S.IN_PROGRESS})
_OPEN = RUNNING | _ANSWERED
_CLOSED = frozenset({S.CLOSED})
_RAISABLE = frozenset(NEXT_LEVEL)

ACCEPT = AppealMove(Act.ACCEPT_APPEAL, _NEW, S.ACCEPTED, Kind.APPEAL_ACCEPTED)
BEGIN = AppealMove(Act.BEGIN_APPEAL, frozenset({S.ACCEPTED}), S.IN_PROGRESS, Kind.APPEAL_BEGUN)
DISPATCH = AppealMove(Act.DISPATCH_APPEAL, _ACTIVE, S.DISPATCHED, Kind.APPEAL_DISPATCHED, contested=True, single=True)
RECALL = AppealMove(Act.RECALL_DISPATCH, _DISPATCHED, S.ACCEPTED, Kind.DISPATCH_RECALLED, single=True)
TAKE_ON = AppealMove(Act.ACCEPT_DISPATCH, _DISPATCHED, S.IN_PROGRESS, Kind.DISPATCH_ACCEPTED, single=True)
OBJECT = AppealMove(Act.OBJECT_DISPATCH, _DISPATCHED, S.ACCEPTED, Kind.DISPATCH_OBJECTED, single=True)
ANSWER = AppealMove(Act.ANSWER_APPEAL, _ACTIVE, S.AWAITING_CONFIRMATION, Kind.APPEAL_ANSWERED)
CONFIRM = AppealMove(Act.CONFIRM_APPEAL, _ANSWERED, S.CLOSED, Kind.APPEAL_CONFIRMED, any_level=True)
RETURN = replace(CONFIRM, target=S.IN_PROGRESS, entry=Kind.APPEAL_RETURNED)
REJECT = AppealMove(Act.REJECT_APPEAL, _NEW | {S.ACCEPTED}, S.REJECTED, Kind.APPEAL_REJECTED)
WITHDRAW = AppealMove(Act.WITHDRAW_APPEAL, _OPEN, S.WITHDRAWN, Kind.APPEAL_WITHDRAWN, any_level=True)
REOPEN = AppealMove(Act.REOPEN_APPEAL, _CLOSED, S.IN_PROGRESS, Kind.APPEAL_REOPENED, any_level=True, in_time=True)
ESCALATE = AppealMove(Act.ESCALATE_APPEAL, _ACTIVE | _DISPATCHED, None, Kind.APPEAL_ESCALATED, levels=_RAISABLE)
PAUSE = AppealMove(Act.PAUSE_APPEAL, RUNNING, None, Kind.APPEAL_PAUSED, paused=False)
RESUME = AppealMove(Act.RESUME_APPEAL, RUNNING, None, Kind.APPEAL_RESUMED, paused=True)
ADD = AppealMove(Act.ADD_TO_APPEAL, _OPEN, None, Kind.APPEAL_NOTED, any_level=True)
CALL_BACK = AppealMove(Act.RECORD_CALL_BACK, _OPEN | _CLOSED, None, Kind.CALL_BACK_RECORDED, any_level=True)
"""A call-back that does not accept the appeal: it reached nobody, or the appeal was accepted before."""
CORRECT = AppealMove(Act.CORRECT_APPEAL, frozenset(S), None, Kind.APPEAL_CORRECTED)
SETTLE = AppealMove(Act.SETTLE_REPORT, _NEW | _ACTIVE, S.CLOSED, Kind.REPORT_SETTLED, report=True)
"""Turns a building head's report into an appeal, a register change or a dispute."""

MOVES: tuple[AppealMove, ...] = (
    *(ACCEPT, BEGIN, DISPATCH, RECALL, TAKE_ON, OBJECT, ANSWER, CONFIRM, RETURN, REJECT, WITHDRAW, REOPEN, ESCALATE),
    *(PAUSE, RESUME, ADD, SETTLE, CALL_BACK, CORRECT),
)

DISPATCH_ALL = replace(DISPATCH, sources=DISPATCH.sources | ACCEPT.sources)
"""The dispatch of an incident, which accepts those of its appeals that are only submitted."""
OF_INCIDENT = (DISPATCH_ALL, RECALL, TAKE_ON, OBJECT, ANSWER)
"""The moves that an incident makes for all of its appeals."""

FROM_REPORTER = frozenset(move.entry for move in MOVES if None in move.act.roles)
"""The entries that a reporter without an account can make. Their notes are shown to them unless a worker wrote them."""


def levels_for(role: Role | None, move: AppealMove) -> frozenset[AppealLevel]:
    """The levels at which a role that may do the act can make the move. An organisation works at any level."""
    if move.any_level or role is Role.PARTNER:
        return move.levels
    return frozenset(level for level in move.levels if role in _HANDLERS[level])


def sources_for(role: Role | None, move: AppealMove) -> frozenset[AppealStatus]:
    """The statuses from which a role can make the move.

    An organisation answers only what it has accepted. What has ended is corrected only in the community's name.
    """
    if move is CORRECT and role not in COMMUNITY_ROLES:
        return _OPEN
    if move is ANSWER and role is Role.PARTNER:
        return frozenset({S.IN_PROGRESS})
    return move.sources


def check_move(viewer: Viewer, move: AppealMove, state: AppealState) -> AppealStatus:
    """The status after the move; raises the refusal of the first condition that does not hold."""
    require(viewer, move.act)
    if state.status not in sources_for(viewer.role, move):
        raise Refusal(Code.WRONG_STATE, status=state.status)
    if state.level not in levels_for(viewer.role, move):
        raise Refusal(Code.WRONG_LEVEL, level=state.level)
    if move.report and not state.report:
        raise invalid("该诉求不是情况反映", "appeal")
    if move.single and state.in_incident:
        raise invalid("已并入事件，请在事件中办理", "appeal")
    if move.paused is True and not state.paused:
        raise invalid("计时没有暂停", "appeal")
    if move.paused is False and state.paused:
        raise invalid("计时已经暂停", "appeal")
    if move.contested and state.objections >= MOST_OBJECTIONS and viewer.role not in COMMUNITY_ROLES:
        raise Refusal(Code.WRONG_LEVEL, level=AppealLevel.COMMUNITY)
    if move.in_time and not state.reopenable:
        raise invalid("已过可以重新打开的期限", "appeal")
    return move.target or state.status
