"""What acts set, what entries say was changed, and when both meet."""

import pytest

from rules.journal import EntryKind
from rules.submissions import fields_changed, fields_set, meet

NOTED = EntryKind.APPEAL_NOTED


@pytest.mark.parametrize(
    ("act", "given", "fields"),
    [
        ("acceptAppeal", {"appeal": "a", "note": "n"}, {"status"}),
        ("addToAppeal", {"appeal": "a", "note": "n"}, set()),
        ("correctAppeal", {"appeal": "a", "reason": "r", "household": "h", "urgency": "URGENT"}, {"place", "urgency"}),
        ("correctResident", {"resident": "r", "name": "新", "phone": None, "clear": ["BORN_ON"]}, {"name", "bornOn"}),
        ("moveResidents", {"residents": ["r"]}, {"home"}),
        ("withdrawVisit", {"visit": "v"}, {"*"}),
        ("correctVisit", {"visit": "v", "reason": "r", "premises": "p", "mode": "PHONE"}, {"place", "mode"}),
        ("correctVisit", {"visit": "v", "reason": "r", "clear": ["NOTE", "SPOKE_WITH"]}, {"note", "spokeWith"}),
        ("correctHousehold", {"household": "h", "unit": 1, "head": "r"}, {"unit", "head"}),
    ],
)
def test_an_act_sets_what_its_input_names(act: str, given: dict[str, object], fields: set[str]) -> None:
    assert fields_set(act, given) == fields


def test_an_entry_says_what_was_changed() -> None:
    assert fields_changed(EntryKind.APPEAL_ACCEPTED, "SUBMITTED", "ACCEPTED", None, None) == {"status"}
    assert fields_changed(NOTED, "ACCEPTED", "ACCEPTED", "说明", None) == set()
    assert fields_changed(EntryKind.APPEAL_CORRECTED, None, "ACCEPTED", "", [{"field": "body"}]) == {"body"}
    assert fields_changed(EntryKind.RESIDENT_CORRECTED, None, None, "姓名、电话", None) == {"name", "phone"}
    assert fields_changed(EntryKind.RESIDENT_CORRECTED, None, None, None, None) == {"*"}
    assert fields_changed(EntryKind.VISIT_CORRECTED, None, None, "原因", [{"field": "mode"}]) == {"mode"}
    home = EntryKind.HOUSEHOLD_CORRECTED
    assert fields_changed(home, None, None, "1单元101 → 1单元102；户主", [{"field": "room"}]) == {"room", "head"}
    assert fields_changed(home, None, None, "户主", []) == {"head"}


@pytest.mark.parametrize("kind", [EntryKind.VISIT_CORRECTED, EntryKind.HOUSEHOLD_CORRECTED])
def test_a_correction_that_does_not_say_what_was_there_before_may_have_changed_anything(kind: EntryKind) -> None:
    assert fields_changed(kind, None, None, "原因", None) == {"*"}


def test_what_is_unknown_meets_everything_but_nothing() -> None:
    star, name, none = frozenset("*"), frozenset({"name"}), frozenset[str]()
    assert [meet(name, other) for other in (name, star, frozenset({"phone"}), none)] == [True, True, False, False]
    assert not meet(none, star)
