"""Activities (社区活动) in every state, and who comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db import activities as tables
from rules.access import Role
from rules.journal import EntryKind
from rules.people import Colour
from seeds.clock import DAY, ZONE
from seeds.journal import enter
from seeds.odd import ODD_NAMES, ODD_TEXTS
from seeds.places import Estate
from seeds.world import World

_DECEMBER = datetime(2023, 12, 16, 10, 30, tzinfo=ZONE)
_SOMEDAY = datetime(2998, 12, 16, 10, 30, tzinfo=ZONE)
_TWO_HOURS = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Plan:
    """An activity. ``guests`` come, by the columns of a sign-up."""

    what: str
    place: str
    begins_at: datetime
    wanted: int | None = None
    estate: Estate | None = None
    colours: Sequence[Colour] = ()
    skill: str | None = None
    guests: Sequence[dict[str, object]] = ()
    reason: str | None = None
    """The reason for cancelling it."""
    planned_at: datetime = _DECEMBER - 9 * DAY


def add_demo(world: World) -> None:
    """Adds the activities of December: a free clinic, snow shovelling that was cancelled, and a lecture on the law."""
    random = world.random("activities")
    helpers = [each for each in world.people.everyone() if each.adult and each.colours & {Colour.CYAN, Colour.BLUE}]
    came = [True] * 7 + [False]
    chosen = random.sample(helpers, len(came))
    guests = [{"resident_id": each.id, "attended": was} for each, was in zip(chosen, came, strict=True)]
    signed_up: list[dict[str, object]] = [{"resident_id": each.id} for each in chosen[:3]]
    worker = {"account_id": next(iter(world.staff.workers.values())).id, "attended": True}
    estate = world.town.estates[0]
    for plan in (
        Plan("老年人义诊", "社区活动室", _DECEMBER, 12, None, [Colour.CYAN], "医生", [*guests, worker]),
        Plan("清扫积雪", "小区南门", _DECEMBER + 7 * DAY, 20, estate, [Colour.BLUE], None, signed_up, "雪已经化了"),
        Plan("宪法宣传和法律咨询", "党支部服务站", _DECEMBER + 2 * DAY, None, estate, guests=[worker]),
    ):
        write(world, plan)


def add(world: World) -> None:
    """Adds an activity in each status, with every way to sign up."""
    first, second = list(world.people.everyone())[:2]
    worker, head = next(iter(world.staff.workers.values())), next(iter(world.staff.heads.values()))
    estate = world.town.grids[0].estate
    by_code = {"joined_by": None}
    guests: list[dict[str, object]] = [
        {"account_id": worker.id},
        {"account_id": head.id},
        {"resident_id": first.id, "joined_by": worker.id},
        {"resident_id": second.id, "left_at": _DECEMBER - DAY, "left_by": worker.id},
        {"name": ODD_NAMES[0], "phone": "13900000002", **by_code},
        {"name": ODD_NAMES[1], "left_at": _DECEMBER - DAY, **by_code},
    ]
    attended = [{**each, "attended": came} for each, came in zip(guests, (True, False, None), strict=False)]
    both = [Colour.BLUE, Colour.CYAN]
    for plan in (
        Plan(ODD_TEXTS[0], ODD_TEXTS[1], _SOMEDAY, None, estate, both, ODD_TEXTS[2], guests),
        Plan(ODD_TEXTS[1], ODD_TEXTS[2], _SOMEDAY, 2, None, guests=guests[:2]),
        Plan(ODD_TEXTS[2], ODD_TEXTS[0], _SOMEDAY, 9, estate, guests=guests[:3], reason=ODD_TEXTS[1]),
        Plan(ODD_TEXTS[0], ODD_TEXTS[2], _DECEMBER, 5, estate, both, guests=attended),
        Plan(ODD_TEXTS[1], ODD_TEXTS[0], _SOMEDAY, 9, None, guests=_crowd(5)),
    ):
        write(world, plan)


def _crowd(size: int) -> list[dict[str, object]]:
    """So many that the public is told their number."""
    return [{"name": f"{ODD_NAMES[0]}{number}", "joined_by": None} for number in range(size)]


def write(world: World, plan: Plan) -> None:
    """Adds an activity with its sign-ups and its journal entries."""
    at = plan.planned_at
    uuid, planner = world.book.new_id(at), _planner(world, plan.estate)
    row: dict[str, Any] = {
        "id": uuid,
        "community_id": world.town.community_id,
        "estate_id": plan.estate.id if plan.estate else None,
        "what": plan.what,
        "place": plan.place,
        "begins_at": plan.begins_at,
        "ends_at": plan.begins_at + _TWO_HOURS,
        "wanted": plan.wanted,
        "coming": sum("left_at" not in each for each in plan.guests),
        "colours": sorted(plan.colours),
        "skill": plan.skill,
        "planned_by": planner,
        "planned_at": at,
    }
    if plan.reason:
        row |= {"cancelled_by": planner, "cancelled_at": at + 2 * DAY, "cancel_reason": plan.reason}
    world.book.add(tables.Activity, **row)
    _enter(world, EntryKind.ACTIVITY_PLANNED, uuid, planner, at)
    for guest in plan.guests:
        _join(world, uuid, planner, guest, at + DAY)
    if plan.reason:
        _enter(world, EntryKind.ACTIVITY_CANCELLED, uuid, planner, at + 2 * DAY, plan.reason)
    elif any("attended" in each for each in plan.guests):
        _enter(world, EntryKind.ATTENDANCE_NOTED, uuid, planner, plan.begins_at + _TWO_HOURS)
    else:
        _enter(world, EntryKind.ACTIVITY_CHANGED, uuid, planner, at + DAY, "地点：社区广场 → 小区南门")


def _planner(world: World, estate: Estate | None) -> UUID:
    leader = world.staff.leaders.get(estate) if estate else None
    return (leader or world.staff.office[Role.SECRETARY][0]).id


def _join(world: World, uuid: UUID, planner: UUID, guest: dict[str, object], at: datetime) -> None:
    own = world.book.new_id(at)
    who = {"joined_by": guest.get("account_id", planner), "people": 1, **guest}
    receipt = None if "account_id" in guest else f"A{len(world.book.rows(tables.SignUp)):09}"
    world.book.add(tables.SignUp, id=own, activity_id=uuid, receipt_code=receipt, joined_at=at, **who)
    _enter(world, EntryKind.ACTIVITY_JOINED, uuid, who["joined_by"], at)
    if "left_at" in guest:
        _enter(world, EntryKind.ACTIVITY_LEFT, uuid, guest.get("left_by"), _DECEMBER - DAY)


def _enter(world: World, kind: EntryKind, uuid: UUID, actor: object, at: datetime, note: str | None = None) -> None:
    facts = {"grid_id": None, "activity_id": uuid, "actor_id": actor, "note": note}
    enter(world.book, kind, world.town.grids[0], at, **facts)
