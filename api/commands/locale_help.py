"""The help of the command line in the language of the locale.

It is written in English, and each other language has a file in ``catalogues``.
"""

import inspect
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parent / "catalogues"


def locale_language() -> str:
    """The language of the locale, such as ``zh`` for ``zh_CN.UTF-8``. ``c`` and nothing are no languages."""
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    language = named.partition(".")[0].partition("_")[0].lower()
    return language if language.isascii() and language.isalpha() else ""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The help in a language by the English text. Empty for a language without a file."""
    file = CATALOGUES / f"{language}.po"
    if not language or not file.exists():
        return {}
    with file.open("rb") as opened:
        return {str(each.id): str(each.string) for each in read_po(opened, locale=language) if each.id}


def with_help(command: Any) -> Any:
    """The command with its help, and that of its options and commands. What a catalogue lacks stays English."""
    known = catalogue(locale_language())
    for part in (command, *command.params):
        if text := getattr(part, "help", None):
            part.help = known.get(inspect.cleandoc(text), text)
    for each in getattr(command, "commands", {}).values():
        with_help(each)
    return command
