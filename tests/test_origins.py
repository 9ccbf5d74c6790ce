"""Browsers: pages of configured origins use the API, and pages of other sites do not."""

from typing import Any

import httpx
import pytest
import websockets

from api.settings import Settings, SettingsError
from tests.client import Tunping, listening, serving

APP = "https://app.example.cn"
ELSEWHERE = "https://evil.example.com"
ASKING = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}


async def preflight(client: Tunping, path: str, origin: str, **more: str) -> httpx.Response:
    return await client.http.options(path, headers={"origin": origin, **ASKING, **more})


@pytest.mark.parametrize("path", ["/graphql", "/auth/token", "/photos/x", "/papers/agreement/x.docx", "/exports/x"])
async def test_an_app_of_a_configured_origin_may_ask_and_others_may_not(demo_url: str, path: str) -> None:
    async with serving(demo_url, origins=APP) as client:
        allowed = await preflight(client, path, APP, **{"access-control-request-method": "PUT"})
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, APP)
        assert allowed.headers["access-control-allow-headers"] == "authorization,content-type"
        assert "access-control-allow-credentials" not in allowed.headers
        refused = await preflight(client, path, ELSEWHERE)
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (400, False)


@pytest.mark.parametrize("path", ["/q/HALL7Q4M2X9K", "/wishes", "/ready"])
async def test_pages_of_residents_are_for_no_other_page(demo_url: str, path: str) -> None:
    async with serving(demo_url, origins=APP) as client:
        answer = await client.http.get(path, headers={"origin": APP})
        assert "access-control-allow-origin" not in answer.headers


async def test_an_app_reads_answers_and_refusals(demo_url: str) -> None:
    async with serving(demo_url, origins=APP, rates="graphql-by-address=2/hour") as client:
        worker = await client.as_("网格员01")
        for status in (200, 401, 429):
            token = {"authorization": "Bearer x"} if status == 401 else {}
            answer = await worker.post({"query": "{ me { username } }"}, origin=APP, **token)
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, APP)
            assert "Retry-After" in answer.headers["access-control-expose-headers"]


@pytest.mark.long
async def test_files_and_photos_take_the_token(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    disputes = "{ disputes(first: 1, where: {status: [AGREED]}) { nodes { id } } }"
    dispute = (await secretary.ask(disputes)).data["disputes"]["nodes"]
    path = f"/papers/agreement/{dispute[0]['id']}.docx" if dispute else "/exports/week.docx"
    assert (await reading.http.get(path)).status_code == 401
    assert (await reading.http.get(path, headers=secretary.headers)).status_code == 200
    photo = "/photos/" + "0" * 64
    assert (await reading.http.put(photo, headers={"authorization": "Bearer x"})).json()["errors"][0]["extensions"] == {
        "code": "TOKEN_INVALID"
    }


async def test_without_the_setting_there_is_no_cors(reading: Tunping) -> None:
    assert (await preflight(reading, "/graphql", APP)).status_code == 405


async def handshake(client: Tunping, origin: str | None) -> int:
    """The status with which the server answers the handshake of a socket."""
    options: Any = {"subprotocols": ["graphql-transport-ws"], "origin": origin}
    try:
        async with websockets.connect(f"{client.http.base_url}/graphql".replace("http", "ws"), **options):
            return 101
    except websockets.InvalidStatus as refused:
        return refused.response.status_code


async def test_a_socket_is_for_apps_and_for_pages_of_known_origins(copy_url: str) -> None:
    async with listening(copy_url, origins=APP, public_url="https://tunping.example.cn") as client:
        own = str(client.http.base_url).rstrip("/")
        for origin in (None, APP, "https://tunping.example.cn", own):
            assert await handshake(client, origin) == 101
        for origin in (ELSEWHERE, "null"):
            assert await handshake(client, origin) == 403


@pytest.mark.parametrize(
    "origins", ["*", "app.example.cn", "https://app.example.cn/", "https://App.example.cn", "https://"]
)
def test_a_wrong_origin_is_named(origins: str) -> None:
    with pytest.raises(SettingsError, match="is not an origin"):
        Settings.read(origins=f"{APP}, {origins}")
