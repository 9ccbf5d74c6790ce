"""Alerts and calls for help in every state."""

from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

from db.alerts import Alert, AlertRung
from db.calls import HelpCall, Invitation, Message
from rules.alerts import LADDER, AlertFinding, CallAnswer, Priority
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
    EntryKind.ALERT_REPORTED,
    EntryKind.ALERT_RESUMED,
    EntryKind.ALERT_ENDED,
)
_ABOUT_CALLS = (EntryKind.HELP_CALLED, EntryKind.HELP_ANSWERED, EntryKind.HELP_CLOSED)


def add(world: World, home: Home, residents: list[Person]) -> None:
    """Adds an alert in each state, an open call, a closed one, and one in a whole estate and community."""
    worker = world.staff.workers[world.town.grids[0]]
    found = {"found_by": worker.id, "found_at": _AT + 3 * DAY, "found_note": "敲了三次门"}
    states: tuple[dict[str, object], ...] = (
        {"raised_by": worker.id, "reason": "早上八点电话无人接听"},
        {"acknowledged_by": worker.id, "acknowledged_at": _AT + 2 * DAY, "note": "我去看看"},
        {"ended_at": _AT + 3 * DAY, "finding": AlertFinding.REACHED, **found},
        {"finding": AlertFinding.NOT_THERE, **found},
        {"finding": AlertFinding.HELP_NEEDED, "urgent_at": _AT + 4 * DAY, **found, "found_by": None},
    )
    for number, state in enumerate(states):
        _alert(world, home, residents, number, state)
    for closed in ({}, {"closed_by": worker.id, "closed_at": _AT + DAY}):
        _call(world, home, residents, worker, closed)
    everywhere = {"grid_id": None, "building_id": None, "unit": None}
    for estate_id in (world.town.estates[0].id, None):
        _call(world, home, residents, worker, everywhere | {"estate_id": estate_id})


def _alert(world: World, home: Home, residents: list[Person], number: int, state: dict[str, object]) -> None:
    raised_at, uuid = _AT + number * DAY, world.book.new_id(_AT + number * DAY)
    about = {"resident_id": residents[0].id, "community_id": world.town.community_id, "day": raised_at.date()}
    world.book.add(Alert, id=uuid, **about, **home.columns, raised_at=raised_at, **state)
    for step, rung in enumerate(LADDER[: number + 1]):
        world.book.add(AlertRung, alert_id=uuid, rung=rung, rung_at=raised_at + step * _STEP, reached=step)
    for officer in (*world.staff.heads.values(), *world.staff.workers.values()) if number == 0 else ():
        _tell(world, officer, uuid)
    _invite(world, home, residents[1], None, Priority.ALERT, alert_id=uuid)
    for kind in _ABOUT_ALERTS[: number + 2]:
        facts = {"resident_id": residents[0].id, "alert_id": uuid, "to_status": LADDER[0]}
        enter(world.book, kind, home.grid, raised_at, **home.columns, **facts)


def _tell(world: World, officer: Officer, alert_id: UUID) -> None:
    facts = {"alert_id": alert_id, "account_id": officer.id, "priority": Priority.ALERT, "body": "请您敲门看看"}
    sent = {"to_phone": "13900000000", "created_at": _AT, "due_at": _AT, "tries": 1, "sent_at": _AT}
    world.book.add(Message, id=world.book.new_id(_AT), **facts, **sent)


def _invite(
    world: World, home: Home, resident: Person, answer: CallAnswer | None, priority: Priority, **reason: UUID
) -> None:
    uuid, at = world.book.new_id(_AT), _AT + _STEP if answer else None
    code = f"SEED{uuid.hex[-8:].upper()}"
    facts = {"invited_at": _AT, "answer": answer, "answered_at": at}
    own = {"grid_id": home.grid.id, "resident_id": resident.id}
    world.book.add(Invitation, id=uuid, **own, answer_code=code, **facts, **reason)
    sent = {"created_at": _AT, "due_at": _AT, "tries": 1, "sent_at": _AT if answer else None, "parked_at": _AT}
    message = {"invitation_id": uuid, "priority": priority, "to_phone": "13900000000", "body": f"应答码 {code}"}
    world.book.add(Message, id=world.book.new_id(_AT), **message, **sent)


def _call(world: World, home: Home, residents: list[Person], worker: Officer, more: dict[str, object]) -> None:
    uuid = world.book.new_id(_AT)
    where = {"community_id": world.town.community_id, "grid_id": home.grid.id, "building_id": home.building.id}
    what = {"what": "搬两袋米上楼", "place": home.label, "colours": [Colour.BLUE, Colour.CYAN]}
    by = {"raised_by": worker.id, "raised_at": _AT}
    world.book.add(HelpCall, id=uuid, **where | {"unit": home.unit} | what | by | more)
    for resident, answer in zip(residents, cycle((CallAnswer.COMING, CallAnswer.CANNOT, None)), strict=False):
        _invite(world, home, resident, answer, Priority.CALL, call_id=uuid)
    for kind in _ABOUT_CALLS:
        about: dict[str, object] = {"building_id": home.building.id, "call_id": uuid, "actor_id": worker.id}
        about |= {name: None for name in ("grid_id", "building_id") if name in more}
        enter(world.book, kind, home.grid, _AT, **about)
