"""When something may have occurred, by clocks that are wrong and by what is typed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import Role
from rules.people import OLDEST
from rules.refusals import Code
from rules.times import CLOCK_TOLERANCE, FURTHEST_BACK, check_not_old, check_occurred, check_on
from tests.test_rules import refusal

NOW = datetime(2024, 3, 1, 8, tzinfo=UTC)
ROLES = st.sampled_from([*Role, None])


@given(st.datetimes(timezones=st.just(UTC)), ROLES)
def test_a_time_is_within_400_days_unless_a_secretary_enters_it(at: datetime, role: Role | None) -> None:
    expected = None
    if at > NOW + CLOCK_TOLERANCE:
        expected = Code.IN_FUTURE
    elif at < NOW - FURTHEST_BACK and role is not Role.SECRETARY:
        expected = Code.TOO_OLD
    elif at.date() < OLDEST:
        expected = Code.INVALID_INPUT
    assert refusal(check_occurred, at, NOW, role) is expected


@pytest.mark.parametrize(
    ("days", "code"),
    [(-401, Code.TOO_OLD), (-400, None), (-399, None), (0, None), (1, Code.IN_FUTURE), (-700_000, Code.TOO_OLD)],
)
def test_a_day_is_within_400_days(days: int, code: Code | None) -> None:
    today = date(2024, 3, 1)
    day = today + timedelta(days)
    assert refusal(check_on, day, today, Role.GRID_LEADER) is code
    assert refusal(check_not_old, day, today, None) is (None if code is Code.IN_FUTURE else code)
    assert refusal(check_not_old, day, today, Role.SECRETARY) is (Code.INVALID_INPUT if days == -700_000 else None)
