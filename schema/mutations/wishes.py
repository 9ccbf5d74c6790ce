"""What can be done about small wishes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from db.acts import wishes
from db.acts.acting import Acting
from db.acts.wishes import Claim, NewWish, WishStep
from db.wishes import Wish as WishRow
from rules.wishes import ON_WALL
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, act_id, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.problems import Problem
from schema.wishes import Wish, WishOnWall

_PUBLIC = "everybody reads it, so it is refused with names, numbers or addresses; up to 200 characters."


@takes
class ProposeWishInput:
    """A wish to write down. Whose: by a QR code, a household, or else a building."""

    id: strawberry.ID = own_id("wish")
    body: str = needs("What is wished for, up to 2,000 characters; it is not published.")
    code: str | None = may("The QR code that was scanned; needed without an account.")
    household: strawberry.ID | None = may("The household.")
    building: strawberry.ID | None = may("The building; with a counter's code too, if the text does not say.")
    unit: int | None = may("The unit (单元) of that building.")
    resident: strawberry.ID | None = may("The resident on the register whose wish it is.")
    wisher_name: str | None = may("The name of a wisher who is not on the register.")
    wisher_phone: str | None = may("The number to call back.")

    def read(self) -> NewWish:
        """As the act takes it."""
        return NewWish(
            id=parse_id("wish", self.id, "id"),
            body=self.body,
            code=given(self.code),
            household=optional_id("household", self.household, "household"),
            building=optional_id("building", self.building, "building"),
            unit=given(self.unit),
            resident=optional_id("resident", self.resident, "resident"),
            wisher_name=given(self.wisher_name),
            wisher_phone=given(self.wisher_phone),
        )


def _step(of: Any, note: str | None) -> WishStep:
    return WishStep(parse_id("wish", of.wish, "wish"), optional_id("act", of.act, "act"), given(note))


@takes
class PublishWishInput:
    """The words in which a wish goes on the wall."""

    wish: strawberry.ID = needs("The wish.")
    published_text: str = needs(f"What goes on the wall: {_PUBLIC}")
    act: strawberry.ID | None = act_id()

    def read(self) -> WishStep:
        """As the act takes it."""
        return _step(self, self.published_text)


@takes
class DeclineWishInput:
    """A wish that cannot be fulfilled."""

    wish: strawberry.ID = needs("The wish.")
    reason: str = needs("Why; the wisher reads it, and nobody else.")
    act: strawberry.ID | None = act_id()

    def read(self) -> WishStep:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class ClaimWishInput:
    """Who takes a wish upon themselves: one of the three. An organisation's account claims for its own alone."""

    wish: strawberry.ID = needs("The wish.")
    volunteer_name: str | None = may("A volunteer's name; it is not public.")
    volunteer_phone: str | None = may("The volunteer's number.")
    organisation: strawberry.ID | None = may("An organisation.")
    party_branch: strawberry.ID | None = may("A Party branch.")
    act: strawberry.ID | None = act_id()

    def read(self) -> WishStep:
        """As the act takes it."""
        return _step(self, None)

    def claim(self) -> Claim:
        """Who claims it."""
        return Claim(
            given(self.volunteer_name),
            given(self.volunteer_phone),
            optional_id("organisation", self.organisation, "organisation"),
            optional_id("partybranch", self.party_branch, "partyBranch"),
        )


@takes
class NoteWishProgressInput:
    """How far a wish is."""

    wish: strawberry.ID = needs("The wish.")
    note: str = needs(f"What has been done: {_PUBLIC}")
    act: strawberry.ID | None = act_id()

    def read(self) -> WishStep:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class ReleaseWishInput:
    """A claim that is given up."""

    wish: strawberry.ID = needs("The wish.")
    reason: str | None = may(f"Why: {_PUBLIC}")
    act: strawberry.ID | None = act_id()

    def read(self) -> WishStep:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class FulfilWishInput:
    """A wish that has come true."""

    wish: strawberry.ID = needs("The wish.")
    note: str | None = may(f"How: {_PUBLIC}")
    act: strawberry.ID | None = act_id()

    def read(self) -> WishStep:
        """As the act takes it."""
        return _step(self, self.note)


@strawberry.type(description="A new wish.")
class ProposeWishPayload:
    """See the description."""

    wish: Wish | None = strawberry.field(
        default=None, description="The wish; null when refused, or when it is not the viewer's to see."
    )
    receipt_code: str | None = strawberry.field(
        default=None, description="The code by which the wisher follows it, without an account."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="What became of a wish.")
class WishPayload:
    """See the description."""

    wish: Wish | None = strawberry.field(
        default=None, description="The wish; null when refused, or when whose it is is not the viewer's to see."
    )
    on_wall: WishOnWall | None = strawberry.field(
        default=None, description="The wish as everybody sees it; null when refused, or when it is not on the wall."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _proposed(wish: WishRow) -> ProposeWishPayload:
    return ProposeWishPayload(wish=touched(wish.id), receipt_code=wish.receipt_code)


def _done(wish: WishRow) -> WishPayload:
    return WishPayload(wish=touched(wish.id), on_wall=touched(wish.id) if wish.status in ON_WALL else None)


def _moved(takes_: type, act: Callable[[Acting, WishStep], Awaitable[WishRow]], description: str) -> Any:
    return mutation(takes_, lambda acting, given_: act(acting, given_.read()), WishPayload, _done, description)


@strawberry.type
class WishMutations:
    """Small wishes."""

    propose_wish: ProposeWishPayload = mutation(
        ProposeWishInput,
        lambda acting, new: wishes.propose_wish(acting, new.read()),
        ProposeWishPayload,
        _proposed,
        "Writes down a small wish (微心愿); without an account, by a QR code.",
    )
    publish_wish: WishPayload = _moved(
        PublishWishInput, wishes.publish_wish, "Puts a wish on the wall, without who and where."
    )
    decline_wish: WishPayload = _moved(
        DeclineWishInput, wishes.decline_wish, "A wish cannot be fulfilled; it comes off the wall, if it was there."
    )
    claim_wish: WishPayload = mutation(
        ClaimWishInput,
        lambda acting, given_: wishes.claim_wish(acting, given_.read(), given_.claim()),
        WishPayload,
        _done,
        "Somebody takes a wish upon themselves.",
    )
    note_wish_progress: WishPayload = _moved(
        NoteWishProgressInput, wishes.note_wish_progress, "Tells everybody how far a claimed wish is."
    )
    release_wish: WishPayload = _moved(
        ReleaseWishInput, wishes.release_wish, "Whoever claimed it cannot do it; it waits for somebody else."
    )
    fulfil_wish: WishPayload = _moved(FulfilWishInput, wishes.fulfil_wish, "A wish has come true.")
