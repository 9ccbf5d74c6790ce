"""Rate limits that several servers count together in Redis or Valkey, and what happens while it is away."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import structlog
from limits import RateLimitItemPerHour

from api.http import limits as module
from api.http.limits import Limits, shared_storage
from api.rates import MISSES_BY_ADDRESS
from tests.client import SECRET, Clock, free_port, serving

SERVER = shutil.which("valkey-server") or shutil.which("redis-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="neither valkey-server nor redis-server is installed")


@contextmanager
def redis(port: int, folder: Path) -> Iterator[None]:
    """A server that answers."""
    assert SERVER is not None
    command = [SERVER, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            next(line for line in process.stdout if "eady to accept connections" in line)
            yield
        finally:
            process.terminate()


@pytest.fixture
def port() -> int:
    return free_port()


@asynccontextmanager
async def two(port: int) -> AsyncIterator[list[Limits]]:
    """The limits of two servers: three misses an hour."""
    rates = {MISSES_BY_ADDRESS.name: RateLimitItemPerHour(3)}
    made = [Limits(rates, SECRET, Clock(), shared_storage(f"valkey://127.0.0.1:{port}/1")) for _ in range(2)]
    async with AsyncExitStack() as stack:
        for each in made:
            stack.push_async_callback(each.close)
        yield made


async def test_servers_count_together(port: int, tmp_path: Path) -> None:
    with redis(port, tmp_path):
        async with two(port) as (first, second):
            assert [await each.hit(MISSES_BY_ADDRESS, "a") for each in (first, second, first)] == [0, 0, 0]
            for each in (first, second):
                assert await each.test(MISSES_BY_ADDRESS, "b") == 0
                assert 3590 <= await each.test(MISSES_BY_ADDRESS, "a") <= 3600
                assert 3590 <= await each.hit(MISSES_BY_ADDRESS, "a") <= 3600


async def test_while_it_is_away_each_server_counts_alone_and_says_so_once(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(port) as (first, second):
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                assert [await each.hit(MISSES_BY_ADDRESS, "a") for each in (first, second)] == [0, 0]
                monkeypatch.setattr(module, "AWAY_FOR", 0.0)
            assert await first.hit(MISSES_BY_ADDRESS, "a") > 0
        said = [(line["event"], line["error"]) for line in logs]
        assert said == [("limits_storage_away", "ConnectionError")] * 2
        first._away_until = second._away_until = 0.0
        with redis(port, tmp_path):
            assert [await each.hit(MISSES_BY_ADDRESS, "a") for each in (first, second, first)] == [0, 0, 0]
            assert await second.hit(MISSES_BY_ADDRESS, "a") > 0


async def test_a_storage_that_hangs_delays_one_request_and_refuses_none(
    copy_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(swallow, "127.0.0.1")
    url = f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with serving(copy_url, limits_url=url, rates="graphql-without-account=2/minute") as tunping:
        asked = [(await tunping.ask("{ __typename }")).status for _ in range(3)]
    silent.close()
    assert asked == [200, 200, 429]
    assert capsys.readouterr().err.count("limits_storage_away") == 1
