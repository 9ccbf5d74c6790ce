"""QR codes at the counter, on every building, and at the doors of some homes."""

from datetime import datetime
from random import Random
from uuid import UUID

from db.places import QrCode
from rules.places import QrTarget
from seeds.book import Book
from seeds.clock import ZONE
from seeds.ids import code, seeded
from seeds.known import DEMO_COUNTER_CODE
from seeds.people import People, in_story
from seeds.places import Home, Town
from seeds.plans import Plan

CODE_LENGTH = 12
PRINTED = datetime(2023, 8, 28, 11, tzinfo=ZONE)
"""Shortly before the direct line started."""


def add(book: Book, plan: Plan, town: Town, people: People) -> list[Home]:
    """Adds the codes; returns the homes that have one at the door."""
    printer = _Printer(book, town.community_id, seeded(plan.community, "codes"))
    counter = DEMO_COUNTER_CODE if not plan.prefix else printer.draw()
    printer.issue(QrTarget.COUNTER, counter, f"{town.community}服务大厅柜台")
    for building in town.buildings:
        printer.issue(QrTarget.BUILDING, printer.draw(), building.label, building_id=building.id)
    homes = [home for home in people.of_home if in_story(home) or printer.random.random() < plan.coded]
    for home in homes:
        printer.issue(QrTarget.HOUSEHOLD, printer.draw(), home.label, household_id=home.id)
    printer.revoke(homes[0])
    return homes


class _Printer:
    def __init__(self, book: Book, community_id: UUID, random: Random) -> None:
        self._book = book
        self._community_id = community_id
        self.random = random

    def draw(self) -> str:
        return code(self.random, CODE_LENGTH)

    def issue(self, target: QrTarget, printed: str, label: str, **bound: object) -> None:
        self._book.add(
            QrCode,
            id=self._book.new_id(PRINTED),
            code=printed,
            target=target,
            community_id=self._community_id,
            label=label,
            issued_at=PRINTED,
            **bound,
        )

    def revoke(self, home: Home) -> None:
        """Adds a revoked code of a home, which was torn off and replaced."""
        revoked = PRINTED.replace(hour=18)
        self.issue(QrTarget.HOUSEHOLD, self.draw(), home.label, household_id=home.id, revoked_at=revoked)
