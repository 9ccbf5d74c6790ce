"""Messages of the command line in the language of the locale."""

from api.commands.locale_help import locale_language
from rules.refusals import written
from schema.languages import CHINESE, into, languages


def in_words(said: object) -> str:
    """A message, or a part of one. A locale of no known language gets it in Chinese and English."""
    spoken = locale_language()
    each = (spoken,) if spoken in languages() else (CHINESE, "en")
    return " / ".join(str(written(said, into(language))) for language in each)
