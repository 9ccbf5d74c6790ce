"""The rules of activities, notices and opening hours, without a database."""

from datetime import UTC, datetime, time, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.activities import ActivityStatus, check_plan, check_room, status_of
from rules.branches import Hours, check_hours, hours_in_words
from rules.notices import check_announced, check_until
from rules.refusals import Refusal

BEGINS = datetime(2024, 1, 9, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("cancelled", "wanted", "coming", "after", "status"),
    [
        (False, None, 500, -HOUR, ActivityStatus.OPEN),
        (False, 5, 4, -HOUR, ActivityStatus.OPEN),
        (False, 5, 5, -HOUR, ActivityStatus.FULL),
        (False, 5, 5, 0 * HOUR, ActivityStatus.BEGUN),
        (False, 5, 0, 9 * HOUR, ActivityStatus.BEGUN),
        (True, 5, 5, 9 * HOUR, ActivityStatus.CANCELLED),
        (True, 5, 5, -HOUR, ActivityStatus.CANCELLED),
    ],
)
def test_the_status_follows_from_times_and_numbers(
    cancelled: bool, wanted: int | None, coming: int, after: timedelta, status: ActivityStatus
) -> None:
    found = status_of(cancelled=cancelled, begins_at=BEGINS, wanted=wanted, coming=coming, now=BEGINS + after)
    assert found is status


def test_an_activity_lasts_from_a_moment_to_a_month() -> None:
    check_plan(BEGINS, BEGINS + timedelta(days=31), 500, [])
    check_room(None, 500)
    for ends_at, wanted in ((BEGINS, 1), (BEGINS + timedelta(days=31, seconds=1), 1), (BEGINS + HOUR, 501)):
        with pytest.raises(Refusal):
            check_plan(BEGINS, ends_at, wanted, [])


def test_a_notice_ends_within_a_year() -> None:
    check_until(None, BEGINS)
    check_until(BEGINS + timedelta(days=366), BEGINS)
    for until in (BEGINS, BEGINS + timedelta(days=366, seconds=1)):
        with pytest.raises(Refusal):
            check_until(until, BEGINS)


@pytest.mark.parametrize(
    "text",
    [
        "1月9日上午9:00到11:00停水，电话0991-3700000",
        "下午3-5点在2楼活动室，名额20人",
        "请带2-3个袋子，3-5岁儿童须家长陪同",
        "有事请打12345，网格员手机13900000000",
    ],
)
def test_times_numbers_and_telephones_are_no_secret(text: str) -> None:
    assert check_announced(text, [], "body") == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("3号楼2单元501请开门", ()),
        ("请302室的住户联系我们", ()),
        ("2单元停水", ()),
        ("社区独居的老人", ()),
        ("身份证110101 19900101 123X", ()),
        ("感谢王 建 国的帮助", ("王建国",)),
        ("感谢建国", ("王建国",)),
    ],
)
def test_homes_colours_and_people_are_not_told_to_everybody(text: str, names: tuple[str, ...]) -> None:
    with pytest.raises(Refusal) as refused:
        check_announced(text, names, "body")
    assert refused.value.path == ("body",)


_MOMENTS = st.integers(0, 23).map(time)
_SPANS = st.builds(Hours, st.integers(1, 7), _MOMENTS, _MOMENTS)


@given(st.lists(_SPANS, max_size=8))
def test_hours_are_taken_exactly_if_no_two_overlap(hours: list[Hours]) -> None:
    wrong = any(each.opens >= each.closes for each in hours) or any(
        one.weekday == other.weekday and one.opens < other.closes and other.opens < one.closes
        for one, other in combinations(hours, 2)
    )
    if wrong:
        with pytest.raises(Refusal):
            check_hours(hours)
    else:
        assert check_hours(hours) == sorted(hours)


def test_hours_are_told_in_words() -> None:
    hours = [Hours(1, time(9, 30), time(13)), Hours(7, time(16), time(19))]
    assert [hours_in_words(hours), hours_in_words([])] == ["周一 09:30–13:00、周日 16:00–19:00", "不开放"]
