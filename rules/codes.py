"""Printed QR codes: the characters of a code, and how a typed one is read."""

from rules.refusals import Code, Refusal, Said, invalid
from rules.text import LINE_LIMIT, plain_code

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are easily misread."""
CODE_LENGTH = 16  # 80 bits, five a character: too many to guess
_REVOKED = Said("已停用")


def typed_code(value: str) -> str:
    """A typed code in the form in which it is stored: in any width, case and spacing."""
    if "\x00" in value or len(value) > LINE_LIMIT:
        raise invalid("二维码不正确")
    return plain_code(value)


def check_live(*, revoked: bool) -> None:
    """A revoked code is neither replaced nor revoked again."""
    if revoked:
        raise Refusal(Code.WRONG_STATE, "qrCode", status=_REVOKED)


def code_url(public_url: str, code: str) -> str:
    """The address of the form that a code opens."""
    return f"{public_url.rstrip('/')}/q/{code}"
