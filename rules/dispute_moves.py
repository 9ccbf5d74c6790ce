"""The life of a dispute (domain.md section 6): one table of moves, which refusals and allowed actions follow."""

from dataclasses import dataclass
from enum import StrEnum

from rules.access import ALLOWED, COMMUNITY_ROLES, Act, Role, Viewer, require
from rules.disputes import NEXT_LEVEL, PENDING, DisputeLevel, DisputeStatus
from rules.journal import EntryKind
from rules.referrals import ReferralStatus
from rules.refusals import Code, Refusal, invalid

S, L, R = DisputeStatus, DisputeLevel, ReferralStatus


class Hands(StrEnum):
    """Whose move it is, of those whose role may make it at all."""

    MEDIATOR = "MEDIATOR"
    """Whoever mediates at the level where it is handled."""
    ANYBODY = "ANYBODY"
    """Whoever sees the case, at any level."""


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the life of a dispute: from where, to where (``None``: stays), what the journal calls it."""

    act: Act
    sources: frozenset[DisputeStatus]
    target: DisputeStatus | None
    entry: EntryKind
    hands: Hands = Hands.MEDIATOR
    levels: frozenset[DisputeLevel] = frozenset(DisputeLevel)
    willing: bool = False
    """Whether it is mediation, which a party who clearly refuses makes impossible (article 17)."""
    agreed: bool = False
    """Whether every party has to have agreed to be mediated."""
    referral: ReferralStatus | None = None
    """The open referral that it needs."""
    unreferred: bool = False
    """Whether there must be no open referral."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything about a dispute that its moves depend on."""

    status: DisputeStatus
    level: DisputeLevel = DisputeLevel.GRID
    refused: bool = False
    """Some party refuses mediation."""
    unanswered: bool = False
    """Some party has not said yes yet."""
    referral: ReferralStatus | None = None
    """How the open referral stands, if there is one."""


MEDIATORS: dict[DisputeLevel, frozenset[Role]] = {
    DisputeLevel.GRID: COMMUNITY_ROLES | {Role.GRID_LEADER},
    DisputeLevel.COMMUNITY: COMMUNITY_ROLES,
    DisputeLevel.JOINT: COMMUNITY_ROLES,
    DisputeLevel.CENTRE: frozenset({Role.CENTRE_MEDIATOR}),
}
"""In the grid the leader mediates, above it the community's mediation studio, in the centre its mediators."""

_AGREED = frozenset({S.AGREED, S.BREACHED})
_ABOVE_GRID = frozenset({L.COMMUNITY, L.JOINT})

CONSENT = Move(Act.NOTE_CONSENT, PENDING | {S.REFUSED}, None, EntryKind.CONSENT_NOTED, hands=Hands.ANYBODY)
"""Where it leads depends on who else refuses: rules/disputes.py ``status_after_consent``."""
BEGIN = Move(Act.BEGIN_MEDIATION, frozenset({S.REPORTED}), S.MEDIATING, EntryKind.MEDIATION_BEGUN, willing=True)
MEET = Move(Act.HOLD_MEETING, frozenset({S.MEDIATING}), None, EntryKind.MEETING_HELD, willing=True)
PLAN_VISIT = Move(Act.PLAN_SITE_VISIT, PENDING, None, EntryKind.SITE_VISIT_PLANNED, willing=True)
INVITE = Move(Act.INVITE_MEDIATOR, PENDING, None, EntryKind.MEDIATOR_INVITED, levels=frozenset({L.JOINT}), willing=True)
RELEASE = Move(Act.RELEASE_MEDIATOR, frozenset(S), None, EntryKind.MEDIATOR_RELEASED, levels=frozenset({L.JOINT}))
RAISE = Move(Act.RAISE_DISPUTE, PENDING, None, EntryKind.DISPUTE_RAISED, levels=frozenset(NEXT_LEVEL), unreferred=True)
REFER = Move(
    Act.REFER_DISPUTE,
    PENDING,
    None,
    EntryKind.DISPUTE_REFERRED,
    levels=_ABOVE_GRID,
    willing=True,
    agreed=True,
    unreferred=True,
)
RECALL = Move(Act.RECALL_REFERRAL, PENDING, None, EntryKind.REFERRAL_RECALLED, referral=R.PENDING)
ACCEPT = Move(Act.ACCEPT_REFERRAL, PENDING, None, EntryKind.REFERRAL_ACCEPTED, hands=Hands.ANYBODY, referral=R.PENDING)
REJECT = Move(Act.REJECT_REFERRAL, PENDING, None, EntryKind.REFERRAL_REJECTED, hands=Hands.ANYBODY, referral=R.PENDING)
REPORT_BACK = Move(Act.REPORT_BACK, frozenset(S) - PENDING, None, EntryKind.REFERRAL_DONE, referral=R.ACCEPTED)
ADD_PARTY = Move(Act.ADD_PARTY, PENDING, None, EntryKind.PARTY_ADDED, hands=Hands.ANYBODY)
"""Where it leads depends on whether they refuse: rules/disputes.py ``status_after_consent``."""
CLAIM = Move(Act.NOTE_CLAIM, PENDING, None, EntryKind.CLAIM_NOTED, hands=Hands.ANYBODY)
FIND = Move(Act.RECORD_FINDING, PENDING, None, EntryKind.FINDING_RECORDED, hands=Hands.ANYBODY)
UNFIND = Move(Act.RECORD_FINDING, PENDING, None, EntryKind.FINDING_WITHDRAWN, hands=Hands.ANYBODY)
"""A finding that was wrong; not a move of its own, but the other half of ``FIND``."""
EVIDENCE = Move(Act.ADD_EVIDENCE, PENDING | _AGREED, None, EntryKind.EVIDENCE_ADDED, hands=Hands.ANYBODY)
AGREE = Move(Act.RECORD_AGREEMENT, PENDING, S.AGREED, EntryKind.AGREEMENT_RECORDED, willing=True)
FAIL = Move(Act.FAIL_MEDIATION, frozenset({S.MEDIATING}), S.FAILED, EntryKind.MEDIATION_FAILED)
WITHDRAW = Move(Act.WITHDRAW_DISPUTE, PENDING, S.WITHDRAWN, EntryKind.DISPUTE_WITHDRAWN, hands=Hands.ANYBODY)
WRITE = Move(Act.WRITE_AGREEMENT, frozenset({S.AGREED}), None, EntryKind.AGREEMENT_WRITTEN)
MARK = Move(Act.MARK_AGREEMENT, frozenset({S.AGREED}), None, EntryKind.AGREEMENT_MARKED)
CONFIRM = Move(Act.NOTE_CONFIRMATION, _AGREED | {S.PERFORMED}, None, EntryKind.CONFIRMATION_NOTED, hands=Hands.ANYBODY)
CHECK = Move(Act.CHECK_PERFORMANCE, _AGREED, None, EntryKind.PERFORMANCE_CHECKED, hands=Hands.ANYBODY)
"""Where it leads depends on what was found: rules/agreements.py ``status_after_check``."""

MOVES: tuple[Move, ...] = (
    *(CONSENT, BEGIN, MEET, PLAN_VISIT, INVITE, RELEASE, RAISE, REFER, RECALL, ACCEPT, REJECT, REPORT_BACK),
    *(ADD_PARTY, CLAIM, FIND, EVIDENCE, AGREE, FAIL, WITHDRAW, WRITE, MARK, CONFIRM, CHECK),
)


def levels_for(role: Role | None, move: Move) -> frozenset[DisputeLevel]:
    """The levels at which this role may make the move, of those whose role may make it at all."""
    if move.hands is Hands.ANYBODY:
        return move.levels
    return frozenset(level for level in move.levels if role in MEDIATORS[level])


def check_move(viewer: Viewer, move: Move, standing: Standing) -> DisputeStatus:
    """The status after the move, or the refusal: NOT_ALLOWED, PARTY_REFUSES, WRONG_STATE, WRONG_LEVEL and so on."""
    require(viewer, move.act)
    if move.willing and standing.refused:
        raise Refusal(Code.PARTY_REFUSES)
    if standing.status not in move.sources:
        raise Refusal(Code.WRONG_STATE, status=standing.status.value)
    if standing.level not in levels_for(viewer.role, move):
        raise Refusal(Code.WRONG_LEVEL, level=standing.level.value)
    _check_referral(move, standing.referral)
    if move.agreed and standing.unanswered:
        raise Refusal(Code.CONSENT_MISSING)
    return move.target or standing.status


def _check_referral(move: Move, referral: ReferralStatus | None) -> None:
    if move.referral is not None and referral is not move.referral:
        zh, en = ("没有等待接收的移交", "no such referral is open")
        raise invalid(zh, en, "dispute")
    if move.unreferred and referral is not None:
        raise invalid("已移交，等待答复", "it has been referred already", "dispute")


def allowed_acts(role: Role | None, standing: Standing) -> list[Act]:
    """What this role may do with a dispute that stands like this; the same table as the refusals'."""
    return [move.act for move in MOVES if role in ALLOWED[move.act] and _allows(role, move, standing)]


def _allows(role: Role | None, move: Move, standing: Standing) -> bool:
    try:
        check_move(Viewer(role=role), move, standing)
    except Refusal:
        return False
    return True
