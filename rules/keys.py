"""Keys that an operator sets: whether somebody could guess one, and the generations of the sealing key."""

import re
from collections.abc import Mapping
from itertools import pairwise
from urllib.parse import quote_from_bytes, unquote_to_bytes

from rules.refusals import Refusal, Said, invalid

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


def weakness(key: str) -> Said | None:
    """Why a key can be guessed; None if it cannot."""
    if len(key.encode()) < SHORTEST:
        return Said("太短，至少 {least} 个字符", {"least": SHORTEST})
    if any(word in key.lower() for word in PUBLIC_WORDS):
        return Said("是公开的例子或常见的词")
    pairs = set(pairwise(map(ord, key)))
    if len(pairs) < LEAST_PAIRS or len({second - first for first, second in pairs}) < LEAST_STEPS:
        return Said("重复或有规律，容易猜到")
    return None


_GENERATION = re.compile(rb"[1-9][0-9]{0,8}:")


def missing_key(number: int) -> Refusal:
    """The refusal of what needs the sealing key of a generation that is not there."""
    return invalid("缺少第 {number} 代加密密钥", number=number)


def wrong_key(number: int) -> Refusal:
    """The refusal of a sealing key by which the data was not sealed."""
    return invalid("第 {number} 代加密密钥与数据不符", number=number)


def read_generations(text: bytes) -> dict[int, bytes]:
    """The keys by generation: words such as ``2:key``. A text that does not begin so is the key of generation 1.

    Raises ValueError if a word is malformed or a generation is there twice.
    """
    if not _GENERATION.match(text):
        return {1: text}
    found: dict[int, bytes] = {}
    for word in text.split():
        number, _, key = word.partition(b":")
        if not _GENERATION.match(word) or not key or int(number) in found:
            raise ValueError("each generation is one word, as in 1:key 2:key")
        found[int(number)] = unquote_to_bytes(key)
    return found


def write_generations(keys: Mapping[int, bytes]) -> bytes:
    """The text that :func:`read_generations` reads, a line for each generation."""
    return "".join(f"{number}:{quote_from_bytes(keys[number], safe='+/=')}\n" for number in sorted(keys)).encode()
