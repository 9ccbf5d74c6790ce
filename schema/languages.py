"""The languages of labels, meanings, reasons and messages. Each has a file in ``catalogues``.

Labels, reasons and messages are Chinese in the code. Meanings are English there, as in the schema, so that the file of
Chinese has nothing but meanings.

A catalogue is a PO file, as gettext's tools and translators use them. The context of an entry is ``<enum>.<value>`` for
a label and for a meaning, ``reason`` for a part of a reason, and ``message`` for a message or its part. Names in braces
stand for details. Adding a language is adding a file.
"""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

from babel.messages.pofile import read_po

from rules.refusals import Refusal, Translate
from rules.vocabulary import Word

CHINESE, ENGLISH, REASON = "zh", "en", "reason"
CATALOGUES = Path(__file__).parent / "catalogues"
Catalogue: TypeAlias = Mapping[tuple[str, str], str]
"""The translations by context and the text in the code."""


@cache
def languages() -> tuple[str, ...]:
    """Chinese, and the other languages with a catalogue."""
    return CHINESE, *sorted({path.stem for path in CATALOGUES.glob("*.po")} - {CHINESE})


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    return {(message.context or "", str(message.id)): str(message.string) for message in messages if message.id}


def label_of(word: Word, language: str) -> str:
    """The label of a word in a language."""
    return translated(language, f"{type(word).__name__}.{word.value}", word.label)


def meaning_of(word: Word, language: str) -> str:
    """The meaning of a word in a language. What the catalogue lacks is told in Chinese."""
    if language == ENGLISH:
        return word.meaning
    key = f"{type(word).__name__}.{word.value}", word.meaning
    return catalogue(language).get(key) or catalogue(CHINESE)[key]


def translated(language: str, context: str, chinese: str) -> str:
    """A text in a language. What the catalogue lacks stays Chinese."""
    return chinese if language == CHINESE else catalogue(language).get((context, chinese)) or chinese


def message_of(refusal: Refusal, language: str) -> str:
    """The message of a refusal in a language."""
    return refusal.message(into(language))


def into(language: str) -> Translate:
    """Translates into a language."""
    return partial(translated, language)
