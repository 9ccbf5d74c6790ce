"""Opening appeals: what is said, where it is about, by which way it came, and what is due when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import select

from db.acts.acting import Acting
from db.acts.clock_policies import wind_up
from db.acts.journal import append, digest_of, is_replay
from db.acts.photos import attach_photos
from db.acts.places import (
    Place,
    place_of_building,
    place_of_code,
    place_of_household,
    place_of_text,
)
from db.acts.receipts import new_receipt_code
from db.appeals import Appeal, CategoryPolicy
from db.people import Resident
from rules import appeals as rules
from rules.access import WORKERS, Act, Role, require
from rules.appeals import AppealCategory, AppealKind, AppealSource, AppealUrgency, ReportKind
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.visits import check_occurred


@dataclass(frozen=True, slots=True)
class NewAppeal:
    """What somebody wants to open: the text, and where it is about by one of code, household, building or text."""

    id: UUID
    body: str
    kind: AppealKind = AppealKind.PROBLEM
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
    photos: tuple[str, ...] = ()


async def open_appeal(acting: Acting, new: NewAppeal, place: Place | None = None) -> Appeal:
    """Opens an appeal; without an account a QR code says from where. A known ``place`` is not looked for."""
    require(acting.viewer, Act.OPEN_APPEAL)
    digest = digest_of(new)
    acting.check_flood(new.code, new.id)
    if await is_replay(acting, new.id, digest):
        return await opened(acting, new.id)
    said = _what(acting, new) | _when(acting, new)
    place = place or await place_of(acting, new)
    resident = await _resident(acting, new, place)
    appeal = Appeal(**said, **place.columns(), resident_id=resident, receipt_code=new_receipt_code())
    appeal.source = await _source(acting, new, place)
    await wind_up(acting, appeal)
    appeal.registered_by = acting.viewer.account_id
    appeal.organisation_id = await _responsible(acting, place.community_id, appeal.category)
    acting.session.add(appeal)
    await acting.session.flush()
    await attach_photos(acting, new.photos, appeal_id=appeal.id)
    note(acting, EntryKind.APPEAL_OPENED, appeal, act_id=new.id, digest=digest)
    return appeal


async def opened(acting: Acting, uuid: UUID) -> Appeal:
    """An appeal that is there."""
    return (await acting.session.exec(select(Appeal).where(Appeal.id == uuid))).one()


def _what(acting: Acting, new: NewAppeal) -> dict[str, Any]:
    body = check_text(new.body, "body")
    return {
        "id": new.id,
        "body": body,
        "kind": new.kind,
        "report_kind": rules.report_kind(new.kind, new.report_kind),
        "category": new.category or rules.guess_category(body),
        "urgency": _urgency(acting, new),
        "reporter_name": check_optional(new.reporter_name, "reporterName", limit=LINE_LIMIT),
        "reporter_phone": check_optional(new.reporter_phone, "reporterPhone", limit=LINE_LIMIT),
        "visit_id": new.visit,
        "from_report_id": new.from_report,
    }


def _urgency(acting: Acting, new: NewAppeal) -> AppealUrgency:
    """Workers say how fast it has to go; whoever scans a code does not jump the queue."""
    return new.urgency if acting.viewer.role in WORKERS else AppealUrgency.NORMAL


def _when(acting: Acting, new: NewAppeal) -> dict[str, Any]:
    opened_at = new.opened_at or acting.now
    check_occurred(opened_at, acting.now, "openedAt")
    return {"opened_at": opened_at, "recorded_at": acting.now}


async def place_of(acting: Acting, new: NewAppeal) -> Place:
    """Where a new appeal is about."""
    if acting.viewer.role is None or new.code is not None:
        return await _scanned(acting, new)
    if new.household is not None:
        return await place_of_household(acting, new.household, "household")
    if new.building is not None:
        return await place_of_building(acting, new.building, new.unit, "building")
    return await place_of_text(acting, new.body)


async def _scanned(acting: Acting, new: NewAppeal) -> Place:
    """By a code; a building head reports for their own building alone, whichever code they scan."""
    place = await place_of_code(acting, new.code, new.body, new.building, new.unit)
    heads = acting.viewer.role is Role.BUILDING_HEAD
    if heads and not await acting.works_in(place.grid_id, place.building_id):
        raise Refusal(Code.NOT_FOUND, "code")
    return place


async def _resident(acting: Acting, new: NewAppeal, place: Place) -> UUID | None:
    """The resident on the register who made it; one who lives elsewhere is refused."""
    if new.resident is None:
        return None
    resident = await acting.find(Resident, new.resident, "resident")
    if place.household_id is not None and resident.household_id != place.household_id:
        raise invalid("该居民不住在这一户", "the resident does not live in that household", "resident")
    return resident.id


async def _source(acting: Acting, new: NewAppeal, place: Place) -> AppealSource:
    if place.source is not None:
        return place.source
    if acting.viewer.role is Role.BUILDING_HEAD:
        return AppealSource.BUILDING_HEAD
    if new.visit is not None:
        return AppealSource.VISIT
    if new.source is not None:
        return new.source
    return AppealSource.DESK if await _at_desk(acting, place) else AppealSource.APP


async def _at_desk(acting: Acting, place: Place) -> bool:
    """Beyond their own rounds a grid worker registers nothing but what comes to the desk they serve at."""
    own = sa.literal(place.grid_id, sa.Uuid()) == sa.any_(acting.scope.rounds)
    return acting.viewer.role is Role.GRID_WORKER and not await acting.session.scalar(sa.select(own))


async def _responsible(acting: Acting, community: UUID, category: AppealCategory) -> UUID | None:
    policy = await acting.session.get(CategoryPolicy, (community, category))
    return policy.organisation_id if policy else None


def note(acting: Acting, kind: EntryKind, appeal: Appeal, **facts: Any) -> None:
    """A journal entry about an appeal."""
    facts.setdefault("to_status", appeal.status)
    if kind is EntryKind.APPEAL_OPENED:
        facts["occurred_at"] = appeal.opened_at
    append(
        acting,
        kind,
        community_id=appeal.community_id,
        grid_id=appeal.grid_id,
        building_id=appeal.building_id,
        household_id=appeal.household_id,
        visit_id=appeal.visit_id,
        appeal_id=appeal.id,
        incident_id=appeal.incident_id,
        **facts,
    )
