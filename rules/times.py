"""When something occurred, by the clock of a phone or by what somebody typed (domain.md section 3)."""

from datetime import date, datetime, timedelta

from rules.access import Role
from rules.gathering import field_check
from rules.people import OLDEST
from rules.refusals import Code, Refusal, invalid

CLOCK_TOLERANCE = timedelta(minutes=5)  # how far a phone's clock may be ahead
FURTHEST_BACK = timedelta(days=400)
"""A year and some weeks, so that last year's records can still be entered. A clock that was reset is decades behind."""

FURTHEST_AHEAD = timedelta(days=366)


@field_check
def check_occurred(at: datetime, now: datetime, role: Role | None, *path: str | int) -> None:
    """Raises IN_FUTURE beyond :data:`CLOCK_TOLERANCE`, and TOO_OLD beyond :data:`FURTHEST_BACK`.

    Phones may sync days later. A secretary may enter what is older, from 1900 on.
    """
    if at > now + CLOCK_TOLERANCE:
        raise Refusal(Code.IN_FUTURE, *path)
    if at < now - FURTHEST_BACK:
        _check_old(at.date(), role, *path)


@field_check
def check_on(day: date, today: date, role: Role | None, *path: str | int) -> None:
    """The same for a day by the community's calendar, which is not after today."""
    if day > today:
        raise Refusal(Code.IN_FUTURE, *path)
    check_not_old(day, today, role, *path)


@field_check
def check_not_old(day: date, today: date, role: Role | None, *path: str | int) -> None:
    """The same for a day that may be in the future."""
    if day < today - FURTHEST_BACK:
        _check_old(day, role, *path)


@field_check
def check_planned(at: datetime, now: datetime, *path: str | int) -> None:
    """An appointment is within a year."""
    if at > now + FURTHEST_AHEAD:
        raise invalid("约定的时间应在一年以内", *path)


@field_check
def check_ahead(at: datetime, now: datetime, *path: str | int) -> None:
    """A new appointment is in the future, and within a year."""
    if at < now:
        raise invalid("约定的时间已经过去", *path)
    check_planned(at, now, *path)


def _check_old(day: date, role: Role | None, *path: str | int) -> None:
    if role is not Role.SECRETARY:
        raise Refusal(Code.TOO_OLD, *path, days=FURTHEST_BACK.days)
    if day < OLDEST:
        raise invalid("日期早于 {oldest}", *path, oldest=OLDEST)
