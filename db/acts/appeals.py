"""Opening appeals: the text, the place, the source, and the deadlines."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from db.acts.appeal_places import place_named
from db.acts.clock_policies import apply_policies
from db.acts.journal import act, entry
from db.acts.late import now_or_then
from db.acts.photos import attach_photos
from db.acts.places import NewCase, Place, case_columns, place_of_code, place_of_text
from db.appeals import Appeal
from db.transaction import Transaction
from rules import appeals as rules
from rules.access import Act, Role
from rules.appeal_words import guess_category, guess_urgency
from rules.appeals import AppealCategory, AppealKind, AppealSource, AppealUrgency, ReportKind
from rules.journal import EntryKind
from rules.phones import check_contact
from rules.refusals import Code, Refusal
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.times import check_occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppeal(NewCase):
    """A new appeal. Without a code and a place, its text names the place: a building, an estate, or the community."""

    kind: AppealKind | None = None
    """By default REPORT with a ``report_kind``, and PROBLEM without one."""
    report_kind: ReportKind | None = None
    category: AppealCategory | None = None
    urgency: AppealUrgency | None = None
    """By default URGENT if the text tells of danger, else NORMAL."""
    source: AppealSource | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    opened_at: datetime | None = None
    visit: UUID | None = None
    from_report: UUID | None = None
    photos: list[str] = field(default_factory=list)


@act(Act.OPEN_APPEAL, row=Appeal, limited="code")
async def open_appeal(tx: Transaction, new: NewAppeal, place: Place | None = None) -> Appeal:
    """Opens an appeal. Without an account, a QR code gives the place. A ``place`` that is known is not looked up."""
    new = replace(new, body=check_text(new.body, "body"))
    kind = new.kind or (AppealKind.REPORT if new.report_kind else AppealKind.PROBLEM)
    report_kind = rules.report_kind(kind, new.report_kind)
    reporter_name = check_optional(new.reporter_name, "reporterName", limit=LINE_LIMIT)
    reporter_phone = check_contact(new.reporter_phone, "reporterPhone")
    opened_at = new.opened_at or tx.now
    if new.from_report is None:
        # Otherwise it is the time of the report, as it was recorded then.
        check_occurred(opened_at, tx.now, tx.viewer.role, "openedAt")
    if place is None:
        place = await now_or_then(tx, opened_at, lambda: place_of(tx, new))
    appeal = Appeal(
        **await case_columns(tx, new, place),
        premises_id=place.premises_id,
        estate_id=place.estate_id,
        body=new.body,
        kind=kind,
        report_kind=report_kind,
        category=new.category or guess_category(new.body),
        urgency=new.urgency or guess_urgency(new.body),
        reporter_name=reporter_name,
        reporter_phone=reporter_phone,
        registered_by=tx.viewer.account_id,
        visit_id=new.visit,
        from_report_id=new.from_report,
        opened_at=opened_at,
        recorded_at=tx.now,
    )
    is_own_grid = await apply_policies(tx, appeal)
    appeal.source = place.source or _source(tx, new, is_own_grid)
    await tx.save(appeal, entry(tx, EntryKind.APPEAL_OPENED, appeal, occurred_at=opened_at))
    await attach_photos(tx, new.photos, appeal_id=appeal.id)
    return appeal


async def place_of(tx: Transaction, new: NewAppeal) -> Place:
    """The place of a new appeal. A building head reports only for their own building, by any code."""
    by_code = tx.viewer.role is None or new.code is not None
    place = await (place_of_code(tx, new) if by_code else place_named(tx, new))
    if place is None:
        return await place_of_text(tx, new)
    scans = new.code is not None and tx.viewer.role is Role.BUILDING_HEAD
    if scans and not await tx.works_in(place.grid_id, place.building_id):
        raise Refusal(Code.NOT_FOUND, "code")
    return place


def _source(tx: Transaction, new: NewAppeal, is_own_grid: bool) -> AppealSource:
    if tx.viewer.role is Role.BUILDING_HEAD:
        return AppealSource.BUILDING_HEAD
    if new.visit is not None:
        return AppealSource.VISIT
    if new.source is not None:
        return new.source
    # Grid workers can register appeals outside their own grids only while they serve at a desk.
    return AppealSource.APP if is_own_grid else AppealSource.DESK
