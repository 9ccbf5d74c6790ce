"""What each value of the enums of ``rules`` means, for clients to read. Loaded with the package, before any type."""

from rules.access import Role
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
        Code.TOO_MANY: "Too much was opened from one address or by one code; the message says how long to wait.",
        Code.ROSTER_RULE: "The roster would break the rule of the day; the message lists every reason.",
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
