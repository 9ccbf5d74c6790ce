"""The vocabulary of appeals and the checks of its values (domain.md section 5)."""

from enum import auto

from rules.refusals import invalid
from rules.vocabulary import Word


class AppealKind(Word):
    """The kind of an appeal."""

    PROBLEM = auto(), "问题", "A problem to be solved (问题)."
    HELP = auto(), "求助", "A request for help (求助), such as buying medicine."
    INQUIRY = auto(), "咨询", "A question (咨询), such as which papers are needed."
    REPORT = auto(), "情况", "A report by a building head (情况)."


class ReportKind(Word):
    """The subject of a building head's report."""

    MOVE_IN = auto(), "迁入", "Somebody moved in (迁入)."
    MOVE_OUT = auto(), "迁出", "Somebody moved out (迁出)."
    BLOCKED_CORRIDOR = auto(), "楼道堵塞", "A corridor is blocked (楼道堵塞)."
    NEIGHBOUR_DISPUTE = auto(), "邻里纠纷", "Neighbours are in dispute (邻里纠纷)."
    OTHER = auto(), "其他", "Anything else (其他)."


class AppealSource(Word):
    """The channel through which an appeal came in."""

    QR_HOME = auto(), "门口二维码", "The QR code of a home, a building or premises."
    QR_COUNTER = auto(), "柜台二维码", "The QR code of a counter."
    DESK = auto(), "服务大厅", "A desk in the community hall (服务大厅)."
    PHONE = auto(), "电话", "A telephone call."
    VISIT = auto(), "走访", "A visit."
    BUILDING_HEAD = auto(), "联户长", "A building head (联户长)."
    APP = auto(), "手机应用", "The app, signed in."


class AppealCategory(Word):
    """The subject of an appeal. A community sets which organisation answers for each category."""

    HEATING = auto(), "供暖", "Heating (供暖)."
    WATER = auto(), "供水排水", "Water supply and drains (供水排水)."
    ELECTRICITY = auto(), "供电照明", "Electricity and lighting (供电照明)."
    PROPERTY_SERVICE = auto(), "物业服务", "Property management (物业服务)."
    NOISE = auto(), "噪声", "Noise (噪声)."
    PARKING = auto(), "停车", "Parking (停车)."
    SANITATION = auto(), "环境卫生", "Cleanliness (环境卫生)."
    SAFETY = auto(), "安全隐患", "Safety hazards (安全隐患), such as a blocked corridor."
    CERTIFICATE = auto(), "证明办理", "Certificates and papers (证明办理)."
    CARE = auto(), "生活照料", "Care in daily life (生活照料)."
    OTHER = auto(), "其他", "Anything else (其他)."


class AppealPlace(Word):
    """What an appeal concerns."""

    HOUSEHOLD = auto(), "住户", "A household."
    BUILDING = auto(), "楼栋", "A building, or a unit of it."
    PREMISES = auto(), "场所", "A firm, a shop or a construction site."
    GRID = auto(), "网格", "A grid."
    ESTATE = auto(), "小区", "An estate as a whole: its workers and its leader see it."
    COMMUNITY = auto(), "社区", "The community as a whole, or a place that is not known: all of its workers see it."


class AppealStatus(Word):
    """The status of an appeal."""

    SUBMITTED = auto(), "已提交", "Nobody has called back yet."
    ACCEPTED = auto(), "已受理", "The reporter was called back or visited."
    DISPATCHED = auto(), "已派单", "Dispatched to an organisation that has not answered yet."
    IN_PROGRESS = auto(), "办理中", "Being worked on."
    AWAITING_CONFIRMATION = auto(), "待确认", "Answered; the reporter is asked whether it is solved."
    CLOSED = auto(), "已办结", "Closed."
    REJECTED = auto(), "不予受理", "Rejected, with the reason and where to turn instead."
    WITHDRAWN = auto(), "已撤回", "Withdrawn by the reporter."


class AppealUrgency(Word):
    """How urgent an appeal is. The time limits depend on it."""

    NORMAL = auto(), "一般", "Not urgent."
    URGENT = auto(), "紧急", "Urgent: no heating, no water, danger."


class DispatchStatus(Word):
    """The status of a dispatch."""

    PENDING = auto(), "待接单", "The organisation has not answered yet."
    ACCEPTED = auto(), "已接单", "The organisation accepted it."
    OBJECTED = auto(), "已退单", "The organisation objected, with a reason."
    RECALLED = auto(), "已撤回", "Recalled by the community."


OPEN_DISPATCHES = (DispatchStatus.PENDING, DispatchStatus.ACCEPTED)
"""The statuses in which the organisation is responsible."""


class AppealLevel(Word):
    """The level that handles an appeal: 小事不出网格，大事不出社区."""

    GRID = auto(), "网格", "The workers of the grid."
    COMMUNITY = auto(), "社区", "The community, in its own name (以社区名义)."
    FARM = auto(), "农场", "The farm."


RATINGS = range(1, 6)
ENDED = frozenset({AppealStatus.CLOSED, AppealStatus.REJECTED, AppealStatus.WITHDRAWN})
NEXT_LEVEL = {AppealLevel.GRID: AppealLevel.COMMUNITY, AppealLevel.COMMUNITY: AppealLevel.FARM}
MOST_OBJECTIONS = 2
"""After this many objections by organisations only the community decides who answers (domain.md section 5)."""


def report_kind(kind: AppealKind, given: ReportKind | None) -> ReportKind | None:
    """The report kind to store: ``OTHER`` by default for a report, ``None`` for anything else."""
    if kind is AppealKind.REPORT:
        return given or ReportKind.OTHER
    if given is not None:
        raise invalid("只有情况反映才填写情况类别", "reportKind")
    return None


def check_rating(rating: int | None, satisfied: bool) -> None:
    """A rating is 1 to 5 (domain.md section 5), and is given only by a satisfied reporter."""
    if rating is None:
        return
    if not satisfied:
        raise invalid("不满意时不评分", "rating")
    if rating not in RATINGS:
        raise invalid("评分应为 1 到 5", "rating")
