"""Mutations of households and posts."""

from __future__ import annotations

import strawberry

from db.acts import households, posts
from db.acts.households import HouseholdCorrection
from schema.accounts import Assignment
from schema.compiler.declare import mutations
from schema.mutations.parts import act_id, change, move, mutation, optional, own_id, payload_of, required, takes
from schema.places import Household


@takes(HouseholdCorrection)
class CorrectHouseholdInput:
    """Corrections of a household's record. What is not given keeps its value."""

    household: strawberry.ID = required("The household.", "household")
    unit: int | None = change("Unit (单元).")
    floor: int | None = change("Floor.")
    room: str | None = change("Room number.")
    head: strawberry.ID | None = optional(
        "The resident who is its head (户主). If another one was, the relations of the others are not known any more.",
        "resident",
    )
    act: strawberry.ID | None = act_id()


HouseholdPayload = payload_of("HouseholdPayload", household=Household)
AssignmentPayload = payload_of("AssignmentPayload", post=Assignment)


@mutations
class PlaceMutations:
    add_household = mutation(
        households.add_household,
        HouseholdPayload,
        "Adds a household to the register.",
        id=own_id("household"),
        building=required("The building.", "building"),
        unit=required("Unit (单元)."),
        floor=required("Floor; negative for basements."),
        room=required("Room number."),
    )
    correct_household = mutation(
        households.correct_household, HouseholdPayload, "Corrects a household's record.", takes=CorrectHouseholdInput
    )
    give_post = mutation(
        posts.give_post,
        AssignmentPayload,
        "Gives an account a post in exactly one place, of the kind in which its role holds.",
        id=own_id("post"),
        account=required("The account.", "account"),
        community=optional("The community, for its staff, legal counsel and the judicial office.", "community"),
        estate=optional("The estate, for a grid leader.", "estate"),
        grid=optional("The grid, for a grid worker.", "grid"),
        building=optional("The building, for a building head (联户长).", "building"),
        organisation=optional("The organisation, for a partner or a mediator of the centre.", "organisation"),
        starts_on=optional("The first day; today by default."),
        ends_on=optional("The last day, if known."),
    )
    end_post = move(
        posts.end_post,
        AssignmentPayload,
        "Ends a post, which stays on record.",
        post=required("The post.", "post"),
        ends_on=optional("The last day; by default the post ends at once."),
    )
