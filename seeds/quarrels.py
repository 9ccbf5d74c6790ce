"""The template of a dispute, before it has names and sums."""

from dataclasses import dataclass
from enum import StrEnum


class Sides(StrEnum):
    """The kinds of the two parties."""

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
    """Texts with ``{a}`` and ``{b}`` for the parties and ``{n}`` for a sum in yuan; ``other`` may name ``b``."""

    sides: Sides
    title: str
    facts: str
    claim: str
    content: str
    other: str | None = None
    scale: int = 1
