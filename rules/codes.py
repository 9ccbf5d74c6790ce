"""Printed QR codes: the letters they are made of, and how a typed one is read."""

from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are misread."""
CODE_LENGTH = 16
"""Five bits each: 80 in all, so that nobody guesses one."""
REVOKED = "REVOKED"


def typed_code(value: str) -> str:
    """A code as it is kept, however it was typed."""
    if "\x00" in value or len(value) > LINE_LIMIT:
        raise invalid("二维码不对", "not the code of a QR code")
    return value.strip().upper()


def check_live(*, revoked: bool) -> None:
    """A code that stopped working is neither replaced nor revoked again."""
    if revoked:
        raise Refusal(Code.WRONG_STATE, "qrCode", status=REVOKED)


def code_url(public_url: str, code: str) -> str:
    """The page behind a code."""
    return f"{public_url.rstrip('/')}/q/{code}"
