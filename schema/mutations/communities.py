"""Mutations of farms, communities, estates, Party branches and grids."""

from __future__ import annotations

import strawberry

from db.acts import communities, estates
from db.acts.communities import CommunityCorrection
from db.acts.estates import EstateCorrection, GridCorrection, PartyBranchCorrection
from schema.compiler.declare import mutations
from schema.mutations.parts import act_id, change, move, mutation, optional, own_id, payload_of, required, takes
from schema.places import Community, Estate, Farm, Grid, PartyBranch

PHONE = "Telephone."


@takes(CommunityCorrection)
class CorrectCommunityInput:
    """Corrections of a community. What is not given keeps its value."""

    community: strawberry.ID = required("The community.", "community")
    name: str | None = change("Name.")
    phone: str | None = change("The telephone that residents are told.", erases=True)
    time_zone: str | None = change("The IANA name of the time zone.")
    act: strawberry.ID | None = act_id()


@takes(EstateCorrection)
class CorrectEstateInput:
    """Corrections of an estate."""

    estate: strawberry.ID = required("The estate.", "estate")
    name: str | None = change("Name.")
    act: strawberry.ID | None = act_id()


@takes(PartyBranchCorrection)
class CorrectPartyBranchInput:
    """Corrections of a Party branch. What is not given keeps its value."""

    party_branch: strawberry.ID = required("The Party branch.", "partybranch")
    name: str | None = change("Name.")
    phone: str | None = change(PHONE, erases=True)
    act: strawberry.ID | None = act_id()


@takes(GridCorrection)
class CorrectGridInput:
    """Corrections of a grid."""

    grid: strawberry.ID = required("The grid.", "grid")
    name: str | None = change("Name.")
    act: strawberry.ID | None = act_id()


CommunityPayload = payload_of("CommunityPayload", community=Community)
FarmPayload = payload_of("FarmPayload", farm=Farm)
EstatePayload = payload_of("EstatePayload", estate=Estate)
PartyBranchPayload = payload_of("PartyBranchPayload", party_branch=PartyBranch)
GridPayload = payload_of("GridPayload", grid=Grid)


@mutations
class CommunityMutations:
    add_community = mutation(
        communities.add_community,
        CommunityPayload,
        "Adds a community. It starts with policies for visits, deadlines, the safety ladder and mediation.",
        id=own_id("community"),
        farm=required("The name of its farm (农场), which is added if there is none of this name."),
        name=required("Name."),
        phone=optional("The telephone that residents are told."),
        time_zone=optional("The IANA name of the time zone; Asia/Shanghai by default."),
    )
    correct_community = mutation(
        communities.correct_community, CommunityPayload, "Corrects a community.", takes=CorrectCommunityInput
    )
    correct_farm = move(
        communities.correct_farm,
        FarmPayload,
        "Corrects the name of a farm.",
        farm=required("The farm.", "farm"),
        name=required("Name."),
    )
    add_estate = mutation(
        estates.add_estate,
        EstatePayload,
        "Adds an estate (小区) to a community.",
        id=own_id("estate"),
        community=required("The community.", "community"),
        name=required("Name, which is unique in the community."),
    )
    correct_estate = mutation(
        estates.correct_estate, EstatePayload, "Corrects the name of an estate.", takes=CorrectEstateInput
    )
    add_party_branch = mutation(
        estates.add_party_branch,
        PartyBranchPayload,
        "Adds the grid Party branch (网格党支部) of an estate, which has at most one.",
        id=own_id("partybranch"),
        estate=required("The estate.", "estate"),
        name=required("Name."),
        phone=optional("Telephone of the service station."),
    )
    correct_party_branch = mutation(
        estates.correct_party_branch, PartyBranchPayload, "Corrects a Party branch.", takes=CorrectPartyBranchInput
    )
    add_grid = mutation(
        estates.add_grid,
        GridPayload,
        "Adds a grid (网格) to an estate.",
        id=own_id("grid"),
        estate=required("The estate.", "estate"),
        name=required("Name, which is unique in the estate."),
    )
    correct_grid = mutation(estates.correct_grid, GridPayload, "Corrects the name of a grid.", takes=CorrectGridInput)
