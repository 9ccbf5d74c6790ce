"""The time from the end of 2023 to the moment at which the demo is loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from random import Random

from seeds.clock import DAY, LAST_DAY, ZONE, days, moment

BEGINS = LAST_DAY + DAY
SETTLED = date(2024, 2, 25)
"""By this day the cases of 2023 have ended. A demo that is loaded earlier is not continued."""
_FORENOON, _AFTERNOON = (time(9, 40), 130), (time(16, 5), 80)
"""When people report, and for how many minutes: early enough for a call back within the same half of the day."""
_FIRST_REPORT, _LAST_REPORT = time(8, 30), time(21, 30)
_JUST = 20 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """The days up to the moment of loading. What comes later does not exist yet."""

    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def days(self) -> Iterator[date]:
        return days(BEGINS, self.today)

    def ago(self, count: int) -> date:
        return self.today - count * DAY

    def has_come(self, at: datetime) -> bool:
        return at <= self.now

    def just_now(self) -> datetime:
        """Twenty minutes ago, or the last evening if people were asleep then."""
        local = datetime.fromtimestamp(self.now.timestamp() - _JUST, ZONE)
        if local.time() < _FIRST_REPORT:
            return moment(local.date() - DAY, _LAST_REPORT)
        return min(local, moment(local.date(), _LAST_REPORT))


def in_good_time(random: Random, day: date) -> datetime:
    """A time of a day at which a report is called back in time."""
    begins, minutes = random.choice((_FORENOON, _AFTERNOON))
    return datetime.fromtimestamp(moment(day, begins).timestamp() + random.randrange(minutes * 60), ZONE)
