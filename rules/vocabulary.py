"""Words of the project's vocabulary: enums whose members say their Chinese label and what they mean to clients."""

from enum import StrEnum
from typing import Any, Self


class Word(StrEnum):
    """An enum of the API. A member is ``NAME = auto(), label, meaning``; its value is its name."""

    label: str
    """The Chinese text for people."""
    meaning: str
    """The English text for developers of clients."""

    @staticmethod
    def _generate_next_value_(name: str, *_: Any) -> str:
        return name

    def __new__(cls, value: str, label: str = "", meaning: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_, word.label, word.meaning = value, label, meaning
        return word
