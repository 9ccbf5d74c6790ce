"""Mutations of places: doors that are missing or wrong, and who holds which place."""

from __future__ import annotations

from datetime import date

import strawberry

from db.acts import households, posts
from db.acts.households import DoorCorrection, NewHousehold
from db.acts.posts import NewPost
from schema.accounts import Assignment
from schema.compiler.declare import mutations
from schema.mutations.parts import act_id, change, may, move, mutation, needs, own_id, payload, shows, takes
from schema.places import Household


@takes(NewHousehold)
class AddHouseholdInput:
    """A door that the register does not have."""

    id: strawberry.ID = own_id("household")
    building: strawberry.ID = needs("The building.", "building")
    unit: int = needs("Unit (单元).")
    floor: int = needs("Floor; below zero for cellars.")
    room: str = needs("Room number.")


@takes(DoorCorrection)
class CorrectHouseholdInput:
    """What was recorded wrongly about a door; what is left out or null stays."""

    household: strawberry.ID = needs("The household.", "household")
    unit: int | None = change("Unit (单元).")
    floor: int | None = change("Floor.")
    room: str | None = change("Room number.")
    act: strawberry.ID | None = act_id()


@takes(NewPost)
class GivePostInput:
    """Who holds which place: exactly one of grid (for a worker), estate (a leader) and building (its head)."""

    id: strawberry.ID = own_id("post")
    account: strawberry.ID = needs("Who holds it.", "account")
    grid: strawberry.ID | None = may("The grid, for a grid worker.", "grid")
    estate: strawberry.ID | None = may("The estate, for a grid leader.", "estate")
    building: strawberry.ID | None = may("The building, for a building head (联户长).", "building")
    starts_on: date | None = may("The first day; today by default.")
    ends_on: date | None = may("The last day, where it is known.")


@payload
class HouseholdPayload:
    """A household after an act."""

    household: Household | None = shows("The household; null when refused.")


@payload
class PostPayload:
    """A post after an act."""

    post: Assignment | None = shows("The post; null when refused.")


@mutations
class PlaceMutations:
    """Acts on doors and posts."""

    add_household: HouseholdPayload = mutation(
        AddHouseholdInput, households.add_household, HouseholdPayload, "Puts a door on the register."
    )
    correct_household: HouseholdPayload = mutation(
        CorrectHouseholdInput,
        households.correct_household,
        HouseholdPayload,
        "Corrects what was recorded wrongly about a door.",
    )
    give_post: PostPayload = mutation(
        GivePostInput,
        posts.give_post,
        PostPayload,
        "Records who holds a grid, leads an estate or heads a building, from when to when.",
    )
    end_post: PostPayload = move(
        posts.end_post,
        PostPayload,
        "Ends a post; that it was held stays on record.",
        post=needs("The post.", "post"),
        last_day=may("The last day; yesterday by default, so that it ends at once."),
    )
