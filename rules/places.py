"""The vocabulary of places (domain.md section 1)."""

from enum import StrEnum


class PremisesKind(StrEnum):
    """What stands in a grid besides homes."""

    ENTERPRISE = "ENTERPRISE"
    SHOP = "SHOP"
    CONSTRUCTION_SITE = "CONSTRUCTION_SITE"


class OrganisationKind(StrEnum):
    """Bodies that answer for a category of appeal or take part in a dispute."""

    HEATING_COMPANY = "HEATING_COMPANY"
    PROPERTY_COMPANY = "PROPERTY_COMPANY"
    UTILITY_COMPANY = "UTILITY_COMPANY"
    HOSPITAL = "HOSPITAL"
    COURT = "COURT"
    JUDICIAL_OFFICE = "JUDICIAL_OFFICE"
    DISPUTE_CENTRE = "DISPUTE_CENTRE"


class QrTarget(StrEnum):
    """What a printed QR code is bound to (domain.md section 5)."""

    HOUSEHOLD = "HOUSEHOLD"
    BUILDING = "BUILDING"
    COUNTER = "COUNTER"


PREMISES_LABELS: dict[PremisesKind, str] = {
    PremisesKind.ENTERPRISE: "企业",
    PremisesKind.SHOP: "商铺",
    PremisesKind.CONSTRUCTION_SITE: "工地",
}

ORGANISATION_LABELS: dict[OrganisationKind, str] = {
    OrganisationKind.HEATING_COMPANY: "热力公司",
    OrganisationKind.PROPERTY_COMPANY: "物业公司",
    OrganisationKind.UTILITY_COMPANY: "水电公司",
    OrganisationKind.HOSPITAL: "医院",
    OrganisationKind.COURT: "法院",
    OrganisationKind.JUDICIAL_OFFICE: "司法所",
    OrganisationKind.DISPUTE_CENTRE: "矛盾纠纷化解中心",
}
