"""Alerts and calls for help in every state."""

from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

from db.alerts import Alert, AlertRung
from db.calls import HelpCall, Invitation, Message
from rules.alerts import LADDER, CallAnswer
from rules.journal import EntryKind
from rules.people import Colour
from seeds.accounts import Officer
from seeds.clock import DAY, ZONE
from seeds.journal import enter
from seeds.people import Person
from seeds.places import Home
from seeds.world import World

_AT = datetime(2023, 12, 21, 11, tzinfo=ZONE)
_STEP = timedelta(minutes=15)
_ABOUT_ALERTS = (
    EntryKind.ALERT_RAISED,
    EntryKind.ALERT_CLIMBED,
    EntryKind.ALERT_ACKNOWLEDGED,
    EntryKind.ALERT_ENDED,
)
_ABOUT_CALLS = (EntryKind.HELP_CALLED, EntryKind.HELP_ANSWERED, EntryKind.HELP_CLOSED)


def add(world: World, home: Home, residents: list[Person]) -> None:
    """Adds an alert in each state, an open call and a closed one."""
    worker = world.staff.workers[world.town.grids[0]]
    states: tuple[dict[str, object], ...] = (
        {},
        {"acknowledged_by": worker.id, "acknowledged_at": _AT + 2 * DAY, "note": "我去看看"},
        {"ended_at": _AT + 3 * DAY},
    )
    for number, state in enumerate(states):
        _alert(world, home, residents, number, state)
    for closed in ({}, {"closed_by": worker.id, "closed_at": _AT + DAY}):
        _call(world, home, residents, worker, closed)


def _alert(world: World, home: Home, residents: list[Person], number: int, state: dict[str, object]) -> None:
    raised_at, uuid = _AT + number * DAY, world.book.new_id(_AT + number * DAY)
    about = {"resident_id": residents[0].id, "community_id": world.town.community_id, "day": raised_at.date()}
    world.book.add(Alert, id=uuid, **about, **home.columns, raised_at=raised_at, **state)
    for step, rung in enumerate(LADDER[: number + 1]):
        world.book.add(AlertRung, alert_id=uuid, rung=rung, rung_at=raised_at + step * _STEP)
    _invite(world, home, residents[1], None, alert_id=uuid)
    kinds = [*_ABOUT_ALERTS[: number + 2], *([] if state else [EntryKind.ALERT_ENDED, EntryKind.ALERT_RESUMED])]
    for kind in kinds:
        facts = {"resident_id": residents[0].id, "alert_id": uuid, "to_status": LADDER[0]}
        enter(world.book, kind, home.grid, raised_at, **home.columns, **facts)


def _invite(world: World, home: Home, resident: Person, answer: CallAnswer | None, **reason: UUID) -> None:
    uuid, at = world.book.new_id(_AT), _AT + _STEP if answer else None
    code = f"SEED{uuid.hex[-8:].upper()}"
    facts = {"invited_at": _AT, "answer": answer, "answered_at": at}
    own = {"grid_id": home.grid.id, "resident_id": resident.id}
    world.book.add(Invitation, id=uuid, **own, answer_code=code, **facts, **reason)
    sent = {"created_at": _AT, "due_at": _AT, "tries": 1, "sent_at": _AT if answer else None, "parked_at": _AT}
    body = f"应答码 {code}"
    world.book.add(Message, id=world.book.new_id(_AT), invitation_id=uuid, to_phone="13900000000", body=body, **sent)


def _call(world: World, home: Home, residents: list[Person], worker: Officer, closed: dict[str, object]) -> None:
    uuid = world.book.new_id(_AT)
    where = {"community_id": world.town.community_id, "grid_id": home.grid.id, "building_id": home.building.id}
    what = {"what": "搬两袋米上楼", "place": home.label, "colours": [Colour.BLUE, Colour.CYAN]}
    by = {"raised_by": worker.id, "raised_at": _AT}
    world.book.add(HelpCall, id=uuid, **where, unit=home.unit, **what, **by, **closed)
    for resident, answer in zip(residents, cycle((CallAnswer.COMING, CallAnswer.CANNOT, None)), strict=False):
        _invite(world, home, resident, answer, call_id=uuid)
    for kind in _ABOUT_CALLS:
        about = {"building_id": home.building.id, "call_id": uuid, "actor_id": worker.id}
        enter(world.book, kind, home.grid, _AT, **about)
