"""How the cases that were open at the end of 2023 ended. No figure of 2023 changes: all of it was in 2024."""

from datetime import date, datetime
from random import Random
from typing import Any

from db.appeals import Appeal
from db.disputes import Dispute
from db.wishes import Wish
from rules.access import Role
from rules.appeal_moves import ANSWER, CONFIRM
from rules.appeals import ENDED, AppealCategory, AppealLevel, AppealSource
from rules.disputes import DisputeStatus
from rules.journal import EntryKind
from rules.wishes import OVER, Claimant, WishStatus
from seeds import disputes, wishes
from seeds.appeals import REOPEN
from seeds.clock import DAY, ZONE, some_day
from seeds.disputes import Terms
from seeds.journal import enter
from seeds.places import Grid
from seeds.quiet.mediation import follow_up, move
from seeds.world import World

_ANSWERS = {
    AppealCategory.HEATING: "热力公司给顶层加装了增压泵，连续三天测温二十度以上。",
    AppealCategory.PROPERTY_SERVICE: "物业更换了门体和闭门器，夜里试过，关得严。",
    AppealCategory.WATER: "疏通了主管道，更换了地漏，一周没有再返味。",
}
_ANSWERED = datetime(2024, 1, 5, 11, 20, tzinfo=ZONE)
_CONFIRMED = datetime(2024, 1, 6, 17, 40, tzinfo=ZONE)
"""After the time limits of all of them, so that they stay out of those that were solved in time. None is rated."""
_QUIET = Terms(
    datetime(2024, 1, 9, 18, 30, tzinfo=ZONE),
    "楼上晚上八点后不在客厅拍球，客厅铺软垫；楼下有事先敲门，两家互致歉意。",
    date(2024, 1, 16),
    performed=False,
)
_CHECKED_FROM, _CHECKED_BY = date(2024, 1, 17), date(2024, 2, 20)
"""When the agreements of 2023 were followed up: all of them were due by then."""
_GRANTED = datetime(2024, 1, 10, 11, tzinfo=ZONE)
_WISHED, _THANKS = "一位老人想找人周末陪着下象棋", "事情办好了，很高兴"
Cells = dict[str, Any]


def add(world: World) -> None:
    """Ends the open appeals, the dispute and the wishes, and follows up the agreements. Comes before the new cases."""
    random = world.random("endings of 2023")
    grids: dict[Any, Grid] = {grid.id: grid for grid in world.town.grids}
    for appeal in world.book.rows(Appeal):
        if appeal["status"] not in ENDED:
            _close(world, appeal, grids[appeal["grid_id"]])
    for dispute in world.book.rows(Dispute):
        grid = grids[dispute["grid_id"]]
        if dispute["status"] is DisputeStatus.MEDIATING:
            _settle(world, random, dispute, grid)
        if dispute["status"] is DisputeStatus.AGREED:
            follow_up(world, random, dispute, grid, some_day(random, _CHECKED_FROM, _CHECKED_BY))
    for number, wish in enumerate(world.book.rows(Wish)):
        if wish["status"] not in OVER:
            _grant(world, wish, number)


def _close(world: World, row: Cells, grid: Grid) -> None:
    answer = _ANSWERS[row["category"]]
    handler = row["handled_by"] if row["level"] is AppealLevel.GRID else world.staff.office[Role.COMMUNITY_STAFF][0].id
    reporter = None if row["source"] is AppealSource.QR_HOME else row["registered_by"]
    for step, at, actor, note in ((ANSWER, _ANSWERED, handler, answer), (CONFIRM, _CONFIRMED, reporter, None)):
        place = {"building_id": row["building_id"], "household_id": row["household_id"], "appeal_id": row["id"]}
        status = {"from_status": row["status"], "to_status": step.target}
        enter(world.book, step.entry, grid, at, **place, **status, actor_id=actor, note=note)
        row["status"] = step.target
    row |= {"answer": answer, "answered_at": _ANSWERED, "closed_at": _CONFIRMED, "reopen_until": _CONFIRMED + REOPEN}


def _settle(world: World, random: Random, row: Cells, grid: Grid) -> None:
    at = _QUIET.recorded_at(random)
    disputes.write_agreement(world, row["id"], _QUIET, world.staff.leaders[grid.estate], at)
    move(world, row, grid, EntryKind.AGREEMENT_RECORDED, at, DisputeStatus.AGREED)


def _grant(world: World, row: Cells, number: int) -> None:
    """Publishes a wish, lets a volunteer claim it, and fulfils it, as far as that was not done."""
    at = _GRANTED + number * DAY
    if row["status"] is WishStatus.PROPOSED:
        secretary = world.staff.office[Role.SECRETARY][0].id
        row |= {"published_text": _WISHED, "published_by": secretary, "published_at": at}
        wishes.enter_step(world, EntryKind.WISH_PUBLISHED, row, at, None)
    if row["status"] is not WishStatus.CLAIMED:
        row |= wishes.claim(world, Claimant.VOLUNTEER, at + DAY)
        wishes.enter_step(world, EntryKind.WISH_CLAIMED, row, at + DAY, None)
    row |= {"status": WishStatus.FULFILLED, "fulfilled_at": at + 2 * DAY}
    wishes.enter_step(world, EntryKind.WISH_FULFILLED, row, at + 2 * DAY, _THANKS)
