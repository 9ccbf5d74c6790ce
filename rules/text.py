"""The text policy, which every door applies: what a text may contain, limits, and receipt codes as people type them."""

import re
import unicodedata

from rules.gathering import field_check
from rules.refusals import Code, Refusal, invalid

BODY_LIMIT = 2_000
LINE_LIMIT = 100
"""Characters: a compromise, enough for any real case and short enough to be read."""
_PIECE = 100
"""Characters that are normalized at once. The time for combining characters is quadratic in the length of a piece."""
_MISREAD = str.maketrans("OIL", "011")
"""Letters that no code contains, and the digits that they are mistaken for."""
_CODE_HEADING = re.compile("^(?:RECEIPT)?CODE(?=[0-9A-Z]{8})")
"""The English heading of a copied code."""
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"_x000[dD]_\n?|_x000[aA]_|\r\n?|[\x85\u2028\u2029]")
"""Line ends of all systems. Excel writes a carriage return as ``_x000D_``."""
_REFUSED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""Control characters but for tab and line end, halves of surrogate pairs, and the non-characters of Unicode."""
_BLANKS = "\u00ad\u115f\u1160\u180e\u200b\u200c\u200d\u2060\u2800\u3164\ufeff\uffa0"
"""Characters without ink, beside white space. At the ends of a text they mean nothing."""
_UNSEEN = re.compile(
    rf"[\s{_BLANKS}\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200e\u200f\u202a-\u202e\u2061-\u206f\ufe00-\ufe0f"
    "\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
"""Runs of characters without ink, also those that only change how others are shown."""
_OUTER = _BLANKS + "\t\n\r" + "".join(letter for letter in map(chr, range(0x20, 0x3001)) if letter.isspace())
"""What is removed at the ends of a text: blanks, and white space of every kind."""
_NAME_BREAK = re.compile(r"[\t\n]\s*")


def clean(value: str, *path: str | int, limit: int = BODY_LIMIT) -> str:
    """The text in the form in which texts are kept: NFC, lines that end with ``\\n``, nothing blank at its ends.

    Empty if nothing of it can be seen. Raises INVALID_INPUT for a control character or a non-character, TOO_LONG beyond
    ``limit``.
    """
    text = _LINE_END.sub("\n", value.strip(_OUTER)).strip(_OUTER)
    if not is_seen(text):
        text = ""
    # Normalizing takes quadratic time, and can make a text shorter.
    if len(text) > 2 * limit:
        raise Refusal(Code.TOO_LONG, *path, limit=limit)
    check_characters(text, *path)
    text = unicodedata.normalize("NFC", text)
    if len(text) > limit:
        raise Refusal(Code.TOO_LONG, *path, limit=limit)
    return text


def check_characters(value: str, *path: str | int) -> None:
    """Raises INVALID_INPUT, with its name, for a character that no text may have."""
    # A printable text has none of them.
    if not value.isprintable() and (found := _REFUSED.search(_LINE_END.sub("\n", value))):
        name = f"U+{ord(found[0]):04X}"
        raise invalid("含有不能使用的字符（{name}）", *path, name=name)


def meant(value: str) -> str | None:
    """What a text means, for comparing two inputs: as it is kept, or ``None`` if nothing of it can be seen.

    A text that is refused means itself.
    """
    try:
        return clean(value, limit=BODY_LIMIT) or None
    except Refusal:
        return value


def with_ascii_digits(text: str) -> str:
    """The text with the digits of all scripts as 0 to 9."""
    return "".join(letter if letter.isascii() else str(unicodedata.decimal(letter, letter)) for letter in text)


def digits_of(text: str) -> str:
    """The digits 0 to 9 of a text."""
    return re.sub("[^0-9]", "", text)


def is_seen(text: str) -> bool:
    """False if nothing of the text can be seen."""
    return _UNSEEN.fullmatch(text) is None and text != ""


def without_unseen(text: str) -> str:
    """The text without the characters that cannot be seen. White space stays."""
    return _UNSEEN.sub(lambda run: "".join(filter(str.isspace, run[0])), text)


@field_check
def check_text(value: str, *path: str | int, limit: int = BODY_LIMIT) -> str:
    """The text as it is kept. Raises INVALID_INPUT if it is empty, and as :func:`clean` does."""
    if not (text := clean(value, *path, limit=limit)):
        raise invalid("内容为空", *path)
    return text


@field_check
def check_optional(value: str | None, *path: str | int, limit: int = BODY_LIMIT) -> str | None:
    """The text as it is kept, or ``None`` if nothing of it can be seen. Raises as :func:`clean` does."""
    return None if value is None else clean(value, *path, limit=limit) or None


@field_check
def check_name(value: str, *path: str | int) -> str:
    """A name as it is kept and shown: as people write it, but in one line. Raises as :func:`check_text` does."""
    return _NAME_BREAK.sub(" ", check_text(value, *path, limit=LINE_LIMIT))


def one_form(value: str) -> str:
    """The text with full-width and other variant characters in their usual form (NFKC, in pieces)."""
    pieces = (value[first : first + _PIECE] for first in range(0, len(value), _PIECE))
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces)


def for_xml(value: str) -> str:
    """The text without the characters that XML 1.0 forbids, which texts of earlier versions may have."""
    return _NOT_IN_XML.sub("", value)


def receipt_code(value: str) -> str:
    """A typed receipt code in the form in which it is stored, without a heading such as 「回执码:」 before it."""
    if "\x00" in value or len(value) > LINE_LIMIT:
        raise invalid("回执码不正确")
    return _CODE_HEADING.sub("", plain_code(value)).translate(_MISREAD)


def plain_code(value: str) -> str:
    """The letters and digits of a typed code, in capitals."""
    return "".join(letter for letter in one_form(value).upper() if letter.isascii() and letter.isalnum())
