"""The year of the demo, working hours, and how time passes in them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2023, 1, 1)
LAST_DAY = date(2023, 12, 31)
DIRECT_LINE = date(2023, 9, 1)
"""The day the direct line (民声直通车) started."""
POSTS_BEGIN = date(2022, 12, 1)
SET_UP = datetime(2022, 12, 1, 10, tzinfo=ZONE)

DAY = timedelta(days=1)
FORENOON = (time(9, 30), time(13, 30))
AFTERNOON = (time(16), time(19, 30))
"""Offices this far west of Beijing open late by its clock, and rest at noon."""


def days(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + number * DAY


def moment(day: date, hours: time) -> datetime:
    """A local time on a day."""
    return datetime.combine(day, hours, ZONE)


def some_day(random: Random, first: date, last: date) -> date:
    """Any day from the first to the last."""
    return first + random.randint(0, (last - first).days) * DAY


def in_office(random: Random, day: date) -> datetime:
    """Any time of a day's working hours."""
    opens, closes = random.choice((FORENOON, AFTERNOON))
    span = moment(day, closes) - moment(day, opens)
    return moment(day, opens) + timedelta(seconds=random.randrange(int(span.total_seconds())))


def in_waking_hours(random: Random, day: date) -> datetime:
    """Any time between breakfast and bedtime; residents do not keep office hours."""
    return moment(day, time(8)) + timedelta(seconds=random.randrange(14 * 3600))


def later(random: Random, after: datetime, hours: tuple[float, float]) -> datetime:
    """Some hours later, but when somebody is at work."""
    due = after + timedelta(seconds=round(3600 * random.uniform(*hours)))
    for opens, closes in (FORENOON, AFTERNOON):
        if due.time() < opens:
            return _after_opening(random, due.date(), opens)
        if due.time() <= closes:
            return due
    return _after_opening(random, due.date() + DAY, FORENOON[0])


def _after_opening(random: Random, day: date, opens: time) -> datetime:
    return moment(day, opens) + timedelta(seconds=random.randrange(60, 2400))
