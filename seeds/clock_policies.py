"""How long appeals may take in a demo community; times of its own, not a law's."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db.appeals import ClockPolicy
from rules.appeals import AppealCategory, AppealKind, AppealUrgency
from rules.clocks import Times
from seeds.book import Book
from seeds.clock import SET_UP
from seeds.places import Town

_HOUR, _DAY = 60, 24 * 60
_ALL = Times(_DAY, 7 * _DAY, _DAY, 7, 30)
_HEATING = Times(2 * _HOUR, 3 * _DAY, _DAY, 7, 30)
_HELP = Times(2 * _HOUR, 2 * _DAY, _DAY, 7, 30)
_URGENT = Times(_HOUR // 2, _DAY, _HOUR, 7, 30)
URGENCY = AppealUrgency.NORMAL
"""Of everything in a demo."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The policies that cases of a demo fall under: their ids and times."""

    heating: tuple[UUID, Times]
    help: tuple[UUID, Times]
    others: tuple[UUID, Times]

    def columns(self, kind: AppealKind, category: AppealCategory, at: datetime) -> dict[str, object]:
        """What is due when, as columns of an appeal."""
        by_kind = self.help if kind is AppealKind.HELP else self.others
        uuid, times = self.heating if category is AppealCategory.HEATING else by_kind
        return {
            "urgency": URGENCY,
            "clock_policy_id": uuid,
            "response_due_at": at + timedelta(minutes=times.response_minutes),
            "resolution_due_at": at + timedelta(minutes=times.resolution_minutes),
        }


def wind(book: Book, town: Town) -> Clocks:
    """Writes what a community starts with, and what is more urgent."""

    def policy(times: Times, **case: object) -> tuple[UUID, Times]:
        uuid = book.new_id(SET_UP)
        facts = {"community_id": town.community_id, "set_at": SET_UP, **case, **asdict(times)}
        book.add(ClockPolicy, id=uuid, **facts)
        return uuid, times

    policy(_URGENT, urgency=AppealUrgency.URGENT)
    heating = policy(_HEATING, category=AppealCategory.HEATING)
    return Clocks(heating, policy(_HELP, kind=AppealKind.HELP), policy(_ALL))
