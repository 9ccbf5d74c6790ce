"""The mutation that opens an appeal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.acts import appeals
from db.acts.appeals import NewAppeal
from db.appeals import Appeal as AppealRow
from rules.appeals import AppealCategory, AppealKind, AppealSource, AppealUrgency, ReportKind
from schema.appeals import Appeal
from schema.compiler.declare import mutations
from schema.mutations.parts import PHOTOS, may, mutation, needs, own_id, payload, shows, takes


@takes(NewAppeal)
class OpenAppealInput:
    """An appeal to open. Where it is about: by a QR code, a household, a building, or else what the text says."""

    id: strawberry.ID = own_id("appeal")
    body: str = needs("What is said, up to 2,000 characters.")
    kind: AppealKind | None = may("What is wanted; a problem by default, a report with `reportKind`.")
    report_kind: ReportKind | None = may("What was seen; with a report only, and there `OTHER` by default.")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    urgency: AppealUrgency | None = may("How fast it has to go; `NORMAL` by default, and without an account always.")
    source: AppealSource | None = may(
        "By which way it came to the worker; by default `DESK` where a worker serves at a desk for somebody beyond"
        " their own grids, and else `APP`."
    )
    code: str | None = may("The QR code that was scanned; needed without an account.")
    household: strawberry.ID | None = may("The household it comes from.", "household")
    building: strawberry.ID | None = may(
        "The building it is about; with a counter's code too, if the text does not say.", "building"
    )
    unit: int | None = may("The unit (单元) of that building.")
    resident: strawberry.ID | None = may("The resident on the register who makes it.", "resident")
    reporter_name: str | None = may("The name of a reporter who is not on the register.")
    reporter_phone: str | None = may("The number to call back.")
    opened_at: datetime | None = may("When it was said; now by default.")
    photos: list[str] | None = may(PHOTOS)


@takes(NewAppeal)
class FoundAppealInput:
    """An appeal found at a door; household, time and source are the visit's."""

    id: strawberry.ID = own_id("appeal")
    body: str = needs("What is said, up to 2,000 characters.")
    kind: AppealKind | None = may("What is wanted; a problem by default.")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    resident: strawberry.ID | None = may("The resident who makes it.", "resident")
    photos: list[str] | None = may(PHOTOS)


@payload
class OpenAppealPayload:
    """A new appeal."""

    appeal: Appeal | None = shows("The appeal; null when refused, or when it is not the viewer's to see.")
    receipt_code: str | None = shows("The code by which its reporter follows and confirms it, without an account.")


def _shown(_: NewAppeal, appeal: AppealRow) -> dict[str, Any]:
    return {"appeal": appeal.id, "receipt_code": appeal.receipt_code}


@mutations
class AppealMutations:
    """New appeals."""

    open_appeal: OpenAppealPayload = mutation(
        OpenAppealInput,
        appeals.open_appeal,
        OpenAppealPayload,
        "Opens an appeal; without an account, by a QR code.",
        _shown,
    )
