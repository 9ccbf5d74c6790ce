"""Codes of authenticator apps against the test vectors of RFC 6238, and recovery codes as people type them."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from rules.access import Role
from rules.totp import (
    CodePolicy,
    Totp,
    accepted_step,
    code_at,
    grouped,
    new_secret,
    otpauth_uri,
    recovery_digest,
    without_code,
)

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // 30) == code


@pytest.mark.parametrize(("drift", "holds"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_differ_by_one_step(drift: int, holds: bool) -> None:
    accepted = accepted_step(SECRET, code_at(SECRET, STEP + drift), NOW, 0)
    assert accepted == (STEP + drift if holds else None)


def test_a_code_holds_once_and_no_older_one_after_it() -> None:
    assert accepted_step(SECRET, code_at(SECRET, STEP), NOW, STEP) is None
    assert accepted_step(SECRET, code_at(SECRET, STEP - 1), NOW, STEP) is None
    assert accepted_step(SECRET, code_at(SECRET, STEP + 1), NOW, STEP) == STEP + 1


@pytest.mark.parametrize("code", ["", "12345", "一二三四五六", "0" * 8000])
def test_nonsense_is_no_code(code: str) -> None:
    assert accepted_step(SECRET, code, NOW, 0) is None


def test_a_code_may_be_typed_with_a_gap() -> None:
    code = code_at(SECRET, STEP)
    assert accepted_step(SECRET, f"{code[:3]} {code[3:]}", NOW, 0) == STEP


def test_secrets_are_new_and_long() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(base64.b32decode(one + "=" * (-len(one) % 8))) == 32


def test_an_app_reads_the_address() -> None:
    address = urlsplit(otpauth_uri(SECRET, "书记 01"))
    assert (address.scheme, address.netloc, unquote(address.path)) == ("otpauth", "totp", "/Tunping:书记 01")
    assert parse_qs(address.query) == {"secret": [SECRET], "issuer": ["Tunping"]}


@pytest.mark.parametrize("typed", ["0123-4567-89AB-CDEF", "0123456789abcdef", " oI234567 89abcdef "])
def test_a_recovery_code_holds_however_it_is_typed(typed: str) -> None:
    stored = [recovery_digest("0123456789ABCDEF"), recovery_digest("FEDCBA9876543210")]
    assert without_code(stored, typed) == stored[1:]
    assert without_code(stored[1:], typed) is None


def test_a_recovery_code_is_shown_in_groups() -> None:
    assert grouped("0123456789ABCDEF") == "0123-4567-89AB-CDEF"


@pytest.mark.parametrize("totp", list(Totp))
@pytest.mark.parametrize("role", list(Role))
def test_codes_are_required_of_whoever_sees_a_whole_community(totp: Totp, role: Role) -> None:
    whole = {Role.COMMUNITY_STAFF, Role.DEPUTY_DIRECTOR, Role.SECRETARY, Role.ADMIN}
    assert CodePolicy(totp).demands(role) == (totp is Totp.REQUIRED and role in whole)


def test_a_device_is_trusted_for_the_set_time_and_without_a_setting_never() -> None:
    policy = CodePolicy(trusted_for=timedelta(days=30))
    assert [policy.trusts(NOW - timedelta(days=days), NOW) for days in (0, 29, 30)] == [True, True, False]
    assert not policy.trusts(None, NOW)
    assert not CodePolicy().trusts(NOW, NOW)
