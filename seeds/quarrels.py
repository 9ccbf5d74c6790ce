"""What a dispute is made of before it has names and sums."""

from dataclasses import dataclass
from enum import StrEnum


class Sides(StrEnum):
    """Who stands against whom."""

    NEIGHBOURS = "NEIGHBOURS"
    HOMES = "HOMES"
    FAMILY = "FAMILY"
    COMPANY = "COMPANY"
    SHOP = "SHOP"
    SITE = "SITE"
    FIRMS = "FIRMS"
    STRANGER = "STRANGER"
    OFFICE = "OFFICE"


@dataclass(frozen=True, slots=True)
class Quarrel:
    """A case in words: ``a`` and ``b`` are the sides, ``n`` is a sum of money; ``other`` may name ``b``."""

    sides: Sides
    title: str
    facts: str
    claim: str
    content: str
    other: str | None = None
    scale: int = 1
