"""Keys that an operator sets: what can be guessed is refused, what is random is not."""

import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest

from api.settings import Settings, SettingsError
from rules.keys import weakness
from rules.refusals import written
from rules.totp import CodePolicy, Totp
from schema.languages import into

GOOD = "Zx4nVq8Lw0sTb6YdKj2RmHc9PfUe1GaN"


READ: dict[str, Callable[[Settings], object]] = {
    "secret": Settings.signing_secret,
    "sealing_key": Settings.sealing_keys,
    "record_key": Settings.key_to_record,
}


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (GOOD[:31], "32 characters or more"),
        ("a" * 40, "repeats itself"),
        ("0123456789" * 4, "repeats itself"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "follows a pattern"),
        ("Zx4nVq8Lw0s" * 3, "repeats itself"),
        ("屯坪" * 20, "repeats itself"),
        ("changeme-Zx4nVq8Lw0sTb6YdKj2RmHc9", "published example"),
        ("a secret of tests, 32 bytes long", "published example"),
        ("letters-and-digits-only-and-32-long", "published example"),
        ("MySuperPassword2023!forThisServer", "common word"),
    ],
)
def test_a_key_that_can_be_guessed_is_refused_with_the_reason(key: str, reason: str) -> None:
    weak = weakness(key)
    assert weak is not None
    assert reason in str(written(weak, into("en")))
    for name in ("secret", "sealing_key", "record_key"):
        given = {"database_url": "postgresql://x/y", "secret": GOOD, "sealing_key": GOOD[::-1]} | {name: key}
        settings = Settings.read(**given)
        with pytest.raises(SettingsError, match=f"TUNPING_{name.upper()} ") as refused:
            READ[name](settings)
        told = str(written(refused.value.said, into("en")))
        assert reason in told
        assert key not in told


def test_random_keys_are_taken() -> None:
    made = [secrets.token_urlsafe(32) for _ in range(500)] + [secrets.token_hex(16) for _ in range(500)]
    assert {weakness(key) for key in made} == {None}


@pytest.mark.parametrize("other", ["sealing_key", "record_key"])
def test_one_key_for_two_purposes_is_refused(other: str) -> None:
    settings = Settings.read(database_url="postgresql://x/y", secret=GOOD, **{other: GOOD})
    for name in ("secret", other):
        with pytest.raises(SettingsError, match="不能相同"):
            READ[name](settings)


def test_codes_are_required_only_with_a_key_that_seals_their_secrets() -> None:
    given = {"database_url": "postgresql://x/y", "secret": GOOD, "totp": "required"}
    with pytest.raises(SettingsError, match="TUNPING_TOTP=required 需要 TUNPING_SEALING_KEY"):
        Settings.read(**given).code_policy()
    policy = Settings.read(**given, sealing_key=GOOD[::-1], totp_trust_days=30).code_policy()
    assert policy == CodePolicy(Totp.REQUIRED, timedelta(days=30))


@pytest.mark.parametrize(("demo", "totp"), [(True, Totp.OFF), (False, Totp.OFFERED)])
def test_codes_are_offered_but_not_with_the_demo(demo: bool, totp: Totp) -> None:
    assert Settings.read(database_url="postgresql://x/y", demo=demo).code_policy() == CodePolicy(totp)
