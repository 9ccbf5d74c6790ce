"""Disputes and their agreements (domain.md section 6; articles of the People's Mediation Law 人民调解法)."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from rules.access import ALLOWED, COMMUNITY_ROLES, Act, Role, Viewer, require
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


class AgreementForm(StrEnum):
    """Oral (article 28) or written (article 29)."""

    ORAL = "ORAL"
    WRITTEN = "WRITTEN"


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

PENDING = frozenset({DisputeStatus.REPORTED, DisputeStatus.MEDIATING})
SETTLED = frozenset({DisputeStatus.AGREED, DisputeStatus.PERFORMED, DisputeStatus.BREACHED})
"""An agreement was reached; whether it is kept is another question."""

MEDIATORS: dict[DisputeLevel, frozenset[Role]] = {
    DisputeLevel.GRID: COMMUNITY_ROLES | {Role.GRID_LEADER},
    DisputeLevel.COMMUNITY: COMMUNITY_ROLES,
    DisputeLevel.JOINT: COMMUNITY_ROLES,
    DisputeLevel.CENTRE: frozenset(),
}
"""In the grid the leader mediates; above it the community's mediation studio does."""


def check_parties(consents: Sequence[Consent]) -> None:
    """A dispute has two sides at least."""
    if len(consents) < 2:  # noqa: PLR2004  two sides
        raise Refusal(Code.TOO_FEW_PARTIES, "parties")


def check_agreement(viewer: Viewer, status: DisputeStatus, level: DisputeLevel, consents: Sequence[Consent]) -> None:
    """Whether an agreement can be recorded now: role, state, level, and nobody refuses (article 17)."""
    require(viewer, Act.RECORD_AGREEMENT)
    if status not in PENDING:
        raise Refusal(Code.WRONG_STATE, status=status.value)
    if viewer.role not in MEDIATORS[level]:
        raise Refusal(Code.WRONG_LEVEL, level=level.value)
    if Consent.REFUSED in consents:
        raise Refusal(Code.PARTY_REFUSES)


def allowed_acts(role: Role | None, status: DisputeStatus, level: DisputeLevel) -> list[Act]:
    """What this role may do with a dispute that stands there."""
    can_record = role in ALLOWED[Act.RECORD_AGREEMENT] and role in MEDIATORS[level]
    return [Act.RECORD_AGREEMENT] if can_record and status in PENDING else []


def check_written(facts: str | None, performance: str | None) -> None:
    """A written agreement states the facts and issues, and the manner and time of performance (article 29)."""
    missing = [name for name, value in (("facts", facts), ("performance", performance)) if not value]
    if missing:
        raise Refusal(
            Code.CONTENT_MISSING,
            missing[0],
            fields=", ".join(missing),
            rule_zh="人民调解法第二十九条",
            rule_en="People's Mediation Law, article 29",
        )


def effective_on(
    form: AgreementForm,
    reached: datetime,
    parties_signed: date | None,
    mediator_signed: date | None,
    sealed: date | None,
) -> date | None:
    """The day an agreement is in force; ``None`` while a mark is missing.

    Oral: the day it is reached (article 28). Written: once the parties and the mediator have signed and the
    committee has sealed it (article 29). ``reached`` is in the community's time zone.
    """
    if form is AgreementForm.ORAL:
        return reached.date()
    if parties_signed is None or mediator_signed is None or sealed is None:
        return None
    return max(parties_signed, mediator_signed, sealed)
