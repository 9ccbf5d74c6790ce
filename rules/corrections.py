"""Corrections: what the content was before, as the journal keeps it."""

from typing import TypeAlias

from rules.refusals import Refusal, invalid
from rules.vocabulary import Word

Earlier: TypeAlias = list[dict[str, str]]
"""For each field that was corrected: ``field``, its name in the API; ``label``, in Chinese; ``value``, for people."""
NOTHING = "（无）"
"""The earlier value of a field that was empty."""


def earlier(field: str, label: str, value: str | Word | None) -> dict[str, str]:
    """The earlier value of one field. Of a word it is the label."""
    said = value.label if isinstance(value, Word) else value
    return {"field": field, "label": label, "value": said or NOTHING}


def nothing_to_correct(*path: str) -> Refusal:
    """The refusal of a correction that changes nothing."""
    return invalid("没有要更正的内容", *path)
