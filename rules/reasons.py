"""Reasons for which something sensitive is shown: whether a text says something."""

import re
import unicodedata

from rules.gathering import field_check
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_text

LEAST = 10
"""Chinese characters, or twice the words of another script: five words, since a Chinese word has two on average."""
LEAST_DIFFERENT = 7
"""The same, each counted once: two in three, so that a repeated word is no reason, and a natural sentence is one."""
_LABELS = re.compile(r"查看|原因|理由|事由|身份证号码?|\b(?:reasons?|id numbers?|reveal)\b", re.IGNORECASE)
"""What the form itself says."""
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W\d_]{2,}")


@field_check
def check_reason(text: str, *path: str | int) -> str:
    """The reason as it is recorded. Raises INVALID_INPUT for a text of too few words, or of none but the form's own."""
    reason = check_text(text, *path, limit=LINE_LIMIT)
    if not says_something(reason):
        raise invalid("请写明为何需要查看，至少十个字，例如「为老人办理高龄津贴，需核对号码」", *path)
    return reason


def says_something(text: str) -> bool:
    """True if a text has enough words, not all the same. Digits, punctuation and the form's own words do not count."""
    own = _LABELS.sub(" ", unicodedata.normalize("NFKC", text))
    characters, words = _HAN.findall(own), _WORD.findall(_HAN.sub(" ", own).casefold())
    different = len(set(characters)) + 2 * len(set(words))
    return len(characters) + 2 * len(words) >= LEAST and different >= LEAST_DIFFERENT
