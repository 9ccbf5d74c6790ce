"""Disputes: their vocabulary and parties (domain.md section 6; articles of the People's Mediation Law 人民调解法)."""

from collections.abc import Sequence
from enum import auto

from rules.refusals import Code, Refusal
from rules.vocabulary import Word


class DisputeType(Word):
    """The eighteen types of the reporting form."""

    MARRIAGE_FAMILY = auto(), "婚姻家庭纠纷", "婚姻家庭纠纷."
    NEIGHBOUR = auto(), "邻里纠纷", "邻里纠纷."
    HOUSING_LAND = auto(), "房屋宅基地纠纷", "房屋宅基地纠纷."
    CONTRACT = auto(), "合同纠纷", "合同纠纷."
    PRODUCTION_BUSINESS = auto(), "生产经营纠纷", "生产经营纠纷."
    DAMAGES = auto(), "损害赔偿纠纷", "损害赔偿纠纷."
    FOREST_LAND = auto(), "山林土地纠纷", "山林土地纠纷."
    LAND_ACQUISITION = auto(), "征地拆迁纠纷", "征地拆迁纠纷."
    ENVIRONMENT = auto(), "环境污染纠纷", "环境污染纠纷."
    WAGE_ARREARS = auto(), "拖欠农民工工资纠纷", "拖欠农民工工资纠纷."
    OTHER_LABOUR = auto(), "其他劳动争议", "其他劳动争议."
    TOURISM = auto(), "旅游纠纷", "旅游纠纷."
    E_COMMERCE = auto(), "电子商务纠纷", "电子商务纠纷."
    OTHER_CONSUMER = auto(), "其他消费纠纷", "其他消费纠纷."
    MEDICAL = auto(), "医疗纠纷", "医疗纠纷."
    TRAFFIC = auto(), "道路交通事故纠纷", "道路交通事故纠纷."
    PROPERTY_MANAGEMENT = auto(), "物业纠纷", "物业纠纷."
    OTHER = auto(), "其他纠纷", "其他纠纷."


class DisputeOrigin(Word):
    """How a dispute came to the mediators."""

    PROACTIVE = auto(), "主动排查", "Found by the workers 主动排查."
    APPLIED = auto(), "当事人申请", "A party asked for mediation 当事人申请."
    REFERRED = auto(), "移交委托", "Referred by another body 移交委托."


class DisputeLevel(Word):
    """Where a dispute is handled."""

    GRID = auto(), "网格", "The grid: its leader mediates."
    COMMUNITY = auto(), "社区调解室", "The community's mediation studio."
    JOINT = auto(), "联合调解", "Jointly with legal counsel and judicial office."
    CENTRE = auto(), "矛盾纠纷化解中心", "The farm's dispute resolution centre 矛盾纠纷化解中心."


class DisputeStatus(Word):
    """Where a dispute stands."""

    REPORTED = auto(), "已登记", "Known, not yet mediated."
    MEDIATING = auto(), "调解中", "Being mediated."
    AGREED = auto(), "达成协议", "The parties agreed."
    PERFORMED = auto(), "已履行", "The agreement was kept."
    BREACHED = auto(), "未履行", "The agreement was not kept."
    FAILED = auto(), "调解不成", "No agreement; the parties were told of the other routes (article 26)."
    REFUSED = auto(), "拒绝调解", "A party refuses mediation (article 17)."
    WITHDRAWN = auto(), "撤回", "Withdrawn by the parties."


class PartyRole(Word):
    """On which side a party stands."""

    APPLICANT = auto(), "", "Who claims 申请人."
    RESPONDENT = auto(), "", "Against whom 被申请人."


class Consent(Word):
    """Whether a party agrees to be mediated (article 17)."""

    PENDING = auto(), "未表态", "Not asked or not answered yet."
    GIVEN = auto(), "同意调解", "Agrees to mediation."
    REFUSED = auto(), "拒绝调解", "Clearly refuses; then there is no mediation (article 17)."


class Route(Word):
    """Where parties can turn when mediation fails (article 26)."""

    COURT = auto(), "向人民法院提起诉讼", "A suit before a court 向人民法院提起诉讼."
    ARBITRATION = auto(), "申请仲裁", "Arbitration 申请仲裁."
    ADMINISTRATIVE = auto(), "请行政机关处理", "An administrative organ 请行政机关处理."


class GuestKind(Word):
    """Who may join a mediation with the parties' consent (article 20)."""

    RELATIVE = auto(), "亲属", "A relative of a party."
    NEIGHBOUR = auto(), "邻里", "A neighbour."
    COLLEAGUE = auto(), "同事", "A colleague."
    EXPERT = auto(), "专业人士", "Somebody who knows the matter."
    ORGANISATION = auto(), "社会组织人员", "Somebody of a social organisation."


PENDING = frozenset({DisputeStatus.REPORTED, DisputeStatus.MEDIATING})
SETTLED = frozenset({DisputeStatus.AGREED, DisputeStatus.PERFORMED, DisputeStatus.BREACHED})
"""An agreement was reached; whether it is kept is another question."""

LABOUR = frozenset({DisputeType.WAGE_ARREARS, DisputeType.OTHER_LABOUR})
"""Labour disputes: the agreement should be written, and arbitration is open after a while."""
ARBITRATION_DAYS = 15
"""Days from receipt without an agreement after which either side may apply for labour arbitration
(Labour Dispute Mediation and Arbitration Law 劳动争议调解仲裁法, article 14)."""
ARBITRATION_WHY = "劳动争议调解仲裁法第十四条：自收到调解申请之日起十五日内未达成调解协议的，当事人可以依法申请仲裁"
WRITTEN_WHY = "劳动争议调解仲裁法第十四条：经调解达成协议的，应当制作调解协议书"
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
        rule = {"rule_zh": "（人民调解法第二十条）", "rule_en": " (People's Mediation Law, article 20)"}
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
