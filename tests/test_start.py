"""Starting and stopping, with real processes: one command, a clean end, and messages when it cannot start."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from types import SimpleNamespace
from typing import IO

import httpx
import psutil
import psycopg
import pytest

from api.commands.embedded import CHECK_EVERY, _Shared
from api.commands.postgres import Cluster, Postmaster
from api.commands.remote import Refused, Server
from api.commands.report import report
from api.settings import Settings, SettingsError
from db.server import DatabaseUnusable, check_server, check_version
from seeds.demo import DEMO_COUNTER_CODE
from tests import client
from tests.client import SECRET
from tests.command import tunping

ROOT = Path(__file__).parents[1]
TUNPING = (sys.executable, "-m", "api.commands")
PATIENCE = 60
"""Seconds for a process to end."""
LIFETIME = 300
"""Seconds after which a process is killed, so that nobody waits for its output for ever."""
STATISTICS = {
    "data": {
        "me": {"name": "彭文玲", "roleLabel": "书记"},
        "statistics": {
            "disputes": {"total": 101, "oral": 96, "written": 4, "pending": 1, "successRate": 100 / 101},
            "directLine": {"total": 73, "unresolved": 3},
        },
    }
}


@dataclass
class Program:
    """`tunping` in a process of its own."""

    process: subprocess.Popen[str]
    output: IO[str]

    def line_with(self, text: str) -> str:
        """The next line with the text."""
        return self.until(text)[-1]

    def until(self, text: str) -> list[str]:
        """All lines up to the next one with the text."""
        lines = []
        for line in self.output:
            lines.append(line)
            if text in line:
                return lines
        raise AssertionError(f"it ended without saying {text!r}")

    def end(self, by: signal.Signals) -> int:
        """Sends a signal, and returns the exit code."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)


@contextmanager
def running(data_dir: Path, *arguments: str) -> Iterator[Program]:
    environment = os.environ | {"TUNPING_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}
    environment.pop("DATABASE_URL", None)
    with subprocess.Popen(
        [*TUNPING, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        guard = Timer(LIFETIME, process.kill)
        guard.start()
        try:
            yield Program(process, process.stdout)
        finally:
            guard.cancel()
            process.kill()


def serving(data_dir: Path, *options: str, port: int = 0) -> AbstractContextManager[Program]:
    return running(data_dir, "serve", "--port", str(port), *options)


def address_of(server: Program) -> str:
    return server.line_with("Tunping is ready").split()[-1].removesuffix("/graphql")


def refused(data_dir: Path, *arguments: str, url: str | None = None, secret: str | None = None) -> str:
    """The one line that a command prints when it cannot start."""
    done = tunping(url, *arguments, secret=secret, data=data_dir)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.output
    return done.stderr


def postmaster_of(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def next_postmaster(data_dir: Path, left: int) -> int:
    """The process of the database that has replaced another."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = Postmaster.read(data_dir / "postgres")
        if found and found.pid != left and found.status == "ready":
            return found.pid
        time.sleep(CHECK_EVERY)
    raise AssertionError("the database was not started again")


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while httpx.get(f"{url}/ready", timeout=PATIENCE).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(CHECK_EVERY)


def postgres_of(data_dir: Path) -> list[psutil.Process]:
    """The processes of its server; a child looks like its parent until it has set its title."""
    home = str(data_dir)
    return [each for each in psutil.process_iter(["cmdline"]) if home in " ".join(each.info["cmdline"] or ())]


@pytest.fixture
def free_port() -> int:
    return client.free_port()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory with a space and Chinese in its path, as in a newcomer's home."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "屯坪 data"
        yield made
        for left in postgres_of(made):
            left.kill()
            left.wait(PATIENCE)


def pasted(server: Program) -> object:
    """The answer that a shell gets with the lines of the greeting."""
    server.line_with("paste this:")
    lines = server.until("directLine")
    answer = subprocess.run(["/bin/sh", "-c", "".join(lines)], check=True, capture_output=True).stdout
    return {"data": json.loads(answer)["data"]}


async def reported_at_last(server: Server, text: str) -> None:
    """Reports a problem as soon as the server's database is back."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(Refused):  # After some attempts it gives up.
                await report(server, text, DEMO_COUNTER_CODE, None)
                return


@pytest.mark.long
def test_a_server_and_its_database_start_with_the_demo_and_end_together(data_dir: Path) -> None:
    with serving(data_dir) as server:
        lines = server.until("Tunping is ready")
        assert "loading the demo" in "".join(lines)
        assert pasted(server) == STATISTICS
        ready = lines[-1].split()[-1].removesuffix("/graphql") + "/ready"
        assert httpx.get(ready, timeout=PATIENCE).json()["ready"] is True
        assert server.end(signal.SIGTERM) == 0
    assert postgres_of(data_dir) == []


@pytest.mark.long
def test_a_phone_goes_on_when_the_server_and_then_its_database_are_killed(data_dir: Path, free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    with serving(data_dir, port=free_port) as server:
        address_of(server)
        with running(data_dir, "watch", "--as", "网格员01", "--url", url) as phone:
            phone.line_with("waiting for appeals")
            reported = tunping(None, "report", "3号楼2单元 暖气不热", "--url", url)
            assert re.search(r"receipt code.*: [0-9A-Z]{10}$", reported.stdout, re.MULTILINE), reported.output
            assert "3号楼2单元 暖气不热" in phone.line_with("单元")
            server.end(signal.SIGKILL)
            left = postmaster_of(data_dir)
            with serving(data_dir, port=free_port) as again:
                assert "loading the demo" not in "".join(again.until("Tunping is ready"))
                assert postmaster_of(data_dir) == left
                for text in ("3号楼1单元 走廊堵了", "5号楼1单元 灯坏了"):
                    asyncio.run(report(Server(url), text, DEMO_COUNTER_CODE, None))
                    assert text in phone.line_with("单元")
                os.kill(left, signal.SIGKILL)
                asyncio.run(reported_at_last(Server(url), "4号楼1单元 下水堵了"))
                assert "4号楼1单元 下水堵了" in phone.line_with("单元")
                assert postmaster_of(data_dir) != left
                phone.end(signal.SIGTERM)
                assert again.end(signal.SIGTERM) == 0
    assert postgres_of(data_dir) == []


@pytest.mark.long
def test_a_server_that_is_killed_with_its_database_starts_again(data_dir: Path) -> None:
    with serving(data_dir) as server:
        address_of(server)
        with running(data_dir, "migrate") as beside:
            beside.line_with("up to date")
            assert beside.process.wait(PATIENCE) == 0
        assert postgres_of(data_dir)
        left = postmaster_of(data_dir)
        server.end(signal.SIGKILL)
        os.kill(left, signal.SIGKILL)
    with serving(data_dir) as server:
        assert "loading the demo" not in "".join(server.until("Tunping is ready"))
        assert server.end(signal.SIGTERM) == 0
    assert postgres_of(data_dir) == []


@pytest.mark.long
def test_of_two_processes_one_starts_the_killed_database_again(data_dir: Path, free_port: int) -> None:
    """The path of its data is too long for a socket, whose folder stays the same."""
    data_dir /= "屯" * 40
    with serving(data_dir, "--no-demo", port=free_port) as server, running(data_dir, "worker") as worker:
        address_of(server)
        worker.line_with("worker runs")
        left = postmaster_of(data_dir)
        os.kill(left, signal.SIGKILL)
        first = next_postmaster(data_dir, left)
        with _Shared(data_dir / "postgres")._starting:  # The program that started it has ended.
            assert {each.pid for each in postgres_of(data_dir) if each.ppid() != first} == {first}
        wait_until_ready(f"http://127.0.0.1:{free_port}")
        assert worker.end(signal.SIGTERM) == 0
        assert server.end(signal.SIGTERM) == 0
        said = server.output.read() + worker.output.read()  # The slower one may find it running again.
    assert {"postgres_stopped", "postgres_started"} <= set(re.findall(r"postgres_\w+", said))
    assert postgres_of(data_dir) == []


def test_a_database_that_is_stopping_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = Postmaster(1, "", "stopping")
    read = iter([stopping, stopping, None])
    monkeypatch.setattr(Postmaster, "read", lambda _: next(read))
    monkeypatch.setattr(Postmaster, "alive", lambda *_: True)
    cluster = Cluster.__new__(Cluster)
    cluster._home = Path()
    assert cluster.running() is None
    assert list(read) == []


@pytest.mark.long
def test_a_database_whose_stopping_process_was_killed_starts_again(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir()
    first, other = _Shared(data_dir / "postgres"), _Shared(data_dir / "postgres")
    user = psycopg.connect(first.join())
    os.kill(postmaster_of(data_dir), signal.SIGTERM)  # It stops when its last user leaves.
    read = Postmaster.read

    def leaving(home: Path) -> Postmaster | None:
        found = read(home)
        if found is not None and found.status == "stopping":
            user.close()
        return found

    monkeypatch.setattr(Postmaster, "read", leaving)
    with psycopg.connect(other.join()) as again:
        assert again.execute("select 1").fetchone() == (1,)
    other.leave()
    first.leave()
    assert postgres_of(data_dir) == []


def test_a_database_that_does_not_stay_is_started_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, shared = list[float | None](), _Shared.__new__(_Shared)
    shared._cluster = SimpleNamespace(alive=lambda: False)  # type: ignore[assignment]
    monkeypatch.setattr(_Shared, "_try_to_restart", lambda _: None)

    class Ended(Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return len(waits) == 15

    shared._keep_running(Ended())
    assert waits[::2] == [CHECK_EVERY] * 8
    assert waits[1::2] == [0, 1, 2, 4, 8, 16, 30]


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(tmp_path / "data", "serve", "--port", port)
    assert said == f"端口 {port} 已被占用，请用 --port 换一个 / port {port} is taken; choose another with --port\n"
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert "内置数据库无法启动" in refused(tmp_path / "data", "migrate")


def test_an_outside_database_wants_a_secret_and_has_to_be_there(tmp_path: Path, free_port: int) -> None:
    url = f"postgresql://tunping:hidden@127.0.0.1:{free_port}/tunping"
    assert "TUNPING_SECRET" in refused(tmp_path, "serve", "--port", "0", url=url)
    said = refused(tmp_path, "serve", "--port", "0", url=url, secret=SECRET.decode())
    assert "数据库连不上" in said
    assert "hidden" not in said


async def test_a_stranger_to_the_database_is_told(postgres: str) -> None:
    with pytest.raises(DatabaseUnusable, match="数据库拒绝登录"):
        await check_server(postgres.replace("postgres:@", "stranger:@"))
    with pytest.raises(DatabaseUnusable, match="没有这个数据库"):
        await check_server(postgres.replace("/postgres?", "/nothing?"))


def test_an_older_server_is_named_with_its_version() -> None:
    check_version("180000")
    with pytest.raises(DatabaseUnusable, match=r"需要 PostgreSQL 18 或更高版本，当前是 15\.4"):
        check_version("150004")


def test_the_secret_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    settings = Settings.read(data_dir=tmp_path)
    first = settings.signing_secret()
    assert settings.signing_secret() == first
    (kept,) = tmp_path.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="至少 32 个字符"):
        Settings.read(secret="short").signing_secret()
    with pytest.raises(SettingsError, match="pool_size: Input should be greater than or equal to 2"):
        Settings.read(pool_size=1)
    monkeypatch.setenv("TUNPING_PORT", "many")
    with pytest.raises(SettingsError, match="port: Input should be a valid integer"):
        Settings.read()


def test_an_address_written_for_sqlalchemy_is_understood() -> None:
    settings = Settings.read(database_url="postgresql+asyncpg://a@b/c")
    assert settings.database_url == "postgresql://a@b/c"


def test_docker_compose_passes_each_setting() -> None:
    """The image fixes the address and the data directory. The keys are in the environment, not in a file."""
    passed = set(re.findall(r"^  (?:TUNPING_)?(\w+):", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE))
    fixed = set(re.findall(r"TUNPING_(\w+)=", (ROOT / "Dockerfile").read_text())) | {"PORT", "SEALING_KEY_FILE"}
    assert {name.upper() for name in Settings.model_fields} <= passed | fixed


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNPING_SMS_URL", "")
    assert Settings.read().sms_url is None


@pytest.mark.long
def test_more_clients_than_the_system_grants_files_for_are_told_to_come_later(small_copy_url: str) -> None:
    """Of 200 open files 124 are reserved for the server, which leaves 76 clients."""
    limited = ("sh", "-c", 'ulimit -n 200; exec "$@"', "sh", *TUNPING, "serve", "--port", "0")
    given = {
        "DATABASE_URL": small_copy_url,
        "TUNPING_SECRET": SECRET.decode(),
        "TUNPING_WORKER": "false",
        "TUNPING_CONNECTIONS_BY_ADDRESS": "99",
    }
    environment = os.environ | given | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(limited, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = address_of(Program(process, process.stdout))
        port = int(address.rpartition(":")[2])
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(80)]
        assert httpx.get(f"{address}/live", timeout=PATIENCE).status_code == 503
        for each in held:
            each.close()
        while httpx.get(f"{address}/live", timeout=PATIENCE).status_code != 200:
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
