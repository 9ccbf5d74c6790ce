"""Who may do what: one table of roles and acts, and the viewer that every read and act is done for."""

from dataclasses import dataclass
from enum import auto
from uuid import UUID

from rules.refusals import Code, Refusal
from rules.vocabulary import Word


class Role(Word):
    """The post an account holds (domain.md section 2)."""

    GRID_WORKER = auto(), "网格员", "Grid worker 网格员: holds grids."
    GRID_LEADER = auto(), "网格长", "Grid leader 网格长: holds an estate and is its full-time mediator."
    BUILDING_HEAD = auto(), "联户长", "Building head 联户长: a neighbour who looks after one building."
    COMMUNITY_STAFF = auto(), "社区工作者", "Community staff 社区工作者."
    DEPUTY_DIRECTOR = auto(), "副主任", "Deputy director 副主任."
    SECRETARY = auto(), "书记", "Secretary 书记."
    LEGAL_COUNSEL = auto(), "法律顾问", "Legal counsel 法律顾问."
    JUDICIAL_OFFICE = auto(), "司法所", "Judicial office 司法所."
    CENTRE_MEDIATOR = auto(), "人民调解员", "People's mediator of the dispute centre 人民调解员."
    PARTNER = auto(), "协作单位", "A partner organisation, such as the heating company 协作单位."
    ADMIN = auto(), "管理员", "Administrator 管理员."


COMMUNITY_ROLES = frozenset({Role.COMMUNITY_STAFF, Role.DEPUTY_DIRECTOR, Role.SECRETARY})
FIELD_ROLES = frozenset({Role.GRID_WORKER, Role.GRID_LEADER})
WORKERS = FIELD_ROLES | COMMUNITY_ROLES
INVITED_ROLES = frozenset({Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE})
"""Who joins single cases by invitation."""
OUTSIDE = INVITED_ROLES | {Role.CENTRE_MEDIATOR}
"""Who works with single cases, and is not of the community."""
MEDIATING_ROLES = COMMUNITY_ROLES | {Role.GRID_LEADER, Role.CENTRE_MEDIATOR}
"""Who mediates, each at the levels of rules/dispute_moves.py."""


class Act(Word):
    """What can be done. Each mutation is one act."""

    RECORD_VISIT = auto(), "", "The mutation `recordVisit`."
    OPEN_APPEAL = auto(), "", "The mutation `openAppeal`."
    ACCEPT_APPEAL = auto(), "", "The mutation `acceptAppeal`."
    ANSWER_APPEAL = auto(), "", "The mutation `answerAppeal`."
    CONFIRM_APPEAL = auto(), "", "The mutation `confirmAppeal`."
    ESCALATE_APPEAL = auto(), "", "The mutation `escalateAppeal`."
    BEGIN_APPEAL = auto(), "", "The mutation `beginAppeal`."
    DISPATCH_APPEAL = auto(), "", "The mutation `dispatchAppeal`."
    RECALL_DISPATCH = auto(), "", "The mutation `recallDispatch`."
    ACCEPT_DISPATCH = auto(), "", "The mutation `acceptDispatch`."
    OBJECT_DISPATCH = auto(), "", "The mutation `objectDispatch`."
    REJECT_APPEAL = auto(), "", "The mutation `rejectAppeal`."
    WITHDRAW_APPEAL = auto(), "", "The mutation `withdrawAppeal`."
    REOPEN_APPEAL = auto(), "", "The mutation `reopenAppeal`."
    PAUSE_APPEAL = auto(), "", "The mutation `pauseAppeal`."
    RESUME_APPEAL = auto(), "", "The mutation `resumeAppeal`."
    ADD_TO_APPEAL = auto(), "", "The mutation `addToAppeal`."
    SET_CLOCKS = auto(), "", "The mutation `setClocks`."
    MERGE_INTO_INCIDENT = auto(), "", "The mutation `mergeIntoIncident`."
    OPEN_DISPUTE = auto(), "", "The mutation `openDispute`."
    RECORD_AGREEMENT = auto(), "", "The mutation `recordAgreement`."
    NOTE_CONSENT = auto(), "", "The mutation `noteConsent`."
    BEGIN_MEDIATION = auto(), "", "The mutation `beginMediation`."
    HOLD_MEETING = auto(), "", "The mutation `recordMeeting`."
    PLAN_SITE_VISIT = auto(), "", "The mutation `planSiteVisit`."
    INVITE_MEDIATOR = auto(), "", "The mutation `inviteMediator`."
    RELEASE_MEDIATOR = auto(), "", "The mutation `releaseMediator`."
    RAISE_DISPUTE = auto(), "", "The mutation `raiseDispute`."
    REFER_DISPUTE = auto(), "", "The mutation `referDispute`."
    RECALL_REFERRAL = auto(), "", "The mutation `recallReferral`."
    ACCEPT_REFERRAL = auto(), "", "The mutation `acceptReferral`."
    REJECT_REFERRAL = auto(), "", "The mutation `rejectReferral`."
    REPORT_BACK = auto(), "", "The mutation `reportBack`."
    ADD_PARTY = auto(), "", "The mutation `addParty`."
    NOTE_CLAIM = auto(), "", "The mutation `noteClaim`."
    RECORD_FINDING = auto(), "", "The mutations `recordFinding` and `withdrawFinding`."
    ADD_EVIDENCE = auto(), "", "The mutation `addEvidence`."
    FAIL_MEDIATION = auto(), "", "The mutation `failMediation`."
    WITHDRAW_DISPUTE = auto(), "", "The mutation `withdrawDispute`."
    WRITE_AGREEMENT = auto(), "", "The mutation `writeAgreement`."
    MARK_AGREEMENT = auto(), "", "The mutation `markAgreement`."
    NOTE_CONFIRMATION = auto(), "", "The mutation `noteConfirmation`."
    CHECK_PERFORMANCE = auto(), "", "The mutation `checkPerformance`."
    SET_MEDIATION_LIMIT = auto(), "", "The mutation `setMediationLimit`."
    PATROL_SITES = auto(), "", "The mutation `recordPatrol`."
    KEEP_SITE_POSTS = auto(), "", "The mutations `giveSitePost` and `endSitePost`."
    KEEP_REGISTER = auto(), "", "The mutations that add, correct and move residents and households."
    IMPORT_REGISTER = auto(), "", "The commands that import and export a register."
    REVEAL_ID_NUMBER = auto(), "", "The mutation `revealIdNumber`."
    SET_COLOUR = auto(), "", "The mutations `setColour` and `removeColour`."
    MERGE_RESIDENTS = auto(), "", "The mutations `mergeResidents` and `undoMerge`."
    GIVE_POST = auto(), "", "The mutations `givePost` and `endPost`."
    ACKNOWLEDGE_ALERT = auto(), "", "The mutation `acknowledgeAlert`."
    SET_LADDER = auto(), "", "The mutation `setLadder`."
    CALL_FOR_HELP = auto(), "", "The mutations `callForHelp`, `recordAnswer` and `closeCall`."
    ANSWER_CALL = auto(), "", "The mutation `answerCall`."
    SET_CADENCE = auto(), "", "The mutation `setCadence`."
    PAUSE_DUTY = auto(), "", "The mutations `pauseDuty` and `endPause`."
    HAND_OVER_ROUND = auto(), "", "The mutations `handOverRound` and `takeBackRound`."
    SETTLE_REPORT = auto(), "", "The mutation `settleReport`."
    PLAN_ROSTER = auto(), "", "The mutations `planRoster`, `publishRoster`, `changeShift` and `setDay`."
    SWAP_SHIFTS = auto(), "", "The mutation `swapShifts`."
    KEEP_QR_CODES = auto(), "", "The mutations `issueQrCode`, `replaceQrCode` and `revokeQrCode`; a building's sheet."
    KEEP_COUNTER_CODES = auto(), "", "The same for the codes of a community's counters."
    PROPOSE_WISH = auto(), "", "The mutation `proposeWish`."
    PUBLISH_WISH = auto(), "", "The mutation `publishWish`."
    DECLINE_WISH = auto(), "", "The mutation `declineWish`."
    CLAIM_WISH = auto(), "", "The mutation `claimWish`."
    NOTE_WISH_PROGRESS = auto(), "", "The mutation `noteWishProgress`."
    RELEASE_WISH = auto(), "", "The mutation `releaseWish`."
    FULFIL_WISH = auto(), "", "The mutation `fulfilWish`."


ALLOWED: dict[Act, frozenset[Role | None]] = {
    Act.RECORD_VISIT: WORKERS,
    Act.OPEN_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.ACCEPT_APPEAL: WORKERS,
    Act.ANSWER_APPEAL: WORKERS | {Role.PARTNER},
    Act.CONFIRM_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.ESCALATE_APPEAL: WORKERS,
    Act.BEGIN_APPEAL: WORKERS,
    Act.DISPATCH_APPEAL: WORKERS,
    Act.RECALL_DISPATCH: WORKERS,
    Act.ACCEPT_DISPATCH: frozenset({Role.PARTNER}),
    Act.OBJECT_DISPATCH: frozenset({Role.PARTNER}),
    Act.REJECT_APPEAL: WORKERS,
    Act.WITHDRAW_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.REOPEN_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.PAUSE_APPEAL: COMMUNITY_ROLES,
    Act.RESUME_APPEAL: COMMUNITY_ROLES,
    Act.ADD_TO_APPEAL: WORKERS | {Role.BUILDING_HEAD, Role.PARTNER, None},
    Act.SET_CLOCKS: frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY}),
    Act.MERGE_INTO_INCIDENT: WORKERS,
    Act.OPEN_DISPUTE: WORKERS,
    Act.RECORD_AGREEMENT: MEDIATING_ROLES,
    Act.NOTE_CONSENT: WORKERS | {Role.CENTRE_MEDIATOR},
    Act.BEGIN_MEDIATION: MEDIATING_ROLES,
    Act.HOLD_MEETING: MEDIATING_ROLES,
    Act.PLAN_SITE_VISIT: MEDIATING_ROLES,
    Act.INVITE_MEDIATOR: COMMUNITY_ROLES,
    Act.RELEASE_MEDIATOR: COMMUNITY_ROLES,
    Act.RAISE_DISPUTE: COMMUNITY_ROLES | {Role.GRID_LEADER},
    Act.REFER_DISPUTE: COMMUNITY_ROLES,
    Act.RECALL_REFERRAL: COMMUNITY_ROLES,
    Act.ACCEPT_REFERRAL: frozenset({Role.CENTRE_MEDIATOR}),
    Act.REJECT_REFERRAL: frozenset({Role.CENTRE_MEDIATOR}),
    Act.REPORT_BACK: frozenset({Role.CENTRE_MEDIATOR}),
    Act.ADD_PARTY: WORKERS | {Role.CENTRE_MEDIATOR},
    Act.NOTE_CLAIM: WORKERS | {Role.CENTRE_MEDIATOR},
    Act.RECORD_FINDING: WORKERS | {Role.CENTRE_MEDIATOR},
    Act.ADD_EVIDENCE: WORKERS | {Role.CENTRE_MEDIATOR},
    Act.FAIL_MEDIATION: MEDIATING_ROLES,
    Act.WITHDRAW_DISPUTE: WORKERS | {Role.CENTRE_MEDIATOR},
    Act.WRITE_AGREEMENT: MEDIATING_ROLES,
    Act.MARK_AGREEMENT: MEDIATING_ROLES,
    Act.NOTE_CONFIRMATION: MEDIATING_ROLES,
    Act.CHECK_PERFORMANCE: WORKERS | {Role.CENTRE_MEDIATOR},
    Act.SET_MEDIATION_LIMIT: frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY}),
    Act.PATROL_SITES: frozenset({Role.DEPUTY_DIRECTOR, Role.GRID_WORKER}),
    Act.KEEP_SITE_POSTS: COMMUNITY_ROLES,
    Act.KEEP_REGISTER: WORKERS,
    Act.IMPORT_REGISTER: COMMUNITY_ROLES,
    Act.REVEAL_ID_NUMBER: WORKERS,
    Act.SET_COLOUR: WORKERS,
    Act.MERGE_RESIDENTS: WORKERS,
    Act.GIVE_POST: COMMUNITY_ROLES,
    Act.ACKNOWLEDGE_ALERT: WORKERS | {Role.BUILDING_HEAD},
    Act.SET_LADDER: frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY}),
    Act.CALL_FOR_HELP: WORKERS,
    Act.ANSWER_CALL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.SET_CADENCE: frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY}),
    Act.PAUSE_DUTY: WORKERS,
    Act.HAND_OVER_ROUND: WORKERS,
    Act.SETTLE_REPORT: WORKERS,
    Act.PLAN_ROSTER: COMMUNITY_ROLES | {Role.GRID_LEADER},
    Act.SWAP_SHIFTS: WORKERS,
    Act.KEEP_QR_CODES: WORKERS,
    Act.KEEP_COUNTER_CODES: COMMUNITY_ROLES,
    Act.PROPOSE_WISH: WORKERS | {Role.BUILDING_HEAD, None},
    Act.PUBLISH_WISH: COMMUNITY_ROLES | {Role.GRID_LEADER},
    Act.DECLINE_WISH: COMMUNITY_ROLES | {Role.GRID_LEADER},
    Act.CLAIM_WISH: WORKERS | {Role.PARTNER},
    Act.NOTE_WISH_PROGRESS: WORKERS | {Role.PARTNER},
    Act.RELEASE_WISH: WORKERS | {Role.PARTNER},
    Act.FULFIL_WISH: WORKERS,
}
"""Deny by default: a pair that is not here is refused. ``None`` is a resident without an account."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom something is read or done. A resident without an account has neither id nor role."""

    account_id: UUID | None = None
    role: Role | None = None


ANONYMOUS = Viewer()


def may(viewer: Viewer, act: Act) -> bool:
    """Whether the viewer's role may do the act at all, wherever."""
    return viewer.role in ALLOWED[act]


def require(viewer: Viewer, act: Act) -> None:
    """Refuse with NOT_ALLOWED what the viewer's role may never do."""
    if not may(viewer, act):
        raise Refusal(Code.NOT_ALLOWED)
