"""A community at its beginning (domain.md section 1): its starting policies and its time zone."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from rules.appeals import AppealUrgency
from rules.clocks import Times
from rules.duty import Period
from rules.people import Colour
from rules.refusals import Refusal, invalid
from rules.visits import VisitMode

TIME_ZONE = "Asia/Shanghai"
_ZONE = re.compile(r"[A-Z][A-Za-z_]{1,30}(/[A-Z][A-Za-z_-]{1,30}){1,2}")
"""Area and city. Both Python and PostgreSQL know names of other forms, which mean the zone of the machine."""
_HOUR, _DAY = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often people of a colour are to be reached, in which modes, and the days of grace."""

    period: Period | None
    modes: Collection[VisitMode]
    grace_days: int = 0


CADENCES = {
    Colour.RED: Cadence(Period.DAY, {VisitMode.PHONE, VisitMode.HOME_VISIT}, 1),
    Colour.ORANGE: Cadence(Period.WEEK, {VisitMode.HOME_VISIT}, 2),
    Colour.YELLOW: Cadence(Period.MONTH, {VisitMode.HOME_VISIT}, 5),
    **dict.fromkeys((Colour.GREEN, Colour.CYAN, Colour.BLUE), Cadence(None, frozenset(VisitMode))),
}
CLOCKS = {None: Times(_DAY, 15 * _DAY, _DAY, 7, 30), AppealUrgency.URGENT: Times(2 * _HOUR, 3 * _DAY, _HOUR, 7, 30)}
"""The time limits by urgency; ``None`` is any other. Those of the ladder and of mediation are in rules/alerts.py and
rules/disputes.py."""


def check_zone_name(value: str, *path: str | int) -> str:
    """The name of a time zone, which may not exist. Raises INVALID_INPUT for one without an area and a city."""
    name = value.strip()
    if not _ZONE.fullmatch(name):
        raise no_such_zone(*path)
    return name


def no_such_zone(*path: str | int) -> Refusal:
    return invalid("没有这个时区，例如应写作 Asia/Shanghai", *path)
