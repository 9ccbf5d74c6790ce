"""Weeks by their names."""

from datetime import UTC, date, datetime

import pytest

from rules.appeals import AppealLevel
from rules.cases import HandlingLevel
from rules.disputes import DisputeLevel
from rules.refusals import Code, Refusal
from rules.week import check_days_open, first_day_of
from schema.languages import message_of
from tests.reference import week_of

NOW = datetime(2023, 11, 30, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("week", "monday"),
    [
        ("2023-W48", date(2023, 11, 27)),
        ("2020-W53", date(2020, 12, 28)),
        ("2021-W01", date(2021, 1, 4)),
        ("2019-W01", date(2018, 12, 31)),
        ("2000-W01", date(2000, 1, 3)),
    ],
)
def test_a_week_begins_on_its_monday_also_where_a_year_ends(week: str, monday: date) -> None:
    assert first_day_of(week, NOW) == monday
    assert {week_of(date.fromordinal(monday.toordinal() + number)) for number in range(7)} == {week}
    assert week_of(date.fromordinal(monday.toordinal() - 1)) != week


@pytest.mark.parametrize(
    "week",
    [
        "",
        "2023-48",
        "2023-W4",
        "2023-W00",
        "2023-W54",
        "2021-W53",
        " 2023-W48",
        "2023-W48\n",
        "２０２３-W48",
        "1999-W52",
    ],
)
def test_what_is_no_week_is_refused(week: str) -> None:
    with pytest.raises(Refusal) as refused:
        first_day_of(week, NOW)
    assert refused.value.code is Code.INVALID_INPUT
    assert "2023-W48" in message_of(refused.value, "en")


@pytest.mark.parametrize("week", ["2023-W49", "2024-W01", "9999-W01"])
def test_a_week_that_has_not_begun_is_refused(week: str) -> None:
    with pytest.raises(Refusal) as refused:
        first_day_of(week, NOW)
    assert "not begun" in message_of(refused.value, "en")


def test_a_week_begins_where_monday_comes_first() -> None:
    with pytest.raises(Refusal):
        first_day_of("2023-W48", datetime(2023, 11, 26, 9, 59, 59, tzinfo=UTC))
    assert first_day_of("2023-W48", datetime(2023, 11, 26, 10, tzinfo=UTC)) == date(2023, 11, 27)


@pytest.mark.parametrize("days", [-1, 0, 3_661, 2**31 - 1])
def test_a_number_of_days_that_makes_no_sense_is_refused(days: int) -> None:
    with pytest.raises(Refusal):
        check_days_open(days)
    assert [check_days_open(each) for each in (1, 3_660)] == [1, 3_660]


def test_the_levels_are_those_of_appeals_and_of_disputes() -> None:
    assert {str(level) for level in HandlingLevel} == {str(level) for level in (*AppealLevel, *DisputeLevel)}
    assert set(HandlingLevel) == set(HandlingLevel)
