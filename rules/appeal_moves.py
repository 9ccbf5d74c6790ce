"""The life of an appeal (domain.md section 5): one table of moves, which refusals and allowed actions follow."""

from dataclasses import dataclass, replace
from enum import StrEnum

from rules.access import ALLOWED, COMMUNITY_ROLES, WORKERS, Act, Role, Viewer, require
from rules.appeals import MOST_OBJECTIONS, NEXT_LEVEL, AppealLevel, AppealStatus
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid

S = AppealStatus


class Hands(StrEnum):
    """Whose move it is, of those whose role may make it at all."""

    HANDLER = "HANDLER"
    """Whoever handles it at its level; an organisation, what it took on."""
    ANYBODY = "ANYBODY"
    """The reporter, or a worker for them, at any level; or the organisation that it is with."""


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the life of an appeal: from where, to where (``None``: stays), what the journal calls it."""

    act: Act
    sources: frozenset[AppealStatus]
    target: AppealStatus | None
    entry: EntryKind
    hands: Hands = Hands.HANDLER
    paused: bool | None = None
    """Whether the clocks have to be paused, or must not be."""
    report: bool = False
    """Whether it is for reports alone."""
    contested_by: frozenset[Role] | None = None
    """Who alone may make it once organisations have objected too often."""
    rises: bool = False
    """Whether it needs a level above."""
    in_time: bool = False
    """Whether it has to come within the time for reopening."""
    alone: bool = False
    """Whether an incident makes it for all its appeals at once, and none of them by itself."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything about an appeal that its moves depend on."""

    status: AppealStatus
    level: AppealLevel = AppealLevel.GRID
    report: bool = False
    paused: bool = False
    objections: int = 0
    reopenable: bool = False
    in_incident: bool = False


HANDLERS: dict[AppealLevel, frozenset[Role]] = {
    AppealLevel.GRID: WORKERS,
    AppealLevel.COMMUNITY: COMMUNITY_ROLES,
    AppealLevel.FARM: COMMUNITY_ROLES,
}
"""Who handles an appeal at each level; above the grid it is done in the community's name (以社区名义)."""

_OPEN_HANDS = frozenset({S.ACCEPTED, S.IN_PROGRESS})
_RUNNING = frozenset({S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS})
_UNENDED = _RUNNING | {S.AWAITING_CONFIRMATION}

ACCEPT = Move(Act.ACCEPT_APPEAL, frozenset({S.SUBMITTED}), S.ACCEPTED, EntryKind.APPEAL_ACCEPTED)
BEGIN = Move(Act.BEGIN_APPEAL, frozenset({S.ACCEPTED}), S.IN_PROGRESS, EntryKind.APPEAL_BEGUN)
DISPATCH = Move(
    Act.DISPATCH_APPEAL,
    _OPEN_HANDS,
    S.DISPATCHED,
    EntryKind.APPEAL_DISPATCHED,
    contested_by=COMMUNITY_ROLES,
    alone=True,
)
RECALL = Move(Act.RECALL_DISPATCH, frozenset({S.DISPATCHED}), S.ACCEPTED, EntryKind.DISPATCH_RECALLED, alone=True)
TAKE_ON = Move(
    Act.ACCEPT_DISPATCH,
    frozenset({S.DISPATCHED}),
    S.IN_PROGRESS,
    EntryKind.DISPATCH_ACCEPTED,
    hands=Hands.ANYBODY,
    alone=True,
)
OBJECT = Move(
    Act.OBJECT_DISPATCH,
    frozenset({S.DISPATCHED}),
    S.ACCEPTED,
    EntryKind.DISPATCH_OBJECTED,
    hands=Hands.ANYBODY,
    alone=True,
)
ANSWER = Move(Act.ANSWER_APPEAL, _OPEN_HANDS, S.AWAITING_CONFIRMATION, EntryKind.APPEAL_ANSWERED)
CONFIRM = Move(
    Act.CONFIRM_APPEAL,
    frozenset({S.AWAITING_CONFIRMATION}),
    S.CLOSED,
    EntryKind.APPEAL_CONFIRMED,
    hands=Hands.ANYBODY,
)
RETURN = replace(CONFIRM, target=S.IN_PROGRESS, entry=EntryKind.APPEAL_RETURNED)
REJECT = Move(Act.REJECT_APPEAL, frozenset({S.SUBMITTED, S.ACCEPTED}), S.REJECTED, EntryKind.APPEAL_REJECTED)
WITHDRAW = Move(Act.WITHDRAW_APPEAL, _UNENDED, S.WITHDRAWN, EntryKind.APPEAL_WITHDRAWN, hands=Hands.ANYBODY)
REOPEN = Move(
    Act.REOPEN_APPEAL,
    frozenset({S.CLOSED}),
    S.IN_PROGRESS,
    EntryKind.APPEAL_REOPENED,
    hands=Hands.ANYBODY,
    in_time=True,
)
ESCALATE = Move(Act.ESCALATE_APPEAL, _OPEN_HANDS | {S.DISPATCHED}, None, EntryKind.APPEAL_ESCALATED, rises=True)
PAUSE = Move(Act.PAUSE_APPEAL, _RUNNING, None, EntryKind.APPEAL_PAUSED, hands=Hands.ANYBODY, paused=False)
RESUME = Move(Act.RESUME_APPEAL, _RUNNING, None, EntryKind.APPEAL_RESUMED, hands=Hands.ANYBODY, paused=True)
ADD = Move(Act.ADD_TO_APPEAL, _UNENDED, None, EntryKind.APPEAL_NOTED, hands=Hands.ANYBODY)
SETTLE = Move(
    Act.SETTLE_REPORT, frozenset({S.SUBMITTED, *_OPEN_HANDS}), S.CLOSED, EntryKind.REPORT_SETTLED, report=True
)
"""A building head's report becomes something else; with any other kind of appeal it is no move."""

MOVES: tuple[Move, ...] = (
    *(ACCEPT, BEGIN, DISPATCH, RECALL, TAKE_ON, OBJECT, ANSWER, CONFIRM, RETURN, REJECT, WITHDRAW, REOPEN, ESCALATE),
    *(PAUSE, RESUME, ADD, SETTLE),
)
LAPSE = Move(CONFIRM.act, CONFIRM.sources, S.CLOSED, EntryKind.APPEAL_LAPSED)
"""Closed by silence: nobody's move, but what becomes of an answer that nobody contradicts."""


def levels_for(role: Role | None, move: Move) -> frozenset[AppealLevel]:
    """The levels at which this role may make the move, of those whose role may make it at all."""
    everywhere = frozenset(AppealLevel) if not move.rises else frozenset(NEXT_LEVEL)
    if move.hands is Hands.ANYBODY or role is Role.PARTNER:
        return everywhere
    return frozenset(level for level in everywhere if role in HANDLERS[level])


def sources_for(role: Role | None, move: Move) -> frozenset[AppealStatus]:
    """Where this role may start the move; an organisation works at what it took on, no sooner."""
    return move.sources & {S.IN_PROGRESS} if move is ANSWER and role is Role.PARTNER else move.sources


def check_move(viewer: Viewer, move: Move, standing: Standing) -> AppealStatus:
    """The status after the move, or the refusal: NOT_ALLOWED, WRONG_STATE or WRONG_LEVEL."""
    require(viewer, move.act)
    status, level = standing.status, standing.level
    if status not in sources_for(viewer.role, move):
        raise Refusal(Code.WRONG_STATE, status=status.value)
    if level not in levels_for(viewer.role, move):
        raise Refusal(Code.WRONG_LEVEL, level=level.value)
    if move.report and not standing.report:
        raise invalid("这不是情况反映", "this is not a report", "appeal")
    if move.alone and standing.in_incident:
        raise invalid("已并入事件，请在事件上办理", "it is part of an incident, where this is done", "appeal")
    if move.paused is not None and move.paused is not standing.paused:
        raise invalid(*(("没有暂停", "not paused") if move.paused else ("已经暂停", "paused already")), "appeal")
    if not _contest_allows(viewer.role, move, standing):
        raise Refusal(Code.WRONG_LEVEL, level=AppealLevel.COMMUNITY.value)
    if move.in_time and not standing.reopenable:
        raise invalid("已过可以重新打开的期限", "the time for reopening is over", "appeal")
    return move.target or status


def _contest_allows(role: Role | None, move: Move, standing: Standing) -> bool:
    contested = move.contested_by is not None and standing.objections >= MOST_OBJECTIONS
    return not contested or role in (move.contested_by or ())


def allowed_acts(role: Role | None, standing: Standing) -> list[Act]:
    """What this role may do with an appeal that stands like this; the same table as the refusals'."""
    found = [move.act for move in MOVES if role in ALLOWED[move.act] and _allows(role, move, standing)]
    return list(dict.fromkeys(found))


def _allows(role: Role | None, move: Move, standing: Standing) -> bool:
    try:
        check_move(Viewer(role=role), move, standing)
    except Refusal:
        return False
    return True


def next_level(level: AppealLevel) -> AppealLevel:
    """One level up; the farm is the highest."""
    if level not in NEXT_LEVEL:
        raise Refusal(Code.WRONG_LEVEL, level=level.value)
    return NEXT_LEVEL[level]
