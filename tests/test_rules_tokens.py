"""The rules of signing in, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rules.refusals import Code, Refusal
from rules.tokens import Family, RefreshToken, Rotation, check_password, decide, decode

NOW = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)
KEY = b"k" * 32
SECOND = timedelta(seconds=1)

FIRST = RefreshToken(UUID(int=7), b"s" * 32)
NEXT = FIRST.successor(KEY)
LAST = NEXT.successor(KEY)


def standing_at(token: RefreshToken, rotated_at: datetime = NOW) -> Family:
    return Family(token.digest(), rotated_at, expires_at=NOW + timedelta(days=30), revoked=False)


@pytest.mark.parametrize("length", [8, 128])
def test_a_password_of_8_to_128_characters_is_taken(length: int) -> None:
    check_password("密" * length)


@pytest.mark.parametrize(("length", "code"), [(0, Code.INVALID_INPUT), (7, Code.INVALID_INPUT), (129, Code.TOO_LONG)])
def test_any_other_password_is_refused(length: int, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        check_password("a" * length, "password")
    assert (refused.value.code, refused.value.path) == (code, ("password",))


def test_a_token_is_read_back() -> None:
    assert decode(FIRST.encode(KEY), KEY) == FIRST
    assert len(FIRST.encode(KEY)) == 88


@pytest.mark.parametrize(
    "guess", ["", "=", "a", "密码", "a" * 88, "a" * 8_000, FIRST.encode(b"other"), FIRST.encode(KEY)[4:]]
)
def test_what_was_never_issued_is_no_token(guess: str) -> None:
    assert decode(guess, KEY) is None


def test_a_token_for_another_family_cannot_be_made_from_ones_own() -> None:
    assert decode(FIRST.encode(KEY).replace("A", "B", 1), KEY) is None


def test_a_successor_is_always_the_same_and_never_its_predecessor() -> None:
    assert FIRST.successor(KEY) == NEXT
    assert len({FIRST.secret, NEXT.secret, LAST.secret, FIRST.successor(b"other").secret}) == 4


def test_the_newest_token_rotates() -> None:
    assert decide(FIRST, standing_at(FIRST), KEY, NOW) is Rotation.ROTATE


@pytest.mark.parametrize(
    ("later", "rotation"),
    [(-SECOND, Rotation.FORGIVE), (30 * SECOND, Rotation.FORGIVE), (31 * SECOND, Rotation.REUSE)],
)
def test_the_token_before_is_forgiven_for_thirty_seconds(later: timedelta, rotation: Rotation) -> None:
    assert decide(FIRST, standing_at(NEXT), KEY, NOW + later) is rotation


def test_an_older_token_is_reuse_at_once() -> None:
    assert decide(FIRST, standing_at(LAST), KEY, NOW) is Rotation.REUSE


def test_seven_idle_days_end_a_family() -> None:
    idle = NOW + timedelta(days=7)
    assert decide(FIRST, standing_at(FIRST), KEY, idle - SECOND) is Rotation.ROTATE
    assert decide(FIRST, standing_at(FIRST), KEY, idle) is Rotation.ENDED


def test_thirty_days_end_a_family_that_is_never_idle() -> None:
    end = NOW + timedelta(days=30)
    busy = standing_at(FIRST, rotated_at=end - SECOND)
    assert decide(FIRST, busy, KEY, end - SECOND) is Rotation.ROTATE
    assert decide(FIRST, busy, KEY, end) is Rotation.ENDED


def test_a_revoked_family_has_ended_for_every_token() -> None:
    revoked = replace(standing_at(NEXT), revoked=True)
    assert {decide(token, revoked, KEY, NOW) for token in (FIRST, NEXT, LAST)} == {Rotation.ENDED}
