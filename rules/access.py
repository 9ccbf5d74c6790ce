"""Roles, acts, and the roles that may do each act."""

from dataclasses import dataclass
from enum import auto
from uuid import UUID

from rules.refusals import Code, Refusal
from rules.vocabulary import Word


class Role(Word):
    """The role of an account (domain.md section 2)."""

    GRID_WORKER = auto(), "网格员", "Grid worker (网格员): works in grids."
    GRID_LEADER = auto(), "网格长", "Grid leader (网格长): leads an estate and is its full-time mediator."
    BUILDING_HEAD = auto(), "联户长", "Building head (联户长): a neighbour who looks after one building."
    COMMUNITY_STAFF = auto(), "社区工作者", "Community staff (社区工作者)."
    DEPUTY_DIRECTOR = auto(), "副主任", "Deputy director (副主任)."
    SECRETARY = auto(), "书记", "Secretary (书记)."
    LEGAL_COUNSEL = auto(), "法律顾问", "Legal counsel (法律顾问)."
    JUDICIAL_OFFICE = auto(), "司法所", "Judicial office (司法所)."
    CENTRE_MEDIATOR = auto(), "人民调解员", "People's mediator (人民调解员) of the dispute resolution centre."
    PARTNER = auto(), "协作单位", "Partner organisation (协作单位), such as the heating company."
    ADMIN = auto(), "管理员", "Administrator (管理员)."


COMMUNITY_ROLES = frozenset({Role.COMMUNITY_STAFF, Role.DEPUTY_DIRECTOR, Role.SECRETARY})
FIELD_ROLES = frozenset({Role.GRID_WORKER, Role.GRID_LEADER})
WORKERS = FIELD_ROLES | COMMUNITY_ROLES
COORDINATORS = COMMUNITY_ROLES | {Role.GRID_LEADER}
"""Mediate in the grid, raise disputes, plan the roster and decide on wishes."""
OFFICE_READERS = WORKERS | {Role.ADMIN}
"""Read the office's own records: QR codes, published rosters, merges of residents."""
INVITED_ROLES = frozenset({Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE})
"""See the disputes that they are invited to."""
OUTSIDE = INVITED_ROLES | {Role.CENTRE_MEDIATOR}
"""Work on single disputes from outside the community."""
LOOKED_AT = OUTSIDE | {Role.PARTNER}
"""Each of their reads of a case is recorded as a look: of an appeal for partners, of a dispute for the others."""

_REPORTERS = WORKERS | {Role.BUILDING_HEAD, None}
_MEDIATORS = COORDINATORS | {Role.CENTRE_MEDIATOR}
_CASE_KEEPERS = WORKERS | {Role.CENTRE_MEDIATOR}
_POLICY_SETTERS = frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY})


class Act(Word):
    """Something that can be done. Each mutation is one act."""

    # NAME = auto(), meaning, the roles that may do it; None is a resident without an account.

    roles: frozenset[Role | None]
    """The roles that may do it. Any other role is refused."""

    def __init__(self, value: str, meaning: str, roles: frozenset[Role | None]) -> None:
        super().__init__(value, "", meaning)
        self.roles = roles

    RECORD_VISIT = auto(), "The mutation `recordVisit`.", WORKERS
    OPEN_APPEAL = auto(), "The mutation `openAppeal`.", _REPORTERS
    ACCEPT_APPEAL = auto(), "The mutation `acceptAppeal`.", WORKERS
    ANSWER_APPEAL = auto(), "The mutation `answerAppeal`.", WORKERS | {Role.PARTNER}
    CONFIRM_APPEAL = auto(), "The mutation `confirmAppeal`.", _REPORTERS
    ESCALATE_APPEAL = auto(), "The mutation `escalateAppeal`.", WORKERS
    BEGIN_APPEAL = auto(), "The mutation `beginAppeal`.", WORKERS
    DISPATCH_APPEAL = auto(), "The mutation `dispatchAppeal`.", WORKERS
    RECALL_DISPATCH = auto(), "The mutation `recallDispatch`.", WORKERS
    ACCEPT_DISPATCH = auto(), "The mutation `acceptDispatch`.", frozenset({Role.PARTNER})
    OBJECT_DISPATCH = auto(), "The mutation `objectDispatch`.", frozenset({Role.PARTNER})
    REJECT_APPEAL = auto(), "The mutation `rejectAppeal`.", WORKERS
    WITHDRAW_APPEAL = auto(), "The mutation `withdrawAppeal`.", _REPORTERS
    REOPEN_APPEAL = auto(), "The mutation `reopenAppeal`.", _REPORTERS
    PAUSE_APPEAL = auto(), "The mutation `pauseAppeal`.", COMMUNITY_ROLES
    RESUME_APPEAL = auto(), "The mutation `resumeAppeal`.", COMMUNITY_ROLES
    ADD_TO_APPEAL = auto(), "The mutation `addToAppeal`.", WORKERS | {Role.BUILDING_HEAD, Role.PARTNER, None}
    SET_CLOCKS = auto(), "The mutation `setClocks`.", _POLICY_SETTERS
    MERGE_INTO_INCIDENT = auto(), "The mutation `mergeIntoIncident`.", WORKERS
    OPEN_DISPUTE = auto(), "The mutation `openDispute`.", WORKERS
    RECORD_AGREEMENT = auto(), "The mutation `recordAgreement`.", _MEDIATORS
    NOTE_CONSENT = auto(), "The mutation `noteConsent`.", _CASE_KEEPERS
    BEGIN_MEDIATION = auto(), "The mutation `beginMediation`.", _MEDIATORS
    HOLD_MEETING = auto(), "The mutation `recordMeeting`.", _MEDIATORS
    PLAN_SITE_VISIT = auto(), "The mutation `planSiteVisit`.", _MEDIATORS
    INVITE_MEDIATOR = auto(), "The mutation `inviteMediator`.", COMMUNITY_ROLES
    RELEASE_MEDIATOR = auto(), "The mutation `releaseMediator`.", COMMUNITY_ROLES
    RAISE_DISPUTE = auto(), "The mutation `raiseDispute`.", COORDINATORS
    REFER_DISPUTE = auto(), "The mutation `referDispute`.", COMMUNITY_ROLES
    RECALL_REFERRAL = auto(), "The mutation `recallReferral`.", COMMUNITY_ROLES
    ACCEPT_REFERRAL = auto(), "The mutation `acceptReferral`.", frozenset({Role.CENTRE_MEDIATOR})
    REJECT_REFERRAL = auto(), "The mutation `rejectReferral`.", frozenset({Role.CENTRE_MEDIATOR})
    REPORT_BACK = auto(), "The mutation `reportBack`.", frozenset({Role.CENTRE_MEDIATOR})
    ADD_PARTY = auto(), "The mutation `addParty`.", _CASE_KEEPERS
    NOTE_CLAIM = auto(), "The mutation `noteClaim`.", _CASE_KEEPERS
    RECORD_FINDING = auto(), "The mutations `recordFinding` and `withdrawFinding`.", _CASE_KEEPERS
    ADD_EVIDENCE = auto(), "The mutation `addEvidence`.", _CASE_KEEPERS
    FAIL_MEDIATION = auto(), "The mutation `failMediation`.", _MEDIATORS
    WITHDRAW_DISPUTE = auto(), "The mutation `withdrawDispute`.", _CASE_KEEPERS
    WRITE_AGREEMENT = auto(), "The mutation `writeAgreement`.", _MEDIATORS
    MARK_AGREEMENT = auto(), "The mutation `markAgreement`.", _MEDIATORS
    NOTE_CONFIRMATION = auto(), "The mutation `noteConfirmation`.", _MEDIATORS
    CHECK_PERFORMANCE = auto(), "The mutation `checkPerformance`.", _CASE_KEEPERS
    SET_MEDIATION_LIMIT = auto(), "The mutation `setMediationLimit`.", _POLICY_SETTERS
    PATROL_SITES = auto(), "The mutation `recordPatrol`.", frozenset({Role.DEPUTY_DIRECTOR, Role.GRID_WORKER})
    KEEP_SITE_POSTS = auto(), "The mutations `giveSitePost` and `endSitePost`.", COMMUNITY_ROLES
    KEEP_REGISTER = auto(), "The mutations that add, correct and move residents and households.", WORKERS
    IMPORT_REGISTER = auto(), "The commands that import and export a register.", COMMUNITY_ROLES
    EXPORT_RESIDENT = auto(), "The command that exports all data about a resident.", COMMUNITY_ROLES
    ERASE_RESIDENT = auto(), "The command that erases a resident.", _POLICY_SETTERS
    SET_RETENTION = auto(), "The command that sets how long residents are kept.", _POLICY_SETTERS
    REVEAL_ID_NUMBER = auto(), "The mutation `revealIdNumber`.", WORKERS
    SET_COLOUR = auto(), "The mutations `setColour` and `removeColour`.", WORKERS
    MERGE_RESIDENTS = auto(), "The mutations `mergeResidents` and `undoMerge`.", WORKERS
    GIVE_POST = auto(), "The mutations `givePost` and `endPost`.", COMMUNITY_ROLES
    ACKNOWLEDGE_ALERT = auto(), "The mutation `acknowledgeAlert`.", WORKERS | {Role.BUILDING_HEAD}
    SET_LADDER = auto(), "The mutation `setLadder`.", _POLICY_SETTERS
    CALL_FOR_HELP = auto(), "The mutations `callForHelp`, `recordAnswer` and `closeCall`.", WORKERS
    ANSWER_CALL = auto(), "The mutation `answerCall`.", _REPORTERS
    SET_CADENCE = auto(), "The mutation `setCadence`.", _POLICY_SETTERS
    PAUSE_DUTY = auto(), "The mutations `pauseDuty` and `endPause`.", WORKERS
    HAND_OVER_ROUND = auto(), "The mutations `handOverRound` and `takeBackRound`.", WORKERS
    SETTLE_REPORT = auto(), "The mutation `settleReport`.", WORKERS
    PLAN_ROSTER = auto(), "The mutations `planRoster`, `publishRoster`, `changeShift` and `setDay`.", COORDINATORS
    SWAP_SHIFTS = auto(), "The mutation `swapShifts`.", WORKERS
    KEEP_QR_CODES = auto(), "The QR code mutations and sheets of homes and buildings.", WORKERS
    KEEP_COUNTER_CODES = auto(), "The QR code mutations of a community's counters.", COMMUNITY_ROLES
    PROPOSE_WISH = auto(), "The mutation `proposeWish`.", _REPORTERS
    PUBLISH_WISH = auto(), "The mutation `publishWish`.", COORDINATORS
    DECLINE_WISH = auto(), "The mutation `declineWish`.", COORDINATORS
    CLAIM_WISH = auto(), "The mutation `claimWish`.", WORKERS | {Role.PARTNER}
    NOTE_WISH_PROGRESS = auto(), "The mutation `noteWishProgress`.", WORKERS | {Role.PARTNER}
    RELEASE_WISH = auto(), "The mutation `releaseWish`.", WORKERS | {Role.PARTNER}
    FULFIL_WISH = auto(), "The mutation `fulfilWish`.", WORKERS
    KEEP_DEVICES = auto(), "The mutations `confirmDevice` and `signOutDevice`, of one's own devices.", frozenset(Role)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The account that reads or acts. A resident without an account has neither id nor role."""

    account_id: UUID | None = None
    role: Role | None = None


ANONYMOUS = Viewer()


def require(viewer: Viewer, act: Act) -> None:
    """Raises NOT_ALLOWED if the viewer's role may not do the act anywhere."""
    if viewer.role not in act.roles:
        raise Refusal(Code.NOT_ALLOWED)
