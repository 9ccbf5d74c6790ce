"""Mutations of small wishes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import capitalize_first, to_camel_case

from db.acts import wishes as acts
from db.acts.wishes import Claim, NewWish, WishStep
from db.wishes import Wish as WishRow
from rules.wishes import ON_WALL
from schema.compiler.declare import mutations
from schema.compiler.registry import described
from schema.mutations.parts import Act, act_id, input_of, may, mutation, needs, own_id, payload, reason, shows, takes
from schema.wishes import Wish, WishOnWall

_PUBLIC = "everybody reads it, so it is refused with names, numbers or addresses; up to 200 characters."


@takes(NewWish)
class ProposeWishInput:
    """A wish to write down. Whose: by a QR code, a household, or else a building."""

    id: strawberry.ID = own_id("wish")
    body: str = needs("What is wished for, up to 2,000 characters; it is not published.")
    code: str | None = may("The QR code that was scanned; needed without an account.")
    household: strawberry.ID | None = may("The household.", "household")
    building: strawberry.ID | None = may(
        "The building; with a counter's code too, if the text does not say.", "building"
    )
    unit: int | None = may("The unit (单元) of that building.")
    resident: strawberry.ID | None = may("The resident on the register whose wish it is.", "resident")
    wisher_name: str | None = may("The name of a wisher who is not on the register.")
    wisher_phone: str | None = may("The number to call back.")


@payload
class ProposeWishPayload:
    """A new wish."""

    wish: Wish | None = shows("The wish; null when refused, or when it is not the viewer's to see.")
    receipt_code: str | None = shows("The code by which the wisher follows it, without an account.")


@payload
class WishPayload:
    """A wish after an act."""

    wish: Wish | None = shows("The wish; null when refused, or when the viewer may not see whose it is.")
    on_wall: WishOnWall | None = shows(
        "The wish as everybody sees it; null when refused, or when it is not on the wall."
    )


def _proposed(_: NewWish, wish: WishRow) -> dict[str, Any]:
    return {"wish": wish.id, "receipt_code": wish.receipt_code}


def _shown(_: WishStep, wish: WishRow) -> dict[str, UUID | None]:
    return {"wish": wish.id, "on_wall": wish.id if wish.status in ON_WALL else None}


def _move(act: Act, description: str, target: type = WishStep, **fields: Any) -> Any:
    fields = {"wish": needs("The wish.", "wish"), **fields, "act": act_id()}
    name = f"{capitalize_first(to_camel_case(act.__name__))}Input"
    return mutation(input_of(name, target, described(act), **fields), act, WishPayload, description, _shown)


@mutations
class WishMutations:
    """Small wishes."""

    propose_wish: ProposeWishPayload = mutation(
        ProposeWishInput,
        acts.propose_wish,
        ProposeWishPayload,
        "Writes down a small wish (微心愿); without an account, by a QR code.",
        _proposed,
    )
    publish_wish: WishPayload = _move(
        acts.publish_wish,
        "Puts a wish on the wall, without who and where.",
        published_text=reason(f"What goes on the wall: {_PUBLIC}"),
    )
    decline_wish: WishPayload = _move(
        acts.decline_wish,
        "Says that a wish cannot be fulfilled; it comes off the wall, if it was there.",
        reason=reason("Why; only the wisher reads it."),
    )
    claim_wish: WishPayload = _move(
        acts.claim_wish,
        "Claims a wish for a volunteer, an organisation or a Party branch.",
        Claim,
        volunteer_name=may("A volunteer's name; it is not public."),
        volunteer_phone=may("The volunteer's number."),
        organisation=may("An organisation.", "organisation"),
        party_branch=may("A Party branch.", "partybranch"),
    )
    note_wish_progress: WishPayload = _move(
        acts.note_wish_progress,
        "Tells everybody how far a claimed wish is.",
        note=needs(f"What has been done: {_PUBLIC}"),
    )
    release_wish: WishPayload = _move(
        acts.release_wish,
        "Gives up the claim of a wish, which waits for somebody else.",
        reason=may(f"Why: {_PUBLIC}", to="note"),
    )
    fulfil_wish: WishPayload = _move(acts.fulfil_wish, "Says that a wish has come true.", note=may(f"How: {_PUBLIC}"))
