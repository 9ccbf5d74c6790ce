"""What appeals, disputes, wishes and incidents have in common: the phase of a case and the level that handles it."""

from collections.abc import Mapping
from enum import auto

from rules.appeals import AppealStatus
from rules.disputes import DisputeStatus
from rules.vocabulary import Word
from rules.wishes import WishStatus


class CasePhase(Word):
    """The phase of a case, to which each status of an appeal, a dispute, a wish and an incident belongs."""

    NEW = auto(), "待处理", "Nobody has taken it up yet."
    UNDERWAY = auto(), "处理中", "Being handled."
    AWAITING_CONFIRMATION = auto(), "待确认", "Answered; the reporter is asked whether it is solved."
    SOLVED = auto(), "已解决", "Closed, agreed, performed or fulfilled."
    ENDED_UNSOLVED = auto(), "未解决而终结", "Rejected, withdrawn, declined, failed, or not performed."


class HandlingLevel(Word):
    """The level that handles or settled a case: the levels of appeals and disputes together."""

    GRID = auto(), "网格", "The grid (小事不出网格)."
    COMMUNITY = auto(), "社区", "The community (大事不出社区)."
    JOINT = auto(), "联合调解", "The community, with legal counsel and the judicial office (联合调解)."
    CENTRE = auto(), "矛盾纠纷化解中心", "The farm's dispute resolution centre (矛盾纠纷化解中心)."
    FARM = auto(), "农场", "The farm."


class IncidentStatus(Word):
    """The status of an incident."""

    OPEN = auto(), "处理中", "One of its appeals has not ended."
    CLOSED = auto(), "已办结", "All of its appeals have ended."


PHASE_OF_APPEAL: Mapping[AppealStatus, CasePhase] = {
    AppealStatus.SUBMITTED: CasePhase.NEW,
    AppealStatus.ACCEPTED: CasePhase.UNDERWAY,
    AppealStatus.DISPATCHED: CasePhase.UNDERWAY,
    AppealStatus.IN_PROGRESS: CasePhase.UNDERWAY,
    AppealStatus.AWAITING_CONFIRMATION: CasePhase.AWAITING_CONFIRMATION,
    AppealStatus.CLOSED: CasePhase.SOLVED,
    AppealStatus.REJECTED: CasePhase.ENDED_UNSOLVED,
    AppealStatus.WITHDRAWN: CasePhase.ENDED_UNSOLVED,
}
PHASE_OF_DISPUTE: Mapping[DisputeStatus, CasePhase] = {
    DisputeStatus.REPORTED: CasePhase.NEW,
    DisputeStatus.MEDIATING: CasePhase.UNDERWAY,
    DisputeStatus.AGREED: CasePhase.SOLVED,
    DisputeStatus.PERFORMED: CasePhase.SOLVED,
    DisputeStatus.BREACHED: CasePhase.ENDED_UNSOLVED,
    DisputeStatus.FAILED: CasePhase.ENDED_UNSOLVED,
    DisputeStatus.REFUSED: CasePhase.ENDED_UNSOLVED,
    DisputeStatus.WITHDRAWN: CasePhase.ENDED_UNSOLVED,
}
PHASE_OF_WISH: Mapping[WishStatus, CasePhase] = {
    WishStatus.PROPOSED: CasePhase.NEW,
    WishStatus.PUBLISHED: CasePhase.UNDERWAY,
    WishStatus.CLAIMED: CasePhase.UNDERWAY,
    WishStatus.FULFILLED: CasePhase.SOLVED,
    WishStatus.DECLINED: CasePhase.ENDED_UNSOLVED,
}
PHASE_OF_INCIDENT: Mapping[IncidentStatus, CasePhase] = {
    IncidentStatus.OPEN: CasePhase.UNDERWAY,
    IncidentStatus.CLOSED: CasePhase.SOLVED,
}
