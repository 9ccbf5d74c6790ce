"""Receipt codes: the reporter of an appeal, or the wisher of a wish, follows it by its code without an account."""

import secrets

RECEIPT_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are misread."""
RECEIPT_LENGTH = 10
"""Five bits each: 50 in all, so that nobody guesses one."""


def new_receipt_code() -> str:
    """A new code."""
    return "".join(RECEIPT_LETTERS[byte % len(RECEIPT_LETTERS)] for byte in secrets.token_bytes(RECEIPT_LENGTH))
