"""Mutations of small wishes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from db.acts import wishes as acts
from db.acts.wishes import NewWish, WishStep
from db.wishes import Wish as WishRow
from rules.wishes import ON_WALL
from schema.compiler.declare import mutations
from schema.mutations.parts import Act, move, mutation, optional, own_id, payload, reason, required, secret, shows
from schema.wishes import Wish, WishOnWall

_PUBLIC = "published, and refused if it contains names, numbers or addresses; up to 200 characters."


@payload
class ProposeWishPayload:
    """A new wish."""

    wish: Wish | None = shows("The wish; null when refused, or not visible to the viewer.")
    receipt_code: str | None = shows("The code with which the wisher follows it, without an account.")


@payload
class WishPayload:
    """A wish after a mutation."""

    wish: Wish | None = shows("The wish; null when refused, or not visible to the viewer.")
    on_wall: WishOnWall | None = shows("The wish as shown to the public; null when refused, or not on the wall.")


def _proposed(_: NewWish, wish: WishRow) -> dict[str, Any]:
    return {"wish": wish.id, "receipt_code": wish.receipt_code}


def _shown(_: WishStep, wish: WishRow) -> dict[str, UUID | None]:
    return {"wish": wish.id, "on_wall": wish.id if wish.status in ON_WALL else None}


def _move(act: Act, description: str, **fields: Any) -> Any:
    return move(act, WishPayload, description, shown=_shown, wish=required("The wish.", "wish"), **fields)


def _confirmed() -> Any:
    return optional("The words that NAMES_UNCLEAR asks about, each of which is no name of a person.")


@mutations
class WishMutations:
    propose_wish = mutation(
        acts.propose_wish,
        ProposeWishPayload,
        "Records a small wish (微心愿) for a place, given or named in the text. Without an account, by a QR code.",
        shown=_proposed,
        id=own_id("wish"),
        body=required("The wish, up to 2,000 characters; it is not published."),
        code=secret("The scanned QR code; required without an account."),
        household=optional("The household.", "household"),
        building=optional("The building; with a counter's code too, if the text names none.", "building"),
        unit=optional("The unit (单元) of that building."),
        estate=optional("The estate as a whole.", "estate"),
        community=optional("The community as a whole.", "community"),
        resident=optional("The wisher, if on the register.", "resident"),
        wisher_name=optional("The wisher's name, if not on the register."),
        wisher_phone=optional("The number to call back."),
    )
    publish_wish = _move(
        acts.publish_wish,
        "Publishes a wish on the wall, without the wisher and the address.",
        published_text=reason(f"The public text: {_PUBLIC}"),
        confirmed=_confirmed(),
    )
    decline_wish = _move(
        acts.decline_wish,
        "Declines a wish. A published wish is removed from the wall.",
        reason=reason("The reason, which only the wisher reads."),
    )
    claim_wish = _move(
        acts.claim_wish,
        "Claims a wish for a volunteer, an organisation or a Party branch.",
        volunteer_name=optional("A volunteer's name, which is not published."),
        volunteer_phone=optional("The volunteer's number."),
        organisation=optional("An organisation.", "organisation"),
        party_branch=optional("A Party branch.", "partybranch"),
    )
    note_wish_progress = _move(
        acts.note_wish_progress,
        "Publishes the progress of a claimed wish.",
        note=required(f"The progress: {_PUBLIC}"),
        confirmed=_confirmed(),
    )
    release_wish = _move(
        acts.release_wish,
        "Gives up the claim to a wish, which can then be claimed again.",
        reason=optional(f"The reason: {_PUBLIC}", to="note"),
        confirmed=_confirmed(),
    )
    fulfil_wish = _move(
        acts.fulfil_wish,
        "Records that a wish was fulfilled.",
        note=optional(f"A note: {_PUBLIC}"),
        confirmed=_confirmed(),
    )
