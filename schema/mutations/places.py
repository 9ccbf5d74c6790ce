"""What can be done about places: doors that are missing or wrong, and who holds which place."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from db.accounts import PlaceKind
from db.acts import households, posts
from db.acts.households import DoorCorrection, NewHousehold
from db.acts.posts import NewPost
from rules.refusals import invalid
from schema.accounts import Assignment
from schema.ids import parse_id
from schema.mutations.parts import (
    ERRORS,
    act_id,
    given,
    may,
    mutation,
    needs,
    optional_id,
    own_id,
    set_fields,
    takes,
    touched,
)
from schema.places import Household
from schema.problems import Problem


@takes
class AddHouseholdInput:
    """A door that the register does not have."""

    id: strawberry.ID = own_id("household")
    building: strawberry.ID = needs("The building.")
    unit: int = needs("Unit (单元).")
    floor: int = needs("Floor; below zero for cellars.")
    room: str = needs("Room number.")

    def read(self) -> NewHousehold:
        """As the act takes it."""
        return NewHousehold(
            id=parse_id("household", self.id, "id"),
            building=parse_id("building", self.building, "building"),
            unit=self.unit,
            floor=self.floor,
            room=self.room,
        )


@takes
class CorrectHouseholdInput:
    """What was written down wrongly about a door; what is left out stays."""

    household: strawberry.ID = needs("The household.")
    unit: int | None = may("Unit (单元).")
    floor: int | None = may("Floor.")
    room: str | None = may("Room number.")
    act: strawberry.ID | None = act_id()

    def read(self) -> DoorCorrection:
        """As the act takes it."""
        return DoorCorrection(
            household=parse_id("household", self.household, "household"),
            changes=set_fields(self, "unit", "floor", "room"),
            act=optional_id("act", self.act, "act"),
        )


@takes
class GivePostInput:
    """Who holds which place: exactly one of grid (for a worker), estate (a leader) and building (its head)."""

    id: strawberry.ID = own_id("post")
    account: strawberry.ID = needs("Who holds it.")
    grid: strawberry.ID | None = may("The grid, for a grid worker.")
    estate: strawberry.ID | None = may("The estate, for a grid leader.")
    building: strawberry.ID | None = may("The building, for a building head (联户长).")
    starts_on: date | None = may("The first day; today by default.")
    ends_on: date | None = may("The last day, where it is known.")

    def read(self) -> NewPost:
        """As the act takes it."""
        kind, place = self._place()
        return NewPost(
            id=parse_id("post", self.id, "id"),
            account=parse_id("account", self.account, "account"),
            kind=kind,
            place=place,
            starts_on=given(self.starts_on),
            ends_on=given(self.ends_on),
        )

    def _place(self) -> tuple[PlaceKind, UUID]:
        named = {PlaceKind.GRID: self.grid, PlaceKind.ESTATE: self.estate, PlaceKind.BUILDING: self.building}
        found = [(kind, given(text)) for kind, text in named.items() if given(text) is not None]
        if len(found) != 1:
            raise invalid("请写明一个地点", "name exactly one place", "grid")
        kind, text = found[0]
        return kind, parse_id(kind.value, text or "", kind.value)


@takes
class EndPostInput:
    """A post that ends."""

    post: strawberry.ID = needs("The post.")
    last_day: date | None = may("The last day; yesterday by default, so that it ends at once.")
    act: strawberry.ID | None = act_id()


@strawberry.type(description="A household after an act.")
class HouseholdPayload:
    """See the description."""

    household: Household | None = strawberry.field(default=None, description="The household; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A post after an act.")
class PostPayload:
    """See the description."""

    post: Assignment | None = strawberry.field(default=None, description="The post; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _door(uuid: UUID) -> HouseholdPayload:
    return HouseholdPayload(household=touched(uuid))


def _post(uuid: UUID) -> PostPayload:
    return PostPayload(post=touched(uuid))


async def _end_post(acting: Any, ended: EndPostInput) -> UUID:
    post, act = parse_id("post", ended.post, "post"), optional_id("act", ended.act, "act")
    return await posts.end_post(acting, post, given(ended.last_day), act)


@strawberry.type
class PlaceMutations:
    """Acts on doors and posts."""

    add_household: HouseholdPayload = mutation(
        AddHouseholdInput,
        lambda acting, new: households.add_household(acting, new.read()),
        HouseholdPayload,
        _door,
        "Puts a door on the register.",
    )
    correct_household: HouseholdPayload = mutation(
        CorrectHouseholdInput,
        lambda acting, each: households.correct_household(acting, each.read()),
        HouseholdPayload,
        _door,
        "Corrects what was written down wrongly about a door.",
    )
    give_post: PostPayload = mutation(
        GivePostInput,
        lambda acting, new: posts.give_post(acting, new.read()),
        PostPayload,
        _post,
        "Says who holds a grid, leads an estate or heads a building, from when to when.",
    )
    end_post: PostPayload = mutation(
        EndPostInput, _end_post, PostPayload, _post, "Ends a post; that it was held stays on the record."
    )
