"""The receipt of a case by text message, and how long the telephones that people leave are kept."""

import re
from datetime import timedelta

from rules.text import one_form, with_ascii_digits

CASE_CONTACTS_KEPT = timedelta(days=1096)
"""After the end of a case: three years, in which claims can be brought (Civil Code 民法典, article 188)."""
SIGN_UP_CONTACTS_KEPT = timedelta(days=30)
"""After an activity, whose organisers may have something to give back or to ask. A compromise."""
_MOBILE = re.compile("(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


def mobile_of(contact: str | None) -> str | None:
    """The one Chinese mobile number in what somebody left, with a name perhaps. A landline gets no text message."""
    found = _MOBILE.findall(with_ascii_digits(one_form(contact or "")))
    return found[0] if len(found) == 1 else None


def receipt_message(community: str, what: str, code: str, url: str) -> str:
    """The text message with a receipt. ``what`` says what was received, and not what it is about."""
    half = len(code) // 2
    return f"【{community}】{what}，回执号码 {code[:half]} {code[half:]}。查进展请打开 {url}"
