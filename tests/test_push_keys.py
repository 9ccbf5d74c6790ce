"""The key of Web Push: made once with the embedded database, given by a setting, and told to those who need it."""

from base64 import b64encode
from pathlib import Path
from secrets import token_bytes

import pytest

from api.background.push import PushSender, gateway_secret
from api.clock import utc_now
from api.settings import Settings, SettingsError
from api.vapid import Vapid
from tests.client import SECRET, serving
from tests.command import tunping as command
from tests.push_services import KEY

URL = "postgresql://tunping@127.0.0.1/tunping"


def test_the_embedded_database_has_a_key_that_is_made_once(tmp_path: Path) -> None:
    made, again = [Settings.read(data_dir=tmp_path).vapid() for _ in range(2)]
    assert made is not None
    assert again is not None
    assert made.public == again.public
    assert (tmp_path / "push_key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_32_bytes_in_either_alphabet_and_no_other_key() -> None:
    key = token_bytes(30) + b"\xfb\xff"
    given = Settings.read(database_url=URL, push_key=b64encode(key).decode()).vapid()
    assert given is not None
    assert given.key.private_numbers().private_value == int.from_bytes(key)
    assert Settings.read(database_url=URL).vapid() is None
    with pytest.raises(SettingsError, match="TUNPING_PUSH_KEY"):
        Settings.read(database_url=URL, push_key="not base64 at all, and yet rather long").vapid()
    with pytest.raises(SettingsError, match="不能相同"):
        Settings.read(database_url=URL, push_key=KEY, secret=KEY).vapid()


async def test_without_a_key_and_a_gateway_nothing_is_pushed(copy_url: str) -> None:
    async with serving(copy_url) as client:
        settings = Settings.read(database_url=copy_url, secret=SECRET.decode())
        assert PushSender.of(settings, client.app.state.system, utc_now) is None
        assert (await client.http.get("/ready")).json()["pushes"] == {"waitingSince": None, "late": False}


def test_operators_learn_the_public_key_and_the_secret_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNPING_PUSH_KEY", KEY)
    done = command(URL, "keys", "push")
    assert Vapid.of(KEY).public in done.stdout
    assert gateway_secret(SECRET) in done.stdout
