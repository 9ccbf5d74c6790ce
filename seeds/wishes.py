"""Wishes (微心愿) in every status and with every kind of claimant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

from db.places import PartyBranch
from db.wishes import Wish
from rules.access import Role
from rules.appeals import AppealCategory
from rules.journal import WISH_PROGRESS, EntryKind
from rules.wishes import Claimant, WishStatus
from seeds.clock import DAY, ZONE
from seeds.journal import enter
from seeds.odd import ODD_NAMES, ODD_TEXTS
from seeds.people import Person
from seeds.world import World

_MORNING = datetime(2023, 10, 9, 10, 20, tzinfo=ZONE)
PATHS: dict[WishStatus, tuple[EntryKind, ...]] = {
    WishStatus.PROPOSED: (),
    WishStatus.PUBLISHED: (EntryKind.WISH_PUBLISHED,),
    WishStatus.CLAIMED: (EntryKind.WISH_PUBLISHED, EntryKind.WISH_CLAIMED, EntryKind.WISH_PROGRESSED),
    WishStatus.FULFILLED: (
        EntryKind.WISH_PUBLISHED,
        EntryKind.WISH_CLAIMED,
        EntryKind.WISH_PROGRESSED,
        EntryKind.WISH_FULFILLED,
    ),
    WishStatus.DECLINED: (EntryKind.WISH_DECLINED,),
}
_GRANTED = (EntryKind.WISH_PROGRESSED, EntryKind.WISH_FULFILLED)


@dataclass(frozen=True, slots=True)
class Tale:
    """A wish and its status; ``told`` are the notes of its progress, in order."""

    body: str
    published: str
    status: WishStatus
    claimant: Claimant | None = None
    told: Sequence[str] = ()
    child: bool = False


_TALES = (
    Tale(
        "孩子上三年级了，一直趴在茶几上写作业，想要一张书桌。",
        "一名小学生想要一张书桌",
        WishStatus.FULFILLED,
        Claimant.VOLUNTEER,
        ("书桌已经买好，周六送到", "书桌和台灯都送到了，孩子很高兴"),
        child=True,
    ),
    Tale(
        "收音机坏了修不好，听不到评书，想要一台旧的也行。",
        "一位老人想要一台收音机听评书",
        WishStatus.CLAIMED,
        Claimant.PARTY_BRANCH,
        ("支部党员捐出一台，正在检修",),
    ),
    Tale(
        "窗户漏风，冬天冷得很，想请人贴一贴密封条。",
        "一户老人家想请人贴窗户密封条",
        WishStatus.FULFILLED,
        Claimant.ORGANISATION,
        ("约好下周上门", "密封条贴好了，屋里暖和多了"),
    ),
    Tale("想学用智能手机，跟外地的女儿视频。", "老人想学用智能手机和家人视频", WishStatus.PUBLISHED),
    Tale("想要一辆新的电动三轮车拉菜。", "", WishStatus.DECLINED),
    Tale("想找个人周末陪着下下象棋。", "", WishStatus.PROPOSED),
)
_REASON = "微心愿帮的是几百元以内的小事，这件请到民政窗口问一问创业补助。"


def add_demo(world: World) -> None:
    """Adds the wishes of the demo."""
    random = world.random("wishes")
    for number, tale in enumerate(_TALES):
        tell(world, random, tale, _MORNING + number * 9 * DAY)


def tell(world: World, random: Random, tale: Tale, at: datetime) -> None:
    """Adds a wish of a random resident; one day passes between two of its steps."""
    _write(world, tale, random.choice([each for each in world.people.everyone() if each.adult is not tale.child]), at)


def add(world: World) -> None:
    """Adds each status with each claimant, unusual text, and wishers who are not on the register."""
    people = list(world.people.everyone())
    claimants = cycle(Claimant)
    for number, status in enumerate([*WishStatus, *WishStatus]):
        claimed = status in {WishStatus.CLAIMED, WishStatus.FULFILLED}
        tale = Tale(
            ODD_TEXTS[number % 3],
            ODD_TEXTS[number % 2],
            status,
            next(claimants) if claimed else None,
            ODD_TEXTS[:2],
        )
        _write(world, tale, people[number], _MORNING + number * DAY, bare=number > len(WishStatus))
    first = next(row for row in world.book.rows(Wish) if row["status"] is WishStatus.PUBLISHED)
    enter_step(world, EntryKind.WISH_RELEASED, first, _MORNING + 20 * DAY, ODD_TEXTS[2])


def _write(world: World, tale: Tale, wisher: Person, at: datetime, *, bare: bool = False) -> None:
    uuid, home = world.book.new_id(at), wisher.home
    place = {"community_id": world.town.community_id, "grid_id": home.grid.id, "building_id": home.building.id}
    row: dict[str, Any] = {
        "id": uuid,
        **place,
        "unit": home.unit,
        "household_id": None if bare else home.id,
        "resident_id": None if bare else wisher.id,
        "wisher_name": ODD_NAMES[0] if bare else None,
        "wisher_phone": "13900000000" if bare else None,
        "receipt_code": f"W{len(world.book.rows(Wish)):09}",
        "body": tale.body,
        "status": tale.status,
        "proposed_by": None if bare else world.staff.workers[home.grid].id,
        "proposed_at": at,
        **_fate(world, tale, at),
    }
    world.book.add(Wish, **row)
    enter_step(world, EntryKind.WISH_PROPOSED, row, at, None)
    told = iter(tale.told)
    for step, kind in enumerate(PATHS[tale.status], 1):
        said = next(told, None) if kind in _GRANTED else None
        enter_step(world, kind, row, at + step * DAY, said)


def _fate(world: World, tale: Tale, at: datetime) -> dict[str, Any]:
    """The columns that the status fills."""
    columns: dict[str, Any] = {}
    if EntryKind.WISH_PUBLISHED in PATHS[tale.status]:
        columns |= {
            "published_text": tale.published,
            "published_by": _secretary(world),
            "published_at": at + DAY,
        }
    if tale.claimant is not None:
        columns |= claim(world, tale.claimant, at + 2 * DAY)
    if tale.status is WishStatus.FULFILLED:
        columns["fulfilled_at"] = at + 4 * DAY
    if tale.status is WishStatus.DECLINED:
        columns |= {"declined_at": at + DAY, "decline_reason": _REASON}
    return columns


def claim(world: World, claimant: Claimant, at: datetime) -> dict[str, Any]:
    who: dict[Claimant, dict[str, Any]] = {
        Claimant.VOLUNTEER: {"volunteer_name": "热心人", "volunteer_phone": "13900000001"},
        Claimant.ORGANISATION: {"organisation_id": world.responsible[AppealCategory.PROPERTY_SERVICE]},
        Claimant.PARTY_BRANCH: {"party_branch_id": world.book.rows(PartyBranch)[0]["id"]},
    }
    return {"claimant": claimant, "claimed_at": at, "claimed_by": _secretary(world), **who[claimant]}


def _secretary(world: World) -> UUID:
    return world.staff.office[Role.SECRETARY][0].id


def enter_step(world: World, kind: EntryKind, row: dict[str, Any], at: datetime, said: str | None) -> None:
    """Adds an entry as the acts do: a public one names no place."""
    hidden = {} if kind in WISH_PROGRESS else {name: row[name] for name in ("grid_id", "building_id", "household_id")}
    actor = row["proposed_by"] if kind is EntryKind.WISH_PROPOSED else _secretary(world)
    grid = world.town.grids[0]
    facts = {"grid_id": None, **hidden, "wish_id": row["id"], "actor_id": actor, "note": said}
    enter(world.book, kind, grid, at, recorded_at=at + timedelta(minutes=1), **facts)
