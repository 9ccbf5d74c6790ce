"""Resident identity numbers (居民身份证号): 18 characters, the last a check digit (GB 11643, ISO 7064 MOD 11-2)."""

import re
from datetime import date

from rules.people import Sex
from rules.refusals import invalid

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHAPE = re.compile(r"[1-9]\d{16}[\dX]")


def check_digit(first: str) -> str:
    """The check digit for the first seventeen digits."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


def check_id_number(text: str, *path: str | int) -> str:
    """The number in the form in which it is stored; raises INVALID_INPUT for a wrong digit or date of birth."""
    number = text.strip().upper()
    if not _SHAPE.fullmatch(number):
        raise invalid("身份证号应为 18 位", "an ID number has 18 characters", *path)
    expected = check_digit(number[:17])
    if number[17] != expected:
        raise invalid(f"身份证号校验码不对（应为 {expected}）", f"the check digit should be {expected}", *path)
    try:
        birth_of(number)
    except ValueError:
        raise invalid("身份证号中的出生日期不对", "the date of birth in it does not exist", *path) from None
    return number


def birth_of(number: str) -> date:
    """The date of birth in a number; ValueError if there is no such day."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex_of(number: str) -> Sex:
    """The sex in a number: odd for men, even for women."""
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def masked(tail: str) -> str:
    """A number of which only the last four characters are shown."""
    return "*" * 14 + tail
