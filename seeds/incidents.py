"""Appeals in every state that dispatches, clocks and incidents lead to."""

from datetime import datetime, timedelta
from hashlib import sha256
from itertools import cycle
from typing import Any
from uuid import UUID

from db import appeals as tables
from db.photos import Photo, PhotoFile
from rules.appeals import AppealCategory, AppealKind, AppealSource, AppealStatus, AppealUrgency, DispatchStatus
from rules.journal import EntryKind
from seeds import appeals
from seeds.accounts import Officer
from seeds.clock import DAY, ZONE
from seeds.journal import enter
from seeds.odd import ODD_TEXTS
from seeds.reports import WAYS, topic
from seeds.world import World

_AT = datetime(2023, 12, 21, 11, tzinfo=ZONE)
_FAR = datetime(2999, 1, 1, tzinfo=ZONE)
_KINDS = (
    EntryKind.APPEAL_BEGUN,
    EntryKind.APPEAL_DISPATCHED,
    EntryKind.DISPATCH_ACCEPTED,
    EntryKind.DISPATCH_OBJECTED,
    EntryKind.DISPATCH_RECALLED,
    EntryKind.APPEAL_REJECTED,
    EntryKind.APPEAL_WITHDRAWN,
    EntryKind.APPEAL_REOPENED,
    EntryKind.APPEAL_PAUSED,
    EntryKind.APPEAL_RESUMED,
    EntryKind.APPEAL_NOTED,
    EntryKind.APPEAL_OVERDUE,
    EntryKind.APPEAL_LAPSED,
    EntryKind.APPEAL_MERGED,
)
_STATES: tuple[dict[str, Any], ...] = (
    {"status": AppealStatus.SUBMITTED, "urgency": AppealUrgency.URGENT, "response_due_at": _FAR},
    {"status": AppealStatus.ACCEPTED, "resolution_due_at": _FAR},
    {"status": AppealStatus.IN_PROGRESS, "paused_until": _FAR, "pause_reason": ODD_TEXTS[0]},
    {"status": AppealStatus.IN_PROGRESS, "paused_until": _AT + DAY, "pause_reason": ODD_TEXTS[1]},
    {"status": AppealStatus.ACCEPTED, "objections": 2},
    {"status": AppealStatus.CLOSED, "closed_at": _AT + DAY, "reopen_until": _FAR, "closed_by_silence": True},
    {"status": AppealStatus.CLOSED, "closed_at": _AT + 9 * DAY, "answered_at": _AT + 9 * DAY},
)


def add(world: World) -> None:
    """Adds appeals in these states, dispatches in every status, and incidents."""
    worker = world.staff.workers[world.town.grids[0]]
    for state in _STATES:
        _appeal(world, state)
    for status in DispatchStatus:
        open_ = status in {DispatchStatus.PENDING, DispatchStatus.ACCEPTED}
        stands = AppealStatus.DISPATCHED if status is DispatchStatus.PENDING else AppealStatus.IN_PROGRESS
        appeal = _appeal(world, {"status": stands if open_ else AppealStatus.ACCEPTED})
        dispatch = _dispatch(world, worker, status, appeal, appeal_id=appeal["id"])
        appeal["dispatch_id"] = dispatch if open_ else None
    for category, closed_at in zip(AppealCategory, cycle((None, _AT + DAY)), strict=False):
        _incident(world, worker, category, closed_at)
    _journal(world, worker)
    _photos(world, worker)
    for name, enum in (("kind", AppealKind), ("category", AppealCategory), ("urgency", AppealUrgency)):
        for value in enum:
            _old_policy(world, worker, **{name: value})


def _photos(world: World, worker: Officer) -> None:
    """Adds a photo of an appeal and one of a visit, whose files do not exist."""
    digest = sha256(b"nothing").digest()
    size = {"width": 4, "height": 3}
    world.book.add(PhotoFile, sha256=digest, **size, kept_by=worker.id, kept_at=_AT)
    appeal, visit = world.book.rows(tables.Appeal)[0], world.visits[0]
    for case in ({"appeal_id": appeal["id"]}, {"visit_id": visit.id, "attached_by": worker.id}):
        world.book.add(Photo, id=world.book.new_id(_AT), sha256=digest, **size, attached_at=_AT, **case)


def _old_policy(world: World, worker: Officer, **case: object) -> None:
    """Adds a policy that was replaced."""
    minutes = {
        "response_minutes": 61,
        "resolution_minutes": 90,
        "step_minutes": 30,
        "silence_days": 1,
        "reopen_days": 1,
    }
    by = {"set_by": worker.id, "set_at": _AT, "replaced_at": _AT + DAY, "community_id": world.town.community_id}
    world.book.add(tables.ClockPolicy, id=world.book.new_id(_AT), **minutes, **by, **case)


def _appeal(world: World, state: dict[str, Any]) -> dict[str, Any]:
    random = world.random(f"state {len(world.book.rows(tables.Appeal))}")
    subject = topic(random, AppealKind.PROBLEM, AppealCategory.HEATING, _AT.date())
    report = WAYS[AppealSource.PHONE](world, random, subject)
    touched = state["status"] is not AppealStatus.SUBMITTED
    facts = {
        "id": world.book.new_id(report.opened_at),
        "level": "GRID",
        "receipt_code": f"STATE{len(world.book.rows(tables.Appeal)):05}",
        "organisation_id": world.responsible[report.category],
        "accepted_at": report.recorded_at + timedelta(hours=1) if touched else None,
    }
    world.book.add(tables.Appeal, **{**appeals.columns(world, report), **facts, **state})
    row: dict[str, Any] = world.book.rows(tables.Appeal)[-1]
    appeals.enter_opened(world, row["id"], report)
    return row


def _dispatch(world: World, worker: Officer, status: DispatchStatus, of: dict[str, Any], **matter: UUID) -> UUID:
    uuid, answered = world.book.new_id(_AT), status is not DispatchStatus.PENDING
    back = status in {DispatchStatus.OBJECTED, DispatchStatus.RECALLED}
    facts = {
        **{name: of[name] for name in ("community_id", "grid_id")},
        "organisation_id": world.responsible[AppealCategory.HEATING],
        "status": status,
        "note": ODD_TEXTS[0],
        "dispatched_by": worker.id,
        "dispatched_at": _AT,
        "reason": ODD_TEXTS[1] if back else None,
        "answered_by": worker.id if answered else None,
        "answered_at": _AT + DAY if answered else None,
    }
    world.book.add(tables.Dispatch, id=uuid, **facts, **matter)
    return uuid


def _incident(world: World, worker: Officer, category: AppealCategory, closed_at: datetime | None) -> None:
    ended = {"closed_at": closed_at, "answered_at": closed_at, "reopen_until": closed_at} if closed_at else {}
    status = AppealStatus.CLOSED if closed_at else AppealStatus.DISPATCHED
    first, second = (_appeal(world, {"status": status, "category": category, **ended}) for _ in range(2))
    place = {name: first[name] for name in ("community_id", "grid_id", "building_id", "unit")}
    second.update({**place, "household_id": None})
    uuid, by = world.book.new_id(_AT), {"made_by": worker.id, "made_at": _AT, "closed_at": closed_at}
    world.book.add(tables.Incident, id=uuid, **place, category=category, title=ODD_TEXTS[0], **by)
    dispatch = _dispatch(world, worker, DispatchStatus.PENDING, first, incident_id=uuid)
    for appeal in (first, second):
        appeal.update(incident_id=uuid, dispatch_id=dispatch)
    facts = {"building_id": first["building_id"], "incident_id": uuid, "actor_id": worker.id}
    grid = next(each for each in world.town.grids if each.id == first["grid_id"])
    enter(world.book, EntryKind.INCIDENT_HANDLED, grid, _AT, **facts)


def _journal(world: World, worker: Officer) -> None:
    """Adds an entry of each kind."""
    grid = world.town.grids[0]
    own = [row for row in world.book.rows(tables.Appeal) if row["grid_id"] == grid.id]
    for kind, row in zip(_KINDS, cycle(own), strict=False):
        by = {"actor_id": None if kind is EntryKind.APPEAL_OVERDUE else worker.id, "note": ODD_TEXTS[2]}
        enter(world.book, kind, grid, _AT, appeal_id=row["id"], **by)
    for kind in (EntryKind.CLOCKS_SET, EntryKind.SCHEDULER_LATE, EntryKind.SCHEDULER_BACK):
        enter(world.book, kind, grid, _AT, grid_id=None)
