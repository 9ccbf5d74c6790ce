"""The vocabulary: the words of all enums with their labels and meanings, for an app to keep while it is offline."""

from collections.abc import Callable
from functools import cache, partial

from db import sql
from rules.vocabulary import Word
from schema.compiler import declare as gql
from schema.compiler.sources import Row
from schema.enum_names import name_of
from schema.languages import label_of, meaning_of

_ENUM, _VALUE, _LABEL, _MEANING = "enum", "value", "label", "meaning"


_COLUMNS: dict[str, Callable[[Word, str], str]] = {
    _ENUM: lambda word, _: name_of(type(word)),
    _VALUE: lambda word, _: word.value,
    _LABEL: label_of,
    _MEANING: meaning_of,
}


def labelled_words() -> list[Word]:
    """All words of the rules with a label, by their enums."""
    enums = [each for each in Word.__subclasses__() if each.__module__.startswith("rules.")]
    enums.sort(key=lambda each: f"{each.__module__}.{each.__name__}")
    return [word for enum in enums for word in enum if word.label]


@cache
def _array(column: str, language: str) -> str:
    return f"ARRAY[{', '.join(sql.quote(_COLUMNS[column](word, language)) for word in labelled_words())}]"


def _words(_: Row) -> sql.From:
    arrays = [sql.Column(sql.Worded(partial(_array, name)), type_=sql.array_of(sql.TEXT)) for name in _COLUMNS]
    return sql.rows_of(sql.func.unnest(*arrays), "word", dict.fromkeys(_COLUMNS, sql.TEXT), ordinality="place")


@gql.derived
class VocabularyWord:
    """A value of an enum, for people."""

    enum: str = gql.column(_ENUM, "The name of the enum.")
    value: str = gql.column(_VALUE, "The value.")
    label: str = gql.column(_LABEL, "The label, in the language of `Accept-Language`.")
    meaning: str = gql.column(_MEANING, "The meaning, in the language of `Accept-Language`.")


@gql.roots
class VocabularyRoots:
    vocabulary: list[VocabularyWord] = gql.few_rows(
        _words,
        lambda t: [t.place],
        "The values of all enums that have labels, for an app to keep while it is offline.",
        weight=500,
    )
