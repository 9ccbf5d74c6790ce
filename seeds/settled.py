"""Reports of building heads that workers settled: a problem, a dispute, a move in."""

from datetime import datetime, timedelta
from uuid import UUID

from db import appeals as appeal_tables
from db import disputes as dispute_tables
from rules.appeals import AppealCategory, AppealKind, AppealLevel, AppealSource, AppealStatus, ReportKind
from rules.journal import EntryKind
from seeds import appeals
from seeds.clock import ZONE
from seeds.ids import code
from seeds.journal import enter
from seeds.reports import WAYS, Report, topic
from seeds.world import World

_AT = datetime(2023, 12, 21, 11, tzinfo=ZONE)
_HOUR = timedelta(hours=1)
_BECAME: dict[ReportKind, str] = {
    ReportKind.BLOCKED_CORRIDOR: "已转为诉求",
    ReportKind.NEIGHBOUR_DISPUTE: "已登记为矛盾纠纷",
    ReportKind.MOVE_IN: "已登记迁入 2 人",
}


def add(world: World) -> None:
    """Adds three reports and links the first two to what they became."""
    settled = {kind: _settle(world, kind, said) for kind, said in _BECAME.items()}
    problem = next(row for row in world.book.rows(appeal_tables.Appeal) if row["kind"] is AppealKind.PROBLEM)
    problem["from_report_id"] = settled[ReportKind.BLOCKED_CORRIDOR]
    dispute = world.book.rows(dispute_tables.Dispute)[0]
    dispute["from_report_id"] = settled[ReportKind.NEIGHBOUR_DISPUTE]


def _settle(world: World, kind: ReportKind, said: str) -> UUID:
    random = world.random(f"settled {kind}")
    subject = topic(random, AppealKind.REPORT, AppealCategory.OTHER, _AT.date())
    report = WAYS[AppealSource.BUILDING_HEAD](world, random, subject)
    uuid, at = world.book.new_id(report.opened_at), report.opened_at + _HOUR
    worker = world.staff.workers[report.grid].id
    world.book.add(
        appeal_tables.Appeal,
        id=uuid,
        **appeals.columns(world, report) | {"report_kind": kind},
        level=AppealLevel.GRID,
        status=AppealStatus.CLOSED,
        answer=said,
        handled_by=worker,
        receipt_code=code(random, appeals.RECEIPT_LENGTH),
        reopen_until=at + appeals.REOPEN,
        **dict.fromkeys(("accepted_at", "answered_at", "closed_at"), at),
    )
    appeals.enter_opened(world, uuid, report)
    _enter(world, uuid, report, said, at)
    return uuid


def _enter(world: World, uuid: UUID, report: Report, said: str, at: datetime) -> None:
    enter(
        world.book,
        EntryKind.REPORT_SETTLED,
        report.grid,
        at,
        building_id=report.building.id,
        household_id=report.home.id if report.home else None,
        appeal_id=uuid,
        actor_id=world.staff.workers[report.grid].id,
        from_status=AppealStatus.SUBMITTED,
        to_status=AppealStatus.CLOSED,
        note=said,
    )
