"""Heads, relations and tenure of households, found by going through all stays."""

from collections.abc import Callable, Mapping
from typing import Any

from rules.access import WORKERS
from rules.people import Relation, Tenure
from rules.vocabulary import Word
from tests.oracle.rows import Row, label
from tests.oracle.sight import Sight

Given = Mapping[str, Any]
Stay = Callable[[Sight, Row], Row | None]


def _current(sight: Sight, row: Row) -> Row | None:
    stays = (each for each in sight.world["residency"] if each["resident_id"] == row["id"])
    return next((each for each in stays if each["moved_out_on"] is None), None)


def _of_head(sight: Sight, row: Row) -> Row | None:
    stays = [each for each in sight.world["residency"] if each["household_id"] == row["id"]]
    heads = [each for each in stays if each["relation"] == Relation.HEAD and each["moved_out_on"] is None]
    return next(iter(heads), None)


def _itself(_: Sight, row: Row) -> Row:
    return row


def _column(name: str, stay: Stay, words: type[Word] | None = None) -> Any:
    """What workers know of a stay: a column, or its label."""

    def resolve(sight: Sight, row: Row, _: Given) -> Any:
        found = stay(sight, row) if sight.viewer.role in WORKERS else None
        value = None if found is None else found[name]
        return label(words, value) if words else value

    return resolve


def _head(sight: Sight, row: Row, _: Given) -> Row | None:
    stay = _of_head(sight, row)
    return sight.find("resident", stay["resident_id"]) if stay else None


HOMES: dict[tuple[str, str], Any] = {
    ("Household", "head"): _head,
    **{
        (type_, name + suffix): _column(name, stay, words if suffix else None)
        for type_, stay in (("Household", _of_head), ("Resident", _current), ("Residency", _itself))
        for name, words in (("relation", Relation), ("tenure", Tenure))
        for suffix in ("", "Label")
        if (type_, name) != ("Household", "relation")
    },
}
"""By type and field."""
