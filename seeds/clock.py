"""The year of the demo, and times within working hours."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2023, 1, 1)
LAST_DAY = date(2023, 12, 31)
YEAR_ENDS = datetime(2024, 1, 1, tzinfo=ZONE)
DIRECT_LINE = date(2023, 9, 1)
"""The day on which the direct line (民声直通车) started."""
POSTS_BEGIN = date(2022, 12, 1)
SET_UP = datetime(2022, 12, 1, 10, tzinfo=ZONE)

DAY = timedelta(days=1)
FORENOON = (time(9, 30), time(13, 30))
AFTERNOON = (time(16), time(19, 30))
"""Offices in the far west of China open late by Beijing time, and close at noon."""


def days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * DAY


def moment(day: date, hours: time) -> datetime:
    return datetime.combine(day, hours, ZONE)


def some_day(random: Random, first: date, last: date) -> date:
    return first + random.randint(0, (last - first).days) * DAY


def in_office(random: Random, day: date) -> datetime:
    """A random time within working hours."""
    opens, closes = random.choice((FORENOON, AFTERNOON))
    span = moment(day, closes) - moment(day, opens)
    return moment(day, opens) + timedelta(seconds=random.randrange(int(span.total_seconds())))


def in_waking_hours(random: Random, day: date) -> datetime:
    """A random time between 8:00 and 22:00, when residents write."""
    return moment(day, time(8)) + timedelta(seconds=random.randrange(14 * 3600))


def later(random: Random, after: datetime, hours: tuple[float, float]) -> datetime:
    """A time some hours later, moved into working hours."""
    due = after + timedelta(seconds=round(3600 * random.uniform(*hours)))
    for opens, closes in (FORENOON, AFTERNOON):
        if due.time() < opens:
            return _after_opening(random, due.date(), opens)
        if due.time() <= closes:
            return due
    return _after_opening(random, due.date() + DAY, FORENOON[0])


def _after_opening(random: Random, day: date, opens: time) -> datetime:
    return moment(day, opens) + timedelta(seconds=random.randrange(60, 2400))
