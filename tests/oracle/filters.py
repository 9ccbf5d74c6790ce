"""Which rows a filter keeps."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rules.access import WORKERS
from rules.addresses import read
from rules.appeals import ENDED
from rules.disputes import PENDING
from rules.finding import terms_of, wanted_terms
from rules.folding import folded_building
from rules.refusals import Refusal
from rules.text import clean
from tests.oracle.clocks import is_overdue, place_kind
from tests.oracle.colleagues import works_in
from tests.oracle.rows import Refused, Row, read_id_of
from tests.oracle.sight import Sight

_PREFIXES = {
    "grid": "grid",
    "building": "building",
    "household": "household",
    "premises": "premises",
    "estate": "estate",
    "resident": "resident",
    "worker": "account",
    "community": "community",
    "organisation": "organisation",
    "incident": "incident",
}
_SEARCHED = {
    "account": ("name", "username"),
    "appeal": ("body",),
    "dispute": ("title", "facts"),
    "wish": ("body", "published_text"),
    "incident": ("title",),
    "help_call": ("what", "place", "skill"),
}
_AREAS = {
    "estate": {"appeal", "visit", "dispute", "wish", "alert", "resident", "household"},
    "community": {"visit", "resident", "household"},
}
_PARTIES = ("resident", "household", "premises", "organisation")
_SEARCH_LIMIT = 100


def given_parts(where: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parts of a filter that narrow."""
    return {name: value for name, value in (where or {}).items() if value is not None}


def check_filter(where: Mapping[str, Any] | None) -> None:
    """Refuses malformed ids and searches for nothing or too much."""
    for name, value in given_parts(where).items():
        if name in _PREFIXES:
            read_id_of(_PREFIXES[name], value)
        if name in {"handledBy", "mediator"}:
            read_id_of("account", value)
        if name == "party":
            read_id_of(next((each for each in _PARTIES if value.startswith(f"{each}_")), ""), value)
        if name in {"text", "reporter"} and (not _is_search(value)):
            raise Refused(value)


def _is_search(text: str) -> bool:
    try:
        return len(text) <= _SEARCH_LIMIT and clean(text) != ""
    except Refusal:
        return False


def keeps(sight: Sight, row: Row, where: Mapping[str, Any] | None) -> bool:
    """True if the row meets every part of the filter."""
    return all(_meets(sight, row, name, value) for name, value in given_parts(where).items())


def _meets(sight: Sight, row: Row, name: str, value: Any) -> bool:
    if name in _AREAS and row.table in _AREAS[name]:
        return _in_area(sight, row, name, value)
    if row.table == "qr_code" and name == "building":
        home = sight.anyhow("household", row["household_id"])
        return read_id_of("building", value) in {row["building_id"], home and home["building_id"]}
    if row.table == "account" and name in _PREFIXES:
        return works_in(name)(sight, row, value)
    if name in _PREFIXES and f"{row.table}.{name}" not in _SPECIAL:
        return bool(row[f"{name}_id"] == sight.meant(_PREFIXES[name], read_id_of(_PREFIXES[name], value)))
    special = _SPECIAL.get(f"{row.table}.{name}") or _SPECIAL.get(name)
    return special(sight, row, value) if special else _plain(row[name], value)


def _in_area(sight: Sight, row: Row, kind: str, value: Any) -> bool:
    """True if the row's grid is in the estate or community, or the row is of that as a whole."""
    wanted, grid = read_id_of(kind, value), sight.anyhow("grid", row["grid_id"])
    return bool(row["grid_id"] == wanted or (grid and grid[f"{kind}_id"] == wanted))


def _changed(sight: Sight, row: Row, span: Mapping[str, datetime | None]) -> bool:
    noun = {"help_call": "call"}.get(row.table, row.table)
    entries = (each for each in sight.rows("journal") if each[f"{noun}_id"] == row["id"])
    return any(_within(each["recorded_at"], span) for each in entries)


def _mine(sight: Sight, row: Row) -> bool:
    column = {"appeal": "handled_by", "visit": "worker_id", "dispute": "mediator_id", "help_call": "raised_by"}
    return row[column[row.table]] is not None and bool(row[column[row.table]] == sight.viewer.account_id)


def _party(sight: Sight, row: Row, value: str) -> bool:
    kind = value.rpartition("_")[0]
    wanted = sight.meant(kind, read_id_of(kind, value))
    own = (each for each in sight.world["dispute_party"] if each["dispute_id"] == row["id"])
    return any(each[f"{kind}_id"] == wanted for each in own)


def _reached(sight: Sight, row: Row, value: str) -> bool:
    wanted = sight.meant("resident", read_id_of("resident", value))
    reach = sight.world["visit_resident"]
    return any(each["visit_id"] == row["id"] and each["resident_id"] == wanted for each in reach)


def _at_home(sight: Sight, home: Row, text: str) -> bool:
    building = sight.anyhow("building", home["building_id"])
    return any(
        (each.building, each.unit or home["unit"], each.room or home["room"])
        == (folded_building(building["name"]), home["unit"], home["room"])
        for each in read(text)
        if building
    )


def _plain(found: Any, wanted: Any) -> bool:
    return found in wanted if isinstance(wanted, list) else bool(found == wanted)


def _colour(sight: Sight, row: Row, wanted: Any) -> bool:
    if row.table == "duty":
        return row["colour"] in wanted
    held = {each["colour"] for each in sight.world["resident_colour"] if _holds(row, each)}
    return sight.viewer.role in WORKERS and not held.isdisjoint(wanted)


def _holds(resident: Row, colour: Row) -> bool:
    return bool(colour["resident_id"] == resident["id"] and colour["removed_at"] is None)


def _text(sight: Sight, row: Row, wanted: str) -> bool:
    if row.table == "resident":
        return _is_found(sight, row, wanted)
    if row.table == "household":
        return _at_home(sight, row, wanted)
    texts = [row[column] for column in _SEARCHED[row.table]]
    if row.table == "appeal":
        texts.append(sight.answer(row))
    return any(_folded(wanted) in _folded(text or "") for text in texts)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _is_found(sight: Sight, resident: Row, wanted: str) -> bool:
    """True if a term of the resident begins with the text, or the text names their home."""
    former = (resident["former_names"] or "").splitlines()
    terms = "\n" + terms_of(resident["name"], former, resident["phone"])
    searched = re.findall("'(.*?)':", wanted_terms(wanted, whole=sight.viewer.role in WORKERS))
    home = sight.anyhow("household", resident["household_id"])
    building = home and sight.anyhow("building", home["building_id"])
    named = any(
        (each.building, each.unit or home["unit"], each.room or home["room"])
        == (folded_building(building["name"]), home["unit"], home["room"])
        for each in read(wanted)
        if home and building
    )
    return named or any(f"\n{term}" in terms for term in searched)


def _within(moment: datetime, span: Mapping[str, datetime | None]) -> bool:
    since, until = span.get("startsAt"), span.get("endsAt")
    return (since is None or moment >= since) and (until is None or moment < until)


def _something_open(sight: Sight, row: Row, wanted: bool) -> bool:
    cases = {each["dispute_id"] for each in sight.world["dispute_party"] if each["premises_id"] == row["id"]}
    return any(each["id"] in cases and each["status"] in PENDING for each in sight.rows("dispute")) is wanted


def _is_joined(sight: Sight, row: Row) -> bool:
    own = [each for each in sight.rows("sign_up") if each["account_id"] == sight.viewer.account_id]
    return any(each["activity_id"] == row["id"] and each["left_at"] is None for each in own)


def _is_read(sight: Sight, row: Row) -> bool:
    own = [each for each in sight.rows("notice_reading") if each["account_id"] == sight.viewer.account_id]
    return any(each["notice_id"] == row["id"] for each in own)


def _is_current(row: Row) -> bool:
    return not row["withdrawn_at"] and (row["until"] is None or row["until"] > datetime.now(UTC))


_SPECIAL: dict[str, Callable[[Sight, Row, Any], bool]] = {
    "active": lambda _, row, wanted: (row["disabled_at"] is None) is wanted,
    "placeKind": lambda _, row, wanted: place_kind(row) in wanted,
    "reportKind": lambda _, row, wanted: row["report_kind"] in wanted,
    "published": lambda _, row, wanted: (row["published_at"] is not None) is wanted,
    "open": lambda _, row, wanted: (row["status"] not in ENDED) is wanted,
    "overdue": lambda sight, row, wanted: is_overdue(sight, row) is wanted,
    "building.name": lambda _, row, wanted: folded_building(row["name"]) == folded_building(wanted),
    "premises.open": _something_open,
    "alert.open": lambda _, row, wanted: (row["ended_at"] is None and row["acknowledged_at"] is None) is wanted,
    "attempt": lambda _, row, wanted: row["is_attempt"] is wanted,
    "live": lambda _, row, wanted: (row["revoked_at"] is None) is wanted,
    "pending": lambda _, row, wanted: (row["status"] in PENDING) is wanted,
    "help_call.open": lambda _, row, wanted: (row["closed_at"] is None) is wanted,
    "incident.open": lambda _, row, wanted: (row["closed_at"] is None) is wanted,
    "mine": lambda sight, row, wanted: _mine(sight, row) is wanted,
    "changedBetween": _changed,
    "party": _party,
    "visit.resident": _reached,
    "handledBy": lambda _, row, wanted: row["handled_by"] == read_id_of("account", wanted),
    "mediator": lambda _, row, wanted: row["mediator_id"] == read_id_of("account", wanted),
    "reporter": lambda _, row, wanted: any(
        _folded(wanted) in _folded(row[each] or "") for each in ("reporter_name", "reporter_phone")
    ),
    "wish.openedBetween": lambda _, row, span: _within(row["proposed_at"], span),
    "raisedBetween": lambda _, row, span: _within(row["raised_at"], span),
    "incident.openedBetween": lambda _, row, span: _within(row["made_at"], span),
    "openedBetween": lambda _, row, span: _within(row["opened_at"], span),
    "occurredBetween": lambda _, row, span: _within(row["occurred_at"], span),
    "colour": _colour,
    "text": _text,
    "ahead": lambda _, row, wanted: (not row["cancelled_at"] and row["ends_at"] > datetime.now(UTC)) is wanted,
    "joined": lambda sight, row, wanted: _is_joined(sight, row) is wanted,
    "current": lambda _, row, wanted: _is_current(row) is wanted,
    "read": lambda sight, row, wanted: _is_read(sight, row) is wanted,
    "roster_week.startsOn": lambda _, row, wanted: row["monday"] == wanted,
    "startsOn": lambda _, row, wanted: row["day"] >= wanted,
    "endsOn": lambda _, row, wanted: row["day"] <= wanted,
}
