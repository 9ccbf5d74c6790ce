"""Disputes: their vocabulary and parties (domain.md section 6; articles of the People's Mediation Law 人民调解法)."""

from collections.abc import Sequence
from enum import StrEnum

from rules.refusals import Code, Refusal


class DisputeType(StrEnum):
    """The eighteen types of the reporting form."""

    MARRIAGE_FAMILY = "MARRIAGE_FAMILY"
    NEIGHBOUR = "NEIGHBOUR"
    HOUSING_LAND = "HOUSING_LAND"
    CONTRACT = "CONTRACT"
    PRODUCTION_BUSINESS = "PRODUCTION_BUSINESS"
    DAMAGES = "DAMAGES"
    FOREST_LAND = "FOREST_LAND"
    LAND_ACQUISITION = "LAND_ACQUISITION"
    ENVIRONMENT = "ENVIRONMENT"
    WAGE_ARREARS = "WAGE_ARREARS"
    OTHER_LABOUR = "OTHER_LABOUR"
    TOURISM = "TOURISM"
    E_COMMERCE = "E_COMMERCE"
    OTHER_CONSUMER = "OTHER_CONSUMER"
    MEDICAL = "MEDICAL"
    TRAFFIC = "TRAFFIC"
    PROPERTY_MANAGEMENT = "PROPERTY_MANAGEMENT"
    OTHER = "OTHER"


class DisputeOrigin(StrEnum):
    """How a dispute came to the mediators."""

    PROACTIVE = "PROACTIVE"
    APPLIED = "APPLIED"
    REFERRED = "REFERRED"


class DisputeLevel(StrEnum):
    """Where a dispute is handled."""

    GRID = "GRID"
    COMMUNITY = "COMMUNITY"
    JOINT = "JOINT"
    CENTRE = "CENTRE"


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    REPORTED = "REPORTED"
    MEDIATING = "MEDIATING"
    AGREED = "AGREED"
    PERFORMED = "PERFORMED"
    BREACHED = "BREACHED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class PartyRole(StrEnum):
    """On which side a party stands."""

    APPLICANT = "APPLICANT"
    RESPONDENT = "RESPONDENT"


class Consent(StrEnum):
    """Whether a party agrees to be mediated (article 17)."""

    PENDING = "PENDING"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"


class Route(StrEnum):
    """Where parties can turn when mediation fails (article 26)."""

    COURT = "COURT"
    ARBITRATION = "ARBITRATION"
    ADMINISTRATIVE = "ADMINISTRATIVE"


class GuestKind(StrEnum):
    """Who may join a mediation with the parties' consent (article 20)."""

    RELATIVE = "RELATIVE"
    NEIGHBOUR = "NEIGHBOUR"
    COLLEAGUE = "COLLEAGUE"
    EXPERT = "EXPERT"
    ORGANISATION = "ORGANISATION"


TYPE_LABELS: dict[DisputeType, str] = {
    DisputeType.MARRIAGE_FAMILY: "婚姻家庭纠纷",
    DisputeType.NEIGHBOUR: "邻里纠纷",
    DisputeType.HOUSING_LAND: "房屋宅基地纠纷",
    DisputeType.CONTRACT: "合同纠纷",
    DisputeType.PRODUCTION_BUSINESS: "生产经营纠纷",
    DisputeType.DAMAGES: "损害赔偿纠纷",
    DisputeType.FOREST_LAND: "山林土地纠纷",
    DisputeType.LAND_ACQUISITION: "征地拆迁纠纷",
    DisputeType.ENVIRONMENT: "环境污染纠纷",
    DisputeType.WAGE_ARREARS: "拖欠农民工工资纠纷",
    DisputeType.OTHER_LABOUR: "其他劳动争议",
    DisputeType.TOURISM: "旅游纠纷",
    DisputeType.E_COMMERCE: "电子商务纠纷",
    DisputeType.OTHER_CONSUMER: "其他消费纠纷",
    DisputeType.MEDICAL: "医疗纠纷",
    DisputeType.TRAFFIC: "道路交通事故纠纷",
    DisputeType.PROPERTY_MANAGEMENT: "物业纠纷",
    DisputeType.OTHER: "其他纠纷",
}

ORIGIN_LABELS: dict[DisputeOrigin, str] = {
    DisputeOrigin.PROACTIVE: "主动排查",
    DisputeOrigin.APPLIED: "当事人申请",
    DisputeOrigin.REFERRED: "移交委托",
}

LEVEL_LABELS: dict[DisputeLevel, str] = {
    DisputeLevel.GRID: "网格",
    DisputeLevel.COMMUNITY: "社区调解室",
    DisputeLevel.JOINT: "联合调解",
    DisputeLevel.CENTRE: "矛盾纠纷化解中心",
}

STATUS_LABELS: dict[DisputeStatus, str] = {
    DisputeStatus.REPORTED: "已登记",
    DisputeStatus.MEDIATING: "调解中",
    DisputeStatus.AGREED: "达成协议",
    DisputeStatus.PERFORMED: "已履行",
    DisputeStatus.BREACHED: "未履行",
    DisputeStatus.FAILED: "调解不成",
    DisputeStatus.REFUSED: "拒绝调解",
    DisputeStatus.WITHDRAWN: "撤回",
}

ROUTE_LABELS: dict[Route, str] = {
    Route.COURT: "向人民法院提起诉讼",
    Route.ARBITRATION: "申请仲裁",
    Route.ADMINISTRATIVE: "请行政机关处理",
}

GUEST_LABELS: dict[GuestKind, str] = {
    GuestKind.RELATIVE: "亲属",
    GuestKind.NEIGHBOUR: "邻里",
    GuestKind.COLLEAGUE: "同事",
    GuestKind.EXPERT: "专业人士",
    GuestKind.ORGANISATION: "社会组织人员",
}

CONSENT_LABELS: dict[Consent, str] = {
    Consent.PENDING: "未表态",
    Consent.GIVEN: "同意调解",
    Consent.REFUSED: "拒绝调解",
}

PENDING = frozenset({DisputeStatus.REPORTED, DisputeStatus.MEDIATING})
SETTLED = frozenset({DisputeStatus.AGREED, DisputeStatus.PERFORMED, DisputeStatus.BREACHED})
"""An agreement was reached; whether it is kept is another question."""

LABOUR = frozenset({DisputeType.WAGE_ARREARS, DisputeType.OTHER_LABOUR})
"""Labour disputes: the agreement should be written, and arbitration is open after a while."""
ARBITRATION_DAYS = 15
"""Days from receipt without an agreement after which either side may apply for labour arbitration
(Labour Dispute Mediation and Arbitration Law 劳动争议调解仲裁法, article 14)."""
ARBITRATION_WHY = "劳动争议调解仲裁法第十四条:自收到调解申请之日起十五日内未达成调解协议的,当事人可以依法申请仲裁"
WRITTEN_WHY = "劳动争议调解仲裁法第十四条:经调解达成协议的,应当制作调解协议书"
MEDIATION_DAYS = 30
"""Days that mediating may take where the community has set nothing else; a local rule, not the law."""
NEXT_LEVEL: dict[DisputeLevel, DisputeLevel] = {
    DisputeLevel.GRID: DisputeLevel.COMMUNITY,
    DisputeLevel.COMMUNITY: DisputeLevel.JOINT,
}
"""What is raised goes one level up; to the centre it goes by a referral that the centre accepts."""


def check_parties(consents: Sequence[Consent]) -> None:
    """A dispute has two sides at least."""
    if len(consents) < 2:  # noqa: PLR2004  two sides
        raise Refusal(Code.TOO_FEW_PARTIES, "parties")


def opening_status(consents: Sequence[Consent]) -> DisputeStatus:
    """How a dispute stands when it is reported: where a party clearly refuses there is no mediation (article 17)."""
    return DisputeStatus.REFUSED if Consent.REFUSED in consents else DisputeStatus.REPORTED


def status_after_consent(status: DisputeStatus, consents: Sequence[Consent]) -> DisputeStatus:
    """How a dispute stands once a party has said yes or no; who refused may think again."""
    if Consent.REFUSED in consents:
        return DisputeStatus.REFUSED
    return DisputeStatus.REPORTED if status is DisputeStatus.REFUSED else status


def check_guests(guests: int, *, consented: bool) -> None:
    """Others join a mediation with the parties' consent alone (article 20)."""
    if guests and not consented:
        rule = {"rule_zh": "(人民调解法第二十条)", "rule_en": " (People's Mediation Law, article 20)"}
        raise Refusal(Code.CONSENT_MISSING, "guestsConsented", **rule)


def check_routes(routes: Sequence[Route]) -> None:
    """On failure the parties are told of the other routes (article 26)."""
    if not routes:
        raise Refusal(
            Code.CONTENT_MISSING,
            "routesTold",
            fields="routesTold",
            rule_zh="人民调解法第二十六条",
            rule_en="People's Mediation Law, article 26",
        )
