"""Chance that falls the same way every time."""

from random import Random


def dice(*seed: str) -> Random:
    """The dice for one subject: more of it changes nothing elsewhere."""
    return Random(" ".join(seed))  # noqa: S311  made-up data keeps no secrets
