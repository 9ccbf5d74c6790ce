"""Telephone numbers: read as people write them, and kept in one form for each number."""

import re

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from rules.gathering import field_check
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_optional, clean, one_form, with_ascii_digits, without_unseen

_HOME = "CN"
_SHORTEST, _LONGEST = 3, 25
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\uff0d]")
_EXTENSION = re.compile(r"\s*(?:转|分机号?|ext\.?|x|#)\s*[:：]?\s*(?P<extension>[0-9]{1,6})$", re.IGNORECASE)
_DASHED = re.compile(r"(?P<number>(?:\(?0[0-9]{2,3}\)?[ -]?)?[2-8][0-9]{6,7})-(?P<extension>[0-9]{1,6})")
"""A landline whose extension follows a hyphen, as on business cards."""
_HEADING = re.compile(r"^(?:电话|手机|联系电话|座机|tel|phone)\s*[:：]?\s*", re.IGNORECASE)
_SHAPE = re.compile(r"\+?[0-9(][0-9 ().-]*")


@field_check
def check_phone(value: str, *path: str | int) -> str:
    """The number in its one form: 13800138000, 0991-2345678, 0991-2345678-801, 2345678, 110 or +77011234567.

    Raises INVALID_INPUT for anything else than one number.
    """
    if (phone := read_phone(clean(value, *path, limit=LINE_LIMIT))) is None:
        raise invalid("电话应为 3 至 25 位数字，可以有区号和分机号", *path)
    return phone


@field_check
def check_optional_phone(value: str | None, *path: str | int) -> str | None:
    """Like :func:`check_phone`, but a text of which nothing can be seen is ``None``."""
    said = check_optional(value, *path, limit=LINE_LIMIT)
    return said and check_phone(said, *path)


@field_check
def check_contact(value: str | None, *path: str | int) -> str | None:
    """How somebody is reached: a number in its one form, or else the text as it is kept, with a name perhaps."""
    said = check_optional(value, *path, limit=LINE_LIMIT)
    return said and (read_phone(said) or said)


def read_phone(text: str) -> str | None:
    """The one form of a number, or ``None`` if the text is no number. A number in that form is unchanged."""
    said = _DASHES.sub("-", with_ascii_digits(without_unseen(one_form(text[:LINE_LIMIT])))).strip()
    said = _HEADING.sub("", said)
    apart = _EXTENSION.search(said) or _DASHED.fullmatch(said)
    number = said if apart is None else apart.groupdict().get("number") or said[: apart.start()].rstrip()
    digits = re.sub("[^0-9]", "", number)
    if not _SHAPE.fullmatch(number) or not _SHORTEST <= len(digits) <= _LONGEST:
        return None
    form = _form(number, digits)
    if apart is None:
        return form
    dashed = f"{form}-{apart['extension']}"
    return dashed if _DASHED.fullmatch(dashed) else f"{form}转{apart['extension']}"


def _form(number: str, digits: str) -> str:
    plus = "+" if number.startswith("+") else ""
    try:
        # The package accepts a number with its country code only where it is told so.
        read = phonenumbers.parse(plus + digits, _HOME)
    except phonenumbers.NumberParseException:
        return plus + digits
    if not phonenumbers.is_valid_number(read):
        return plus + digits
    if read.country_code != phonenumbers.country_code_for_region(_HOME):
        return phonenumbers.format_number(read, PhoneNumberFormat.E164)
    return _at_home(read)


def _at_home(read: PhoneNumber) -> str:
    """A Chinese number: a landline with its area code, any other as its digits."""
    national = phonenumbers.national_significant_number(read)
    area = phonenumbers.length_of_geographical_area_code(read)
    is_fixed = phonenumbers.number_type(read) == phonenumbers.PhoneNumberType.FIXED_LINE
    return f"0{national[:area]}-{national[area:]}" if is_fixed and area else national
