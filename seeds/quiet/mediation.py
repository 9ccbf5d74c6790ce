"""Disputes of the quiet years, settled and performed, and those of the last weeks in every state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, TypeAlias

from db import agreements as agreement_tables
from db import disputes as tables
from db.referrals import Referral
from rules.access import Role
from rules.agreements import Outcome, status_after_check
from rules.disputes import Consent, DisputeLevel, DisputeOrigin, DisputeStatus, DisputeType
from rules.journal import EntryKind
from rules.places import OrganisationKind
from rules.referrals import ReferralStatus
from seeds import disputes
from seeds.clock import DAY, later, moment
from seeds.dispute_texts import QUARRELS
from seeds.disputes import Matter, Occasion, Terms
from seeds.journal import enter
from seeds.mediation import begin
from seeds.places import Grid
from seeds.quiet.span import Span, in_good_time
from seeds.world import World

_OVER = 50
"""Days after which a dispute of the stream is settled and performed."""
_SHARE, _WORKDAYS = 0.25, 5
"""The share of working days on which a dispute is reported."""
_HOURS_OF_MEDIATION = (3.0, 300.0)
_DAYS_TO_PERFORM, _CHECKED_AFTER = (1, 15), (1, 3)
_CHECKED = ("双方都说已经履行。", "到现场看过，已经履行。", "电话回访，没有新的争议。")
_PERFORMANCE = "转账支付，凭流水到社区核对。"
_SOON, _LATE_MORNING = timedelta(hours=18), time(12)
Cells = dict[str, Any]
S: TypeAlias = DisputeStatus
L: TypeAlias = DisputeLevel
T: TypeAlias = DisputeType


def add(world: World, span: Span) -> None:
    """Adds a dispute in most weeks, and those of the last weeks."""
    for day in span.days():
        random = world.random(f"quiet mediation {day}")
        if day.weekday() < _WORKDAYS and day <= span.ago(_OVER) and random.random() < _SHARE:
            kind = random.choices(list(world.plan.disputes), list(world.plan.disputes.values()))[0]
            level = random.choices(list(world.plan.levels), list(world.plan.levels.values()))[0]
            _settle(world, random, *_arise(world, random, day, kind, level))
    for case in _CASES:
        case.write(world, span)


def _arise(world: World, random: Random, day: date, kind: T, level: L) -> tuple[Matter, str]:
    """A dispute of a random template, and the words of an agreement that would settle it."""
    quarrel, at = random.choice(QUARRELS[kind]), in_good_time(random, day)
    origin = random.choice((DisputeOrigin.PROACTIVE, DisputeOrigin.APPLIED))
    occasion = Occasion(origin, world.some_home(random), at, at)
    matter, words = disputes.arise(world, random, kind, level, quarrel, occasion)
    return matter, quarrel.content.format(**words)


def _settle(world: World, random: Random, matter: Matter, content: str) -> None:
    reached_at = later(random, matter.recorded_at, _HOURS_OF_MEDIATION)
    due_on = reached_at.date() + random.randint(*_DAYS_TO_PERFORM) * DAY
    row = disputes.write(world, random, matter, Terms(reached_at, content, due_on, performed=False))
    follow_up(world, random, row, matter.grid, due_on + random.randint(*_CHECKED_AFTER) * DAY)


def follow_up(
    world: World,
    random: Random,
    row: Cells,
    grid: Grid,
    day: date,
    outcome: Outcome = Outcome.PERFORMED,
    note: str | None = None,
) -> None:
    """Adds a follow-up of the agreement of a dispute, by its mediator."""
    agreements = reversed(world.book.rows(agreement_tables.Agreement))
    own = next(each for each in agreements if each["dispute_id"] == row["id"])
    at, said = in_good_time(random, day), note or random.choice(_CHECKED)
    status = status_after_check(row["status"], outcome, more_owed=False)
    world.book.add(
        agreement_tables.PerformanceCheck,
        id=world.book.new_id(at),
        agreement_id=own["id"],
        outcome=outcome,
        note=said,
        checked_on=day,
        checked_by=row["mediator_id"],
        recorded_at=at,
    )
    move(world, row, grid, EntryKind.PERFORMANCE_CHECKED, at, status, said)


def move(
    world: World, row: Cells, grid: Grid, kind: EntryKind, at: datetime, status: DisputeStatus, note: str | None = None
) -> None:
    """Moves a dispute on, with its journal entry by the mediator."""
    facts = {"dispute_id": row["id"], "actor_id": row["mediator_id"], "note": note}
    enter(world.book, kind, grid, at, **facts, from_status=row["status"], to_status=status)
    row["status"] = status
    if status not in {S.REPORTED, S.MEDIATING}:
        row["closed_at"] = row["closed_at"] or at


def begin_mediation(world: World, row: Cells, grid: Grid, at: datetime) -> None:
    """Begins the mediation of a reported dispute."""
    begin(row, at)
    move(world, row, grid, EntryKind.MEDIATION_BEGUN, at, S.MEDIATING)


@dataclass(frozen=True, slots=True)
class _Open:
    """A reported dispute of the last weeks: its row, where it is, and how old it is."""

    world: World
    span: Span
    random: Random
    row: Cells
    grid: Grid

    def begin(self) -> None:
        begin_mediation(self.world, self.row, self.grid, self.row["opened_at"] + _SOON)

    def move(self, kind: EntryKind, days: int, status: DisputeStatus, note: str | None = None) -> None:
        move(self.world, self.row, self.grid, kind, self.at(days), status, note)

    def at(self, days: int) -> datetime:
        return moment(self.span.ago(days), _LATE_MORNING)

    def parties(self) -> list[Cells]:
        rows: list[Cells] = self.world.book.rows(tables.DisputeParty)
        return [row for row in rows if row["dispute_id"] == self.row["id"]]


def _waits(case: _Open) -> None:
    case.row["mediator_id"] = None


def _meets(case: _Open) -> None:
    case.begin()
    at, book = case.at(3), case.world.book
    meeting, said = book.new_id(at), "双方都愿意再谈，约好下周带票据来。"
    held = {"held_at": at, "place": "社区调解室", "minutes": said, "recorded_by": case.row["mediator_id"]}
    book.add(tables.Meeting, id=meeting, dispute_id=case.row["id"], **held, recorded_at=at)
    for party in case.parties():
        book.add(tables.MeetingParty, id=book.new_id(at), meeting_id=meeting, party_id=party["id"])
    case.move(EntryKind.MEETING_HELD, 3, S.MEDIATING, said)


def _drags(case: _Open) -> None:
    case.begin()


def _fails(case: _Open) -> None:
    case.begin()
    reason = "双方对责任比例分歧太大，已告知可以向法院起诉。"
    case.row.update(end_reason=reason, told_court=True)
    case.move(EntryKind.MEDIATION_FAILED, 4, S.FAILED, reason)


def _refuses(case: _Open) -> None:
    case.parties()[-1]["consent"] = Consent.REFUSED
    case.move(EntryKind.CONSENT_NOTED, 9, S.REFUSED, "明确表示不接受调解。")


def _withdraws(case: _Open) -> None:
    case.begin()
    case.row["end_reason"] = "双方已经和好。"
    case.move(EntryKind.DISPUTE_WITHDRAWN, 14, S.WITHDRAWN, case.row["end_reason"])


def _refers(case: _Open) -> None:
    """The centre has not answered yet."""
    case.begin()
    at, book, reason = case.at(2), case.world.book, "涉及两家企业的账目，请中心组织调解。"
    for party in case.parties():
        party |= {"consented_at": case.row["opened_at"], "referral_consent_at": at}
    case.row["mediator_id"] = case.world.staff.office[Role.DEPUTY_DIRECTOR][0].id
    sent = {"dispute_id": case.row["id"], "organisation_id": case.world.bodies[OrganisationKind.DISPUTE_CENTRE]}
    by = {"reason": reason, "referred_by": case.row["mediator_id"], "referred_at": at}
    book.add(Referral, id=book.new_id(at), **sent, status=ReferralStatus.PENDING, **by)
    case.move(EntryKind.DISPUTE_REFERRED, 2, S.MEDIATING, reason)


@dataclass(frozen=True, slots=True)
class _Case:
    """A dispute that was reported some days ago, and what became of it."""

    days: int
    type: DisputeType
    level: DisputeLevel
    then: Callable[[_Open], None]

    def write(self, world: World, span: Span) -> None:
        random = world.random(f"quiet case {span.today} {self.days}")
        matter, _ = _arise(world, random, span.ago(self.days), self.type, self.level)
        row = disputes.write(world, random, matter, None)
        row["status"] = S.REPORTED
        self.then(_Open(world, span, random, row, matter.grid))


@dataclass(frozen=True, slots=True)
class _Agreed:
    """A dispute with an agreement, which is due some days ago, or in some days if that is negative."""

    days: int
    type: DisputeType
    level: DisputeLevel
    reached: int
    due: int
    outcome: Outcome | None = None
    written: bool = False

    def write(self, world: World, span: Span) -> None:
        random = world.random(f"quiet agreement {span.today} {self.days}")
        matter, content = _arise(world, random, span.ago(self.days), self.type, self.level)
        day, due_on = span.ago(self.reached), span.ago(self.due)
        more: Cells = {}
        if self.written:
            more = {"facts": matter.facts, "performance": _PERFORMANCE, "marks": (day, day, day + DAY)}
        terms = Terms(moment(day, _LATE_MORNING), content, due_on, performed=False, **more)
        row = disputes.write(world, random, matter, terms)
        if self.outcome is not None:
            note = "到期没有付款，电话也不接。" if self.outcome is Outcome.BREACHED else None
            follow_up(world, random, row, matter.grid, due_on + DAY, self.outcome, note)


_CASES: tuple[_Case | _Agreed, ...] = (
    _Case(2, T.NEIGHBOUR, L.GRID, _waits),
    _Case(8, T.PROPERTY_MANAGEMENT, L.COMMUNITY, _meets),
    _Case(10, T.E_COMMERCE, L.GRID, _refuses),
    _Case(11, T.PRODUCTION_BUSINESS, L.JOINT, _refers),
    _Case(16, T.TRAFFIC, L.GRID, _fails),
    _Case(20, T.MARRIAGE_FAMILY, L.GRID, _withdraws),
    _Case(38, T.HOUSING_LAND, L.COMMUNITY, _drags),
    _Agreed(9, T.DAMAGES, L.COMMUNITY, 6, -10, written=True),
    _Agreed(12, T.NEIGHBOUR, L.GRID, 8, -4),
    _Agreed(24, T.PROPERTY_MANAGEMENT, L.GRID, 18, 2),
    _Agreed(30, T.NEIGHBOUR, L.GRID, 26, 12, Outcome.PERFORMED),
    _Agreed(40, T.OTHER_CONSUMER, L.GRID, 35, 15, Outcome.BREACHED),
)
