"""Acts on organisations, and on who answers for each category of appeals."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db.acts.corrections import save_corrected, save_new
from db.acts.journal import act, entry
from db.acts.places import organisation_in
from db.appeals import CategoryPolicy
from db.places import Community, Organisation
from db.transaction import Transaction
from rules.access import Act
from rules.appeals import AppealCategory
from rules.corrections import nothing_to_correct
from rules.journal import EntryKind
from rules.phones import check_optional_phone
from rules.places import OrganisationKind, checked_facts
from rules.refusals import invalid
from rules.text import check_name

_TAKEN = "社区里已有同名的单位", "name"


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    id: UUID
    community: UUID
    kind: OrganisationKind
    name: str
    phone: str | None = None


@act(Act.KEEP_PLACES)
async def add_organisation(tx: Transaction, new: NewOrganisation) -> UUID:
    name = check_name(new.name, "name")
    phone = check_optional_phone(new.phone, "phone")
    community = await tx.find(Community, new.community, "community", lock=True)
    organisation = Organisation(id=new.id, community_id=community.id, kind=new.kind, name=name, phone=phone)
    await save_new(tx, organisation, f"单位「{name}」", invalid(*_TAKEN))
    return organisation.id


@dataclass(frozen=True, slots=True)
class OrganisationCorrection:
    organisation: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="organisation")
async def correct_organisation(tx: Transaction, given: OrganisationCorrection) -> UUID:
    changes = checked_facts(given.changes)
    organisation = await tx.find(Organisation, given.organisation, "organisation", lock=True)
    named = f"单位「{organisation.name}」"
    await save_corrected(tx, organisation, changes, named, "organisation", taken=invalid(*_TAKEN))
    return organisation.id


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers for a category of appeals opened from now on: the ``organisation``, or with None the community."""

    community: UUID
    category: AppealCategory
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="community")
async def set_category(tx: Transaction, given: Answering) -> UUID:
    community = await tx.find(Community, given.community, "community", lock=True)
    if "organisation" not in given.changes:
        raise nothing_to_correct("organisation")
    chosen: UUID | None = given.changes["organisation"]
    body = None if chosen is None else await organisation_in(tx, community.id, chosen)
    key: dict[str, Any] = {"community_id": community.id, "category": given.category}
    policy = await tx.first(CategoryPolicy, **key) or CategoryPolicy(**key)
    policy.organisation_id = body.id if body else None
    note = f"{given.category.label}：{body.name if body else '社区'}"
    await tx.save(policy, entry(tx, EntryKind.CATEGORY_SET, policy, note=note))
    return community.id
