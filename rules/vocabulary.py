"""Base class for the enums of the project's vocabulary: each member has a Chinese label and an English meaning."""

from enum import StrEnum
from typing import Any, Self


class Word(StrEnum):
    """An enum of the API. A member is ``NAME = auto(), label, meaning``; its value is its name."""

    label: str
    """The Chinese text for people; empty if the API shows none."""
    meaning: str
    """The English description in the GraphQL schema."""

    @staticmethod
    def _generate_next_value_(name: str, *_: Any) -> str:
        return name

    def __new__(cls, value: str, *_: Any) -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        return word

    def __init__(self, _value: str, label: str = "", meaning: str = "") -> None:
        self.label, self.meaning = label, meaning

    @property
    def words(self) -> str:
        """The English text for people: the name in lower case, such as ``awaiting confirmation``."""
        return self.value.replace("_", " ").lower()
