"""Story 2 (domain.md section 10): ten homes without heating, one incident, one dispatch, ten receipts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from db import appeals as tables
from db.journal import Journal
from rules.appeal_moves import ACCEPT, ANSWER, CONFIRM, DISPATCH, TAKE_ON
from rules.appeals import AppealCategory, AppealKind, AppealStatus, DispatchStatus
from rules.journal import EntryKind
from rules.places import OrganisationKind
from seeds import appeals
from seeds.clock import ZONE
from seeds.journal import enter
from seeds.lives import DISPATCHED, DISPATCHED_TWICE, HOURS, Step, live
from seeds.organisations import NAMES
from seeds.places import Home
from seeds.reports import Report, Topic, by_home_code
from seeds.world import World

_EVENING = datetime(2023, 11, 14, 19, 5, tzinfo=ZONE)
_WORDS = (
    "暖气不热，室内只有十四度。",
    "暖气片从下午开始是凉的。",
    "没有暖气，孩子穿着棉衣写作业。",
    "暖气不热，听邻居说整个单元都这样。",
    "家里有八十岁老人，暖气凉了，请快来看看。",
)
_TITLE = "3号楼2单元暖气不热"
_ORDER = "同一立管十户不热，请尽快到现场排查。"
_WARM_AGAIN = "热力公司更换了二单元立管阀门并排气，各层测温二十度以上。"
_REPAIR = {**HOURS, ANSWER: (21.0, 23.5)}
_SOON = timedelta(minutes=12)


@dataclass(frozen=True, slots=True)
class _Call:
    """The report of one home, and the steps that followed."""

    report: Report
    steps: Sequence[Step]

    def when(self, move: object) -> datetime:
        """The time at which a move was last made."""
        return max(step.at for step in self.steps if step.move is move)


def add(world: World) -> None:
    """Adds the story; the tenth home is not satisfied with the first answer."""
    random = world.random("cold homes")
    homes = world.town.unit(3, 2)[:10]
    calls = list(_in_step([_call(world, random, home, number, homes[-1]) for number, home in enumerate(homes)]))
    incident, dispatch = (world.book.new_id(calls[0].when(DISPATCH)) for _ in range(2))
    _write_incident(world, calls, incident)
    _write_dispatch(world, calls[0], incident, dispatch)
    for call in calls:
        joined = {"incident_id": incident, "dispatch_id": dispatch}
        appeal = appeals.write(world, random, call.report, list(call.steps), **joined)
        _enter_merged(world, call, appeal, incident)


def _call(world: World, random: Random, home: Home, number: int, last: Home) -> _Call:
    words = _WORDS[number % len(_WORDS)]
    topic = Topic(AppealKind.PROBLEM, AppealCategory.HEATING, _EVENING.date(), words, _WARM_AGAIN)
    at = _EVENING + timedelta(minutes=number * 11 + random.randrange(11))
    report = replace(by_home_code(world, random, topic, home), opened_at=at, recorded_at=at)
    path = DISPATCHED_TWICE if home is last else DISPATCHED
    return _Call(report, list(live(world, random, report, path, _REPAIR)))


def _in_step(calls: Sequence[_Call]) -> Iterator[_Call]:
    """Gives all homes the same dispatch, after the last of them was called back."""
    dispatched = max(call.when(ACCEPT) for call in calls) + _SOON
    shared = {DISPATCH: dispatched, TAKE_ON: dispatched + _SOON}
    for call in calls:
        steps = [replace(step, at=shared[step.move]) if step.move in shared else step for step in call.steps]
        ordered = [replace(step, note=_ORDER) if step.move is DISPATCH else step for step in steps]
        yield _Call(call.report, ordered)


def _write_incident(world: World, calls: Sequence[_Call], incident: UUID) -> None:
    report = calls[0].report
    world.book.add(
        tables.Incident,
        id=incident,
        community_id=report.grid.estate.community_id,
        grid_id=report.grid.id,
        building_id=report.building.id,
        unit=report.unit,
        category=report.category,
        title=_TITLE,
        made_by=world.staff.workers[report.grid].id,
        made_at=_merged_at(calls[0]),
        closed_at=max(call.when(CONFIRM) for call in calls),
    )
    for step in calls[0].steps:
        if step.move in {DISPATCH, TAKE_ON}:
            company = NAMES[OrganisationKind.HEATING_COMPANY] if step.move is DISPATCH else None
            said = "：".join(filter(None, [step.move.entry.label, company]))
            _enter_of_all(world, report, incident, step, said)


def _enter_of_all(world: World, report: Report, incident: UUID, step: Step, said: str) -> None:
    facts = {"building_id": report.building.id, "incident_id": incident, "note": said}
    enter(world.book, EntryKind.INCIDENT_HANDLED, report.grid, step.at, actor_id=step.actor.account_id, **facts)


def _write_dispatch(world: World, call: _Call, incident: UUID, dispatch: UUID) -> None:
    company = world.responsible[call.report.category]
    assert company is not None
    world.book.add(
        tables.Dispatch,
        id=dispatch,
        community_id=call.report.grid.estate.community_id,
        grid_id=call.report.grid.id,
        organisation_id=company,
        incident_id=incident,
        status=DispatchStatus.ACCEPTED,
        note=_ORDER,
        dispatched_by=world.staff.workers[call.report.grid].id,
        dispatched_at=call.when(DISPATCH),
        answered_by=world.staff.partners[company].id,
        answered_at=call.when(TAKE_ON),
    )


def _enter_merged(world: World, call: _Call, appeal: UUID, incident: UUID) -> None:
    """Adds the merge. Later entries of the appeal belong to the incident as well."""
    report, merged_at = call.report, _merged_at(call)
    for row in world.book.rows(Journal):
        if row.get("appeal_id") == appeal and row["recorded_at"] > merged_at:  # type: ignore[operator]
            row["incident_id"] = incident
    enter(
        world.book,
        EntryKind.APPEAL_MERGED,
        report.grid,
        merged_at,
        building_id=report.building.id,
        household_id=report.home.id if report.home else None,
        appeal_id=appeal,
        incident_id=incident,
        actor_id=world.staff.workers[report.grid].id,
        to_status=AppealStatus.ACCEPTED,
        note=_TITLE,
    )


def _merged_at(call: _Call) -> datetime:
    return call.when(DISPATCH) - timedelta(minutes=1)
