"""People who live alone and were not reached by the hour: the alert, who took it, and how it ended."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum, auto
from random import Random
from typing import Any

from db.alerts import Alert, AlertRung
from rules.alerts import LADDER, REACH_BY, AlertStatus
from rules.journal import EntryKind
from seeds.accounts import Officer
from seeds.clock import moment
from seeds.journal import enter
from seeds.places import Home
from seeds.quiet.span import Span
from seeds.visits import Visit
from seeds.world import World

_FOUND, _AWAY = 0.06, 0.07
"""A day has somebody who is found at home after the alert if its number is below the first, and somebody who is away
if it is below the second."""
_TAKEN = ("我去敲门看看。", "我就在楼下，马上上去。", "电话没人接，我过去一趟。", "在去的路上。")
_GONE = ("女儿来电：老人昨晚被接去她家，明天回来。", "已联系上儿子：老人在他家住一晚，明天送回来。")
_HEADS = 1
"""Building heads whom the first rung tells."""
_WAITING = "电话打了三次没人接，我去敲门看看。"
Cells = dict[str, Any]


class Fate(Enum):
    """The outcome for somebody who was not reached by the hour."""

    FOUND = auto()
    AWAY = auto()
    WAITING = auto()
    """Not known yet, on the day of loading."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Somebody who was not reached by the hour, and who went to the door."""

    home: Home
    fate: Fate
    taker: Officer
    note: str
    raised_at: datetime
    taken_at: datetime
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Ladder:
    """Writes the alerts, and ends each when its resident is reached."""

    world: World
    span: Span
    homes: list[Home]
    """Of those who live alone in a building with a head, whom the first rung tells."""
    _open: dict[Home, list[Cells]] = field(default_factory=dict)

    def overdue(self, day: date) -> Overdue | None:
        """The person, if any, who is not reached by the hour on a day. The alert is written if it has rung."""
        random = self.world.random(f"quiet elders {day}")
        found = self._waiting(random, day) if day == self.span.today else self._past(random, day)
        if found is not None and self.span.has_come(found.raised_at):
            self._write(found, day)
        return found

    def reached(self, visit: Visit) -> None:
        """Ends the alerts of the home."""
        for row in self._open.pop(visit.home, ()):
            row["ended_at"] = visit.recorded_at
            self._enter(EntryKind.ALERT_ENDED, visit.home, row, visit.recorded_at, visit.worker.id, AlertStatus.ENDED)

    def _waiting(self, random: Random, day: date) -> Overdue:
        """In the first grid, whose worker's account people try, but not the one of the stories."""
        first = self.world.town.grids[0]
        home = next(each for each in self.homes[1:] if each.grid is first)
        return self._overdue(random, day, home, Fate.WAITING, _WAITING)

    def _past(self, random: Random, day: date) -> Overdue | None:
        number, home = random.random(), random.choice(self.homes)
        if number < _FOUND:
            return self._overdue(random, day, home, Fate.FOUND, random.choice(_TAKEN))
        if number < _AWAY:
            return self._overdue(random, day, home, Fate.AWAY, random.choice(_GONE))
        return None

    def _overdue(self, random: Random, day: date, home: Home, fate: Fate, note: str) -> Overdue:
        staff = self.world.staff
        taker = staff.workers[home.grid] if fate is Fate.AWAY else staff.heads[home.building]
        raised_at = moment(day, REACH_BY) + timedelta(seconds=random.randrange(5, 55))
        taken_at = raised_at + timedelta(seconds=random.randrange(180, 660))
        found_at = taken_at + timedelta(seconds=random.randrange(600, 2400))
        return Overdue(home, fate, taker, note, raised_at, taken_at, found_at)

    def _write(self, found: Overdue, day: date) -> None:
        resident, uuid = self.world.people.of_home[found.home][0], self.world.book.new_id(found.raised_at)
        about = {"resident_id": resident.id, "community_id": self.world.town.community_id, "day": day}
        row: Cells = {"id": uuid, **about, **found.home.columns, "raised_at": found.raised_at}
        self._enter(EntryKind.ALERT_RAISED, found.home, row, found.raised_at, None, LADDER[0])
        if self.span.has_come(found.taken_at):
            row |= {"acknowledged_by": found.taker.id, "acknowledged_at": found.taken_at, "note": found.note}
            taken = AlertStatus.ACKNOWLEDGED, found.note
            self._enter(EntryKind.ALERT_ACKNOWLEDGED, found.home, row, found.taken_at, found.taker.id, *taken)
        self.world.book.add(Alert, **row)
        self.world.book.add(AlertRung, alert_id=uuid, rung=LADDER[0], rung_at=found.raised_at, reached=_HEADS)
        self._open.setdefault(found.home, []).append(self.world.book.rows(Alert)[-1])

    def _enter(
        self, kind: EntryKind, home: Home, row: Cells, at: datetime, actor: Any, status: Any, note: str | None = None
    ) -> None:
        about = {"resident_id": row["resident_id"], "alert_id": row["id"], "actor_id": actor}
        enter(self.world.book, kind, home.grid, at, **home.columns, **about, to_status=status, note=note)
