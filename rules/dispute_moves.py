"""The life of a dispute (domain.md section 6): one table of moves, which refusals and allowed actions follow."""

from dataclasses import dataclass

from rules.access import COMMUNITY_ROLES, COORDINATORS, INVITED_ROLES, Act, Role, Viewer, require
from rules.disputes import NEXT_LEVEL, PENDING, SETTLED, DisputeLevel, DisputeStatus
from rules.journal import EntryKind as Kind
from rules.moves import Move
from rules.referrals import ReferralStatus
from rules.refusals import Code, Refusal, invalid

S, L, R = DisputeStatus, DisputeLevel, ReferralStatus


@dataclass(frozen=True, slots=True)
class DisputeMove(Move[DisputeStatus]):
    """A move of a dispute, made by the mediators of its level unless ``any_level`` is set."""

    any_level: bool = False
    """Open at any level to everyone who sees the case and whose role may do the act."""
    levels: frozenset[DisputeLevel] = frozenset(DisputeLevel)
    mediates: bool = False
    """Part of mediation, which is refused while a party clearly refuses it (article 17)."""
    consented: bool = False
    """Only once every party has agreed to mediation."""
    referral: ReferralStatus | None = None
    """The status that the open referral must have."""
    unreferred: bool = False
    """Only without an open referral."""


@dataclass(frozen=True, slots=True)
class DisputeState:
    """The facts of a dispute that its moves depend on."""

    status: DisputeStatus
    level: DisputeLevel = DisputeLevel.GRID
    refused: bool = False
    """True if a party refuses mediation."""
    unanswered: bool = False
    """True if a party has not agreed yet."""
    referral: ReferralStatus | None = None
    """The status of the open referral, if there is one."""


_MEDIATORS: dict[DisputeLevel, frozenset[Role]] = {
    DisputeLevel.GRID: COORDINATORS,
    DisputeLevel.COMMUNITY: COMMUNITY_ROLES,
    DisputeLevel.JOINT: COMMUNITY_ROLES | INVITED_ROLES,
    DisputeLevel.CENTRE: frozenset({Role.CENTRE_MEDIATOR}),
}

_AGREED = frozenset({S.AGREED, S.BREACHED})
_MEDIATING = frozenset({S.MEDIATING})
_JOINT = frozenset({L.JOINT})
_ABOVE_GRID = frozenset({L.COMMUNITY, L.JOINT})
_RAISABLE = frozenset(NEXT_LEVEL)

CONSENT = DisputeMove(Act.NOTE_CONSENT, PENDING | {S.REFUSED}, None, Kind.CONSENT_NOTED, any_level=True)
"""The target depends on the other parties: ``status_after_consent`` in rules/disputes.py."""
BEGIN = DisputeMove(Act.BEGIN_MEDIATION, frozenset({S.REPORTED}), S.MEDIATING, Kind.MEDIATION_BEGUN, mediates=True)
MEET = DisputeMove(Act.HOLD_MEETING, _MEDIATING, None, Kind.MEETING_HELD, mediates=True)
PLAN_VISIT = DisputeMove(Act.PLAN_SITE_VISIT, PENDING, None, Kind.SITE_VISIT_PLANNED, mediates=True)
INVITE = DisputeMove(Act.INVITE_MEDIATOR, PENDING, None, Kind.MEDIATOR_INVITED, levels=_JOINT, mediates=True)
RELEASE = DisputeMove(Act.RELEASE_MEDIATOR, frozenset(S), None, Kind.MEDIATOR_RELEASED, levels=_JOINT)
RAISE = DisputeMove(Act.RAISE_DISPUTE, PENDING, None, Kind.DISPUTE_RAISED, levels=_RAISABLE, unreferred=True)
REFER = DisputeMove(
    Act.REFER_DISPUTE,
    PENDING,
    None,
    Kind.DISPUTE_REFERRED,
    levels=_ABOVE_GRID,
    mediates=True,
    consented=True,
    unreferred=True,
)
RECALL = DisputeMove(Act.RECALL_REFERRAL, PENDING, None, Kind.REFERRAL_RECALLED, referral=R.PENDING)
ACCEPT = DisputeMove(Act.ACCEPT_REFERRAL, PENDING, None, Kind.REFERRAL_ACCEPTED, any_level=True, referral=R.PENDING)
REJECT = DisputeMove(Act.REJECT_REFERRAL, PENDING, None, Kind.REFERRAL_REJECTED, any_level=True, referral=R.PENDING)
REPORT_BACK = DisputeMove(Act.REPORT_BACK, frozenset(S) - PENDING, None, Kind.REFERRAL_DONE, referral=R.ACCEPTED)
ADD_PARTY = DisputeMove(Act.ADD_PARTY, PENDING, None, Kind.PARTY_ADDED, any_level=True)
"""The target depends on the new party's consent: ``status_after_consent`` in rules/disputes.py."""
CORRECT = DisputeMove(Act.CORRECT_DISPUTE, PENDING | {S.REFUSED}, None, Kind.DISPUTE_CORRECTED)
CORRECT_PARTY = DisputeMove(Act.CORRECT_PARTY, PENDING | {S.REFUSED}, None, Kind.PARTY_CORRECTED)
"""It is the same act as ``CORRECT_SPEAKER``, so it is not listed in ``MOVES``."""
CORRECT_SPEAKER = DisputeMove(Act.CORRECT_PARTY, PENDING | SETTLED | {S.REFUSED}, None, Kind.PARTY_CORRECTED)
"""Who speaks for a party is also corrected after an agreement, whose content does not depend on it."""
REMOVE_PARTY = DisputeMove(Act.CORRECT_DISPUTE, PENDING | {S.REFUSED}, None, Kind.PARTY_REMOVED)
"""Without a party who refused, mediation may go on. It is the same act as ``CORRECT``, so it is not in ``MOVES``."""
CLAIM = DisputeMove(Act.NOTE_CLAIM, PENDING, None, Kind.CLAIM_NOTED, any_level=True)
FIND = DisputeMove(Act.RECORD_FINDING, PENDING, None, Kind.FINDING_RECORDED, any_level=True)
UNFIND = DisputeMove(Act.RECORD_FINDING, PENDING, None, Kind.FINDING_WITHDRAWN, any_level=True)
"""Withdraws a finding. It is the same act as ``FIND``, so it is not listed in ``MOVES``."""
EVIDENCE = DisputeMove(Act.ADD_EVIDENCE, PENDING | _AGREED, None, Kind.EVIDENCE_ADDED, any_level=True)
PROPOSE = DisputeMove(Act.PROPOSE_TERMS, PENDING, None, Kind.TERMS_PROPOSED, mediates=True)
AGREE = DisputeMove(Act.RECORD_AGREEMENT, PENDING, S.AGREED, Kind.AGREEMENT_RECORDED, mediates=True)
FAIL = DisputeMove(Act.FAIL_MEDIATION, _MEDIATING, S.FAILED, Kind.MEDIATION_FAILED)
WITHDRAW = DisputeMove(Act.WITHDRAW_DISPUTE, PENDING, S.WITHDRAWN, Kind.DISPUTE_WITHDRAWN, any_level=True)
WRITE = DisputeMove(Act.WRITE_AGREEMENT, frozenset({S.AGREED}), None, Kind.AGREEMENT_WRITTEN)
MARK = DisputeMove(Act.MARK_AGREEMENT, frozenset({S.AGREED}), None, Kind.AGREEMENT_MARKED)
CONFIRM = DisputeMove(Act.NOTE_CONFIRMATION, _AGREED | {S.PERFORMED}, None, Kind.CONFIRMATION_NOTED, any_level=True)
CHECK = DisputeMove(Act.CHECK_PERFORMANCE, _AGREED, None, Kind.PERFORMANCE_CHECKED, any_level=True)
"""The target depends on the outcome: ``status_after_check`` in rules/agreements.py."""

MOVES: tuple[DisputeMove, ...] = (
    *(CONSENT, BEGIN, MEET, PLAN_VISIT, INVITE, RELEASE, RAISE, REFER, RECALL, ACCEPT, REJECT, REPORT_BACK),
    *(ADD_PARTY, CORRECT, CORRECT_SPEAKER, CLAIM, FIND, EVIDENCE, PROPOSE, AGREE, FAIL, WITHDRAW),
    *(WRITE, MARK, CONFIRM, CHECK),
)


def levels_for(role: Role | None, move: DisputeMove) -> frozenset[DisputeLevel]:
    """The levels at which a role that may do the act can make the move. The invited act in joint mediation only."""
    if move.any_level and role not in INVITED_ROLES:
        return move.levels
    return frozenset(level for level in move.levels if role in _MEDIATORS[level])


def check_move(viewer: Viewer, move: DisputeMove, state: DisputeState) -> DisputeStatus:
    """The status after the move; raises the refusal of the first condition that does not hold."""
    require(viewer, move.act)
    if move.mediates and state.refused:
        raise Refusal(Code.PARTY_REFUSES)
    if state.status not in move.sources:
        raise Refusal(Code.WRONG_STATE, status=state.status)
    if state.level not in levels_for(viewer.role, move):
        raise Refusal(Code.WRONG_LEVEL, level=state.level)
    if move.referral is not None and state.referral is not move.referral:
        raise invalid("没有可以这样处理的移交", "dispute")
    if move.unreferred and state.referral is not None:
        raise invalid("已移交，尚未结束", "dispute")
    if move.consented and state.unanswered:
        raise Refusal(Code.CONSENT_MISSING)
    return move.target or state.status
