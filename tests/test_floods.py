"""Limits against floods: sliding windows by key, in bounded memory; where a request comes from."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import HTTPConnection

from api.http.floods import Floods, Limit, address_of

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
THREE = Limit("three", 3, timedelta(minutes=1))


def test_so_much_within_so_long_for_each_key() -> None:
    floods = Floods()
    seconds = [floods.wait(THREE, "a", NOW + timedelta(seconds=10 * n)) for n in range(5)]
    assert seconds == [0, 0, 0, 30, 20]
    assert floods.wait(THREE, "b", NOW) == 0
    assert floods.wait(Limit("other", 3, timedelta(minutes=1)), "a", NOW) == 0


def test_the_window_slides() -> None:
    floods = Floods()
    for second in (0, 30, 59):
        assert floods.wait(THREE, "a", NOW + timedelta(seconds=second)) == 0
    assert floods.wait(THREE, "a", NOW + timedelta(seconds=59.5)) == 1
    assert floods.wait(THREE, "a", NOW + timedelta(seconds=60)) == 0
    assert floods.wait(THREE, "a", NOW + timedelta(seconds=61)) == 29


def test_the_same_act_counts_once_also_when_it_is_too_much() -> None:
    floods = Floods()
    assert [floods.wait(THREE, "a", NOW, act) for act in ("1", "1", "2", "3", "1", "4", "3")] == [0, 0, 0, 0, 0, 60, 0]


def test_memory_is_bounded_and_the_quiet_are_forgotten_first() -> None:
    floods = Floods(most_events=10)
    for number in range(1000):
        assert floods.wait(THREE, f"{number}", NOW) == 0
        floods.wait(THREE, "loud", NOW)
    assert floods.events <= 10
    assert floods.wait(THREE, "loud", NOW) == 60
    assert floods.wait(THREE, "0", NOW) == 0


def connection(peer: str | None, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return HTTPConnection({"type": "http", "headers": headers, "client": (peer, 1) if peer else None})


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind", "address"),
    [
        ("203.0.113.5", (), False, "203.0.113.5"),
        ("203.0.113.5", ("198.51.100.7",), False, "203.0.113.5"),
        ("10.0.0.1", ("198.51.100.7",), True, "198.51.100.7"),
        ("10.0.0.1", ("6.6.6.6, 198.51.100.7",), True, "198.51.100.7"),
        ("10.0.0.1", ("6.6.6.6", "198.51.100.7"), True, "198.51.100.7"),
        ("10.0.0.1", ("nonsense",), True, "10.0.0.1"),
        ("10.0.0.1", (), True, "10.0.0.1"),
        ("2001:db8:1:2:aaaa::1", (), False, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", (), False, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", (), False, "203.0.113.5"),
        ("a socket", (), False, "a socket"),
        (None, (), False, ""),
    ],
)
def test_where_a_request_comes_from(peer: str | None, forwarded: tuple[str, ...], behind: bool, address: str) -> None:
    assert address_of(connection(peer, *forwarded), behind_proxy=behind) == address
