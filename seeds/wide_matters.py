"""Appeals without a building, call-backs that reached nobody, and corrections."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from db import appeals as tables
from rules.appeals import AppealCategory, AppealKind, AppealLevel, AppealSource, AppealStatus
from rules.corrections import earlier
from rules.journal import EntryKind
from seeds import appeals, call_backs
from seeds.clock import ZONE
from seeds.ids import code
from seeds.journal import enter
from seeds.odd import ODD_TEXTS
from seeds.reports import WAYS, Report, topic
from seeds.world import World

_AT = datetime(2023, 12, 22, 10, tzinfo=ZONE)
_HOUR = timedelta(hours=1)


def add(world: World) -> None:
    """Adds a matter of each area of the community, and of premises. All were called back and corrected."""
    town = world.town
    estate, firm = town.estates[0].id, world.premises[0]
    places: list[dict[str, object]] = [
        {"grid_id": town.community_id},
        {"grid_id": estate, "estate_id": estate},
        {"grid_id": firm.grid.id, "premises_id": firm.id},
        {"grid_id": town.grids[0].id},
    ]
    for number, place in enumerate(places):
        _add(world, number, place)


def _add(world: World, number: int, place: dict[str, object]) -> None:
    random = world.random(f"wide {number}")
    subject = topic(random, AppealKind.INQUIRY, AppealCategory.CERTIFICATE, _AT.date())
    report = WAYS[AppealSource.DESK](world, random, subject)
    uuid, worker = world.book.new_id(_AT), world.staff.workers[world.town.grids[0]].id
    nowhere = dict.fromkeys(("building_id", "unit", "household_id", "resident_id", "visit_id"))
    world.book.add(
        tables.Appeal,
        id=uuid,
        **appeals.columns(world, report) | nowhere | place,
        level=AppealLevel.GRID,
        status=AppealStatus.SUBMITTED,
        receipt_code=code(random, appeals.RECEIPT_LENGTH),
    )
    call_backs.add(world.book, uuid, report.recorded_at + _HOUR, worker, ODD_TEXTS[0], reached=False)
    _enter(world, uuid, report, worker, place)


def _enter(world: World, uuid: UUID, report: Report, worker: UUID, place: dict[str, object]) -> None:
    old = [earlier("category", "类别", AppealCategory.OTHER), earlier("place", "地点", ODD_TEXTS[1])]
    entries: list[tuple[EntryKind, dict[str, object]]] = [
        (EntryKind.APPEAL_OPENED, {"actor_id": None}),
        (EntryKind.CALL_BACK_RECORDED, {"note": ODD_TEXTS[0]}),
        (EntryKind.APPEAL_CORRECTED, {"note": ODD_TEXTS[1], "before": json.dumps(old)}),
        (EntryKind.APPEAL_LEFT, {"grid_id": world.town.grids[-1].id}),
    ]
    area = {"grid_id": place["grid_id"], "building_id": None, "household_id": None}
    for hours, (kind, facts) in enumerate(entries):
        at = report.recorded_at + hours * _HOUR
        of = {"appeal_id": uuid, "actor_id": worker, "to_status": AppealStatus.SUBMITTED}
        enter(world.book, kind, report.grid, at, **area | of | facts)
