"""The vocabulary of disputes (domain.md section 6). Articles are those of the People's Mediation Law (人民调解法)."""

from collections.abc import Sequence
from enum import auto

from rules.gathering import field_check
from rules.refusals import Code, Joined, Refusal, Said, invalid
from rules.vocabulary import Word


class DisputeType(Word):
    """The eighteen types of the reporting form."""

    MARRIAGE_FAMILY = auto(), "婚姻家庭纠纷", "Marriage and family (婚姻家庭纠纷)."
    NEIGHBOUR = auto(), "邻里纠纷", "Between neighbours (邻里纠纷)."
    HOUSING_LAND = auto(), "房屋宅基地纠纷", "Houses and building plots (房屋宅基地纠纷)."
    CONTRACT = auto(), "合同纠纷", "Contracts (合同纠纷)."
    PRODUCTION_BUSINESS = auto(), "生产经营纠纷", "Production and business (生产经营纠纷)."
    DAMAGES = auto(), "损害赔偿纠纷", "Damages (损害赔偿纠纷)."
    FOREST_LAND = auto(), "山林土地纠纷", "Forests and land (山林土地纠纷)."
    LAND_ACQUISITION = auto(), "征地拆迁纠纷", "Land acquisition and demolition (征地拆迁纠纷)."
    ENVIRONMENT = auto(), "环境污染纠纷", "Pollution (环境污染纠纷)."
    WAGE_ARREARS = auto(), "拖欠农民工工资纠纷", "Wage arrears of migrant workers (拖欠农民工工资纠纷)."
    OTHER_LABOUR = auto(), "其他劳动争议", "Other labour disputes (其他劳动争议)."
    TOURISM = auto(), "旅游纠纷", "Tourism (旅游纠纷)."
    E_COMMERCE = auto(), "电子商务纠纷", "E-commerce (电子商务纠纷)."
    OTHER_CONSUMER = auto(), "其他消费纠纷", "Other consumer disputes (其他消费纠纷)."
    MEDICAL = auto(), "医疗纠纷", "Medical treatment (医疗纠纷)."
    TRAFFIC = auto(), "道路交通事故纠纷", "Traffic accidents (道路交通事故纠纷)."
    PROPERTY_MANAGEMENT = auto(), "物业纠纷", "Property management (物业纠纷)."
    OTHER = auto(), "其他纠纷", "Anything else (其他纠纷)."


class DisputeOrigin(Word):
    """How a dispute reached the mediators."""

    PROACTIVE = auto(), "主动排查", "Found by the workers (主动排查)."
    APPLIED = auto(), "当事人申请", "A party applied for mediation (当事人申请)."
    REFERRED = auto(), "移交委托", "Referred by another body (移交委托)."


class DisputeLevel(Word):
    """The level that mediates a dispute."""

    GRID = auto(), "网格", "The grid leader."
    COMMUNITY = auto(), "社区调解室", "The community's mediation studio (社区调解室)."
    JOINT = auto(), "联合调解", "The community, with legal counsel and the judicial office (联合调解)."
    CENTRE = auto(), "矛盾纠纷化解中心", "The farm's dispute resolution centre (矛盾纠纷化解中心)."


class DisputeStatus(Word):
    """The status of a dispute."""

    REPORTED = auto(), "已登记", "Reported, not yet mediated."
    MEDIATING = auto(), "调解中", "Being mediated."
    AGREED = auto(), "达成协议", "The parties agreed."
    PERFORMED = auto(), "已履行", "The agreement was performed."
    BREACHED = auto(), "未履行", "The agreement was not performed."
    FAILED = auto(), "调解不成", "No agreement; the parties were told of the other routes (article 26)."
    REFUSED = auto(), "拒绝调解", "A party refuses mediation (article 17)."
    WITHDRAWN = auto(), "撤回", "Withdrawn by the parties."


class PartyRole(Word):
    """The side of a party."""

    APPLICANT = auto(), "申请人", "Applicant (申请人)."
    RESPONDENT = auto(), "被申请人", "Respondent (被申请人)."


class PartyKind(Word):
    """What a party is (domain.md section 6)."""

    RESIDENT = auto(), "居民", "A resident on the register."
    HOUSEHOLD = auto(), "住户", "A household, for which a resident speaks."
    PREMISES = auto(), "单位或工地", "A firm, a shop or a construction site."
    ORGANISATION = auto(), "机构", "An organisation that works with the community."
    OUTSIDER = auto(), "外来人员", "A person or a body that is not on the register."


class Consent(Word):
    """The answer of a party to the offer of mediation (article 17)."""

    PENDING = auto(), "未表态", "Not asked, or not answered yet."
    GIVEN = auto(), "同意调解", "Agrees."
    REFUSED = auto(), "拒绝调解", "Clearly refuses, which rules out mediation (article 17)."


class Route(Word):
    """The other routes that are open when mediation fails (article 26)."""

    COURT = auto(), "向人民法院提起诉讼", "Sue before a people's court (向人民法院提起诉讼)."
    ARBITRATION = auto(), "申请仲裁", "Apply for arbitration (申请仲裁)."
    ADMINISTRATIVE = auto(), "请求行政机关处理", "Turn to an administrative authority (请求行政机关处理)."


class GuestKind(Word):
    """The kinds of guests who may join a mediation with the parties' consent (article 20)."""

    RELATIVE = auto(), "亲属", "A relative of a party."
    NEIGHBOUR = auto(), "邻里", "A neighbour."
    COLLEAGUE = auto(), "同事", "A colleague."
    EXPERT = auto(), "专业人士", "An expert."
    ORGANISATION = auto(), "社会组织人员", "A member of a social organisation."


PENDING = frozenset({DisputeStatus.REPORTED, DisputeStatus.MEDIATING})
SETTLED = frozenset({DisputeStatus.AGREED, DisputeStatus.PERFORMED, DisputeStatus.BREACHED})
"""The statuses with an agreement, kept or not."""

LABOUR = frozenset({DisputeType.WAGE_ARREARS, DisputeType.OTHER_LABOUR})
ARBITRATION_DAYS = 15
"""Days from receipt without an agreement after which either side may apply for labour arbitration
(Labour Dispute Mediation and Arbitration Law 劳动争议调解仲裁法, article 14)."""
ARBITRATION_WHY = "劳动争议调解仲裁法第十四条：自收到调解申请之日起十五日内未达成调解协议的，当事人可以依法申请仲裁"
WRITTEN_WHY = "劳动争议调解仲裁法第十四条：经调解达成协议的，应当制作调解协议书"
MEDIATION_DAYS = 30
"""The time limit on mediation until the community sets another: a local rule, not the law (domain.md section 6)."""
NEXT_LEVEL: dict[DisputeLevel, DisputeLevel] = {
    DisputeLevel.GRID: DisputeLevel.COMMUNITY,
    DisputeLevel.COMMUNITY: DisputeLevel.JOINT,
}
"""``raiseDispute`` goes one level up. Only an accepted referral leads to the centre."""


@field_check
def check_parties(consents: Sequence[Consent]) -> None:
    """A dispute has at least two parties."""
    if len(consents) < 2:  # noqa: PLR2004  two sides
        raise Refusal(Code.TOO_FEW_PARTIES, "parties")


def check_removable(parties: int, *, findings: int, meetings: int) -> None:
    """A party is removed if nothing of the mediation hangs on it, and at least two parties remain.

    After an agreement no party is removed, so no obligation and no signature can hang on one.
    """
    kept = [
        *([Said("{count}条查勘记录", {"count": findings})] if findings else []),
        *([Said("{count}次调解会记录", {"count": meetings})] if meetings else []),
    ]
    if kept:
        raise invalid("与该当事人有关的有{kept}，不能移除；如登记错了人，请更正当事人", "party", kept=Joined(kept))
    if parties <= 2:  # noqa: PLR2004  two sides
        raise Refusal(Code.TOO_FEW_PARTIES, "party")


def opening_status(consents: Sequence[Consent]) -> DisputeStatus:
    """The first status of a dispute: REFUSED if a party clearly refuses mediation (article 17)."""
    return DisputeStatus.REFUSED if Consent.REFUSED in consents else DisputeStatus.REPORTED


def status_after_consent(status: DisputeStatus, consents: Sequence[Consent]) -> DisputeStatus:
    """The status after a party agreed or refused. A party that refused may reconsider."""
    if Consent.REFUSED in consents:
        return DisputeStatus.REFUSED
    return DisputeStatus.REPORTED if status is DisputeStatus.REFUSED else status


def check_guests(guests: int, *, consented: bool) -> None:
    """Others join a mediation only with the parties' consent (article 20)."""
    if guests and not consented:
        raise Refusal(Code.CONSENT_MISSING, "guestsConsented", rule=Said("（人民调解法第二十条）"))


def check_routes(routes: Sequence[Route]) -> None:
    """On failure the parties are informed of the other routes (article 26)."""
    if not routes:
        raise Refusal(
            Code.CONTENT_MISSING,
            "routesTold",
            fields=Said("已告知的其他途径"),
            rule=Said("人民调解法第二十六条"),
        )
