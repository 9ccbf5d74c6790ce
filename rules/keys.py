"""Keys that an operator sets: whether somebody could guess one."""

from itertools import pairwise

SHORTEST = 32
"""Bytes: the size of the digests that the keys make, as RFC 7518 asks in section 3.2."""
LEAST_PAIRS = 20
"""Different pairs of neighbours. 32 random hexadecimal digits have 29 on average; what repeats after 19, at most 19."""
LEAST_STEPS = 8
"""Different distances between neighbours. 32 random decimal digits have 13 on average; `abc…` has one."""
PUBLIC_WORDS = (
    *("changeme", "change-me", "change_me", "changethis", "changeit", "replaceme", "replace-me", "replace_me"),
    *("secret", "password", "example", "placeholder", "letters-and-digits", "tunping", "qwerty"),
)
"""Words of published examples. A random key of 44 characters has one of the shortest by chance once in 10 million."""


def weakness(key: str) -> tuple[str, str] | None:
    """Why a key can be guessed, in Chinese and English; None if it cannot."""
    if len(key.encode()) < SHORTEST:
        return f"太短，至少 {SHORTEST} 个字符", f"needs {SHORTEST} characters or more"
    if any(word in key.lower() for word in PUBLIC_WORDS):
        return "是公开的例子或常见的词", "is a published example or contains a common word"
    pairs = set(pairwise(map(ord, key)))
    if len(pairs) < LEAST_PAIRS or len({second - first for first, second in pairs}) < LEAST_STEPS:
        return "重复或有规律，容易猜到", "repeats itself or follows a pattern"
    return None
