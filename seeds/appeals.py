"""The appeals of the direct line (民声直通车), with their journal entries."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from uuid import UUID

from db import appeals as tables
from rules.appeal_moves import ACCEPT, ANSWER, CONFIRM, ESCALATE, AppealMove
from rules.appeals import AppealCategory, AppealKind, AppealLevel, AppealSource, AppealStatus, ReportKind
from rules.journal import EntryKind
from seeds import call_backs
from seeds.clock import DIRECT_LINE, some_day
from seeds.ids import code
from seeds.journal import enter
from seeds.lives import SMOOTH, TWICE, UPSTAIRS, Path, Step, live
from seeds.reports import WAYS, Report, Topic, topic
from seeds.world import World

RECEIPT_LENGTH = 10
REOPEN = timedelta(days=30)
_HEATING_BEGINS = date(2023, 10, 12)
_LAST_CLOSED = date(2023, 12, 20)
"""Appeals opened by this day are closed by the end of the year."""

SOURCES: dict[AppealKind, Sequence[AppealSource]] = {
    AppealKind.PROBLEM: (
        *[AppealSource.QR_HOME] * 5,
        *[AppealSource.PHONE] * 4,
        *[AppealSource.QR_COUNTER] * 3,
        *[AppealSource.VISIT] * 3,
        *[AppealSource.DESK] * 2,
        AppealSource.BUILDING_HEAD,
        AppealSource.APP,
    ),
    AppealKind.HELP: (AppealSource.PHONE, AppealSource.PHONE, AppealSource.QR_HOME, AppealSource.APP),
    AppealKind.INQUIRY: (AppealSource.DESK, AppealSource.PHONE, AppealSource.QR_COUNTER),
    AppealKind.REPORT: (AppealSource.BUILDING_HEAD,) * 4 + (AppealSource.VISIT,),
}
PATHS: dict[AppealKind, Sequence[Path]] = {
    **dict.fromkeys(AppealKind, (SMOOTH,)),
    AppealKind.PROBLEM: (*[SMOOTH] * 9, TWICE, UPSTAIRS),
}
_RATINGS = (5, 5, 5, 5, 5, 5, 4, 4, 4, 3, 2, None, None)


def add_planned(world: World) -> None:
    """Adds the appeals of the plan, all of them closed."""
    random = world.random("appeals")
    for subject in _topics(world, random):
        way = WAYS[random.choice(SOURCES[subject.kind])]
        add(world, random, way(world, random, subject), random.choice(PATHS[subject.kind]))


def _topics(world: World, random: Random) -> Iterator[Topic]:
    for (kind, category), count in world.plan.appeals.items():
        heating = category is AppealCategory.HEATING
        first = max(world.plan.first_day, _HEATING_BEGINS if heating else DIRECT_LINE)
        for _ in range(count):
            yield topic(random, kind, category, some_day(random, first, max(first, _LAST_CLOSED)))


def add(world: World, random: Random, report: Report, path: Path) -> None:
    """Adds an appeal that takes a path."""
    write(world, random, report, list(live(world, random, report, path)))


def write(world: World, random: Random, report: Report, steps: list[Step], **more: object) -> UUID:
    """Adds an appeal with the steps it took; ``more`` are further columns."""
    uuid = world.book.new_id(report.opened_at)
    _write(world, random, uuid, report, steps, more)
    _enter(world, uuid, report, steps)
    return uuid


def _write(
    world: World, random: Random, uuid: UUID, report: Report, steps: list[Step], more: dict[str, object]
) -> None:
    made = {step.move: step for step in steps}
    closed = made.get(CONFIRM)
    world.book.add(
        tables.Appeal,
        id=uuid,
        **columns(world, report),
        level=steps[-1].level if steps else AppealLevel.GRID,
        status=steps[-1].after if steps else AppealStatus.SUBMITTED,
        answer=made[ANSWER].note if ANSWER in made else None,
        rating=random.choice(_RATINGS) if closed else None,
        organisation_id=world.responsible[report.category],
        handled_by=made[ACCEPT].actor.account_id if ACCEPT in made else None,
        receipt_code=code(random, RECEIPT_LENGTH),
        accepted_at=_when(made, ACCEPT),
        answered_at=_when(made, ANSWER),
        closed_at=_when(made, CONFIRM),
        reopen_until=closed.at + REOPEN if closed else None,
        escalated_at=_when(made, ESCALATE),
        **more,
    )


def _when(made: dict[AppealMove, Step], move: AppealMove) -> object:
    return made[move].at if move in made else None


def columns(world: World, report: Report) -> dict[str, object]:
    """The columns of an appeal that its report determines."""
    return {
        "community_id": report.grid.estate.community_id,
        "grid_id": report.grid.id,
        "building_id": report.building.id,
        "unit": report.unit,
        "household_id": report.home.id if report.home else None,
        "resident_id": report.resident.id if report.resident else None,
        "reporter_name": report.reporter_name,
        "reporter_phone": report.reporter_phone,
        "source": report.source,
        "kind": report.kind,
        "report_kind": report_kind(report),
        "category": report.category,
        "body": report.body,
        "registered_by": report.registered_by.id if report.registered_by else None,
        "visit_id": report.visit_id,
        "opened_at": report.opened_at,
        "recorded_at": report.recorded_at,
        "closed_by_silence": False,
        "objections": 0,
        **world.clocks.columns(report.kind, report.category, report.recorded_at),
    }


_SEEN: tuple[tuple[ReportKind, str], ...] = (
    (ReportKind.MOVE_IN, "搬来"),
    (ReportKind.MOVE_OUT, "搬走"),
    (ReportKind.BLOCKED_CORRIDOR, "楼道"),
    (ReportKind.NEIGHBOUR_DISPUTE, "吵"),
)


def report_kind(report: Report) -> ReportKind | None:
    """The kind of a report, guessed from its words."""
    if report.kind is not AppealKind.REPORT:
        return None
    return next((kind for kind, word in _SEEN if word in report.body), ReportKind.OTHER)


def _enter(world: World, uuid: UUID, report: Report, steps: list[Step]) -> None:
    enter_opened(world, uuid, report)
    for step in steps:
        enter(
            world.book,
            step.move.entry,
            report.grid,
            step.at,
            **_subject(uuid, report),
            actor_id=step.actor.account_id,
            from_status=step.before,
            to_status=step.after,
            note=step.note,
        )
        if step.move is ACCEPT and step.actor.account_id is not None:
            call_backs.add(world.book, uuid, step.at, step.actor.account_id, step.note)


def enter_opened(world: World, uuid: UUID, report: Report) -> None:
    """Adds the first entry of an appeal."""
    enter(
        world.book,
        EntryKind.APPEAL_OPENED,
        report.grid,
        report.opened_at,
        **_subject(uuid, report),
        actor_id=report.registered_by.id if report.registered_by else None,
        to_status=AppealStatus.SUBMITTED,
        recorded_at=report.recorded_at,
    )


def _subject(uuid: UUID, report: Report) -> dict[str, object]:
    return {
        "building_id": report.building.id,
        "household_id": report.home.id if report.home else None,
        "visit_id": report.visit_id,
        "appeal_id": uuid,
    }
