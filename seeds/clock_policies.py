"""The time limits of appeals in the demo: local rules, not the law."""

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


@dataclass(frozen=True, slots=True)
class Clocks:
    """The ids and times of the policies that apply to the appeals of the demo."""

    heating: tuple[UUID, Times]
    help: tuple[UUID, Times]
    others: tuple[UUID, Times]

    def columns(self, kind: AppealKind, category: AppealCategory, at: datetime) -> dict[str, object]:
        """The columns of an appeal that its policy determines."""
        by_kind = self.help if kind is AppealKind.HELP else self.others
        uuid, times = self.heating if category is AppealCategory.HEATING else by_kind
        return {
            "urgency": AppealUrgency.NORMAL,
            "clock_policy_id": uuid,
            "response_due_at": at + timedelta(minutes=times.response_minutes),
            "resolution_due_at": at + timedelta(minutes=times.resolution_minutes),
        }


def add(book: Book, town: Town) -> Clocks:
    """Adds the policies."""

    def policy(times: Times, **case: object) -> tuple[UUID, Times]:
        uuid = book.new_id(SET_UP)
        facts = {"community_id": town.community_id, "set_at": SET_UP, **case, **asdict(times)}
        book.add(ClockPolicy, id=uuid, **facts)
        return uuid, times

    policy(_URGENT, urgency=AppealUrgency.URGENT)
    heating = policy(_HEATING, category=AppealCategory.HEATING)
    return Clocks(heating, policy(_HELP, kind=AppealKind.HELP), policy(_ALL))
