"""The rows of a large register: people, visits, appeals and disputes, for COPY in text format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import TypeAlias

from rules.appeals import AppealCategory, AppealStatus
from rules.disputes import DisputeType
from rules.finding import terms_of
from rules.folding import folded_name
from rules.journal import EntryKind
from rules.people import Colour, Sex
from rules.visits import VisitMode
from seeds.clock import DAY
from seeds.ids import seeded
from seeds.names import full

Line: TypeAlias = tuple[object, ...]

SPAN_DAYS = 180
APPEALS_EACH = 5
HOMES_A_DISPUTE = 40
OPEN_SHARE = 0.03
"""The share of appeals that are still open, the latest ones."""

_MOVED_IN = date(2020, 1, 1)
_HOUR = timedelta(hours=1)
_STRIDE = 7_919
"""A prime that spreads the appeals over all doors in another order than theirs."""
_RESIDENT = "id household_id building_id grid_id name name_folded found_by sex born_on phone"
_APPEAL = (
    "id community_id grid_id building_id household_id resident_id source kind category level status urgency body"
    " receipt_code opened_at recorded_at accepted_at answered_at closed_at rating"
    " clock_policy_id response_due_at resolution_due_at"
    " closed_by_silence objections"
)
_DISPUTE = (
    "id community_id grid_id type origin level status title facts registered_by mediator_id opened_at recorded_at"
    " begun_at mediate_by mediation_days closed_at"
)
_AGREEMENT = "id dispute_id form content reached_at effective_on recorded_by recorded_at"
_JOURNAL = (
    "kind community_id grid_id building_id household_id actor_id occurred_at recorded_at from_status to_status"
    " visit_id appeal_id dispute_id"
)
_OPENED = (EntryKind.APPEAL_OPENED, None, AppealStatus.SUBMITTED, 0)
_ACCEPTED = (EntryKind.APPEAL_ACCEPTED, AppealStatus.SUBMITTED, AppealStatus.ACCEPTED, 1)
_LIVES = {
    AppealStatus.SUBMITTED: (_OPENED,),
    AppealStatus.ACCEPTED: (_OPENED, _ACCEPTED),
    AppealStatus.IN_PROGRESS: (
        _OPENED,
        _ACCEPTED,
        (EntryKind.APPEAL_BEGUN, AppealStatus.ACCEPTED, AppealStatus.IN_PROGRESS, 2),
    ),
    AppealStatus.CLOSED: (
        _OPENED,
        _ACCEPTED,
        (EntryKind.APPEAL_ANSWERED, AppealStatus.ACCEPTED, AppealStatus.AWAITING_CONFIRMATION, 20),
        (EntryKind.APPEAL_CONFIRMED, AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED, 30),
    ),
}
"""The entries of an appeal in each status: kind, from, to, and hours after it was opened."""
_CATEGORIES = tuple(AppealCategory)
_TYPES = tuple(DisputeType)
_OPEN = (AppealStatus.SUBMITTED, AppealStatus.ACCEPTED, AppealStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Door:
    """A home, its place, its worker and the policy of its appeals."""

    number: int
    home: str
    building: str
    grid: str
    community: str
    worker: str
    clock_policy: str

    @property
    def colour(self) -> Colour:
        """Of a hundred doors three are RED, four ORANGE, fifteen YELLOW, and the rest GREEN."""
        kind = self.number % 100
        bounds = ((3, Colour.RED), (7, Colour.ORANGE), (22, Colour.YELLOW), (100, Colour.GREEN))
        return next(colour for bound, colour in bounds if kind < bound)

    @property
    def residents(self) -> int:
        """The number of residents."""
        return 1 if self.colour is Colour.RED else 3

    @property
    def place(self) -> tuple[str, str, str]:
        """Home, building and grid."""
        return self.home, self.building, self.grid


@dataclass(frozen=True)
class Bulk:
    """The events of the days before ``end``."""

    doors: Sequence[Door]
    end: datetime
    names: Sequence[str] = field(default_factory=lambda: [full(seeded("scale", str(n))) for n in range(1_000)])

    @property
    def start(self) -> datetime:
        return self.end - SPAN_DAYS * DAY

    def sheets(self) -> Iterator[tuple[str, str, Iterator[Line]]]:
        """Table, columns and lines, referenced tables first."""
        lives = "id resident_id household_id building_id grid_id moved_in_on"
        yield "resident", _RESIDENT, self._residents()
        yield "residency", lives, self._residencies()
        yield "resident_colour", "id resident_id grid_id colour set_at", self._colours()
        yield "visit", "id household_id building_id grid_id worker_id mode occurred_at recorded_at", self._visits()
        yield "visit_resident", "visit_id resident_id household_id mode occurred_at", self._reached()
        yield "appeal", _APPEAL, self._appeals()
        yield "dispute", _DISPUTE, self._disputes()
        yield "dispute_party", "id dispute_id grid_id role consent claim resident_id consented_at", self._parties()
        yield (
            "finding",
            "id dispute_id grid_id party_id place loss amount found_at recorded_by recorded_at",
            self._findings(),
        )
        yield "agreement", _AGREEMENT, self._agreements()
        yield "journal", _JOURNAL, self._journal()

    def _residents(self) -> Iterator[Line]:
        spelt = [(name, folded_name(name), terms_of(name, (), None)) for name in self.names]
        for door in self.doors:
            for person in range(door.residents):
                number = door.number * 3 + person
                sex, phone = tuple(Sex)[number % 2], f"000{number % 10**8:08}"
                born = date(1938 if door.residents == 1 else 1985, 1, 1) + number % 3_000 * DAY
                *names, terms = spelt[number % 1_000]
                found_by = f"{terms}\n{terms_of('', (), phone)}"
                yield _resident(door, person), *door.place, *names, found_by, sex, born, phone

    def _residencies(self) -> Iterator[Line]:
        for door in self.doors:
            for person in range(door.residents):
                yield _id(0, 2, door.number * 3 + person), _resident(door, person), *door.place, _MOVED_IN

    def _colours(self) -> Iterator[Line]:
        for door in self.doors:
            for person in range(door.residents):
                colour = door.colour if person == 0 else Colour.GREEN
                yield _id(0, 3, door.number * 3 + person), _resident(door, person), door.grid, colour, self.start

    def _rounds(self) -> Iterator[tuple[str, Door, VisitMode, datetime]]:
        """Visits as often as the colours require, except one in a hundred."""
        every = {Colour.RED: 1, Colour.ORANGE: 7, Colour.YELLOW: 30, Colour.GREEN: 90}
        cadences = [(door, every[door.colour]) for door in self.doors]
        numbers = count()
        for day in range(SPAN_DAYS):
            morning = self.start + day * DAY + 2 * _HOUR
            for door, cadence in cadences:
                if (day + door.number) % cadence == 0 and (door.number * 31 + day) % 100:
                    at = morning + timedelta(seconds=door.number % 28_800)
                    mode = VisitMode.PHONE if cadence == 1 else VisitMode.HOME_VISIT
                    yield _id(_ms(at), 4, next(numbers)), door, mode, at

    def _visits(self) -> Iterator[Line]:
        for visit, door, mode, at in self._rounds():
            yield visit, *door.place, door.worker, mode, at, at

    def _reached(self) -> Iterator[Line]:
        for visit, door, mode, at in self._rounds():
            yield visit, _resident(door, 0), door.home, mode, at

    def _cases(self) -> Iterator[tuple[int, str, Door, AppealStatus, datetime]]:
        """Appeals in the order in which they were opened."""
        total = len(self.doors) * APPEALS_EACH
        step, still_open = SPAN_DAYS * DAY / total, total * (1 - OPEN_SHARE)
        for number in range(total):
            at = self.start + number * step
            status = AppealStatus.CLOSED if number < still_open else _OPEN[number % 3]
            yield number, _id(_ms(at), 5, number), self.doors[number * _STRIDE % len(self.doors)], status, at

    def _appeals(self) -> Iterator[Line]:
        for number, appeal, door, status, at in self._cases():
            closed = status is AppealStatus.CLOSED
            place = (door.community, door.grid, door.building, door.home, _resident(door, 0))
            accepted = None if status is AppealStatus.SUBMITTED else at + _HOUR
            ends = (at + 20 * _HOUR, at + 30 * _HOUR, 5 - number % 3) if closed else (None, None, None)
            case = ("APP", "PROBLEM", _CATEGORIES[number % len(_CATEGORIES)], "GRID", status, "NORMAL")
            told = ("暖气不热，希望尽快处理", f"Z{number:09}")
            due = (door.clock_policy, at + DAY, at + 7 * DAY)
            yield appeal, *place, *case, *told, at, at, accepted, *ends, *due, False, 0

    def _quarrels(self) -> Iterator[tuple[int, str, Door, bool, datetime]]:
        """Disputes: nine of ten are agreed, the tenth is a leak into five homes that is being mediated."""
        total = len(self.doors) // HOMES_A_DISPUTE
        for number in range(total):
            at = self.start + number * (SPAN_DAYS - 2) * DAY / total
            door = self.doors[number * HOMES_A_DISPUTE]
            yield number, _id(_ms(at), 6, number), door, number % 10 > 0, at

    def _disputes(self) -> Iterator[Line]:
        for number, dispute, door, agreed, at in self._quarrels():
            type_ = _TYPES[number % len(_TYPES)] if agreed else DisputeType.DAMAGES
            status, closed = ("AGREED", at + DAY) if agreed else ("MEDIATING", None)
            told = ("楼上漏水纠纷", "楼上管道渗漏，楼下几户顶棚受潮。")
            by = (door.worker, door.worker, at, at)
            began = (at + _HOUR, (at + 30 * DAY).date(), 30)
            yield dispute, door.community, door.grid, type_, "APPLIED", "GRID", status, *told, *by, *began, closed

    def _parties(self) -> Iterator[Line]:
        for number, dispute, door, agreed, at in self._quarrels():
            for place in range(2 if agreed else 6):
                other = self.doors[door.number + place]
                role = "RESPONDENT" if place == 0 else "APPLICANT"
                party = _id(_ms(at), 7, number * 10 + place)
                yield party, dispute, door.grid, role, "GIVEN", "修复顶棚", _resident(other, 0), at

    def _findings(self) -> Iterator[Line]:
        for number, dispute, door, agreed, at in self._quarrels():
            for place in range(0 if agreed else 12):
                party = _id(_ms(at), 7, number * 10 + 1 + place % 5)
                finding, seen = _id(_ms(at), 8, number * 100 + place), at + _HOUR
                told = ("客厅顶棚", "吊顶受潮变形", 100 + place)
                yield finding, dispute, door.grid, party, *told, seen, door.worker, seen

    def _agreements(self) -> Iterator[Line]:
        for number, dispute, door, agreed, at in self._quarrels():
            if agreed:
                reached = at + DAY
                by = (door.worker, reached)
                yield _id(_ms(at), 9, number), dispute, "ORAL", "三日内修好管道", reached, reached.date(), *by

    def _journal(self) -> Iterator[Line]:
        for visit, door, _, at in self._rounds():
            yield *_about(EntryKind.VISIT_RECORDED, door, at), None, None, visit, None, None
        for _, appeal, door, status, at in self._cases():
            for kind, was, now, hours in _LIVES[status]:
                yield *_about(kind, door, at + hours * _HOUR), was, now, None, appeal, None
        for _, dispute, door, agreed, at in self._quarrels():
            yield *_about(EntryKind.DISPUTE_OPENED, door, at), None, "REPORTED", None, None, dispute
            began = _about(EntryKind.MEDIATION_BEGUN, door, at + _HOUR)
            yield *began, "REPORTED", "MEDIATING", None, None, dispute
            if agreed:
                reached = _about(EntryKind.AGREEMENT_RECORDED, door, at + DAY)
                yield *reached, "MEDIATING", "AGREED", None, None, dispute


def _about(kind: EntryKind, door: Door, at: datetime) -> Line:
    return kind, door.community, door.grid, door.building, door.home, door.worker, at, at


def _resident(door: Door, person: int) -> str:
    return _id(0, 1, door.number * 3 + person)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1_000)


def _id(milliseconds: int, kind: int, number: int) -> str:
    """A UUIDv7 (RFC 9562) whose random part is a number, so that ids of one kind differ and sort by time."""
    return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{kind:03x}-8000-{number:012x}"
