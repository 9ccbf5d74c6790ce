"""Visits to premises, attempts, corrected and withdrawn visits, and removed photos, for tests."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from db import visits as tables
from db.appeals import Appeal
from db.photos import Photo
from rules.journal import EntryKind
from rules.visits import VisitMode
from seeds.clock import DAY, ZONE
from seeds.journal import enter, enter_at
from seeds.odd import ODD_NAMES, ODD_TEXTS
from seeds.people import Person
from seeds.places import Home
from seeds.visits import Visit, write
from seeds.world import World

_AT = datetime(2023, 12, 27, 10, tzinfo=ZONE)
_LATER = timedelta(hours=3)


def add(world: World, home: Home, residents: list[Person]) -> None:
    """Adds one of each. The photos' file is that of seeds/incidents.py."""
    _to_premises(world)
    corrected = _visit(world, home, residents[1:2], _AT)
    for mode in VisitMode:
        _correct(world, corrected, residents[:1], EntryKind.VISIT_CORRECTED, mode)
    withdrawn = _visit(world, home, [], _AT + DAY)
    _correct(world, withdrawn, residents, EntryKind.VISIT_WITHDRAWN, VisitMode.PHONE)
    row = world.book.rows(tables.Visit)[-1]
    row |= {"withdrawn_at": withdrawn.occurred_at + _LATER, "is_attempt": False}
    facts = {"visit_id": corrected.id, "note": "1张"}
    enter_at(world.book, EntryKind.VISIT_PHOTOS_ADDED, home, _AT + _LATER, corrected.worker.id, **facts)
    _photos(world, corrected)


def _to_premises(world: World) -> None:
    """Adds a visit to each of some premises, the last of which met nobody."""
    firms = world.premises[:3]
    for number, (firm, spoke_with) in enumerate(zip(firms, (*ODD_NAMES[:2], None), strict=False)):
        at, worker = _AT + number * DAY, world.staff.workers[firm.grid]
        uuid = world.book.new_id(at)
        facts: dict[str, Any] = {"id": uuid, "premises_id": firm.id, "grid_id": firm.grid.id, "worker_id": worker.id}
        met = {"spoke_with": spoke_with, "is_attempt": spoke_with is None, "note": ODD_TEXTS[number]}
        times = {"occurred_at": at, "recorded_at": at}
        world.book.add(tables.Visit, **facts, **met, **times, mode=VisitMode.HOME_VISIT, household_id=None)
        about = {"visit_id": uuid, "actor_id": worker.id}
        enter(world.book, EntryKind.VISIT_RECORDED, firm.grid, at, **about)


def _visit(world: World, home: Home, reached: list[Person], at: datetime) -> Visit:
    worker = world.staff.workers[world.town.grids[0]]
    visit = Visit(world.book.new_id(at), home, worker, VisitMode.HOME_VISIT, reached, at, at)
    write(world.book, visit, ODD_TEXTS[0])
    return visit


def _correct(world: World, visit: Visit, reached: list[Person], kind: EntryKind, mode: VisitMode) -> None:
    """Keeps what a visit said: another mode, and that it had reached others."""
    uuid, at = world.book.new_id(visit.occurred_at), visit.occurred_at + _LATER
    said = {"household_id": visit.home.id, "mode": mode, "occurred_at": visit.occurred_at - DAY}
    texts = {"reason": ODD_TEXTS[1][:100], "note": ODD_TEXTS[2], "spoke_with": ODD_NAMES[0]}
    by = {"corrected_by": visit.worker.id, "corrected_at": at, "withdraws": kind is EntryKind.VISIT_WITHDRAWN}
    world.book.add(tables.VisitCorrection, id=uuid, visit_id=visit.id, **said, **texts, **by)
    for person in reached:
        row = {"visit_correction_id": uuid, "resident_id": person.id}
        world.book.add(tables.VisitCorrectionResident, **row)
    enter_at(world.book, kind, visit.home, at, visit.worker.id, visit_id=visit.id, note=texts["reason"])


def _photos(world: World, visit: Visit) -> None:
    """Adds a removed photo of a visit and of an appeal."""
    appeal: dict[str, Any] = world.book.rows(Appeal)[0]
    shot = {"sha256": sha256(b"nothing").digest(), "width": 4, "height": 3, "attached_at": _AT}
    removed = {"removed_by": visit.worker.id, "removed_at": _AT + _LATER, "removed_reason": ODD_TEXTS[0]}
    for case in ({"visit_id": visit.id}, {"appeal_id": appeal["id"]}):
        world.book.add(Photo, id=world.book.new_id(_AT), **shot, **removed, **case)
    at, worker, note = _AT + _LATER, visit.worker.id, ODD_TEXTS[0]
    enter_at(world.book, EntryKind.VISIT_PHOTO_REMOVED, visit.home, at, worker, visit_id=visit.id, note=note)
    place = {name: appeal[name] for name in ("community_id", "grid_id", "building_id", "household_id")}
    about = {**place, "appeal_id": appeal["id"], "to_status": appeal["status"]}
    enter(world.book, EntryKind.APPEAL_PHOTO_REMOVED, visit.home.grid, at, **about, actor_id=worker, note=note)
