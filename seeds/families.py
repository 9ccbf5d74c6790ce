"""Random households: people who live alone, couples, and families of two and three generations."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from rules.people import Relation, Sex
from seeds import names


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a household, with the relation to its head."""

    name: str
    sex: Sex
    born_on: date
    relation: Relation = Relation.HEAD


def elder_alone(random: Random) -> list[Member]:
    """One person aged over seventy."""
    return [_member(random, _any_sex(random), (1936, 1950))]


def elderly_couple(random: Random) -> list[Member]:
    """Two pensioners."""
    born = random.randint(1938, 1955)
    return _couple(random, born)


def alone(random: Random) -> list[Member]:
    """One person of working age."""
    return [_member(random, _any_sex(random), (1965, 2002))]


def couple(random: Random) -> list[Member]:
    """A couple without children at home."""
    return _couple(random, random.randint(1958, 1998))


def family(random: Random) -> list[Member]:
    """A couple with one child or two."""
    born = random.randint(1970, 1994)
    parents = _couple(random, born)
    return parents + _children(random, parents[0], born, random.choice((1, 1, 2)))


def single_parent(random: Random) -> list[Member]:
    """One parent with a child."""
    born = random.randint(1970, 1992)
    parent = _member(random, _any_sex(random), (born, born))
    return [parent, *_children(random, parent, born, 1)]


def three_generations(random: Random) -> list[Member]:
    """A couple with a child and the husband's parents."""
    born = random.randint(1974, 1990)
    elders = _couple(random, born - random.randint(23, 28))
    father = _member(random, Sex.MALE, (born, born), elders[0].name[0])
    mother = _member(random, Sex.FEMALE, (born - 2, born + 4))
    parents = [replace(each, relation=Relation.PARENT) for each in elders]
    return [father, replace(mother, relation=Relation.SPOUSE), *parents, *_children(random, father, born, 1)]


def _couple(random: Random, born: int) -> list[Member]:
    husband = _member(random, Sex.MALE, (born, born))
    return [husband, replace(_member(random, Sex.FEMALE, (born - 2, born + 4)), relation=Relation.SPOUSE)]


def _children(random: Random, parent: Member, born: int, count: int) -> list[Member]:
    years = (born + 24, min(born + 36, 2022))
    surname = parent.name[0]
    children = [_member(random, _any_sex(random), years, surname) for _ in range(count)]
    of_sex = {Sex.MALE: Relation.SON, Sex.FEMALE: Relation.DAUGHTER}
    return [replace(each, relation=of_sex[each.sex]) for each in children]


def _member(random: Random, sex: Sex, years: tuple[int, int], surname: str | None = None) -> Member:
    born_on = date(random.randint(*years), 1, 1) + timedelta(days=random.randrange(365))
    given = names.given(random, sex, born_on.year)
    return Member((surname or names.surname(random)) + given, sex, born_on)


def _any_sex(random: Random) -> Sex:
    return random.choice(list(Sex))
