"""Limits on texts, and receipt codes as people type them."""

import re
import unicodedata

from rules.refusals import Code, Refusal, invalid

BODY_LIMIT = 2_000
LINE_LIMIT = 100
"""Characters: a compromise, enough for any real case and short enough to be read."""
_PIECE = 100
"""Characters that are normalized at once. The time for combining characters is quadratic in the length of a piece."""
_MISREAD = str.maketrans("OIL", "011")
"""Letters that no code contains, and the digits that they are mistaken for."""
_PHONE = re.compile(r"\+?[0-9][0-9 -]{2,24}")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_text(value: str, *path: str | int, limit: int = BODY_LIMIT) -> str:
    """The text without outer white space; raises INVALID_INPUT if it is empty, TOO_LONG beyond ``limit``."""
    text = value.strip()
    if not text:
        raise invalid("内容为空", "the text is empty", *path)
    if len(text) > limit:
        raise Refusal(Code.TOO_LONG, *path, limit=limit)
    if "\x00" in text:
        raise invalid("含有无效字符", "the text has a NUL character", *path)
    return text


def check_optional(value: str | None, *path: str | int, limit: int = BODY_LIMIT) -> str | None:
    """Like :func:`check_text`, but white space is ``None``."""
    if value is None or not value.strip():
        return None
    return check_text(value, *path, limit=limit)


def check_phone(value: str, *path: str | int) -> str:
    """The telephone without outer white space. Raises INVALID_INPUT for anything else than a number."""
    phone = value.strip()
    if not _PHONE.fullmatch(phone):
        raise invalid(
            "电话应为 3 至 25 位数字，可以有空格、短横线和开头的加号",
            "a telephone has 3 to 25 digits, blanks and hyphens",
            *path,
        )
    return phone


def one_form(value: str) -> str:
    """The text with full-width and other variant characters in their usual form (NFKC, in pieces)."""
    pieces = (value[first : first + _PIECE] for first in range(0, len(value), _PIECE))
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces)


def for_xml(value: str) -> str:
    """The text without the characters that XML 1.0 forbids, such as the vertical tabs of text copied from Word."""
    return _NOT_IN_XML.sub("", value)


def receipt_code(value: str) -> str:
    """A typed receipt code in the form in which it is stored."""
    if "\x00" in value or len(value) > LINE_LIMIT:
        raise invalid("回执码不正确", "not a receipt code")
    plain = one_form(value).upper().translate(_MISREAD)
    return "".join(letter for letter in plain if letter.isalnum())
