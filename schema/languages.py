"""The languages of labels and reasons. Chinese is in the code; each other one is a catalogue in ``schema/catalogues``.

A catalogue is a PO file, as gettext's tools and translators use them. The context of an entry is ``<enum>.<value>`` for
a label, and ``reason`` for a part of a reason. Adding a language is adding a file.
"""

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

CHINESE, REASON = "zh", "reason"
CATALOGUES = Path(__file__).parent / "catalogues"
LANGUAGES = (CHINESE, *sorted(path.stem for path in CATALOGUES.glob("*.po")))
Catalogue: TypeAlias = Mapping[tuple[str, str], str]
"""The translations by context and Chinese text."""
_FIELD = re.compile(r'^(msgctxt|msgid|msgstr) (".*")$')


def read(text: str) -> dict[tuple[str, str], str]:
    """The entries of a PO file. Raises ValueError for a line that is none of an entry, and for an entry given twice."""
    found: dict[tuple[str, str], str] = {}
    for entry in re.split(r"\n\s*\n", text.strip()):
        fields: dict[str, str] = {}
        name = ""
        for line in entry.splitlines():
            if line.startswith("#"):
                continue
            field = _FIELD.match(line)
            name, quoted = field.groups() if field else (name, line)
            if not quoted.startswith('"') or not name:
                raise ValueError(f"not a line of a PO file: {line!r}")
            fields[name] = fields.get(name, "") + ast.literal_eval(quoted)
        key = fields.get("msgctxt", ""), fields["msgid"]
        if key in found:
            raise ValueError(f"given twice: {key}")
        found[key] = fields["msgstr"]
    found.pop(("", ""), None)  # The heading.
    return found


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language."""
    return read((CATALOGUES / f"{language}.po").read_text(encoding="utf-8"))


def translated(language: str, context: str, chinese: str) -> str:
    """A text in a language. What the catalogue lacks stays Chinese."""
    return chinese if language == CHINESE else catalogue(language).get((context, chinese)) or chinese
