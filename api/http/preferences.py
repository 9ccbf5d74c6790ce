"""Reads headers that list what a client prefers: ``Accept``, ``Accept-Encoding`` and ``Accept-Language``."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

_KEPT_HEADERS = 256


class Preference(NamedTuple):
    """One item of such a header: its value and parameters in lower case, and its weight from 0 to 1."""

    value: str
    parameters: Mapping[str, str]
    weight: float


def preferences(header: str) -> tuple[Preference, ...]:
    """The items of a header by falling weight. Items of the same weight stay in the client's order."""
    # A browser's header has some 100 characters. Longer ones are read each time, so that the cache stays small.
    return _known(header) if len(header) <= _KEPT_HEADERS else _read(header)


def _read(header: str) -> tuple[Preference, ...]:
    return tuple(sorted(_items(header), key=lambda each: -each.weight))


_known = lru_cache(_KEPT_HEADERS)(_read)


def _items(header: str) -> Iterator[Preference]:
    for item in header.lower().split(","):
        value, *rest = (part.strip() for part in item.split(";"))
        if value:
            pairs = (part.partition("=") for part in rest)
            parameters = {name.strip(): text.strip().strip('"') for name, _, text in pairs}
            yield Preference(value, parameters, _weight(parameters.get("q", "1")))


def _weight(text: str) -> float:
    """A weight from 0 to 1. What is none counts as 0, so that nobody gets what they did not ask for."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return min(weight, 1.0) if weight > 0 else 0.0
