"""Limits on wrong passwords, without a database: by name and source, by address, and by name from anywhere."""

from datetime import UTC, datetime, timedelta

import pytest

from api.http.guesses import Guesses, LockedOut, Source
from api.http.turns import Busy

NOW = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HERE = Source("address 203.0.113.1")
PHONE = Source("device 1", known=True)


def guess(guesses: Guesses, source: Source, username: str, now: datetime = NOW, *, right: bool = False) -> bool:
    """Guesses once. Returns whether that reached a limit."""
    with guesses.guessing(source, username, now) as one:
        one.right = right
    return one.locked


def seconds(guesses: Guesses, source: Source, username: str, now: datetime = NOW) -> int:
    """The seconds to wait, or 0. The guess is given up, so that it does not count."""
    try:
        with guesses.guessing(source, username, now):
            return 0
    except LockedOut as locked:
        return locked.seconds


def elsewhere(number: int) -> Source:
    return Source(f"address 198.51.100.{number}")


def test_the_fifth_wrong_guess_locks_a_name_where_it_was_made() -> None:
    guesses = Guesses()
    assert [guess(guesses, HERE, "wang") for _ in range(5)] == [False] * 4 + [True]
    waits = [seconds(guesses, *each) for each in ((HERE, "wang"), (HERE, "li"), (elsewhere(1), "wang"))]
    assert waits == [600, 0, 0]


def test_a_lock_ends_ten_minutes_after_the_first_guess_and_counting_begins_anew() -> None:
    guesses = Guesses()
    for minute in range(5):
        guess(guesses, HERE, "wang", NOW + minute * MINUTE)
    assert [seconds(guesses, HERE, "wang", NOW + minute * MINUTE) for minute in (4, 9, 10)] == [360, 60, 0]
    assert [guess(guesses, HERE, "wang", NOW + 10 * MINUTE) for _ in range(5)] == [False] * 4 + [True]


def test_twenty_wrong_guesses_lock_an_address_for_every_name() -> None:
    guesses = Guesses()
    assert [guess(guesses, HERE, f"{number}") for number in range(20)] == [False] * 19 + [True]
    assert (seconds(guesses, HERE, "wang"), seconds(guesses, elsewhere(1), "wang")) == (600, 0)


def test_fifty_wrong_guesses_lock_a_name_for_an_hour() -> None:
    guesses = Guesses()
    assert [guess(guesses, elsewhere(number), "wang") for number in range(50)] == [False] * 49 + [True]
    assert [seconds(guesses, elsewhere(99), name) for name in ("wang", "li")] == [3600, 0]


def test_what_others_do_does_not_lock_a_known_device() -> None:
    guesses = Guesses()
    for number in range(50):
        guess(guesses, elsewhere(number), "wang")
    assert seconds(guesses, PHONE, "wang") == 0
    assert [guess(guesses, PHONE, "wang") for _ in range(5)] == [False] * 4 + [True]
    assert (seconds(guesses, PHONE, "wang"), seconds(guesses, Source("device 2", known=True), "wang")) == (600, 0)


def test_a_right_guess_resets_its_name_at_its_source_and_nothing_else() -> None:
    guesses = Guesses()
    for number in range(19):
        guess(guesses, HERE, f"{number // 4}")
    guess(guesses, HERE, "4", right=True)
    assert guess(guesses, HERE, "4")
    assert seconds(guesses, HERE, "4") == 600


def test_guesses_that_run_at_once_are_counted_before_they_end() -> None:
    guesses = Guesses()
    running = [guesses.guessing(HERE, "wang", NOW) for _ in range(5)]
    begun = [each.__enter__() for each in running]
    with pytest.raises(Busy):
        guess(guesses, HERE, "wang")
    for one, each in zip(begun, running, strict=True):
        one.right = False
        each.__exit__(None, None, None)
    assert seconds(guesses, HERE, "wang") == 600


def test_a_guess_that_ends_without_an_answer_does_not_count() -> None:
    guesses = Guesses()
    for _ in range(6):
        with pytest.raises(OSError, match="away"), guesses.guessing(HERE, "wang", NOW):
            raise OSError("away")
    assert (seconds(guesses, HERE, "wang"), len(guesses)) == (0, 0)


def test_memory_is_bounded_and_refused_guesses_take_none() -> None:
    guesses = Guesses(most_counts=10)
    for number in range(200):
        guess(guesses, elsewhere(number), f"{number}")
    assert len(guesses) <= 10
    for _ in range(5):
        guess(guesses, HERE, "wang")
    kept = len(guesses)
    for _ in range(100):
        assert seconds(guesses, HERE, "wang") == 600
    assert len(guesses) == kept


def test_what_has_run_out_is_forgotten() -> None:
    guesses = Guesses()
    for number in range(100):
        guess(guesses, elsewhere(number), f"{number}")
    guess(guesses, HERE, "wang", NOW + 60 * MINUTE)
    assert len(guesses) == 3


def test_names_and_addresses_cannot_be_put_together_in_two_ways() -> None:
    guesses = Guesses()
    for _ in range(5):
        guess(guesses, Source("address 1"), "2 wang")
    assert seconds(guesses, Source("address 1 2"), "wang") == 0
