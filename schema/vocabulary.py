"""What each value of the enums of ``rules`` means, for clients to read. Loaded with the package, before any type."""

from rules.access import Act, Role
from rules.alerts import AlertStatus, Answer, Rung
from rules.appeals import (
    AppealCategory,
    AppealKind,
    AppealLevel,
    AppealSource,
    AppealStatus,
    AppealUrgency,
    DispatchStatus,
    ReportKind,
)
from rules.clocks import Clock, DeadlineState
from rules.disputes import (
    TYPE_LABELS,
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    PartyRole,
)
from rules.duty import DutyState, Period
from rules.journal import EntryKind
from rules.people import Colour, Likeness, Sex
from rules.places import OrganisationKind, PremisesKind, QrTarget
from rules.refusals import Code
from rules.roster import DutyPost
from rules.visits import VisitMode
from rules.week import HandlingLevel
from schema.compiler.declare import vocabulary

vocabulary(
    PremisesKind,
    {
        PremisesKind.ENTERPRISE: "A firm 企业.",
        PremisesKind.SHOP: "A shop 商铺.",
        PremisesKind.CONSTRUCTION_SITE: "A construction site 工地, patrolled at the year's end for wage arrears.",
    },
)
vocabulary(
    OrganisationKind,
    {
        OrganisationKind.HEATING_COMPANY: "Heating company 热力公司.",
        OrganisationKind.PROPERTY_COMPANY: "Property management company 物业公司.",
        OrganisationKind.UTILITY_COMPANY: "Water and power company 水电公司.",
        OrganisationKind.HOSPITAL: "Hospital 医院.",
        OrganisationKind.COURT: "Court 法院.",
        OrganisationKind.JUDICIAL_OFFICE: "Judicial office 司法所.",
        OrganisationKind.DISPUTE_CENTRE: "Dispute resolution centre 矛盾纠纷化解中心.",
    },
)
vocabulary(
    QrTarget,
    {
        QrTarget.HOUSEHOLD: "A home: what comes by it is about that home.",
        QrTarget.BUILDING: "A building: what comes by it is about that building; the text may name the unit.",
        QrTarget.COUNTER: "A counter 服务柜台: the text says which building is meant.",
    },
)
vocabulary(
    Colour,
    {
        Colour.RED: "Elderly living alone 独居老人: reached every day, by phone or at home.",
        Colour.ORANGE: "People and families who need particular help: visited at home every week.",
        Colour.YELLOW: "Floating population 流动人口: visited at home every month.",
        Colour.GREEN: "Permanent residents: online contact now and then, never overdue.",
        Colour.CYAN: "Doctors, teachers, militia, workers, veterans: called upon in an emergency.",
        Colour.BLUE: "Warm-hearted volunteers 志愿者: likewise.",
    },
)
vocabulary(
    Period,
    {
        Period.DAY: "Every local day.",
        Period.WEEK: "Every ISO week, Monday to Sunday.",
        Period.MONTH: "Every calendar month.",
    },
)
vocabulary(
    DutyState,
    {
        DutyState.DONE: "Somebody was reached within the period, in an accepted mode.",
        DutyState.LATE: "Not within the period, but within the grace after it.",
        DutyState.MISSED: "Neither.",
        DutyState.DUE: "The period is running and nobody was reached yet.",
        DutyState.PAUSED: "A pause covers the period's last day, or today while it runs.",
    },
)
vocabulary(
    Likeness,
    {
        Likeness.NAME_AND_BIRTH: "The same name and the same date of birth.",
        Likeness.NAME_AND_PHONE: "The same name and the same telephone.",
    },
)
vocabulary(
    Rung,
    {
        Rung.BUILDING_HEAD: "The head of the building (联户长) is told, and the workers with them.",
        Rung.NEIGHBOURS: "Neighbours who agreed to be called upon (CYAN and BLUE) are asked.",
        Rung.COMMUNITY: "The community as a whole is told.",
    },
)
vocabulary(
    AlertStatus,
    {
        AlertStatus.OPEN: "Nobody has taken it upon themselves yet.",
        AlertStatus.ACKNOWLEDGED: "Somebody looks after it.",
        AlertStatus.ENDED: "The person was reached, or need not be.",
    },
)
vocabulary(Answer, {Answer.COMING: "They come.", Answer.CANNOT: "They cannot come."}, "CallAnswer")
vocabulary(Sex, {Sex.FEMALE: "Female 女.", Sex.MALE: "Male 男."})
vocabulary(
    Role,
    {
        Role.GRID_WORKER: "Grid worker 网格员: holds grids.",
        Role.GRID_LEADER: "Grid leader 网格长: holds an estate and is its full-time mediator.",
        Role.BUILDING_HEAD: "Building head 联户长: a neighbour who looks after one building.",
        Role.COMMUNITY_STAFF: "Community staff 社区工作者.",
        Role.DEPUTY_DIRECTOR: "Deputy director 副主任.",
        Role.SECRETARY: "Secretary 书记.",
        Role.LEGAL_COUNSEL: "Legal counsel 法律顾问.",
        Role.JUDICIAL_OFFICE: "Judicial office 司法所.",
        Role.CENTRE_MEDIATOR: "People's mediator of the dispute centre 人民调解员.",
        Role.PARTNER: "A partner organisation, such as the heating company 协作单位.",
        Role.ADMIN: "Administrator 管理员.",
    },
)
vocabulary(
    VisitMode,
    {
        VisitMode.HOME_VISIT: "At home 上门.",
        VisitMode.PHONE: "By telephone 电话.",
        VisitMode.ONLINE: "Online 线上.",
    },
)
vocabulary(
    AppealKind,
    {
        AppealKind.PROBLEM: "A problem to be solved 问题.",
        AppealKind.HELP: "Help that is needed, such as medicine for someone alone 求助.",
        AppealKind.INQUIRY: "A question, such as which papers are needed 咨询.",
        AppealKind.REPORT: "Something a building head reports 情况.",
    },
)
vocabulary(
    ReportKind,
    {
        ReportKind.MOVE_IN: "Somebody moved in 迁入.",
        ReportKind.MOVE_OUT: "Somebody moved out 迁出.",
        ReportKind.BLOCKED_CORRIDOR: "A corridor is blocked 楼道堵塞.",
        ReportKind.NEIGHBOUR_DISPUTE: "Neighbours quarrel 邻里纠纷.",
        ReportKind.OTHER: "Anything else.",
    },
)
vocabulary(
    DutyPost,
    {
        DutyPost.HALL: "In the community hall 服务大厅: two or three a day.",
        DutyPost.RECEPTION: "Receives residents at the grid Party branch of an estate 网格党支部: one a day.",
        DutyPost.OUTREACH: "Goes out to firms, shops, gates and homes 外出走访: everybody else.",
        DutyPost.ABSENT: "Not at work, with a reason.",
    },
)
vocabulary(
    AppealSource,
    {
        AppealSource.QR_HOME: "The QR code of a home or a building.",
        AppealSource.QR_COUNTER: "The QR code of a counter.",
        AppealSource.DESK: "A desk in the community hall 服务大厅.",
        AppealSource.PHONE: "By telephone.",
        AppealSource.VISIT: "Found in a visit.",
        AppealSource.BUILDING_HEAD: "Reported by a building head 联户长.",
        AppealSource.APP: "The app of an account.",
    },
)
vocabulary(
    AppealCategory,
    {
        AppealCategory.HEATING: "Heating 供暖.",
        AppealCategory.WATER: "Water supply and drains 供水排水.",
        AppealCategory.ELECTRICITY: "Electricity and lighting 供电照明.",
        AppealCategory.PROPERTY_SERVICE: "Property management 物业服务.",
        AppealCategory.NOISE: "Noise 噪声.",
        AppealCategory.PARKING: "Parking 停车.",
        AppealCategory.SANITATION: "Cleanliness 环境卫生.",
        AppealCategory.SAFETY: "Safety hazards, such as a blocked corridor 安全隐患.",
        AppealCategory.CERTIFICATE: "Certificates and papers 证明办理.",
        AppealCategory.CARE: "Care in daily life 生活照料.",
        AppealCategory.OTHER: "Anything else 其他.",
    },
)
vocabulary(
    AppealStatus,
    {
        AppealStatus.SUBMITTED: "Nobody has called back yet.",
        AppealStatus.ACCEPTED: "The reporter was called back or gone to.",
        AppealStatus.DISPATCHED: "With an organisation that has not accepted yet.",
        AppealStatus.IN_PROGRESS: "Being dealt with.",
        AppealStatus.AWAITING_CONFIRMATION: "Answered; the reporter is asked whether it is solved.",
        AppealStatus.CLOSED: "Confirmed and closed.",
        AppealStatus.REJECTED: "Not taken on, with the reason and where to turn instead.",
        AppealStatus.WITHDRAWN: "Withdrawn by the reporter.",
    },
)
vocabulary(
    AppealUrgency,
    {AppealUrgency.NORMAL: "In its turn.", AppealUrgency.URGENT: "At once: heat, water, danger."},
)
vocabulary(
    DispatchStatus,
    {
        DispatchStatus.PENDING: "The organisation has not answered yet.",
        DispatchStatus.ACCEPTED: "The organisation took it on.",
        DispatchStatus.OBJECTED: "The organisation objected, with a reason.",
        DispatchStatus.RECALLED: "It was taken back.",
    },
)
vocabulary(
    Clock,
    {Clock.RESPONSE: "That the reporter is called back or gone to.", Clock.RESOLUTION: "That it is solved."},
)
vocabulary(
    DeadlineState,
    {
        DeadlineState.ON_TIME: "There is time.",
        DeadlineState.DUE_SOON: "A fifth of the time is left, or less.",
        DeadlineState.OVERDUE: "It is over, and was not met.",
        DeadlineState.PAUSED: "It stands still.",
        DeadlineState.MET: "It was met in time.",
        DeadlineState.MET_LATE: "It was met, but late.",
    },
)
vocabulary(
    AppealLevel,
    {
        AppealLevel.GRID: "The grid's worker.",
        AppealLevel.COMMUNITY: "The community, in its own name 以社区名义.",
        AppealLevel.FARM: "The farm.",
    },
)
vocabulary(DisputeType, {member: f"{label}." for member, label in TYPE_LABELS.items()})
vocabulary(
    DisputeOrigin,
    {
        DisputeOrigin.PROACTIVE: "Found by the workers 主动排查.",
        DisputeOrigin.APPLIED: "A party asked for mediation 当事人申请.",
        DisputeOrigin.REFERRED: "Referred by another body 移交委托.",
    },
)
vocabulary(
    DisputeLevel,
    {
        DisputeLevel.GRID: "The grid: its leader mediates.",
        DisputeLevel.COMMUNITY: "The community's mediation studio.",
        DisputeLevel.JOINT: "Jointly with legal counsel and judicial office.",
        DisputeLevel.CENTRE: "The farm's dispute resolution centre 矛盾纠纷化解中心.",
    },
)
vocabulary(
    DisputeStatus,
    {
        DisputeStatus.REPORTED: "Known, not yet mediated.",
        DisputeStatus.MEDIATING: "Being mediated.",
        DisputeStatus.AGREED: "The parties agreed.",
        DisputeStatus.PERFORMED: "The agreement was kept.",
        DisputeStatus.BREACHED: "The agreement was not kept.",
        DisputeStatus.FAILED: "No agreement; the parties were told of the other routes (article 26).",
        DisputeStatus.REFUSED: "A party refuses mediation (article 17).",
        DisputeStatus.WITHDRAWN: "Withdrawn by the parties.",
    },
)
vocabulary(
    PartyRole,
    {PartyRole.APPLICANT: "Who claims 申请人.", PartyRole.RESPONDENT: "Against whom 被申请人."},
)
vocabulary(
    Consent,
    {
        Consent.PENDING: "Not asked or not answered yet.",
        Consent.GIVEN: "Agrees to mediation.",
        Consent.REFUSED: "Clearly refuses; then there is no mediation (article 17).",
    },
)
vocabulary(
    EntryKind,
    {
        EntryKind.VISIT_RECORDED: "A visit was recorded.",
        EntryKind.APPEAL_OPENED: "An appeal was opened.",
        EntryKind.APPEAL_ACCEPTED: "The reporter was called back or gone to.",
        EntryKind.APPEAL_ANSWERED: "The reporter was told the result and is asked to confirm.",
        EntryKind.APPEAL_CONFIRMED: "The reporter is satisfied; the appeal is closed.",
        EntryKind.APPEAL_RETURNED: "The reporter is not satisfied; the appeal goes on.",
        EntryKind.APPEAL_ESCALATED: "The appeal went one level up.",
        EntryKind.APPEAL_BEGUN: "Work on an appeal began.",
        EntryKind.APPEAL_DISPATCHED: "An appeal was dispatched to an organisation.",
        EntryKind.DISPATCH_ACCEPTED: "The organisation took it on.",
        EntryKind.DISPATCH_OBJECTED: "The organisation objected, with a reason.",
        EntryKind.DISPATCH_RECALLED: "A dispatch was taken back.",
        EntryKind.APPEAL_REJECTED: "An appeal was rejected, with where to turn instead.",
        EntryKind.APPEAL_WITHDRAWN: "The reporter withdrew an appeal.",
        EntryKind.APPEAL_REOPENED: "A closed appeal was opened again.",
        EntryKind.APPEAL_PAUSED: "The clocks of an appeal were paused.",
        EntryKind.APPEAL_RESUMED: "The clocks of an appeal run again.",
        EntryKind.APPEAL_NOTED: "Something was added to an appeal.",
        EntryKind.APPEAL_OVERDUE: "An overdue appeal went one level up by itself.",
        EntryKind.APPEAL_LAPSED: "An answered appeal was closed because nobody contradicted.",
        EntryKind.APPEAL_MERGED: "An appeal became part of an incident.",
        EntryKind.INCIDENT_HANDLED: "Something was done for all appeals of an incident.",
        EntryKind.CLOCKS_SET: "The time limits of appeals were set.",
        EntryKind.SCHEDULER_LATE: "Nothing has looked at what is overdue for a while.",
        EntryKind.SCHEDULER_BACK: "What is overdue is looked at again.",
        EntryKind.DISPUTE_OPENED: "A dispute was reported.",
        EntryKind.CONSENT_NOTED: "A party said whether they agree to be mediated.",
        EntryKind.MEDIATION_BEGUN: "Mediation began.",
        EntryKind.MEETING_HELD: "A mediation meeting was held.",
        EntryKind.SITE_VISIT_PLANNED: "A visit to the place was arranged.",
        EntryKind.MEDIATOR_INVITED: "Somebody was invited to mediate jointly.",
        EntryKind.MEDIATOR_RELEASED: "An invitation to mediate jointly ended.",
        EntryKind.DISPUTE_RAISED: "A dispute went a level up.",
        EntryKind.DISPUTE_REFERRED: "A dispute was referred to another body.",
        EntryKind.REFERRAL_ACCEPTED: "The body accepted the dispute.",
        EntryKind.REFERRAL_REJECTED: "The body sent the dispute back.",
        EntryKind.REFERRAL_RECALLED: "A referral was taken back.",
        EntryKind.REFERRAL_DONE: "The body reported back how it ended.",
        EntryKind.FINDING_RECORDED: "A loss was found.",
        EntryKind.EVIDENCE_ADDED: "Evidence was kept.",
        EntryKind.MEDIATION_FAILED: "Mediation failed; the parties were told of the other routes.",
        EntryKind.DISPUTE_WITHDRAWN: "The parties took the dispute back.",
        EntryKind.AGREEMENT_WRITTEN: "An oral agreement was put into writing.",
        EntryKind.AGREEMENT_MARKED: "Somebody marked a written agreement.",
        EntryKind.CONFIRMATION_NOTED: "What became of a judicial confirmation.",
        EntryKind.PERFORMANCE_CHECKED: "Performance was followed up.",
        EntryKind.MEDIATION_LIMIT_SET: "How long mediating may take was set.",
        EntryKind.AGREEMENT_RECORDED: "The parties reached an agreement.",
        EntryKind.HOUSEHOLD_ADDED: "A household was put on the register.",
        EntryKind.HOUSEHOLD_CORRECTED: "A household's entry was corrected.",
        EntryKind.RESIDENT_ADDED: "A resident was put on the register.",
        EntryKind.RESIDENT_CORRECTED: "A resident's entry was corrected.",
        EntryKind.RESIDENT_MOVED: "A resident moved to another home here.",
        EntryKind.RESIDENT_LEFT: "A resident moved away.",
        EntryKind.RESIDENTS_MERGED: "Two records of one person were merged.",
        EntryKind.RESIDENTS_PARTED: "A merger of two records was undone.",
        EntryKind.COLOUR_SET: "A resident was given a colour.",
        EntryKind.COLOUR_REMOVED: "A resident's colour was taken away.",
        EntryKind.ID_NUMBER_REVEALED: "Somebody looked at a resident's full ID number.",
        EntryKind.REGISTER_IMPORTED: "A register was imported from a file.",
        EntryKind.REGISTER_EXPORTED: "A register was written to a file.",
        EntryKind.POST_GIVEN: "An account was given a post.",
        EntryKind.POST_ENDED: "An account's post was ended.",
        EntryKind.CADENCE_SET: "How often people of a colour are to be reached was set.",
        EntryKind.DUTY_PAUSED: "The duty to reach somebody was paused.",
        EntryKind.PAUSE_ENDED: "A pause was ended.",
        EntryKind.ROUND_HANDED_OVER: "A worker's round was handed to a stand-in.",
        EntryKind.ROUND_TAKEN_BACK: "A stand-in's time was ended.",
        EntryKind.ALERT_RAISED: "Somebody living alone was not reached in time.",
        EntryKind.ALERT_CLIMBED: "An alert went to the next rung of the safety ladder.",
        EntryKind.ALERT_ACKNOWLEDGED: "Somebody took an alert upon themselves.",
        EntryKind.ALERT_ENDED: "The person of an alert was reached.",
        EntryKind.HELP_CALLED: "Residents near by were called to help.",
        EntryKind.HELP_ANSWERED: "Somebody answered a call for help.",
        EntryKind.HELP_CLOSED: "A call for help was closed.",
        EntryKind.REPORT_SETTLED: "A building head's report became an appeal, a register change or a dispute.",
        EntryKind.ROSTER_PUBLISHED: "A week's roster was published.",
        EntryKind.ROSTER_CHANGED: "A week's roster was planned or changed.",
        EntryKind.SHIFTS_SWAPPED: "Two workers swapped shifts.",
        EntryKind.QR_CODE_ISSUED: "A QR code was issued.",
        EntryKind.QR_CODE_REPLACED: "A QR code was replaced; the old one stopped working.",
        EntryKind.QR_CODE_REVOKED: "A QR code was revoked.",
        EntryKind.WISH_PROPOSED: "A wish was written down.",
        EntryKind.WISH_PUBLISHED: "A wish was published.",
        EntryKind.WISH_CLAIMED: "Somebody took a wish upon themselves.",
        EntryKind.WISH_PROGRESSED: "It was told how far a wish is.",
        EntryKind.WISH_RELEASED: "A wish waits for somebody else.",
        EntryKind.WISH_FULFILLED: "A wish has come true.",
        EntryKind.WISH_DECLINED: "A wish cannot be fulfilled.",
    },
)
vocabulary(
    Code,
    {
        Code.NOT_FOUND: "No such object, or not the viewer's to see.",
        Code.MALFORMED_ID: "The id is not well formed, or of another type.",
        Code.INVALID_INPUT: "A value cannot be right; the message says why.",
        Code.TOO_LONG: "A text is too long.",
        Code.IN_FUTURE: "A time lies in the future.",
        Code.NOT_ALLOWED: "The viewer's role may never do this.",
        Code.WRONG_STATE: "Not possible from the present status, which the message names.",
        Code.WRONG_LEVEL: "Another level handles it now.",
        Code.CONFLICT: "The id was used before, with other content or by somebody else.",
        Code.PLACE_UNCLEAR: "The text does not say clearly which building is meant.",
        Code.CONSENT_MISSING: "Some party has not consented.",
        Code.TOO_FEW_PARTIES: "A dispute needs two parties.",
        Code.PARTY_REFUSES: "A party refuses mediation (People's Mediation Law, article 17).",
        Code.CONTENT_MISSING: "The law asks for content that is missing.",
        Code.ROSTER_RULE: "The roster would break the rule of the day; the message lists every reason.",
    },
)

vocabulary(
    Act,
    {
        Act.RECORD_VISIT: "The mutation `recordVisit`.",
        Act.OPEN_APPEAL: "The mutation `openAppeal`.",
        Act.ACCEPT_APPEAL: "The mutation `acceptAppeal`.",
        Act.ANSWER_APPEAL: "The mutation `answerAppeal`.",
        Act.CONFIRM_APPEAL: "The mutation `confirmAppeal`.",
        Act.ESCALATE_APPEAL: "The mutation `escalateAppeal`.",
        Act.BEGIN_APPEAL: "The mutation `beginAppeal`.",
        Act.DISPATCH_APPEAL: "The mutation `dispatchAppeal`.",
        Act.RECALL_DISPATCH: "The mutation `recallDispatch`.",
        Act.ACCEPT_DISPATCH: "The mutation `acceptDispatch`.",
        Act.OBJECT_DISPATCH: "The mutation `objectDispatch`.",
        Act.REJECT_APPEAL: "The mutation `rejectAppeal`.",
        Act.WITHDRAW_APPEAL: "The mutation `withdrawAppeal`.",
        Act.REOPEN_APPEAL: "The mutation `reopenAppeal`.",
        Act.PAUSE_APPEAL: "The mutation `pauseAppeal`.",
        Act.RESUME_APPEAL: "The mutation `resumeAppeal`.",
        Act.ADD_TO_APPEAL: "The mutation `addToAppeal`.",
        Act.SET_CLOCKS: "The mutation `setClocks`.",
        Act.MERGE_INTO_INCIDENT: "The mutation `mergeIntoIncident`.",
        Act.NOTE_CONSENT: "The mutation `noteConsent`.",
        Act.BEGIN_MEDIATION: "The mutation `beginMediation`.",
        Act.HOLD_MEETING: "The mutation `recordMeeting`.",
        Act.PLAN_SITE_VISIT: "The mutation `planSiteVisit`.",
        Act.INVITE_MEDIATOR: "The mutation `inviteMediator`.",
        Act.RELEASE_MEDIATOR: "The mutation `releaseMediator`.",
        Act.RAISE_DISPUTE: "The mutation `raiseDispute`.",
        Act.REFER_DISPUTE: "The mutation `referDispute`.",
        Act.RECALL_REFERRAL: "The mutation `recallReferral`.",
        Act.ACCEPT_REFERRAL: "The mutation `acceptReferral`.",
        Act.REJECT_REFERRAL: "The mutation `rejectReferral`.",
        Act.REPORT_BACK: "The mutation `reportBack`.",
        Act.RECORD_FINDING: "The mutation `recordFinding`.",
        Act.ADD_EVIDENCE: "The mutation `addEvidence`.",
        Act.FAIL_MEDIATION: "The mutation `failMediation`.",
        Act.WITHDRAW_DISPUTE: "The mutation `withdrawDispute`.",
        Act.WRITE_AGREEMENT: "The mutation `writeAgreement`.",
        Act.MARK_AGREEMENT: "The mutation `markAgreement`.",
        Act.NOTE_CONFIRMATION: "The mutation `noteConfirmation`.",
        Act.CHECK_PERFORMANCE: "The mutation `checkPerformance`.",
        Act.SET_MEDIATION_LIMIT: "The mutation `setMediationLimit`.",
        Act.OPEN_DISPUTE: "The mutation `openDispute`.",
        Act.RECORD_AGREEMENT: "The mutation `recordAgreement`.",
        Act.KEEP_REGISTER: "The mutations that add, correct and move residents and households.",
        Act.IMPORT_REGISTER: "The commands that import and export a register.",
        Act.REVEAL_ID_NUMBER: "The mutation `revealIdNumber`.",
        Act.SET_COLOUR: "The mutations `setColour` and `removeColour`.",
        Act.MERGE_RESIDENTS: "The mutations `mergeResidents` and `undoMerge`.",
        Act.GIVE_POST: "The mutations `givePost` and `endPost`.",
        Act.ACKNOWLEDGE_ALERT: "The mutation `acknowledgeAlert`.",
        Act.SET_LADDER: "The mutation `setLadder`.",
        Act.CALL_FOR_HELP: "The mutations `callForHelp`, `recordAnswer` and `closeCall`.",
        Act.ANSWER_CALL: "The mutation `answerCall`.",
        Act.SET_CADENCE: "The mutation `setCadence`.",
        Act.PAUSE_DUTY: "The mutations `pauseDuty` and `endPause`.",
        Act.HAND_OVER_ROUND: "The mutations `handOverRound` and `takeBackRound`.",
        Act.SETTLE_REPORT: "The mutation `settleReport`.",
        Act.PLAN_ROSTER: "The mutations `planRoster`, `publishRoster`, `changeShift` and `setDay`.",
        Act.SWAP_SHIFTS: "The mutation `swapShifts`.",
        Act.KEEP_QR_CODES: "The mutations `issueQrCode`, `replaceQrCode` and `revokeQrCode`; a building's sheet.",
        Act.KEEP_COUNTER_CODES: "The same for the codes of a community's counters.",
        Act.PROPOSE_WISH: "The mutation `proposeWish`.",
        Act.PUBLISH_WISH: "The mutation `publishWish`.",
        Act.DECLINE_WISH: "The mutation `declineWish`.",
        Act.CLAIM_WISH: "The mutation `claimWish`.",
        Act.NOTE_WISH_PROGRESS: "The mutation `noteWishProgress`.",
        Act.RELEASE_WISH: "The mutation `releaseWish`.",
        Act.FULFIL_WISH: "The mutation `fulfilWish`.",
    },
)
vocabulary(
    HandlingLevel,
    {
        HandlingLevel.GRID: "The grid: 小事不出网格.",
        HandlingLevel.COMMUNITY: "The community: 大事不出社区.",
        HandlingLevel.JOINT: "Jointly with legal counsel and judicial office.",
        HandlingLevel.CENTRE: "The farm's dispute resolution centre 矛盾纠纷化解中心.",
        HandlingLevel.FARM: "The farm.",
    },
)
