"""Messages of the command line in the language of the locale."""

from typing import NoReturn

import typer

from api.commands.locale_help import locale_language
from api.commands.terminal import fail
from rules.refusals import Said, written
from schema.languages import CHINESE, into, languages


def in_words(said: object) -> str:
    """A message, or a part of one. A locale of no known language gets it in Chinese and English."""
    spoken = locale_language()
    each = (spoken,) if spoken in languages() else (CHINESE, "en")
    return " / ".join(dict.fromkeys(str(written(said, into(language))) for language in each))


def say(text: str, **details: object) -> None:
    """Prints a message."""
    typer.echo(in_words(Said(text, details)))


def remark(text: str, **details: object) -> None:
    """Prints a message to standard error."""
    typer.echo(in_words(Said(text, details)), err=True)


def stop(text: str, **details: object) -> NoReturn:
    """Prints a message to standard error and exits with 1."""
    fail(in_words(Said(text, details)))
