"""Who may do and read what: two tables, role by action and role by field. What has no row is not built.

A row has a column for each role, with the role's letter if it may, and a dot if it may not:

W 网格员    L 网格长    H 联户长    S 社区工作者    D 副主任      Y 书记
C 法律顾问  J 司法所    M 人民调解员 P 协作单位     A 管理员      R a resident without an account
"""

import re
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
INVITED_ROLES = frozenset({Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE})
"""See the disputes that they are invited to."""
OUTSIDE = INVITED_ROLES | {Role.CENTRE_MEDIATOR}
"""Work on single disputes from outside the community."""
LOOKED_AT = OUTSIDE | {Role.PARTNER}
"""Each of their reads of a case is recorded as a look: of an appeal for partners, of a dispute for the others."""

_LETTERS = dict(zip("WLHSDYCJMPAR", (*Role, None), strict=True))


def roles_of(row: str) -> frozenset[Role | None]:
    """The roles of a row. Raises ValueError for a letter in another role's column."""
    cells = row.split()
    if [cell if cell != "." else letter for cell, letter in zip(cells, _LETTERS, strict=True)] != [*_LETTERS]:
        raise ValueError(f"not a row of roles: {row!r}")
    return frozenset(_LETTERS[cell] for cell in cells if cell != ".")


class Act(Word):
    """Something that can be done. Each mutation is one act."""

    # NAME = auto(), the roles that may do it, meaning. Any other role is refused.

    roles: frozenset[Role | None]
    """The roles that may do it; None is a resident without an account."""

    def __init__(self, value: str, row: str, meaning: str) -> None:
        super().__init__(value, "", meaning)
        self.roles = roles_of(row)

    # fmt: off
    RECORD_VISIT        = auto(), "W L . S D Y . . . . . .", "The mutation `recordVisit`."
    CORRECT_VISIT       = auto(), "W L . S D Y . . . . . .", (
        "The mutations `correctVisit`, `withdrawVisit` and `addVisitPhotos`."
    )
    REMOVE_PHOTO        = auto(), "W L . S D Y . . . . . .", "The mutation `removePhoto`."
    OPEN_APPEAL         = auto(), "W L H S D Y . . . . . R", "The mutation `openAppeal`."
    ACCEPT_APPEAL       = auto(), "W L . S D Y . . . . . .", "The mutation `acceptAppeal`."
    ANSWER_APPEAL       = auto(), "W L . S D Y . . . P . .", "The mutations `answerAppeal` and `answerIncident`."
    CONFIRM_APPEAL      = auto(), "W L H S D Y . . . . . R", "The mutation `confirmAppeal`."
    ESCALATE_APPEAL     = auto(), "W L . S D Y . . . . . .", "The mutation `escalateAppeal`."
    BEGIN_APPEAL        = auto(), "W L . S D Y . . . . . .", "The mutation `beginAppeal`."
    DISPATCH_APPEAL     = auto(), "W L . S D Y . . . . . .", "The mutations `dispatchAppeal` and `dispatchIncident`."
    RECALL_DISPATCH     = auto(), "W L . S D Y . . . . . .", "The mutations `recallDispatch` and `recallIncident`."
    ACCEPT_DISPATCH     = auto(), ". . . . . . . . . P . .", "The mutations `acceptDispatch` and `acceptIncident`."
    OBJECT_DISPATCH     = auto(), ". . . . . . . . . P . .", "The mutations `objectDispatch` and `objectIncident`."
    REJECT_APPEAL       = auto(), "W L . S D Y . . . . . .", "The mutation `rejectAppeal`."
    WITHDRAW_APPEAL     = auto(), "W L H S D Y . . . . . R", "The mutation `withdrawAppeal`."
    REOPEN_APPEAL       = auto(), "W L H S D Y . . . . . R", "The mutation `reopenAppeal`."
    PAUSE_APPEAL        = auto(), ". . . S D Y . . . . . .", "The mutation `pauseAppeal`."
    RESUME_APPEAL       = auto(), ". . . S D Y . . . . . .", "The mutation `resumeAppeal`."
    ADD_TO_APPEAL       = auto(), "W L H S D Y . . . P . R", "The mutation `addToAppeal`."
    FOUND_COMMUNITY     = auto(), ". . . . . . . . . . A .", "The mutations `addCommunity` and `correctFarm`."
    KEEP_PLACES         = auto(), ". . . . . Y . . . . A .", (
        "The mutations `correctCommunity`, `addEstate`, `correctEstate`, `addPartyBranch`, `correctPartyBranch`,"
        " `addGrid`, `correctGrid`, `addBuilding`, `correctBuilding`, `addHouseholds`, `addPremises`,"
        " `correctPremises`, `addOrganisation`, `correctOrganisation` and `setCategory`."
    )
    SET_CLOCKS          = auto(), ". . . . D Y . . . . . .", "The mutation `setTimeLimits`."
    CORRECT_APPEAL      = auto(), "W L . S D Y . . . . . .", "The mutation `correctAppeal`."
    RECORD_CALL_BACK    = auto(), "W L . S D Y . . . . . .", "The mutation `recordCallBack`."
    MERGE_INTO_INCIDENT = auto(), "W L . S D Y . . . . . .", "The mutation `mergeIntoIncident`."
    OPEN_DISPUTE        = auto(), "W L . S D Y . . . . . .", "The mutation `openDispute`."
    RECORD_AGREEMENT    = auto(), ". L . S D Y . . M . . .", "The mutation `recordAgreement`."
    NOTE_CONSENT        = auto(), "W L . S D Y . . M . . .", "The mutation `noteConsent`."
    BEGIN_MEDIATION     = auto(), ". L . S D Y . . M . . .", "The mutation `beginMediation`."
    HOLD_MEETING        = auto(), ". L . S D Y C J M . . .", "The mutation `recordMeeting`."
    PLAN_SITE_VISIT     = auto(), ". L . S D Y . . M . . .", "The mutation `planSiteVisit`."
    INVITE_MEDIATOR     = auto(), ". . . S D Y . . . . . .", "The mutation `inviteMediator`."
    RELEASE_MEDIATOR    = auto(), ". . . S D Y . . . . . .", "The mutation `releaseMediator`."
    RAISE_DISPUTE       = auto(), ". L . S D Y . . . . . .", "The mutation `raiseDispute`."
    REFER_DISPUTE       = auto(), ". . . S D Y . . . . . .", "The mutation `referDispute`."
    RECALL_REFERRAL     = auto(), ". . . S D Y . . . . . .", "The mutation `recallReferral`."
    ACCEPT_REFERRAL     = auto(), ". . . . . . . . M . . .", "The mutation `acceptReferral`."
    REJECT_REFERRAL     = auto(), ". . . . . . . . M . . .", "The mutation `rejectReferral`."
    REPORT_BACK         = auto(), ". . . . . . . . M . . .", "The mutation `reportBack`."
    ADD_PARTY           = auto(), "W L . S D Y . . M . . .", "The mutation `addParty`."
    CORRECT_DISPUTE     = auto(), ". L . S D Y . . M . . .", "The mutations `correctDispute` and `removeParty`."
    CORRECT_PARTY       = auto(), ". L . S D Y . . M . . .", (
        "The mutation `correctParty`; after an agreement for the speaker alone."
    )
    NOTE_CLAIM          = auto(), "W L . S D Y . . M . . .", "The mutation `noteClaim`."
    RECORD_FINDING      = auto(), "W L . S D Y C J M . . .", "The mutations `recordFinding` and `withdrawFinding`."
    ADD_EVIDENCE        = auto(), "W L . S D Y C J M . . .", "The mutation `addEvidence`."
    PROPOSE_TERMS       = auto(), ". L . S D Y C J M . . .", "The mutation `proposeTerms`."
    FAIL_MEDIATION      = auto(), ". L . S D Y . . M . . .", "The mutation `failMediation`."
    WITHDRAW_DISPUTE    = auto(), "W L . S D Y . . M . . .", "The mutation `withdrawDispute`."
    WRITE_AGREEMENT     = auto(), ". L . S D Y . . M . . .", "The mutation `writeAgreement`."
    MARK_AGREEMENT      = auto(), ". L . S D Y . . M . . .", "The mutation `markAgreement`."
    NOTE_CONFIRMATION   = auto(), ". L . S D Y . . M . . .", "The mutation `noteConfirmation`."
    CHECK_PERFORMANCE   = auto(), "W L . S D Y . . M . . .", "The mutation `checkPerformance`."
    SET_MEDIATION_LIMIT = auto(), ". . . . D Y . . . . . .", "The mutation `setMediationLimit`."
    PATROL_SITES        = auto(), "W . . . D . . . . . . .", "The mutation `recordPatrol`."
    KEEP_SITE_POSTS     = auto(), ". . . S D Y . . . . . .", "The mutations `giveSitePost` and `endSitePost`."
    KEEP_REGISTER       = auto(), "W L . S D Y . . . . . .", (
        "The mutations `addResident`, `correctResident`, `moveResidents`, `moveOut`, `addHousehold` and"
        " `correctHousehold`."
    )
    IMPORT_REGISTER     = auto(), ". . . S D Y . . . . . .", "The commands that import and export a register."
    EXPORT_CASES        = auto(), ". . . S D Y . . . . . .", "The export of appeals and disputes as files."
    EXPORT_RESIDENT     = auto(), ". . . S D Y . . . . . .", "The command that exports all data about a resident."
    ERASE_RESIDENT      = auto(), ". . . . D Y . . . . . .", "The command that erases a resident."
    SET_RETENTION       = auto(), ". . . . D Y . . . . . .", "The command that sets how long residents are kept."
    REVEAL_ID_NUMBER    = auto(), "W L . S D Y . . . . . .", "The mutation `revealIdNumber`."
    SET_COLOUR          = auto(), "W L . S D Y . . . . . .", "The mutations `setColour` and `removeColour`."
    MERGE_RESIDENTS     = auto(), "W L . S D Y . . . . . .", "The mutations `mergeResidents` and `undoMerge`."
    GIVE_POST           = auto(), ". . . S D Y . . . . A .", "The mutations `givePost` and `endPost`."
    KEEP_ACCOUNTS       = auto(), ". . . S D Y . . . . A .", (
        "The mutations `addAccount`, `inviteAccount`, `correctAccount`, `disableAccount`, `enableAccount` and"
        " `signOutAccount`, for the roles in KEPT_BY (rules/accounts.py)."
    )
    ACKNOWLEDGE_ALERT   = auto(), "W L H S D Y . . . . . .", "The mutation `acknowledgeAlert`."
    RAISE_ALERT         = auto(), "W L . S D Y . . . . . .", "The mutation `raiseAlert`."
    REPORT_ALERT        = auto(), "W L H S D Y . . . . . R", "The mutation `reportAlert`."
    SET_LADDER          = auto(), ". . . . D Y . . . . . .", "The mutation `setSafetyLadder`."
    CALL_FOR_HELP       = auto(), "W L . S D Y . . . . . .", (
        "The mutations `callForHelp`, `recordAnswer` and `closeCall`."
    )
    ANSWER_CALL         = auto(), "W L H S D Y . . . . . R", "The mutation `answerCall`."
    SET_CADENCE         = auto(), ". . . . D Y . . . . . .", "The mutation `setCadence`."
    PAUSE_DUTY          = auto(), "W L . S D Y . . . . . .", "The mutations `pauseDuty` and `endPause`."
    HAND_OVER_ROUND     = auto(), "W L . S D Y . . . . . .", "The mutations `handOverRound` and `takeBackRound`."
    SETTLE_REPORT       = auto(), "W L . S D Y . . . . . .", "The mutation `settleReport`."
    PLAN_ROSTER         = auto(), ". L . S D Y . . . . . .", (
        "The mutations `planRoster`, `publishRoster`, `changeShift` and `setDay`."
    )
    SWAP_SHIFTS         = auto(), "W L . S D Y . . . . . .", "The mutation `swapShifts`."
    KEEP_QR_CODES       = auto(), "W L . S D Y . . . . . .", (
        "The mutations `issueQrCode`, `replaceQrCode` and `revokeQrCode` and the sheets, for homes, buildings and"
        " premises."
    )
    KEEP_COUNTER_CODES  = auto(), ". . . S D Y . . . . . .", "The same for the QR codes of a community's counters."
    PROPOSE_WISH        = auto(), "W L H S D Y . . . . . R", "The mutation `proposeWish`."
    PUBLISH_WISH        = auto(), ". L . S D Y . . . . . .", "The mutation `publishWish`."
    DECLINE_WISH        = auto(), ". L . S D Y . . . . . .", "The mutation `declineWish`."
    CLAIM_WISH          = auto(), "W L . S D Y . . . P . .", "The mutation `claimWish`."
    NOTE_WISH_PROGRESS  = auto(), "W L . S D Y . . . P . .", "The mutation `noteWishProgress`."
    RELEASE_WISH        = auto(), "W L . S D Y . . . P . .", "The mutation `releaseWish`."
    FULFIL_WISH         = auto(), "W L . S D Y . . . . . .", "The mutation `fulfilWish`."
    SET_OWN_PHONE       = auto(), "W L H S D Y C J M P A .", "The mutation `setOwnPhone`."
    PLAN_ACTIVITY       = auto(), "W L H S D Y . . . . . .", (
        "The mutations `planActivity`, `changeActivity`, `cancelActivity` and `noteAttendance`, by its organisers."
    )
    JOIN_ACTIVITY       = auto(), "W L H S D Y C J . P . R", "The mutations `joinActivity` and `leaveActivity`."
    PUBLISH_NOTICE      = auto(), ". L . S D Y . . . . . .", "The mutations `publishNotice` and `withdrawNotice`."
    READ_NOTICE         = auto(), "W L H S D Y . . . . . .", "The mutation `markRead`."
    KEEP_BRANCHES       = auto(), ". L . . D Y . . . . . .", (
        "The mutations `setOpeningHours`, `addBranchMember` and `removeBranchMember`."
    )
    SUBMIT_ACTS         = auto(), "W L H S D Y C J M P A .", (
        "The mutations `submit` and `pushActs`. Each of their acts needs the right of its own mutation."
    )
    KEEP_DEVICES        = auto(), "W L H S D Y C J M P A .", (
        "The mutations `confirmDevice`, `signOutDevice`, `pushToDevice`, `endPushes` and `setPushPreferences`, of one's"
        " own devices."
    )
    # fmt: on


_FIELDS = """
accounts, places and policies
. . . S D Y . . . . A .  SignedInDevice: name
W L H S D Y C J M P A .  Account: username name phone; Assignment; SitePost; Device: name pushKey
W L H S D Y C J M P A .  PushPreferences: quietFrom quietUntil
. . . S D Y . . . . A .  Account: reachableBy
W L H S D Y C J M P A .  AccountFilter: text; BuildingFilter: name
W L H S D Y C J M P A .  Farm: name; Community: name timeZone phone; Estate: name; PartyBranch: name phone; Grid: name
W L H S D Y C J M P A .  Building: name address; Organisation: name phone
. . . S D Y . . . . A .  SetupCheck: label name
W L H S D Y C J M P A .  CategoryPolicy: label
W L H S D Y C J M P A .  VisitPolicy: colour; TimeLimitPolicy; MediationPolicy; SafetyLadder: reachBy
W L H S D Y . . . . A .  Household: room address; HouseholdFilter: text
W L . S D Y . . . . A .  Premises: name address
W L . S D Y . . . . . .  Premises: contactName contactPhone
W L . S D Y . . . . A .  RosterWeek; Shift; DutyRoster; UnderstaffedPost; SchedulerChanged: note
W L . S D Y . . . . . .  Shift: reason
W L . S D Y . . . . . .  QrCode: code url place reason

the register
W L H S D Y . . . . . .  Resident: name phoneMasked; Residency
W L . S D Y . . . . . .  Resident: relation tenure; Residency: relation tenure; Household: tenure
W L . S D Y . . . . . .  Resident: phone idNumberMasked colours formerNames
W L . S D Y . . . . . .  ColourRecord: colour reason removedReason; ResidentMerge; DuplicateSuggestion
W L H S D Y . . . . . .  ResidentFilter: text
W L . S D Y . . . . . .  ResidentFilter: colour; IdNumberFilter: number

visits, duties and alerts
W L . S D Y . . . . . .  Visit: note spokeWith; VisitCorrection: reason note spokeWith; RemovedPhoto: removedReason
W L . S D Y . . . . . .  VisitDuty: key colour; DutyPause: reason; DutyCompliance: colour; DailyLog
W L H S D Y . . . . . .  DoorstepSummary
W L . S D Y . . . . . .  VisitDutyFilter: colour
W L H S D Y . . . . . .  Alert: note reason foundNote; AlertRung; AlertRaised; AlertChanged
W L . S D Y . . . . . .  HelpCall: what place colours skill; HelpCallInvitation

appeals and wishes
W L H S D Y . . . P . .  Appeal: issuingBody body answer address reporterName reporterPhone
W L H S D Y . . . . . .  Appeal: pauseReason turnTo
W L H S D Y . . . P . .  AppealOpened; AppealChanged; AppealFilter: text reporter
W L . S D Y . . . P . .  Dispatch: note reason; Incident: title address; IncidentFilter: text
W L . S D Y . . . . . .  IncidentCandidate; CallBack: said
W L H S D Y . . . . . .  Wish: address body wisherName wisherPhone publishedText volunteerName volunteerPhone
W L H S D Y . . . . . .  Wish: declineReason
W L H S D Y . . . . . .  WishFilter: text
W L . S D Y . . . . . .  HelpCallFilter: text
W L H S D Y C J M P . .  WishChanged: note

disputes and sites
W L . S D Y C J M . . .  Dispute: referredBy title facts endReason evidenceHead writtenFormPrompt
W L . S D Y C J M . . .  Dispute: address; DisputeChanged: note
W L . S D Y C J M . . .  DisputeFilter: text; Referral: reason answer result; JointMediator
W L . S D Y C J M . . .  DisputeParty: speakerName; SettlementProposal: content performance
W L . S D Y C J M . . .  DisputeParty: name phone address claim; UnregisteredParty: name phone
W L . S D Y C J M . . .  PartyWorkspace: claim; DisputeWorkspace
W L . S D Y C J M . . .  MediationMeeting: place minutes; MeetingGuest: name; SiteVisit: place purpose
W L . S D Y C J M . . .  DamageFinding: place loss withdrawnReason; Evidence: statement note sha256 previous hash
W L . S D Y C J M . . .  Agreement: content facts performance notConfirmable confirmationNumber; AgreementTerm: what
W L . S D Y C J M . . .  AgreementMark; PerformanceCheck: note
W L . S D Y . . . . . .  AccessRecord: operation
. . . . . Y . . . . . .  AccessNotice
W L . S D Y . . . . . .  SitePatrol: note; SiteArrears: name period

activities, notices and Party branches
W L H S D Y C J M P A .  Activity: what place skill cancelReason
W L . S D Y . . . . . .  Activity: colours
W L H S D Y C J . P . .  SignUp: name phone
W L H S D Y . . . . . .  Notice: title body withdrawReason; NoticePublished
W L H S D Y . . . . . .  BranchMember: name post phone
W L H S D Y C J M P A .  OpeningHours: opens closes
W L H S D Y C J M P A R  ActivityOnWall: what place skill community estate cancelReason timeZone
W L H S D Y C J M P A R  NoticeOnWall: title body community estate timeZone
W L H S D Y C J M P A R  DirectLineOnWall: community

of whatever the viewer sees
W L H S D Y C J M P A R  SearchResults
W L H S D Y C J M P . .  Photo: url thumbnailUrl
W L H S D Y C J M P A .  JournalEntry: fromStatus toStatus note; FeedEvent
W L H S D Y C J M P A .  Changes: checkpoint; DocumentPage; DocumentsChanged
W L H S D Y C J M P A .  ActAnswer: version basedOn
W L . S D Y . . . . . .  EarlierValue: field label value
W L . S D Y . . . . . .  WeekBuildingFigures; WeekWorkerFigures; WeekDutyFigures: colour
W L H S D Y C J M P A R  Statistics; VisitStatistics; VisitModeCount: label; SiteStatistics; DisputeStatistics
W L H S D Y C J M P A R  DirectLineStatistics; Rate; AppealKindFigures: label; AppealCategoryFigures: label
W L H S D Y C J M P A R  AppealOrganisationFigures; AppealMonthFigures; AppealGridFigures
W L H S D Y C J M P A R  DisputeTypeFigures: label; DisputeLevelFigures: label
W L H S D Y C J M P A R  DisputeOriginFigures: label; DisputeMonthFigures; WeeklyAnalysis: week; WeekKindFigures: label
W L H S D Y C J M P A R  WeekCategoryFigures: label; WeekLevelFigures: label; WeekDisputeTypeFigures: label
W L H S D Y C J M P A R  Deadline: why; DayDeadline: why

counts, by whoever reads what is counted
W L H S D Y . . . P . .  AppealCount
W L . S D Y . . . P . .  IncidentCount
W L . S D Y C J M . . .  DisputeCount
W L H S D Y . . . . . .  WishCount; AlertCount; ResidentCount
W L . S D Y . . . . . .  VisitCount; HelpCallCount; ResidentCount: colour
W L H S D Y . . . . A .  HouseholdCount

whoever holds a code; the wall of wishes; the vocabulary
W L H S D Y C J M P A R  VocabularyWord: enum value label meaning
W L H S D Y C J M P A R  Receipt: body issuingBody organisation address answer turnTo timeZone communityPhone
W L H S D Y C J M P A R  ReceiptStep: label said; ReceiptPhoto: url thumbnailUrl; PlaceSuggestion: label
W L H S D Y C J M P A R  WishReceipt: body publishedText claimant declineReason timeZone communityPhone
W L H S D Y C J M P A R  WishStep: label note
W L H S D Y C J M P A R  WishOnWall: text community claimant timeZone communityPhone
"""
"""The types of the API, each with its texts and colours, by the roles that read them.

The first row of a type is for its objects with all their fields. A later row is for the fields that it names, which
other roles get as null or an empty list. A new text, or a new type, needs a row. Which rows of a table a role sees is
said beside the table (``seen_by`` in db/).
"""


def _readers() -> dict[str, frozenset[Role | None]]:
    """The roles of each type, and of each field named as ``Type.field``."""
    found: dict[str, frozenset[Role | None]] = {}
    width = len(" ".join(_LETTERS))
    for line in _FIELDS.splitlines():
        row, listed = line[:width], line[width:]
        if not listed.startswith("  "):
            continue
        for type_, _, fields in (each.strip().partition(": ") for each in listed.split(";")):
            found.setdefault(type_, roles_of(row))
            found |= {f"{type_}.{name}": roles_of(row) for name in fields.split()}
    return found


READERS = _readers()
ACTS = {name: act for act in Act for name in re.findall(r"`(\w+)`", act.meaning)}
"""The act of each mutation."""

FOR_EVERYBODY = frozenset(
    {
        *("activityWall", "directLineWall", "noticeWall", "wishWall", "placeSuggestions", "receipt", "wishReceipt"),
        "vocabulary",
        *(name for name, act in ACTS.items() if None in act.roles),
    }
)
"""The root fields for whoever is not signed in: what is published, and what a code or a receipt opens."""


def may_read(role: Role | None, type_: str, field: str = "") -> bool:
    """True if a role may read objects of a type, or one of their fields. Types of pages and payloads have no row.

    The label of a word is read by whoever reads the word.
    """
    word = field.removesuffix("Label")
    readers = READERS.get(f"{type_}.{field}") or READERS.get(f"{type_}.{word}") or READERS.get(type_)
    return readers is None or role in readers


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
