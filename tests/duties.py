"""Duties once more, slowly and plainly, over a few people at a time; and random communities to compare with."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from random import Random
from typing import Any, TypeAlias
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from rules.duty import RESIDENT_COLOURS, DutyState, Period
from rules.people import Colour
from rules.visits import VisitMode
from tests.reference import periods

ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
)
COLOURS = (Colour.RED, Colour.ORANGE, Colour.YELLOW)
DAY = timedelta(1)
LONGEST_PERIOD = timedelta(31)
AT_PREMISES = 0.1
"""The share of visits that go to premises."""
Found: TypeAlias = tuple[str, DutyState, UUID | None, UUID | None, date]
"""Key, state, visit, pause, and the first day of the run of missed periods."""


@dataclass(frozen=True)
class Policy:
    """A cadence and the days on which it holds, the last one not included."""

    colour: Colour
    period: Period | None
    modes: tuple[VisitMode, ...]
    grace_days: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Held:
    """A colour and the time for which it is held."""

    colour: Colour
    set_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True)
class Home:
    """A stay in one of the community's households."""

    household: UUID
    moved_in_on: date
    moved_out_on: date | None


@dataclass(frozen=True)
class Visit:
    """Who was reached, where, how and when. Without a household it went to premises."""

    id: UUID
    household: UUID | None
    mode: VisitMode
    occurred_at: datetime
    reached: tuple[UUID, ...]


@dataclass(frozen=True)
class Pause:
    """Days on which a resident, or a whole household, need not be reached."""

    id: UUID
    household: UUID
    resident: UUID | None
    starts_on: date
    ends_on: date


@dataclass
class Village:
    """A community of a few people."""

    id: UUID
    zone: str
    households: list[UUID]
    policies: list[Policy] = field(default_factory=list)
    colours: dict[UUID, list[Held]] = field(default_factory=dict)
    homes: dict[UUID, list[Home]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    runs: dict[Any, date] = field(default_factory=dict)
    _reaches: dict[Any, list[tuple[date, datetime, UUID]]] = field(default_factory=dict)

    @property
    def grid(self) -> UUID:
        """The id of the one grid."""
        return uuid5(self.id, "grid")

    def reaches(self, target: "Target", modes: tuple[VisitMode, ...]) -> list[tuple[date, datetime, UUID]]:
        """Every visit that reached a target in one of the modes, in order, with its day."""
        key = target.household, target.resident, modes
        if key not in self._reaches:
            self._reaches[key] = sorted(
                (self.day(visit.occurred_at), visit.occurred_at, visit.id)
                for visit in self.visits
                if visit.mode in modes
                and visit.reached
                and (target.resident in visit.reached if target.resident else visit.household == target.household)
            )
        return self._reaches[key]

    def forget(self) -> None:
        """Forgets what was found out about the visits, because they have changed."""
        self.runs.clear()
        self._reaches.clear()

    def day(self, moment: datetime) -> date:
        """The calendar day of a moment here."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """The moment at which a day begins here."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True)
class Target:
    """Who is to be reached, and since when."""

    household: UUID
    resident: UUID | None
    since: date


@dataclass(frozen=True)
class Duty:
    """What is owed to a target in a period, and how it stands."""

    policy: Policy
    first_day: date
    last_day: date
    judged_on: date
    target: Target
    state: DutyState
    visit: UUID | None
    pause: UUID | None
    missed_since: date

    @property
    def key(self) -> str:
        """What tells it from others."""
        target = self.target.resident or self.target.household
        return f"{self.policy.colour}:{self.policy.period}:{target}:{self.first_day}"

    @property
    def found(self) -> Found:
        """What of it is compared."""
        return self.key, self.state, self.visit, self.pause, self.missed_since


def expected(village: Village, first: date, last: date, now: datetime) -> set[Duty]:
    """Every duty that is judged on one of the days."""
    return {
        _judge(village, policy, span, target, now)
        for policy in village.policies
        for span in _spans(village, policy, first, last, now)
        for target in _targets(village, policy.colour, min(span[1], village.day(now)))
    }


def _spans(village: Village, policy: Policy, first: date, last: date, now: datetime) -> Iterator[tuple[date, date]]:
    today = village.day(now)
    for start, end in periods(policy.period, first, last) if policy.period else ():
        judged_on = min(end, today)
        in_force = policy.starts_on <= judged_on and (policy.ends_on is None or judged_on < policy.ends_on)
        if start <= today and first <= judged_on <= last and in_force:
            yield start, end


def _targets(village: Village, colour: Colour, day: date) -> Iterator[Target]:
    living = [
        (resident, home.household, max(village.day(held.set_at), home.moved_in_on))
        for resident, colours in village.colours.items()
        for held in colours
        for home in village.homes[resident]
        if held.colour is colour and _holds(village, held, day) and _lives(home, day)
    ]
    if colour in RESIDENT_COLOURS:
        yield from (Target(household, resident, since) for resident, household, since in living)
        return
    for household in {household for _, household, _ in living}:
        yield Target(household, None, min(since for _, where, since in living if where == household))


def _holds(village: Village, held: Held, day: date) -> bool:
    removed = held.removed_at and village.day(held.removed_at)
    return village.day(held.set_at) <= day and (removed is None or removed > day)


def _lives(home: Home, day: date) -> bool:
    return home.moved_in_on <= day and (home.moved_out_on is None or home.moved_out_on > day)


def _judge(village: Village, policy: Policy, span: tuple[date, date], target: Target, now: datetime) -> Duty:
    start, end = span
    today = village.day(now)
    judged_on = min(end, today)
    in_time = _reached(village, policy, target, start, end)
    late = _reached(village, policy, target, end + DAY, end + policy.grace_days * DAY)
    paused = _paused(village, target, judged_on)
    state = DutyState.DONE if in_time else DutyState.PAUSED if paused else DutyState.DUE if today <= end else None
    state = state or (DutyState.LATE if late else DutyState.MISSED)
    return Duty(
        policy, start, end, judged_on, target, state, in_time or late, paused, _run_of(village, policy, target, start)
    )


def _reached(village: Village, policy: Policy, target: Target, first: date, last: date) -> UUID | None:
    """The first visit of those days that counts."""
    found = village.reaches(target, policy.modes)
    index = bisect_left(found, first, key=itemgetter(0))
    return found[index][2] if index < len(found) and found[index][0] <= last else None


def _paused(village: Village, target: Target, day: date) -> UUID | None:
    found = [
        pause.id
        for pause in village.pauses
        if pause.starts_on <= day <= pause.ends_on
        and (pause.resident == target.resident if pause.resident else pause.household == target.household)
    ]
    return min(found, default=None)


def _run_of(village: Village, policy: Policy, target: Target, start: date) -> date:
    """The first day of the run, kept for whoever asks again."""
    key = policy, target, start
    if key not in village.runs:
        village.runs[key] = _run(village, policy, target, start)
    return village.runs[key]


def _run(village: Village, policy: Policy, target: Target, start: date) -> date:
    """Goes back period by period until somebody was reached, it was paused, or nothing was owed yet."""
    assert policy.period is not None
    while True:
        ((before, end),) = periods(policy.period, start - DAY, start - DAY)
        owed = policy.starts_on <= end and target.since <= end
        if not owed or _reached(village, policy, target, before, end) or _paused(village, target, end):
            return start
        start = before


def random_village(random: Random, start: date) -> Village:
    """A few people who move, are given and lose colours, are paused, and are visited now and then, around a day."""
    village = Village(_uuid(random), random.choice(ZONES), [_uuid(random) for _ in range(2)])
    for colour in COLOURS:
        village.policies.extend(_policies(random, colour, start))
    for _ in range(random.randint(1, 3)):
        resident = _uuid(random)
        village.homes[resident] = list(_stays(random, village, start))
        village.colours[resident] = [held for colour in COLOURS for held in _holdings(random, village, colour, start)]
    people = list(village.homes)
    village.visits = [_visit(random, village, people, start) for _ in range(random.randint(0, 25))]
    village.pauses = [_pause(random, village, people, start) for _ in range(random.randint(0, 3))]
    return village


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _policies(random: Random, colour: Colour, start: date) -> Iterator[Policy]:
    changes = sorted({start - 60 * DAY, *(start + random.randrange(90) * DAY for _ in range(random.randint(0, 2)))})
    for index, begins in enumerate(changes):
        ends = changes[index + 1] if index + 1 < len(changes) else None
        modes = tuple(random.sample(list(VisitMode), random.randint(1, 2)))
        yield Policy(colour, random.choice([*Period, *Period, None]), modes, random.randint(0, 5), begins, ends)


def _stays(random: Random, village: Village, start: date) -> Iterator[Home]:
    """One home after the other, perhaps with a time elsewhere between."""
    day = start + random.randint(-40, 30) * DAY
    for _ in range(random.randint(1, 3)):
        out = day + random.randint(0, 50) * DAY if random.random() < 0.6 else None
        yield Home(random.choice(village.households), day, out)
        if out is None:
            return
        day = out + random.choice((0, 0, 5)) * DAY


def _holdings(random: Random, village: Village, colour: Colour, start: date) -> Iterator[Held]:
    moment = random_moment(random, village, start - 20 * DAY, 60)
    while random.random() < 0.6:
        removed = moment + timedelta(hours=random.randint(1, 24 * 40)) if random.random() < 0.6 else None
        yield Held(colour, moment, removed)
        if removed is None:
            return
        moment = removed + timedelta(hours=random.randint(0, 72))


def random_moment(random: Random, village: Village, start: date, days: int) -> datetime:
    """Often close to midnight, where a day ends."""
    day = start + random.randrange(days) * DAY
    seconds = random.choice((random.randrange(-90, 90), random.randrange(86_400)))
    return village.midnight(day) + timedelta(seconds=seconds, microseconds=random.randrange(1_000_000))


def _visit(random: Random, village: Village, people: list[UUID], start: date) -> Visit:
    reached = tuple(random.sample(people, random.randint(0, len(people))))
    occurred_at = random_moment(random, village, start - 10 * DAY, 100)
    visit = Visit(
        _uuid(random), random.choice(village.households), random.choice(list(VisitMode)), occurred_at, reached
    )
    return replace(visit, household=None, reached=()) if random.random() < AT_PREMISES else visit


def _pause(random: Random, village: Village, people: list[UUID], start: date) -> Pause:
    begins = start + random.randint(-10, 80) * DAY
    resident = random.choice([*people, None])
    lasts = random.choice((-1, 0, 3, 10, 40))
    return Pause(_uuid(random), random.choice(village.households), resident, begins, begins + lasts * DAY)


def rows_of(villages: list[Village], account: UUID) -> dict[str, list[dict[str, Any]]]:
    """The tables' rows of some villages, each with one grid and one building."""
    rows: dict[str, list[dict[str, Any]]] = {}

    def add(table: str, **values: Any) -> None:
        rows.setdefault(table, []).append(values)

    for each in villages:
        _add_places(add, each)
        _add_people(add, each)
        _add_visits(add, each, account)
    return rows


def _place(village: Village, household: UUID) -> dict[str, UUID]:
    return {"household_id": household, "building_id": village.id, "grid_id": village.grid}


def _visited(village: Village, visit: Visit) -> dict[str, UUID | None]:
    if visit.household is not None:
        return {**_place(village, visit.household), "premises_id": None}
    return {"household_id": None, "building_id": None, "grid_id": village.grid, "premises_id": village.id}


def _add_places(add: Any, village: Village) -> None:
    one, estate, grid = village.id, uuid5(village.id, "estate"), village.grid
    add("farm", id=one, name="农场")
    add("community", id=one, farm_id=one, name="社区", time_zone=village.zone)
    add("estate", id=estate, community_id=one, name="小区")
    add("grid", id=grid, community_id=one, estate_id=estate, name="网格")
    add("premises", id=one, grid_id=grid, kind="SHOP", name="小店")
    inside = {"community_id": one, "estate_id": estate, "grid_id": grid}
    add("building", id=one, **inside, name="1号楼", units=1, floors=9)
    for floor, household in enumerate(village.households, 1):
        add("household", id=household, building_id=one, grid_id=grid, unit=1, floor=floor, room=f"{floor}01")
    for policy in village.policies:
        held = {"starts_on": policy.starts_on, "ends_on": policy.ends_on, "grace_days": policy.grace_days}
        add("visit_policy", community_id=one, colour=policy.colour, period=policy.period, modes=policy.modes, **held)


def _add_people(add: Any, village: Village) -> None:
    for resident, homes in village.homes.items():
        home = homes[-1]
        named = {"name": "某", "name_folded": "某", "found_by": "某"}
        add("resident", id=resident, **_place(village, home.household), **named, sex="MALE", left_on=home.moved_out_on)
        for stay in homes:
            days = {"moved_in_on": stay.moved_in_on, "moved_out_on": stay.moved_out_on}
            add("residency", resident_id=resident, **_place(village, stay.household), **days)
        for held in village.colours[resident]:
            since = {"set_at": held.set_at, "removed_at": held.removed_at}
            add("resident_colour", resident_id=resident, grid_id=village.grid, colour=held.colour, **since)


def _add_visits(add: Any, village: Village, account: UUID) -> None:
    for visit in village.visits:
        seen = {"mode": visit.mode, "occurred_at": visit.occurred_at}
        met: dict[str, Any] = {"worker_id": account, "is_attempt": not visit.reached}
        add("visit", id=visit.id, **_visited(village, visit), **met, **seen)
        for resident in visit.reached:
            reach = {"household_id": visit.household, **seen}
            add("visit_resident", visit_id=visit.id, resident_id=resident, **reach)
    for pause in village.pauses:
        days = {"starts_on": pause.starts_on, "ends_on": pause.ends_on}
        where = _place(village, pause.household)
        add("duty_pause", id=pause.id, **where, resident_id=pause.resident, **days, reason="住院", set_by=account)
