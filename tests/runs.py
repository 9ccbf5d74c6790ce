"""Parameters of tests: those of each run, and those of the run with the long tests only."""

from collections.abc import Sequence
from typing import Any

import pytest


def long(*values: Any) -> list[Any]:
    """Parameters of the long run only."""
    return [pytest.param(each, marks=pytest.mark.long) for each in values]


def first(count: int, values: Sequence[Any]) -> list[Any]:
    """The first values in each run, and the others in the long run only."""
    return [*values[:count], *long(*values[count:])]
