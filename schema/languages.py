"""The languages of labels and reasons. Chinese is in the code; each other one is a catalogue in ``schema/catalogues``.

A catalogue is a PO file, as gettext's tools and translators use them. The context of an entry is ``<enum>.<value>`` for
a label, and ``reason`` for a part of a reason. Adding a language is adding a file.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from babel.messages.pofile import read_po

from rules.vocabulary import Word

CHINESE, REASON = "zh", "reason"
CATALOGUES = Path(__file__).parent / "catalogues"
LANGUAGES = (CHINESE, *sorted(path.stem for path in CATALOGUES.glob("*.po")))
Catalogue: TypeAlias = Mapping[tuple[str, str], str]
"""The translations by context and Chinese text."""


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    return {(message.context or "", str(message.id)): str(message.string) for message in messages if message.id}


def label_of(word: Word, language: str) -> str:
    """The label of a word in a language."""
    return translated(language, f"{type(word).__name__}.{word.value}", word.label)


def translated(language: str, context: str, chinese: str) -> str:
    """A text in a language. What the catalogue lacks stays Chinese."""
    return chinese if language == CHINESE else catalogue(language).get((context, chinese)) or chinese
