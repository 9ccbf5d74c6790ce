"""When text messages are tried again."""

from datetime import timedelta

from rules.alerts import MESSAGE_TRIES, retry_after

WAITS = [retry_after(tries) for tries in range(1, MESSAGE_TRIES)]


def test_a_gateway_that_fails_for_a_moment_delays_a_message_by_less_than_half_a_minute() -> None:
    assert WAITS[0] < timedelta(seconds=30)


def test_a_gateway_may_be_away_for_a_day() -> None:
    assert sorted(WAITS) == WAITS
    assert sum(WAITS, timedelta()) > timedelta(days=1)
