"""Folded forms: what names and rooms are compared and searched by. What is shown stays as people wrote it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Self

from rules.text import one_form, without_unseen

DOTS = "·•・‧∙⋅●◦⸱⸳᛫ꞏ․.。｡"
"""The dots between the parts of Uyghur and Kazakh names, as keyboards have them."""
_DOT = re.compile(rf"\s*[{re.escape(DOTS)}][\s{re.escape(DOTS)}]*")
_DASH = re.compile("[\u2010-\u2015\u2212\ufe63]")
_APOSTROPHE = re.compile("[\u2018\u2019\u02bc\u02bb\u00b4`\uff07]")
_HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN_BLANK = re.compile(rf"(?<=[{_HAN}])\s+|\s+(?=[{_HAN}])")
"""Blanks beside a Chinese character, as in 「王　伟」, which say nothing."""
_SAME_ARABIC = str.maketrans("\u06a9\u06cc\u06c1\u0647", "\u0643\u0649\u06d5\u06d5", "\u0640")
"""Letters of other Arabic keyboards that look like Uyghur ones (k, i, e), and the line that only stretches a word."""
_TO_CYRILLIC = str.maketrans("aceopxyihkmt", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u04bb\u043a\u043c\u0442")
_WORD, _CYRILLIC = re.compile(r"\w+"), re.compile("[\u0400-\u052f]")
_ROOM_WORD = re.compile("(?<=[0-9a-z])(?:室|号房|号|房间|房|户)+$")
_BUILDING_WORD = re.compile("(?<=.)(?:号楼|号|栋|幢|座|楼|#)+$")
_DIGITS, _KEY_DIGITS = re.compile("[0-9]+"), 10
_ZEROS = re.compile("(?<![0-9])0+(?=[0-9])")


@dataclass(frozen=True, slots=True, order=True)
class Spelling:
    """A name as it was written. Two of one kind are equal if their folded forms are, which also order them."""

    folded: ClassVar["staticmethod[[str], str]"]
    """Makes the form by which names of this kind are compared."""
    key: str
    text: str = field(compare=False)

    @classmethod
    def of(cls, said: str) -> Self:
        """The name with its folded form."""
        return cls(cls.folded(said), said)

    def __str__(self) -> str:
        return self.text


def folded_name(name: str) -> str:
    """The form by which names are compared: equal for names that look the same, and stable when folded again.

    Widths and cases are one, dots are one, blanks beside Chinese characters and dots are removed, and others are one.
    """
    return _settled(_folded_name, name)


def _folded_name(name: str) -> str:
    said = _HAN_BLANK.sub("", " ".join(_DOT.sub("·", _spelt(name)).split()))
    said = _WORD.sub(lambda word: _as_cyrillic(word[0]), said.translate(_SAME_ARABIC))
    return said.strip("· ")


def _as_cyrillic(word: str) -> str:
    """The word; in one with a Cyrillic letter, Latin letters are typed for Cyrillic ones: Kazakh і, һ."""
    return word.translate(_TO_CYRILLIC) if _CYRILLIC.search(word) else word


def name_parts(folded: str) -> list[str]:
    """The parts of a folded name: 阿依古丽 and 买买提 of 阿依古丽·买买提."""
    return [part for part in re.split("[· ]", folded) if part]


def folded_username(username: str) -> str:
    """The form by which user names are compared: 「Wang01」, 「wang01」 and 「Ｗａｎｇ 01」 are one name."""
    return _settled(lambda said: "".join(_spelt(said).split()), username)


def folded_room(room: str) -> str:
    """The form by which rooms are compared: 「409室」, 「４０９」 and 「0409」 are one room."""
    return _settled(lambda said: _without(_ROOM_WORD, said), room)


def _without(word: re.Pattern[str], said: str) -> str:
    """The text without blanks, the word after its number, and zeros before numbers."""
    return _ZEROS.sub("", word.sub("", "".join(_spelt(said).split())))


def room_key(room: str) -> str:
    """The folded room with its numbers in ten digits, as the database keeps it to compare and sort rooms."""
    return _in_ten_digits(folded_room(room))


def folded_building(name: str) -> str:
    """The form by which names of buildings are compared: 「A座」, 「ａ栋」 and 「A」 are one building, a."""
    return _settled(lambda said: _without(_BUILDING_WORD, said), name)


def building_key(name: str) -> str:
    """The folded name with its numbers in ten digits, as the database keeps it to compare and sort buildings."""
    return _in_ten_digits(folded_building(name))


def _in_ten_digits(folded: str) -> str:
    return _DIGITS.sub(lambda number: number[0].zfill(_KEY_DIGITS), folded)


def _settled(fold: Callable[[str], str], text: str) -> str:
    """The text, folded until it stays as it is: what was removed may have kept two characters apart."""
    while (folded := fold(text)) != text:
        text = folded
    return folded


def _spelt(text: str) -> str:
    """The text in one width and case, without what cannot be seen, and with one kind of hyphen and of apostrophe."""
    said = one_form(without_unseen(text)).casefold()
    return _APOSTROPHE.sub("'", _DASH.sub("-", said))
