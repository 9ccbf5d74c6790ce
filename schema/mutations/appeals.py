"""Opening an appeal."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db.acts import appeals
from db.acts.appeals import NewAppeal
from db.appeals import Appeal as AppealRow
from rules.appeals import AppealCategory, AppealKind, AppealSource, AppealUrgency, ReportKind
from schema.appeals import Appeal
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, PHOTOS, few, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.problems import Problem


@takes
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
    household: strawberry.ID | None = may("The household it comes from.")
    building: strawberry.ID | None = may(
        "The building it is about; with a counter's code too, if the text does not say."
    )
    unit: int | None = may("The unit (单元) of that building.")
    resident: strawberry.ID | None = may("The resident on the register who makes it.")
    reporter_name: str | None = may("The name of a reporter who is not on the register.")
    reporter_phone: str | None = may("The number to call back.")
    opened_at: datetime | None = may("When it was said; now by default.")
    photos: list[str] | None = may(PHOTOS)

    def read(self) -> NewAppeal:
        """As the act takes it."""
        report_kind = given(self.report_kind)
        return NewAppeal(
            id=parse_id("appeal", self.id, "id"),
            body=self.body,
            kind=given(self.kind) or (AppealKind.REPORT if report_kind else AppealKind.PROBLEM),
            report_kind=report_kind,
            category=given(self.category),
            urgency=given(self.urgency) or AppealUrgency.NORMAL,
            source=given(self.source),
            code=given(self.code),
            household=optional_id("household", self.household, "household"),
            building=optional_id("building", self.building, "building"),
            unit=given(self.unit),
            resident=optional_id("resident", self.resident, "resident"),
            reporter_name=given(self.reporter_name),
            reporter_phone=given(self.reporter_phone),
            opened_at=given(self.opened_at),
            photos=tuple(few(self.photos, "photos")),
        )


@takes
class FoundAppealInput:
    """An appeal found at a door; household, time and source are the visit's."""

    id: strawberry.ID = own_id("appeal")
    body: str = needs("What is said, up to 2,000 characters.")
    kind: AppealKind | None = may("What is wanted; a problem by default.")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    resident: strawberry.ID | None = may("The resident who makes it.")
    photos: list[str] | None = may(PHOTOS)

    def read(self) -> NewAppeal:
        """As the act takes it."""
        return NewAppeal(
            id=parse_id("appeal", self.id, "id"),
            body=self.body,
            kind=given(self.kind) or AppealKind.PROBLEM,
            category=given(self.category),
            resident=optional_id("resident", self.resident, "resident"),
            photos=tuple(few(self.photos, "photos")),
        )


@strawberry.type(description="A new appeal.")
class OpenAppealPayload:
    """See the description."""

    appeal: Appeal | None = strawberry.field(
        default=None, description="The appeal; null when refused, or when it is not the viewer's to see."
    )
    receipt_code: str | None = strawberry.field(
        default=None,
        description="The code by which its reporter follows and confirms it, without an account.",
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _opened(appeal: AppealRow) -> OpenAppealPayload:
    return OpenAppealPayload(appeal=touched(appeal.id), receipt_code=appeal.receipt_code)


@strawberry.type
class AppealMutations:
    """New appeals."""

    open_appeal: OpenAppealPayload = mutation(
        OpenAppealInput,
        lambda acting, new: appeals.open_appeal(acting, new.read()),
        OpenAppealPayload,
        _opened,
        "Opens an appeal; without an account, by a QR code.",
    )
