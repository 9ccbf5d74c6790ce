"""The act that turns a building head's report into an appeal, a change of the register, or a dispute."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from db.acts.appeal_moves import begin
from db.acts.appeals import NewAppeal, open_appeal, place_of
from db.acts.calendar import today_in
from db.acts.disputes import NewDispute, open_dispute
from db.acts.journal import act, entry
from db.acts.people import Moving, NewResident, add_resident, move_out
from db.acts.places import Place
from db.appeals import Appeal
from db.people import Resident
from db.places import Household
from db.transaction import Transaction
from rules import appeal_moves as moves
from rules import people as people_rules
from rules.access import Act
from rules.appeals import AppealCategory
from rules.gathering import refusals_under, refuse_noted
from rules.journal import EntryKind
from rules.people import Sex
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_optional
from rules.times import check_occurred


@dataclass(frozen=True, slots=True)
class Problem:
    """The problem in a report. Text and place are by default those of the report."""

    id: UUID
    category: AppealCategory | None = None
    body: str | None = None
    household: UUID | None = None
    building: UUID | None = None
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    name: str
    sex: Sex
    born_on: date | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class MoveIn:
    household: UUID
    residents: list[Newcomer]
    on: date


@dataclass(frozen=True, slots=True)
class MoveOut:
    residents: list[UUID]
    on: date
    """The first day on which they no longer live here."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The decision on a report: exactly one of the four outcomes."""

    report: UUID
    act: UUID
    note: str | None = None
    problem: Problem | None = None
    move_in: MoveIn | None = None
    move_out: MoveOut | None = None
    dispute: NewDispute | None = None


@act(Act.SETTLE_REPORT, key="act", again="report")
async def settle_report(tx: Transaction, given: Settlement) -> UUID:
    """Does what a report asks for, answers it and closes it."""
    note = check_optional(given.note, "note", limit=LINE_LIMIT)
    if sum(each is not None for each in (given.problem, given.move_in, given.move_out, given.dispute)) != 1:
        raise invalid("请写明且只写明一种处理方式")
    if given.move_out is not None:
        # Residents are always locked before appeals, because a merge of two residents changes their appeals.
        with refusals_under("moveOut"):
            await tx.find_all(Resident, given.move_out.residents, "residents", lock=True)
    report = await tx.find(Appeal, given.report, "appeal", lock=True)
    before = begin(tx, report, moves.SETTLE)
    done = await _become(tx, report, given)
    report.answer = f"{done}：{note}" if note else done
    report.accepted_at = report.accepted_at or tx.now
    report.handled_by = report.handled_by or tx.viewer.account_id
    report.answered_at = report.closed_at = tx.now
    # The entry stays off the timelines of the report's visit and incident.
    facts = {"from_status": before, "note": report.answer, "visit_id": None, "incident_id": None}
    await tx.save(report, entry(tx, EntryKind.REPORT_SETTLED, report, **facts))
    return report.id


async def _become(tx: Transaction, report: Appeal, given: Settlement) -> str:
    """Does what a report asks for; returns the answer to its reporter."""
    if given.problem is not None:
        with refusals_under("asProblem"):
            return await _problem(tx, report, given.problem)
    if given.move_in is not None:
        with refusals_under("moveIn"):
            return await _move_in(tx, report, given.move_in, given.act)
    if given.move_out is not None:
        went = given.move_out
        with refusals_under("moveOut"):
            await move_out(tx, Moving(went.residents, on=went.on))
        return f"已登记迁出 {len(went.residents)} 人"
    assert given.dispute is not None
    with refusals_under("dispute"):
        return await _dispute(tx, report, given.dispute)


async def _problem(tx: Transaction, report: Appeal, problem: Problem) -> str:
    """Opens an appeal with the time and the source of the report."""
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
    exact: dict[str, Any] = {"premises_id": report.premises_id, "estate_id": report.estate_id}
    place = Place(report.community_id, report.grid_id, report.building_id, report.unit, report.household_id, **exact)
    if problem.household or building:
        place = await place_of(tx, new)
    await open_appeal(tx, new, replace(place, source=report.source))
    return "已转为诉求"


async def _dispute(tx: Transaction, report: Appeal, new: NewDispute) -> str:
    """Opens a dispute in the grid of its parties, or in that of the report if none of them is on the register."""
    unknown = not any(party.resident or party.household or party.premises for party in new.parties)
    grid = new.grid or (report.grid_id if unknown else None)
    if new.opened_at is not None:
        check_occurred(new.opened_at, tx.now, tx.viewer.role, "openedAt")
    opened_at = new.opened_at or report.opened_at
    await open_dispute(tx, replace(new, grid=grid, opened_at=opened_at, from_report=report.id))
    return "已登记为矛盾纠纷"


async def _move_in(tx: Transaction, report: Appeal, came: MoveIn, act_id: UUID) -> str:
    today = await today_in(tx, report.community_id)
    await tx.find(Household, came.household, "household")
    if not came.residents:
        raise invalid("请写明居民", "residents")
    for index, each in enumerate(came.residents):
        people_rules.check_day(came.on, today, "on", since=each.born_on or people_rules.OLDEST)
        refuse_noted()
        new = NewResident(
            id=uuid5(act_id, str(index)),
            household=came.household,
            name=each.name,
            sex=each.sex,
            born_on=each.born_on,
            phone=each.phone,
            moved_in_on=came.on,
        )
        with refusals_under("residents", index):
            await add_resident(tx, new)
    return f"已登记迁入 {len(came.residents)} 人"
