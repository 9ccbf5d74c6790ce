"""The language of the command line: that of the locale."""

import os

from rules.refusals import written
from schema.languages import CHINESE, into, languages


def spoken() -> tuple[str, ...]:
    """The language of the locale. A locale of no known language, such as C, gets Chinese and English."""
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    language = named.partition(".")[0].partition("_")[0].lower()
    return (language,) if language in languages() else (CHINESE, "en")


def in_words(said: object) -> str:
    """A message or a part of one in the language of the locale, or in both languages."""
    return " / ".join(str(written(said, into(language))) for language in spoken())
