"""What a building head reported becomes a problem, a change of the register or a dispute, in one act."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

from db.acts.acting import Acting
from db.acts.appeal_moves import standing_of
from db.acts.appeals import NewAppeal, open_appeal, place_of
from db.acts.calendar import today_in
from db.acts.disputes import NewDispute, open_dispute
from db.acts.journal import append, digest_of, is_replay
from db.acts.people import Move, NewResident, add_resident, move_out
from db.acts.places import Place
from db.appeals import Appeal
from db.places import Household
from rules import appeal_moves as moves
from rules import people as people_rules
from rules.access import Act, require
from rules.appeals import AppealCategory, AppealStatus
from rules.journal import EntryKind
from rules.people import Sex
from rules.refusals import invalid, refusals_under
from rules.text import LINE_LIMIT, check_optional


@dataclass(frozen=True, slots=True)
class Problem:
    """The problem that a report tells of; words and place are the report's unless given."""

    id: UUID
    category: AppealCategory | None = None
    body: str | None = None
    household: UUID | None = None
    building: UUID | None = None
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who moved in."""

    name: str
    sex: Sex
    born_on: date | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class MoveIn:
    """Who moved into which home, and when."""

    household: UUID
    residents: list[Newcomer]
    on: date


@dataclass(frozen=True, slots=True)
class MoveOut:
    """Who moved away, and from which day on they live here no longer."""

    residents: list[UUID]
    on: date


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a report: exactly one of the four."""

    report: UUID
    act: UUID
    note: str | None = None
    problem: Problem | None = None
    move_in: MoveIn | None = None
    move_out: MoveOut | None = None
    dispute: NewDispute | None = None


async def settle_report(acting: Acting, given: Settlement) -> UUID:
    """Does what the report asks for, answers it and closes it."""
    require(acting.viewer, Act.SETTLE_REPORT)
    digest = digest_of(given)
    if await is_replay(acting, given.act, digest, "act"):
        return given.report
    become = _become(given)
    report = await acting.find(Appeal, given.report, "appeal", lock=True)
    before = AppealStatus(report.status)
    after = moves.check_move(acting.viewer, moves.SETTLE, standing_of(report, acting.now))
    note = check_optional(given.note, "note", limit=LINE_LIMIT)
    said = await become(acting, report)
    _close(acting, report, after, f"{said}:{note}" if note else said)
    facts = {"from_status": before, "to_status": after, "note": report.answer}
    place = {"grid_id": report.grid_id, "building_id": report.building_id, "household_id": report.household_id}
    what = {"community_id": report.community_id, "appeal_id": report.id, "act_id": given.act, "digest": digest}
    append(acting, EntryKind.REPORT_SETTLED, **what, **place, **facts)
    return report.id


Become = Callable[[Acting, Appeal], Awaitable[str]]


def _become(given: Settlement) -> Become:
    """The one thing that the report becomes; it answers what is to be told to the reporter."""
    found: list[Become] = []
    if (problem := given.problem) is not None:
        found.append(lambda acting, report: _problem(acting, report, problem))
    if (came := given.move_in) is not None:
        found.append(lambda acting, report: _move_in(acting, report, came, given.act))
    if (went := given.move_out) is not None:
        found.append(lambda acting, _: _move_out(acting, went))
    if (dispute := given.dispute) is not None:
        found.append(lambda acting, report: _dispute(acting, report, dispute))
    if len(found) != 1:
        raise invalid("请写明且只写明一种处理方式", "say exactly one thing that becomes of the report")
    return found[0]


def _close(acting: Acting, report: Appeal, status: AppealStatus, answer: str) -> None:
    report.status, report.answer = status, answer
    report.accepted_at = report.accepted_at or acting.now
    report.handled_by = report.handled_by or acting.viewer.account_id
    report.answered_at = report.closed_at = acting.now
    acting.session.add(report)


async def _problem(acting: Acting, report: Appeal, problem: Problem) -> str:
    """An appeal that came by the building head, said when they said it, registered by the worker."""
    building = problem.building or (report.building_id if problem.unit else None)
    new = NewAppeal(
        id=problem.id,
        body=problem.body or report.body,
        category=problem.category,
        household=problem.household,
        building=building,
        unit=problem.unit,
        opened_at=report.opened_at,
        visit=report.visit_id,
        from_report=report.id,
    )
    with refusals_under("asProblem"):
        given = problem.household or building
        place = await place_of(acting, new) if given else _place(report)
        await open_appeal(acting, new, replace(place, source=report.source))
    return "已转为诉求"


def _place(report: Appeal) -> Place:
    return Place(report.community_id, report.grid_id, report.building_id, report.unit, report.household_id)


async def _dispute(acting: Acting, report: Appeal, new: NewDispute) -> str:
    """In the grid of its parties, or that of the report when none is on the register."""
    unknown = all(party.outsider_name is not None for party in new.parties)
    grid = new.grid or (report.grid_id if unknown else None)
    with refusals_under("dispute"):
        opened_at = new.opened_at or report.opened_at
        await open_dispute(acting, replace(new, grid=grid, opened_at=opened_at, from_report=report.id))
    return "已登记为矛盾纠纷"


async def _move_in(acting: Acting, report: Appeal, came: MoveIn, act: UUID) -> str:
    with refusals_under("moveIn"):
        today = await today_in(acting, report.community_id)
        await acting.find(Household, came.household, "household")
        if not came.residents:
            raise invalid("请写明居民", "name at least one resident", "residents")
        for index, each in enumerate(came.residents):
            people_rules.check_day(came.on, today, "on", since=each.born_on or people_rules.OLDEST)
            with refusals_under("residents", index):
                await add_resident(acting, _resident(each, came, uuid5(act, str(index))))
    return f"已登记迁入 {len(came.residents)} 人"


def _resident(newcomer: Newcomer, came: MoveIn, uuid: UUID) -> NewResident:
    return NewResident(
        id=uuid,
        household=came.household,
        name=newcomer.name,
        sex=newcomer.sex,
        born_on=newcomer.born_on,
        phone=newcomer.phone,
        moved_in_on=came.on,
    )


async def _move_out(acting: Acting, went: MoveOut) -> str:
    with refusals_under("moveOut"):
        await move_out(acting, Move(went.residents, on=went.on))
    return f"已登记迁出 {len(went.residents)} 人"
