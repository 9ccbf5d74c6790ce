"""Acts that phones submit: how they end, and when one meets what others changed meanwhile."""

from collections.abc import Collection, Mapping
from enum import auto
from typing import Any

from rules.journal import EntryKind
from rules.people import NEW_HEAD
from rules.vocabulary import Word

MOST_ACTS = 50
"""Acts of one request: a worker's morning. A phone sends more in several requests."""
ANYTHING = "*"


class ActOutcome(Word):
    """How a submitted act ended."""

    DONE = auto(), "", "It was done."
    REFUSED = auto(), "", "It was refused. The same act with another id may be tried again."
    CONFLICT = auto(), "", "Others changed the same fields since `basedOn`. Nothing was overwritten."


_NOTHING = frozenset(
    {
        *("addToAppeal", "addVisitPhotos", "addParty", "addEvidence", "checkPerformance", "noteClaim", "recordFinding"),
        *("recordCallBack", "recordAnswer", "reportAlert", "markRead", "noteWishProgress"),
    }
)
"""Acts that add something, and set nothing that others may have set."""
_SETS = {
    "setColour": {"colours"},
    "removeColour": {"colours"},
    "moveResidents": {"home"},
    "moveOut": {"home"},
    "noteConsent": {"consent"},
    "withdrawVisit": {ANYTHING},
}
_ABOUT = {"id", "act", "reason", "clear"}
"""Fields of a correction that are not corrected."""
_PLACE = {"household", "building", "unit", "premises", "grid", "estate", "community"}
_CORRECTIONS = {
    "correctAppeal": "appeal",
    "correctVisit": "visit",
    "correctResident": "resident",
    "correctHousehold": "household",
}
"""The corrections, each with the field that names its object."""
_CHANGED = {
    EntryKind.COLOUR_SET: {"colours"},
    EntryKind.COLOUR_REMOVED: {"colours"},
    EntryKind.RESIDENT_MOVED: {"home"},
    EntryKind.RESIDENT_LEFT: {"home"},
    EntryKind.CONSENT_NOTED: {"consent"},
    EntryKind.ALERT_ACKNOWLEDGED: {"status"},
    EntryKind.ALERT_ENDED: {"status"},
}
_WHOLE = frozenset(
    {
        *(EntryKind.RESIDENTS_MERGED, EntryKind.RESIDENTS_PARTED, EntryKind.RESIDENT_ERASED),
        EntryKind.VISIT_WITHDRAWN,
    }
)
"""Entries that do not say which fields changed."""
_CORRECTED = frozenset({EntryKind.VISIT_CORRECTED, EntryKind.HOUSEHOLD_CORRECTED})
"""Entries that say it by what was there before, unless an earlier version wrote them, or they were emptied."""
_OF_RESIDENT = {
    "name": "姓名",
    "sex": "性别",
    "bornOn": "出生日期",
    "phone": "电话",
    "idNumber": "身份证号",
    "relation": "与户主关系",
    "tenure": "居住性质",
}
"""The fields of a resident, as the note of a correction names them."""


def fields_set(act: str, given: Mapping[str, Any]) -> frozenset[str]:
    """The fields that an act sets, by the name of its mutation and its input. A move sets the status."""
    if act in _NOTHING:
        return frozenset()
    if act not in _CORRECTIONS:
        return frozenset(_SETS.get(act, {"status"}))
    cleared = {_camel(str(each)) for each in given.get("clear") or ()}
    names = {name for name, value in given.items() if value is not None} - _ABOUT - {_CORRECTIONS[act]}
    has_place = act in {"correctAppeal", "correctVisit"}
    return frozenset("place" if has_place and name in _PLACE else name for name in names | cleared)


def _camel(word: str) -> str:
    """The field that a word of ``clear`` erases."""
    first, *others = word.lower().split("_")
    return first + "".join(map(str.capitalize, others))


def fields_changed(
    kind: EntryKind, from_status: str | None, to_status: str | None, note: str | None, before: Collection[Any] | None
) -> frozenset[str]:
    """The fields that a journal entry says were changed."""
    if kind in _WHOLE or (kind in _CORRECTED and before is None):
        return frozenset({ANYTHING})
    found = set(_CHANGED.get(kind, ())) | {str(each["field"]) for each in before or ()}
    if kind is EntryKind.RESIDENT_CORRECTED:
        labels = {label: name for name, label in _OF_RESIDENT.items()}
        found |= {labels.get(label, ANYTHING) for label in (note or ANYTHING).split("、")}
    if kind is EntryKind.HOUSEHOLD_CORRECTED and note is not None and NEW_HEAD in note.split("；"):
        found.add("head")
    if to_status is not None and from_status is not None and from_status != to_status:
        found.add("status")
    return frozenset(found)


def meet(some: frozenset[str], others: frozenset[str]) -> bool:
    """True if the same fields are among both."""
    if not some or not others:
        return False
    return ANYTHING in some | others or bool(some & others)
