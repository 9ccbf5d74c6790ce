"""Organisations, and the category of appeal for which each answers."""

from random import Random
from uuid import UUID

from db.appeals import CategoryPolicy
from db.places import Organisation
from rules.appeals import AppealCategory
from rules.places import OrganisationKind
from seeds.book import Book
from seeds.clock import SET_UP
from seeds.ids import seeded
from seeds.names import phone
from seeds.places import Town
from seeds.plans import Plan

PROPERTY_COMPANY = "安顺物业服务公司"
HOSPITAL_NAME = "三坪农场医院"

NAMES: dict[OrganisationKind, str] = {
    OrganisationKind.HEATING_COMPANY: "三坪热力公司",
    OrganisationKind.PROPERTY_COMPANY: PROPERTY_COMPANY,
    OrganisationKind.UTILITY_COMPANY: "三坪水电公司",
    OrganisationKind.HOSPITAL: HOSPITAL_NAME,
    OrganisationKind.COURT: "三坪垦区人民法院",
    OrganisationKind.JUDICIAL_OFFICE: "三坪农场司法所",
    OrganisationKind.DISPUTE_CENTRE: "三坪农场矛盾纠纷化解中心",
}

ANSWERS: dict[AppealCategory, OrganisationKind | None] = {
    AppealCategory.HEATING: OrganisationKind.HEATING_COMPANY,
    AppealCategory.WATER: OrganisationKind.UTILITY_COMPANY,
    AppealCategory.ELECTRICITY: OrganisationKind.UTILITY_COMPANY,
    AppealCategory.PROPERTY_SERVICE: OrganisationKind.PROPERTY_COMPANY,
    AppealCategory.NOISE: None,
    AppealCategory.PARKING: OrganisationKind.PROPERTY_COMPANY,
    AppealCategory.SANITATION: OrganisationKind.PROPERTY_COMPANY,
    AppealCategory.SAFETY: OrganisationKind.PROPERTY_COMPANY,
    AppealCategory.CERTIFICATE: None,
    AppealCategory.CARE: OrganisationKind.HOSPITAL,
    AppealCategory.OTHER: None,
}
"""``None`` is the community itself."""

Responsible = dict[AppealCategory, UUID | None]
Bodies = dict[OrganisationKind, UUID]


def add(book: Book, plan: Plan, town: Town) -> Bodies:
    random = seeded(plan.community, "organisations")
    return {kind: _organisation(book, town, kind, random) for kind in OrganisationKind}


def add_policies(book: Book, town: Town, ids: Bodies) -> Responsible:
    """Adds who answers for each category."""
    responsible = {category: ids[kind] if kind else None for category, kind in ANSWERS.items()}
    for category, organisation_id in responsible.items():
        policy = {"category": category, "organisation_id": organisation_id}
        book.add(CategoryPolicy, community_id=town.community_id, **policy)
    return responsible


def _organisation(book: Book, town: Town, kind: OrganisationKind, random: Random) -> UUID:
    uuid = book.new_id(SET_UP)
    known = {"kind": kind, "name": NAMES[kind], "phone": phone(random)}
    book.add(Organisation, id=uuid, community_id=town.community_id, **known)
    return uuid
