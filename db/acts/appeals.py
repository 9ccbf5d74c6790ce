"""Opening appeals: what is said, where it is about, by which way it came, and what is due when."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from db import sql
from db.acts.clock_policies import apply_policies
from db.acts.journal import act, entry
from db.acts.photos import attach_photos
from db.acts.places import Place, place_given, place_of_text, resident_of
from db.acts.receipts import new_receipt_code
from db.appeals import Appeal
from db.scope import Scope
from db.transaction import Transaction
from rules import appeals as rules
from rules.access import WORKERS, Act, Role
from rules.appeals import AppealCategory, AppealKind, AppealSource, AppealUrgency, ReportKind
from rules.journal import EntryKind
from rules.refusals import Code, Refusal
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.visits import check_occurred


@dataclass(frozen=True, slots=True)
class NewAppeal:
    """What somebody wants to open: the text, and where it is about by one of code, household, building or text."""

    id: UUID
    body: str
    kind: AppealKind | None = None
    """A problem by default, and a report where there is a ``report_kind``."""
    report_kind: ReportKind | None = None
    category: AppealCategory | None = None
    urgency: AppealUrgency = AppealUrgency.NORMAL
    source: AppealSource | None = None
    code: str | None = None
    household: UUID | None = None
    building: UUID | None = None
    unit: int | None = None
    resident: UUID | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    opened_at: datetime | None = None
    visit: UUID | None = None
    from_report: UUID | None = None
    photos: list[str] = field(default_factory=list)


async def opened(tx: Transaction, new: NewAppeal) -> Appeal:
    """The appeal of an act that was done before."""
    return await tx.get(Appeal, id=new.id)


@act(Act.OPEN_APPEAL, again=opened, limited=True)
async def open_appeal(tx: Transaction, new: NewAppeal, place: Place | None = None) -> Appeal:
    """Opens an appeal; without an account a QR code says from where. A known ``place`` is not looked for."""
    said = _what(tx, new) | _when(tx, new)
    place = place or await place_of(tx, new)
    appeal = Appeal(
        **said,
        **place.columns(),
        resident_id=await resident_of(tx, new.resident, place),
        receipt_code=new_receipt_code(),
        source=await _source(tx, new, place),
        registered_by=tx.viewer.account_id,
    )
    await apply_policies(tx, appeal)
    await tx.save(appeal, entry(tx, EntryKind.APPEAL_OPENED, appeal, occurred_at=appeal.opened_at))
    await attach_photos(tx, new.photos, appeal_id=appeal.id)
    return appeal


def _what(tx: Transaction, new: NewAppeal) -> dict[str, Any]:
    body = check_text(new.body, "body")
    kind = new.kind or (AppealKind.REPORT if new.report_kind else AppealKind.PROBLEM)
    return {
        "id": new.id,
        "body": body,
        "kind": kind,
        "report_kind": rules.report_kind(kind, new.report_kind),
        "category": new.category or rules.guess_category(body),
        "urgency": _urgency(tx, new),
        "reporter_name": check_optional(new.reporter_name, "reporterName", limit=LINE_LIMIT),
        "reporter_phone": check_optional(new.reporter_phone, "reporterPhone", limit=LINE_LIMIT),
        "visit_id": new.visit,
        "from_report_id": new.from_report,
    }


def _urgency(tx: Transaction, new: NewAppeal) -> AppealUrgency:
    """Workers say how fast it has to go; whoever scans a code does not jump the queue."""
    return new.urgency if tx.viewer.role in WORKERS else AppealUrgency.NORMAL


def _when(tx: Transaction, new: NewAppeal) -> dict[str, Any]:
    opened_at = new.opened_at or tx.now
    check_occurred(opened_at, tx.now, "openedAt")
    return {"opened_at": opened_at, "recorded_at": tx.now}


async def place_of(tx: Transaction, new: NewAppeal) -> Place:
    """Where a new appeal is about. A building head reports only for their own building, by any code."""
    place = await place_given(tx, new.code, new.household, new.building, new.unit, new.body)
    if place is None:
        return await place_of_text(tx, new.body)
    scans = new.code is not None and tx.viewer.role is Role.BUILDING_HEAD
    if scans and not await tx.works_in(place.grid_id, place.building_id):
        raise Refusal(Code.NOT_FOUND, "code")
    return place


async def _source(tx: Transaction, new: NewAppeal, place: Place) -> AppealSource:
    if place.source is not None:
        return place.source
    if tx.viewer.role is Role.BUILDING_HEAD:
        return AppealSource.BUILDING_HEAD
    if new.visit is not None:
        return AppealSource.VISIT
    if new.source is not None:
        return new.source
    return AppealSource.DESK if await _at_desk(tx, place) else AppealSource.APP


async def _at_desk(tx: Transaction, place: Place) -> bool:
    """Beyond their own rounds a grid worker registers only what comes to the desk they serve at."""
    return tx.viewer.role is Role.GRID_WORKER and not await tx.value(_on_round, grid=place.grid_id)


def _on_round(scope: Scope) -> sql.Select:
    return sql.select(sql.parameter("grid", sql.UUID) == sql.any_(scope.rounds))
