"""The visit policies and the safety ladder of a community at the start (domain.md sections 2 and 3)."""

from db.alerts import LadderPolicy
from db.duty import VisitPolicy
from rules.alerts import REACH_BY, STEP_MINUTES
from rules.duty import Period
from rules.people import Colour
from rules.visits import VisitMode
from seeds.book import Book
from seeds.clock import POSTS_BEGIN, SET_UP
from seeds.places import Town

_CADENCES: tuple[tuple[Colour, Period | None, set[VisitMode], int], ...] = (
    (Colour.RED, Period.DAY, {VisitMode.PHONE, VisitMode.HOME_VISIT}, 0),
    (Colour.ORANGE, Period.WEEK, {VisitMode.HOME_VISIT}, 2),
    (Colour.YELLOW, Period.MONTH, {VisitMode.HOME_VISIT}, 5),
    (Colour.GREEN, None, set(VisitMode), 0),
    (Colour.CYAN, None, set(VisitMode), 0),
    (Colour.BLUE, None, set(VisitMode), 0),
)
"""Colour, period, accepted modes and days of grace."""


def add(book: Book, town: Town) -> None:
    book.add(LadderPolicy, community_id=town.community_id, reach_by=REACH_BY, step_minutes=STEP_MINUTES)
    for colour, period, modes, grace_days in _CADENCES:
        book.add(
            VisitPolicy,
            id=book.new_id(SET_UP),
            community_id=town.community_id,
            colour=colour,
            period=period,
            modes=sorted(modes),
            grace_days=grace_days,
            starts_on=POSTS_BEGIN,
            set_at=SET_UP,
        )
