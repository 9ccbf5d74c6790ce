"""The vocabulary of places (domain.md section 1)."""

from enum import auto

from rules.vocabulary import Word


class PremisesKind(Word):
    """Premises of a grid other than homes."""

    ENTERPRISE = auto(), "企业", "A firm (企业)."
    SHOP = auto(), "商铺", "A shop (商铺)."
    CONSTRUCTION_SITE = auto(), "工地", "A construction site (工地), patrolled at the end of the year for wage arrears."


class OrganisationKind(Word):
    """Bodies that answer for categories of appeals or take part in disputes."""

    HEATING_COMPANY = auto(), "热力公司", "Heating company (热力公司)."
    PROPERTY_COMPANY = auto(), "物业公司", "Property management company (物业公司)."
    UTILITY_COMPANY = auto(), "水电公司", "Water and power company (水电公司)."
    HOSPITAL = auto(), "医院", "Hospital (医院)."
    COURT = auto(), "法院", "Court (法院)."
    JUDICIAL_OFFICE = auto(), "司法所", "Judicial office (司法所)."
    DISPUTE_CENTRE = auto(), "矛盾纠纷化解中心", "Dispute resolution centre (矛盾纠纷化解中心)."


class QrTarget(Word):
    """The target of a printed QR code (domain.md section 5)."""

    HOUSEHOLD = auto(), "住户", "A home, which the appeal is about."
    BUILDING = auto(), "楼栋", "A building, which the appeal is about; the text may name the unit."
    COUNTER = auto(), "服务柜台", "A counter (服务柜台); the text names the building."
