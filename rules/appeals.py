"""The vocabulary of appeals (domain.md section 5), and what a value of theirs may be."""

from enum import auto

from rules.refusals import invalid
from rules.vocabulary import Word


class AppealKind(Word):
    """What a resident wants."""

    PROBLEM = auto(), "问题", "A problem to be solved 问题."
    HELP = auto(), "求助", "Help that is needed, such as medicine for someone alone 求助."
    INQUIRY = auto(), "咨询", "A question, such as which papers are needed 咨询."
    REPORT = auto(), "情况", "Something a building head reports 情况."


class ReportKind(Word):
    """What a building head saw."""

    MOVE_IN = auto(), "迁入", "Somebody moved in 迁入."
    MOVE_OUT = auto(), "迁出", "Somebody moved out 迁出."
    BLOCKED_CORRIDOR = auto(), "楼道堵塞", "A corridor is blocked 楼道堵塞."
    NEIGHBOUR_DISPUTE = auto(), "邻里纠纷", "Neighbours quarrel 邻里纠纷."
    OTHER = auto(), "其他", "Anything else."


class AppealSource(Word):
    """By which way an appeal came in."""

    QR_HOME = auto(), "家门二维码", "The QR code of a home or a building."
    QR_COUNTER = auto(), "柜台二维码", "The QR code of a counter."
    DESK = auto(), "服务大厅", "A desk in the community hall 服务大厅."
    PHONE = auto(), "电话", "By telephone."
    VISIT = auto(), "走访", "Found in a visit."
    BUILDING_HEAD = auto(), "联户长", "Reported by a building head 联户长."
    APP = auto(), "手机应用", "The app of an account."


class AppealCategory(Word):
    """What an appeal is about; each names the organisation that answers for it."""

    HEATING = auto(), "供暖", "Heating 供暖."
    WATER = auto(), "供水排水", "Water supply and drains 供水排水."
    ELECTRICITY = auto(), "供电照明", "Electricity and lighting 供电照明."
    PROPERTY_SERVICE = auto(), "物业服务", "Property management 物业服务."
    NOISE = auto(), "噪声", "Noise 噪声."
    PARKING = auto(), "停车", "Parking 停车."
    SANITATION = auto(), "环境卫生", "Cleanliness 环境卫生."
    SAFETY = auto(), "安全隐患", "Safety hazards, such as a blocked corridor 安全隐患."
    CERTIFICATE = auto(), "证明办理", "Certificates and papers 证明办理."
    CARE = auto(), "生活照料", "Care in daily life 生活照料."
    OTHER = auto(), "其他", "Anything else 其他."


class AppealStatus(Word):
    """Where an appeal stands."""

    SUBMITTED = auto(), "已提交", "Nobody has called back yet."
    ACCEPTED = auto(), "已受理", "The reporter was called back or gone to."
    DISPATCHED = auto(), "已派单", "With an organisation that has not accepted yet."
    IN_PROGRESS = auto(), "办理中", "Being dealt with."
    AWAITING_CONFIRMATION = auto(), "待确认", "Answered; the reporter is asked whether it is solved."
    CLOSED = auto(), "已办结", "Confirmed and closed."
    REJECTED = auto(), "不予受理", "Not taken on, with the reason and where to turn instead."
    WITHDRAWN = auto(), "已撤回", "Withdrawn by the reporter."


class AppealUrgency(Word):
    """How fast it has to go; the clocks follow it."""

    NORMAL = auto(), "一般", "In its turn."
    URGENT = auto(), "紧急", "At once: heat, water, danger."


class DispatchStatus(Word):
    """What became of a dispatch."""

    PENDING = auto(), "待接单", "The organisation has not answered yet."
    ACCEPTED = auto(), "已接单", "The organisation took it on."
    OBJECTED = auto(), "已退单", "The organisation objected, with a reason."
    RECALLED = auto(), "已撤回", "It was taken back."


WITH_THEM = (DispatchStatus.PENDING, DispatchStatus.ACCEPTED)
"""While these last, what was dispatched is with the organisation."""


class AppealLevel(Word):
    """Which body handles an appeal: 小事不出网格,大事不出社区."""

    GRID = auto(), "网格", "The grid's worker."
    COMMUNITY = auto(), "社区", "The community, in its own name 以社区名义."
    FARM = auto(), "农场", "The farm."


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
