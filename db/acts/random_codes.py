"""Random codes that people type: on receipts, in text messages, and on printed QR codes."""

import secrets

from rules.codes import CODE_LETTERS

RECEIPT_LENGTH = 10
"""50 bits: too many to guess where attempts are rate-limited."""
ANSWER_LENGTH = 8
"""40 bits: a compromise between guessing and typing a code from a text message."""


def random_code(length: int) -> str:
    """A code of this many characters. 256 is a multiple of the 32 letters, so each is equally likely."""
    return "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in secrets.token_bytes(length))
