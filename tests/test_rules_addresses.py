"""Addresses in free text: a corpus of what people write, and what holds for every text."""

from itertools import product
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from rules.address_match import BuildingSpot, Door, EstateSpot, Index, Match, match

CORPUS = Path(__file__).with_name("addresses.txt")
SPACE = UUID(int=0)


def _id(name: str) -> UUID:
    return uuid5(SPACE, name)


def _town() -> Index:
    """金穗家园 1 to 12 (the seventh has one staircase), 阳光小区 13 to 20 (the last a tower), 团结小区 5, 21, 22."""
    plan = {"金穗家园": range(1, 13), "阳光小区": range(13, 21), "团结小区": (5, 21, 22)}
    estates = [EstateSpot(_id(name), name) for name in plan]
    buildings = [
        BuildingSpot(_id(f"{name}{number}"), _id(name), number, {"金穗家园": 3}.get(name, 2) if number != 7 else 1)
        for name, numbers in plan.items()
        for number in numbers
    ]
    return Index(estates, buildings, [door for each in buildings for door in _doors(each)], ("屯坪社区",))


def _doors(building: BuildingSpot) -> list[Door]:
    floors = 22 if building.number == 20 else 6
    return [
        Door(_id(f"{building.id}{unit}{floor}{side}"), building.id, unit, f"{floor}{side:02}")
        for unit, floor, side in product(range(1, building.units + 1), range(1, floors + 1), (1, 2, 3))
    ]


TOWN = _town()
ESTATES = {estate.id: estate.name for estate in TOWN.estates}
BUILDINGS = {f"{ESTATES[each.estate]}{each.number}号楼": each for each in TOWN.buildings}
THIRD = BUILDINGS["金穗家园3号楼"]


def corpus() -> list[tuple[str, str]]:
    """Each text with the answer that is expected."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    pairs = (line.rpartition(" | ") for line in lines if line and not line.startswith("#"))
    return [(text, expected) for text, _, expected in pairs]


CERTAIN = [(text, label) for text, label in corpus() if label[0] not in "?-"]
UNCERTAIN = [(text, expected) for text, expected in corpus() if expected[0] in "?-"]


def labels(found: Match) -> list[str]:
    """What is offered to choose from."""
    return [spot.label for spot in found.suggestions]


def test_the_corpus_is_large_and_varied() -> None:
    texts = [text for text, _ in corpus()]
    assert len(set(texts)) == len(texts) >= 250
    assert len(UNCERTAIN) >= 60


@pytest.mark.parametrize(("text", "label"), CERTAIN)
def test_a_certain_answer_is_right(text: str, label: str) -> None:
    found = match(text, TOWN).confident
    assert found is None or found.label == label


def test_most_places_that_people_name_are_found_for_certain() -> None:
    missed = [text for text, _ in CERTAIN if match(text, TOWN).confident is None]
    assert len(missed) <= 0.06 * len(CERTAIN), missed


@pytest.mark.parametrize(("text", "expected"), UNCERTAIN)
def test_what_may_mean_something_else_is_never_certain(text: str, expected: str) -> None:
    found = match(text, TOWN)
    assert found.confident is None
    if expected != "?":
        assert labels(found) == [each for each in expected.lstrip("?- ").split("、") if each]
