"""The mutation that opens an appeal."""

from __future__ import annotations

from typing import Any

import strawberry

from db.acts import appeals
from db.acts.appeals import NewAppeal
from db.appeals import Appeal as AppealRow
from rules.appeals import AppealCategory, AppealKind
from schema.appeals import Appeal
from schema.compiler.declare import mutations
from schema.mutations.parts import PHOTOS, mutation, optional, own_id, payload, required, secret, shows, takes


@takes(NewAppeal)
class FoundAppealInput:
    """An appeal found at a door. It has the household and time of the visit."""

    id: strawberry.ID = own_id("appeal")
    body: str = required("The reporter's words, up to 2,000 characters.")
    kind: AppealKind | None = optional("The kind; a problem by default.")
    category: AppealCategory | None = optional("The category; suggested from the words by default.")
    resident: strawberry.ID | None = optional("The reporter, if on the register.", "resident")
    photos: list[str] | None = optional(PHOTOS)


@payload
class OpenAppealPayload:
    """A new appeal."""

    appeal: Appeal | None = shows("The appeal; null when refused, or not visible to the viewer.")
    receipt_code: str | None = shows("The code with which the reporter follows and confirms it, without an account.")


def _shown(_: NewAppeal, appeal: AppealRow) -> dict[str, Any]:
    return {"appeal": appeal.id, "receipt_code": appeal.receipt_code}


@mutations
class AppealMutations:
    open_appeal = mutation(
        appeals.open_appeal,
        OpenAppealPayload,
        "Opens an appeal. Its place comes from a QR code or is given. Else the text names a building or an"
        " estate, or the appeal concerns the community as a whole.",
        shown=_shown,
        id=own_id("appeal"),
        body=required("The reporter's words, up to 2,000 characters."),
        kind=optional("The kind; a problem by default, a report with `reportKind`."),
        report_kind=optional("The kind of report; `OTHER` by default for reports."),
        category=optional("The category; suggested from the words by default."),
        urgency=optional(
            "The urgency; by default `URGENT` if the words tell of danger, such as a fall, else `NORMAL`."
        ),
        source=optional("The channel; by default `DESK` for desk work outside the worker's own grids, else `APP`."),
        code=secret("The scanned QR code; required without an account."),
        household=optional("The reporter's household.", "household"),
        building=optional("The building; with a counter's code too, if the text names none.", "building"),
        unit=optional("The unit (单元) of that building."),
        premises=optional("The firm, shop or construction site that it concerns.", "premises"),
        grid=optional("The grid that it concerns, if no building does.", "grid"),
        estate=optional("The estate that it concerns as a whole; with a counter's code too.", "estate"),
        community=optional(
            "The community as a whole, or if the place is not known; with a counter's code too.", "community"
        ),
        resident=optional("The reporter, if on the register.", "resident"),
        reporter_name=optional("The reporter's name, if not on the register."),
        reporter_phone=optional("The number to call back."),
        opened_at=optional("When it was reported; now by default."),
        photos=optional(PHOTOS),
    )
