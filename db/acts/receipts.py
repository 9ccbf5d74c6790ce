"""Receipt codes: a resident without an account follows one appeal, or one wish, by such a code."""

import secrets

RECEIPT_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_LENGTH = 10


def new_receipt_code() -> str:
    """50 bits that nobody guesses."""
    return "".join(secrets.choice(RECEIPT_LETTERS) for _ in range(RECEIPT_LENGTH))
