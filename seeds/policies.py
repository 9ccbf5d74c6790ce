"""How often a demo community wants its people to be reached."""

from db.alerts import LadderPolicy
from db.duty import VisitPolicy
from rules.alerts import REACH_BY, STEP_MINUTES
from rules.duty import CADENCES
from seeds.book import Book
from seeds.clock import POSTS_BEGIN, SET_UP
from seeds.places import Town


def set_cadences(book: Book, town: Town) -> None:
    """Writes what a community starts with."""
    book.add(LadderPolicy, community_id=town.community_id, reach_by=REACH_BY, step_minutes=STEP_MINUTES)
    for cadence in CADENCES:
        book.add(
            VisitPolicy,
            id=book.new_id(SET_UP),
            community_id=town.community_id,
            colour=cadence.colour,
            period=cadence.period,
            modes=sorted(cadence.modes),
            grace_days=cadence.grace_days,
            starts_on=POSTS_BEGIN,
            set_at=SET_UP,
        )
