"""Resident identity numbers (居民身份证号): 18 characters, with a check digit (GB 11643, ISO 7064 MOD 11-2)."""

import re
from datetime import date

from rules.people import Sex
from rules.refusals import invalid

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHAPE = re.compile(r"[1-9]\d{16}[\dX]")


def check_digit(first: str) -> str:
    """The last character that belongs to the first seventeen digits."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


def check_id_number(text: str, *path: str | int) -> str:
    """The number as it is kept; refused when a digit is wrong or the date of birth in it is none."""
    number = text.strip().upper()
    if not _SHAPE.fullmatch(number):
        raise invalid("身份证号应为 18 位", "an ID number has 18 characters", *path)
    expected = check_digit(number[:17])
    if number[17] != expected:
        raise invalid(f"身份证号校验码不对（应为 {expected}）", f"the check digit should be {expected}", *path)
    if _birth(number) is None:
        raise invalid("身份证号中的出生日期不对", "the date of birth in it is none", *path)
    return number


def _birth(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def birth_of(number: str) -> date:
    """The date of birth in a checked number."""
    found = _birth(number)
    assert found is not None
    return found


def sex_of(number: str) -> Sex:
    """The sex in a checked number: odd for men."""
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def masked(tail: str) -> str:
    """What is shown of a number whose last four characters are known."""
    return "*" * 14 + tail
