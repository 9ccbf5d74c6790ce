"""Mutations of buildings, premises and organisations, and who answers for a category of appeals."""

from __future__ import annotations

import strawberry

from db.acts import buildings, organisations, premises
from db.acts.buildings import BuildingCorrection
from db.acts.organisations import Answering, OrganisationCorrection
from db.acts.premises import PremisesCorrection
from rules.appeals import AppealCategory
from rules.places import OrganisationKind, PremisesKind
from schema.compiler.declare import mutations
from schema.mutations.communities import PHONE, CommunityPayload
from schema.mutations.parts import act_id, change, move, mutation, optional, own_id, payload_of, required, takes
from schema.places import Building, Organisation, Premises

BUILDING_NAME = "Name, which is unique in the estate: 3 for 「3号楼」, or 「A座」."


@takes(BuildingCorrection)
class CorrectBuildingInput:
    """Corrections of a building. What is not given keeps its value."""

    building: strawberry.ID = required("The building.", "building")
    grid: strawberry.ID | None = optional(
        "Another grid of its estate. A building with households or appeals stays in its grid.", "grid"
    )
    name: str | None = change(BUILDING_NAME)
    units: int | None = change("Number of units (单元).")
    floors: int | None = change("Number of floors.")
    act: strawberry.ID | None = act_id()


@takes(PremisesCorrection)
class CorrectPremisesInput:
    """Corrections of premises. What is not given keeps its value."""

    premises: strawberry.ID = required("The premises.", "premises")
    name: str | None = change("Name.")
    kind: PremisesKind | None = change("The kind.")
    address: str | None = change("The address.", erases=True)
    contact_name: str | None = change("The name of the contact.", erases=True)
    contact_phone: str | None = change("Telephone of the contact.", erases=True)
    act: strawberry.ID | None = act_id()


@takes(OrganisationCorrection)
class CorrectOrganisationInput:
    """Corrections of an organisation. What is not given keeps its value."""

    organisation: strawberry.ID = required("The organisation.", "organisation")
    name: str | None = change("Name.")
    kind: OrganisationKind | None = change("The kind.")
    phone: str | None = change(PHONE, erases=True)
    act: strawberry.ID | None = act_id()


@takes(Answering)
class SetCategoryInput:
    """Who answers for a category of appeals. Without an organisation, the community itself does."""

    community: strawberry.ID = required("The community.", "community")
    category: AppealCategory = required("The category.")
    organisation: strawberry.ID | None = change("The organisation.", "organisation", erases=True)
    act: strawberry.ID | None = act_id()


BuildingPayload = payload_of("BuildingPayload", building=Building)
PremisesPayload = payload_of("PremisesPayload", premises=Premises)
OrganisationPayload = payload_of("OrganisationPayload", organisation=Organisation)


@mutations
class BuildingMutations:
    add_building = mutation(
        buildings.add_building,
        BuildingPayload,
        "Adds a building (楼栋) to a grid.",
        id=own_id("building"),
        grid=required("The grid.", "grid"),
        name=required(BUILDING_NAME),
        units=required("Number of units (单元)."),
        floors=required("Number of floors."),
    )
    correct_building = mutation(
        buildings.correct_building, BuildingPayload, "Corrects a building.", takes=CorrectBuildingInput
    )
    add_households = move(
        buildings.add_households,
        BuildingPayload,
        "Adds a household for each unit, floor and door that has none yet; at most 1,000.",
        building=required("The building.", "building"),
        units=required("Units (单元)."),
        floors=required("Floors."),
        doors=required("Doors on each floor: door 1 on floor 5 is room 501."),
    )
    add_premises = mutation(
        premises.add_premises,
        PremisesPayload,
        "Adds an enterprise, a shop or a construction site to a grid.",
        id=own_id("premises"),
        grid=required("The grid.", "grid"),
        kind=required("The kind."),
        name=required("Name."),
        address=optional("The address."),
        contact_name=optional("The name of the contact."),
        contact_phone=optional("Telephone of the contact."),
    )
    correct_premises = mutation(
        premises.correct_premises, PremisesPayload, "Corrects premises.", takes=CorrectPremisesInput
    )
    add_organisation = mutation(
        organisations.add_organisation,
        OrganisationPayload,
        "Adds an organisation that works with a community.",
        id=own_id("organisation"),
        community=required("The community.", "community"),
        kind=required("The kind."),
        name=required("Name, which is unique in the community."),
        phone=optional("Telephone."),
    )
    correct_organisation = mutation(
        organisations.correct_organisation,
        OrganisationPayload,
        "Corrects an organisation.",
        takes=CorrectOrganisationInput,
    )
    set_category = mutation(
        organisations.set_category,
        CommunityPayload,
        "Sets who answers for a category of appeals from now on.",
        takes=SetCategoryInput,
    )
