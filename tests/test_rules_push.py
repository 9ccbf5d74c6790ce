"""The rules of pushes: quiet hours, back-off, and what a browser's subscription is made of."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from api.vapid import Vapid, in_base64url, point_of
from rules.push import (
    GONE,
    LONGEST_RETRY_AFTER,
    WAITS,
    PushKind,
    check_kinds,
    check_point,
    check_quiet,
    end_of_quiet,
    id_of,
    topic_of,
    wait_after,
)
from rules.refusals import Refusal
from rules.sending import is_final
from schema.compiler.registry import PREFIXES

ZONE = ZoneInfo("Asia/Shanghai")
_HOURS = st.times().map(lambda each: each.replace(second=0, microsecond=0))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), _HOURS, _HOURS)  # noqa: DTZ001  it gets the zone
def test_quiet_hours_end_at_their_end_within_a_day(at: datetime, begins: time, ends: time) -> None:
    local = at.replace(tzinfo=ZONE)
    end = end_of_quiet(local, begins, ends)
    since = (at - datetime.combine(at.date(), begins)) % timedelta(days=1)
    length = (datetime.combine(at.date(), ends) - datetime.combine(at.date(), begins)) % timedelta(days=1)
    if begins == ends:
        return  # No account may choose them.
    assert (end is not None) == (since < length)
    if end is not None:
        assert end.time() == ends
        assert local < end <= local + length


def test_without_quiet_hours_nothing_waits() -> None:
    assert end_of_quiet(datetime.now(UTC), None, None) is None
    assert check_quiet(None, None) is None
    assert check_quiet("22:00", "07:00") == (time(22), time(7))


@pytest.mark.parametrize(
    ("begins", "ends", "path"),
    [
        ("22:00", None, "quietUntil"),
        (None, "07:00", "quietFrom"),
        ("22", "07:00", "quietFrom"),
        ("22:00", "24:00", "quietUntil"),
        ("22:00", "22:00", "quietUntil"),
    ],
)
def test_quiet_hours_that_make_no_sense_are_refused(begins: str | None, ends: str | None, path: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_quiet(begins, ends)
    assert refused.value.path == (path,)


def test_urgent_kinds_cannot_be_turned_off() -> None:
    assert check_kinds([]) == {PushKind.NEW_APPEAL, PushKind.CAME_BACK, PushKind.NOTICE}
    assert check_kinds([PushKind.NOTICE]) == {PushKind.NEW_APPEAL, PushKind.CAME_BACK}


def test_a_push_is_tried_less_and_less_often_until_it_is_worth_nothing() -> None:
    soon, life = timedelta(), timedelta(days=3)
    assert [wait_after(tries, soon, life) for tries in range(1, len(WAITS) + 1)] == list(WAITS)
    assert wait_after(len(WAITS) + 1, soon, life) is None
    assert wait_after(1, soon, life, timedelta(hours=1)) == timedelta(hours=1)
    assert wait_after(1, soon, life, timedelta(days=9)) == LONGEST_RETRY_AFTER
    assert wait_after(1, life - WAITS[0], life) is None


def test_statuses_say_whether_a_retry_may_help() -> None:
    assert [is_final(status) for status in (400, 401, 403, 408, 413, 425, 429, 500, 503)] == [
        *(True, True, True, False, True, False, False, False, False)
    ]
    assert {404, 410} == GONE


@given(st.binary(min_size=64, max_size=64))
def test_only_points_of_the_curve_are_keys(noise: bytes) -> None:
    key = in_base64url(point_of(ec.generate_private_key(ec.SECP256R1())))
    assert in_base64url(check_point(key)) == in_base64url(check_point(f"{key}=")) == key
    with pytest.raises(Refusal):
        check_point(in_base64url(b"\4" + noise))


def test_a_push_names_its_object_as_the_api_does() -> None:
    for kind in PushKind:
        assert id_of(kind, "x").partition("_")[0] in PREFIXES
    assert topic_of(PushKind.NOTICE, "x") == topic_of(PushKind.NOTICE, "x") != topic_of(PushKind.CAME_BACK, "x")
    assert len(in_base64url(topic_of(PushKind.ALERT, "x"))) <= 32


@pytest.mark.parametrize(
    "text", ["", "short", "电" * 43, in_base64url(bytes(32)), in_base64url(b"\xff" * 32), "*" * 43]
)
def test_what_is_no_key_of_web_push_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Vapid.of(text)
