"""The vocabulary of appeals (domain.md section 5), and what a value of theirs may be."""

from enum import StrEnum

from rules.refusals import invalid


class AppealKind(StrEnum):
    """What a resident wants."""

    PROBLEM = "PROBLEM"
    HELP = "HELP"
    INQUIRY = "INQUIRY"
    REPORT = "REPORT"


class ReportKind(StrEnum):
    """What a building head saw."""

    MOVE_IN = "MOVE_IN"
    MOVE_OUT = "MOVE_OUT"
    BLOCKED_CORRIDOR = "BLOCKED_CORRIDOR"
    NEIGHBOUR_DISPUTE = "NEIGHBOUR_DISPUTE"
    OTHER = "OTHER"


class AppealSource(StrEnum):
    """By which way an appeal came in."""

    QR_HOME = "QR_HOME"
    QR_COUNTER = "QR_COUNTER"
    DESK = "DESK"
    PHONE = "PHONE"
    VISIT = "VISIT"
    BUILDING_HEAD = "BUILDING_HEAD"
    APP = "APP"


class AppealCategory(StrEnum):
    """What an appeal is about; each names the organisation that answers for it."""

    HEATING = "HEATING"
    WATER = "WATER"
    ELECTRICITY = "ELECTRICITY"
    PROPERTY_SERVICE = "PROPERTY_SERVICE"
    NOISE = "NOISE"
    PARKING = "PARKING"
    SANITATION = "SANITATION"
    SAFETY = "SAFETY"
    CERTIFICATE = "CERTIFICATE"
    CARE = "CARE"
    OTHER = "OTHER"


class AppealStatus(StrEnum):
    """Where an appeal stands."""

    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    DISPATCHED = "DISPATCHED"
    IN_PROGRESS = "IN_PROGRESS"
    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class AppealUrgency(StrEnum):
    """How fast it has to go; the clocks follow it."""

    NORMAL = "NORMAL"
    URGENT = "URGENT"


class DispatchStatus(StrEnum):
    """What became of a dispatch."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    OBJECTED = "OBJECTED"
    RECALLED = "RECALLED"


WITH_THEM = (DispatchStatus.PENDING, DispatchStatus.ACCEPTED)
"""While these last, what was dispatched is with the organisation."""


class AppealLevel(StrEnum):
    """Which body handles an appeal: 小事不出网格,大事不出社区."""

    GRID = "GRID"
    COMMUNITY = "COMMUNITY"
    FARM = "FARM"


KIND_LABELS: dict[AppealKind, str] = {
    AppealKind.PROBLEM: "问题",
    AppealKind.HELP: "求助",
    AppealKind.INQUIRY: "咨询",
    AppealKind.REPORT: "情况",
}

REPORT_LABELS: dict[ReportKind, str] = {
    ReportKind.MOVE_IN: "迁入",
    ReportKind.MOVE_OUT: "迁出",
    ReportKind.BLOCKED_CORRIDOR: "楼道堵塞",
    ReportKind.NEIGHBOUR_DISPUTE: "邻里纠纷",
    ReportKind.OTHER: "其他",
}

SOURCE_LABELS: dict[AppealSource, str] = {
    AppealSource.QR_HOME: "家门二维码",
    AppealSource.QR_COUNTER: "柜台二维码",
    AppealSource.DESK: "服务大厅",
    AppealSource.PHONE: "电话",
    AppealSource.VISIT: "走访",
    AppealSource.BUILDING_HEAD: "联户长",
    AppealSource.APP: "手机应用",
}

CATEGORY_LABELS: dict[AppealCategory, str] = {
    AppealCategory.HEATING: "供暖",
    AppealCategory.WATER: "供水排水",
    AppealCategory.ELECTRICITY: "供电照明",
    AppealCategory.PROPERTY_SERVICE: "物业服务",
    AppealCategory.NOISE: "噪声",
    AppealCategory.PARKING: "停车",
    AppealCategory.SANITATION: "环境卫生",
    AppealCategory.SAFETY: "安全隐患",
    AppealCategory.CERTIFICATE: "证明办理",
    AppealCategory.CARE: "生活照料",
    AppealCategory.OTHER: "其他",
}

STATUS_LABELS: dict[AppealStatus, str] = {
    AppealStatus.SUBMITTED: "已提交",
    AppealStatus.ACCEPTED: "已受理",
    AppealStatus.DISPATCHED: "已派单",
    AppealStatus.IN_PROGRESS: "办理中",
    AppealStatus.AWAITING_CONFIRMATION: "待确认",
    AppealStatus.CLOSED: "已办结",
    AppealStatus.REJECTED: "不予受理",
    AppealStatus.WITHDRAWN: "已撤回",
}

URGENCY_LABELS: dict[AppealUrgency, str] = {AppealUrgency.NORMAL: "一般", AppealUrgency.URGENT: "紧急"}

DISPATCH_LABELS: dict[DispatchStatus, str] = {
    DispatchStatus.PENDING: "待接单",
    DispatchStatus.ACCEPTED: "已接单",
    DispatchStatus.OBJECTED: "已退单",
    DispatchStatus.RECALLED: "已撤回",
}

LEVEL_LABELS: dict[AppealLevel, str] = {
    AppealLevel.GRID: "网格",
    AppealLevel.COMMUNITY: "社区",
    AppealLevel.FARM: "农场",
}

_WORDS: tuple[tuple[AppealCategory, tuple[str, ...]], ...] = (
    (AppealCategory.HEATING, ("暖气", "供暖", "供热", "不热", "地暖")),
    (AppealCategory.WATER, ("停水", "漏水", "渗水", "水管", "下水", "堵了", "水压", "自来水")),
    (AppealCategory.ELECTRICITY, ("停电", "跳闸", "路灯", "电线", "照明", "灯不亮", "电表")),
    (AppealCategory.NOISE, ("噪声", "噪音", "太吵", "扰民")),
    (AppealCategory.PARKING, ("停车", "车位", "占道", "乱停")),
    (AppealCategory.SANITATION, ("垃圾", "卫生", "异味", "积雪")),
    (AppealCategory.SAFETY, ("楼道堆", "堵塞", "消防", "隐患", "燃气味")),
    (AppealCategory.PROPERTY_SERVICE, ("物业", "电梯", "门禁", "单元门")),
    (AppealCategory.CERTIFICATE, ("证明", "材料", "手续", "办证")),
    (AppealCategory.CARE, ("买药", "送饭", "陪护", "独居")),
)


def guess_category(text: str) -> AppealCategory:
    """The category that the words of a resident suggest; a worker can say otherwise when registering it."""
    for category, words in _WORDS:
        if any(word in text for word in words):
            return category
    return AppealCategory.OTHER


ENDED = frozenset({AppealStatus.CLOSED, AppealStatus.REJECTED, AppealStatus.WITHDRAWN})
NEXT_LEVEL = {AppealLevel.GRID: AppealLevel.COMMUNITY, AppealLevel.COMMUNITY: AppealLevel.FARM}
RATINGS = range(1, 6)
MOST_OBJECTIONS = 2
"""After so many objections of organisations only the community decides who answers for it."""


def report_kind(kind: AppealKind, given: ReportKind | None) -> ReportKind | None:
    """What a report is about; nothing else has it."""
    if kind is AppealKind.REPORT:
        return given or ReportKind.OTHER
    if given is not None:
        raise invalid("只有情况反映才写明情况类别", "only a report has a report kind", "reportKind")
    return None


def check_rating(rating: int | None, satisfied: bool) -> None:
    """A rating is 1 to 5, and only given when the reporter is satisfied enough to close."""
    if rating is None:
        return
    if not satisfied:
        raise invalid("不满意时不评分", "an appeal that goes back is not rated", "rating")
    if rating not in RATINGS:
        raise invalid("评分应为 1 到 5", "a rating is 1 to 5", "rating")
