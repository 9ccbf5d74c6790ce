"""Resident identity numbers (居民身份证号): 18 characters, the last a check digit (GB 11643, ISO 7064 MOD 11-2)."""

import re
from datetime import date

from rules.gathering import field_check
from rules.people import Sex
from rules.refusals import invalid
from rules.text import LINE_LIMIT, clean, one_form, with_ascii_digits, without_unseen

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHAPE = re.compile("[1-9][0-9]{16}[0-9X]")
_OLD_SHAPE = re.compile("[1-9][0-9]{14}")
"""Numbers of before 1999 have two digits for the year, all of the 20th century, and no check digit."""
_LIKE_X = str.maketrans("\u00d7\u0425\u03a7", "XXX")
"""The multiplication sign, and the letters of the Cyrillic and Greek keyboards."""


def check_digit(first: str) -> str:
    """The check digit for the first seventeen digits."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


@field_check
def check_id_number(text: str, *path: str | int) -> str:
    """The number in the form in which it is stored; raises INVALID_INPUT for a wrong digit or date of birth."""
    number = read_id_number(clean(text, *path, limit=LINE_LIMIT))
    if not _SHAPE.fullmatch(number):
        raise invalid("身份证号应为 18 位", *path)
    expected = check_digit(number[:17])
    if number[17] != expected:
        raise invalid("身份证号校验码不对（应为 {expected}）", *path, expected=expected)
    try:
        birth_of(number)
    except ValueError:
        raise invalid("身份证号中的出生日期不对", *path) from None
    return number


def read_id_number(text: str) -> str:
    """The one form of a number, unchecked: 18 ASCII characters for one of 15 digits, without blanks and hyphens."""
    said = with_ascii_digits(without_unseen(one_form(text))).upper().translate(_LIKE_X)
    number = re.sub(r"[\s\-]", "", said)
    if not _OLD_SHAPE.fullmatch(number):
        return number
    first = f"{number[:6]}19{number[6:]}"
    return first + check_digit(first)


def birth_of(number: str) -> date:
    """The date of birth in a number; ValueError if there is no such day."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex_of(number: str) -> Sex:
    """The sex in a number: odd for men, even for women."""
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def masked(tail: str) -> str:
    """A number of which only the last four characters are shown."""
    return "*" * 14 + tail
