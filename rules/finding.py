"""How residents are found: by name in any spelling, by pinyin, by a former name, and by telephone.

A record keeps its terms, one in a line: the folded name and its pinyin from each character on. A search asks for terms
that begin with the given text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pypinyin import Style, pinyin

from rules.folding import folded_name, name_parts
from rules.phones import read_phone
from rules.text import digits_of

_READINGS = 3
_SPELLINGS = 6
"""Spellings of one name: of characters with several readings, each is kept while there are not more."""
_TELEPHONE = "T"
"""Precedes the digits of a telephone. No name has it, because folded names have no capitals."""
_FORMER = "F"
"""Precedes the terms of former names."""
_LONGEST = 60
"""Characters of a name that are searched for. Longer Uyghur names with all their parts are rare."""
_LATIN = re.compile("[a-z]+")


def terms_of(name: str, former: Iterable[str], phone: str | None) -> str:
    """The terms of a record by its name, its former ones, and its telephone."""
    found = dict.fromkeys(_of_name(name))
    found |= dict.fromkeys(f"{_FORMER}{term}" for each in former for term in _of_name(each))
    digits = digits_of(phone) if phone else ""
    found |= dict.fromkeys(f"{_TELEPHONE}{each}" for each in (digits, _local(phone)) if each)
    return "\n".join(found)


def wanted_terms(text: str, *, whole: bool) -> str:
    """The search for a text as a ``tsquery``; empty if nothing of the text can be searched for.

    ``whole`` is false for viewers who read neither former names nor telephone numbers.
    """
    said = _joined(text)
    wanted = {said, _plain_latin(text)} - {""}
    if whole:
        wanted |= {_FORMER + term for term in wanted}
        if (phone := read_phone(text)) is not None:
            wanted.add(_TELEPHONE + digits_of(phone))
    return " | ".join(f"{_quoted(term)}:*" for term in sorted(wanted))


def pinyin_of(name: str) -> list[str]:
    """A Chinese name of several characters in pinyin, in all likely readings."""
    said = _joined(name)
    return [] if said.isascii() else ["".join(syllables) for syllables in _spellings(said) if len(syllables) > 1]


def _of_name(name: str) -> Iterator[str]:
    said = _joined(name)
    yield from (said[first:] for first in range(len(said)))
    if said.isascii():
        return
    for syllables in _spellings(said):
        initials = "".join(each[0] for each in syllables)
        for first in range(len(syllables)):
            yield "".join(syllables[first:])
            yield initials[first:]


def _joined(text: str) -> str:
    """A folded name without the blanks and dots between its parts, which people leave out."""
    return "".join(name_parts(folded_name(text)))[:_LONGEST]


def _spellings(said: str) -> list[list[str]]:
    """The syllables of a Chinese name in pinyin, by all likely readings; none for a name in another script."""
    found: list[list[str]] = [[]]
    for letter in said:
        readings = _readings(letter)
        if not readings:
            return []
        kept = readings if len(found) * len(readings) <= _SPELLINGS else readings[:1]
        found = [[*syllables, reading] for syllables in found for reading in kept]
    return found


@lru_cache(maxsize=10_000)
def _readings(letter: str) -> tuple[str, ...]:
    """The readings of a character without tones, the usual one first; a Latin letter reads as itself."""
    if letter.isascii():
        return (letter,)
    found = pinyin(letter, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(each for readings in found for each in readings if _LATIN.fullmatch(each)))[:_READINGS]


def _plain_latin(text: str) -> str:
    """Pinyin as it is kept: without tones, blanks and apostrophes, and with v for ü."""
    spelt = unicodedata.normalize("NFD", folded_name(text)).replace("u\u0308", "v")
    letters = "".join(letter for letter in spelt if not unicodedata.combining(letter) and letter not in " '·-")
    return letters if _LATIN.fullmatch(letters) else ""


def _local(phone: str | None) -> str:
    """The digits of a landline without its area code."""
    area, hyphen, rest = (phone or "").partition("-")
    return digits_of(rest) if hyphen and area.startswith("0") else ""


def _quoted(term: str) -> str:
    """A term as a quoted lexeme of a ``tsquery``."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
