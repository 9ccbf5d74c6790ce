"""Starting and stopping, with real processes: one command, a clean end, and what is said when it cannot be."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import psutil
import pytest

from api.commands.remote import Server
from api.commands.report import report
from api.settings import Settings, SettingsError
from db.server import DatabaseUnusable, check_server, check_version
from seeds.demo import DEMO_COUNTER_CODE

ROOT = Path(__file__).parents[1]
TUNPING = (sys.executable, "-m", "api.commands")
PATIENCE = 60
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
    """`tunping` at work in a process of its own."""

    process: subprocess.Popen[str]
    output: IO[str]

    def line_with(self, text: str) -> str:
        """The next line that has the text."""
        return self.until(text)[-1]

    def until(self, text: str) -> list[str]:
        """All lines up to the next one that has the text."""
        lines = []
        for line in self.output:
            lines.append(line)
            if text in line:
                return lines
        raise AssertionError(f"it ended without saying {text!r}")

    def end(self, by: signal.Signals) -> int:
        """Ends it, and gives back its exit code."""
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
        try:
            yield Program(process, process.stdout)
        finally:
            process.kill()


def serving(data_dir: Path, *options: str, port: int = 0) -> AbstractContextManager[Program]:
    return running(data_dir, "serve", "--port", str(port), *options)


def address_of(server: Program) -> str:
    return server.line_with("Tunping is ready").split()[-1].removesuffix("/graphql")


def refused(data_dir: Path, *arguments: str, **environment: str) -> str:
    """What a command says that ends with 1 and touches nothing."""
    done = subprocess.run(
        [*TUNPING, *arguments],
        cwd=ROOT,
        env=os.environ | {"TUNPING_DATA_DIR": str(data_dir)} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    return done.stderr


def postmaster_of(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def postgres_of(data_dir: Path) -> list[psutil.Process]:
    """What runs there; a child looks like its parent until it has told the system what it is."""
    home = str(data_dir / "postgres")
    return [each for each in psutil.process_iter(["cmdline"]) if home in (each.info["cmdline"] or ())]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With a space and Chinese in its path, as in a newcomer's home."""
    made = tmp_path_factory.mktemp("屯坪 data")
    yield made
    for left in postgres_of(made):
        left.kill()


def pasted(server: Program) -> object:
    """What a shell answers to the lines that the greeting wants pasted."""
    server.line_with("paste this:")
    lines = server.until("directLine")
    return json.loads(subprocess.run(["/bin/sh", "-c", "".join(lines)], check=True, capture_output=True).stdout)


def test_the_demo_is_loaded_once_and_either_signal_leaves_nothing_running(tmp_path: Path) -> None:
    for by, loads in ((signal.SIGTERM, True), (signal.SIGINT, False)):
        with serving(tmp_path) as server:
            said = server.until("Tunping is ready")
            assert ("loading the demo" in "".join(said)) is loads
            address = said[-1].split()[-1].removesuffix("/graphql")
            assert httpx.get(f"{address}/ready").json()["ready"] is True
            assert postgres_of(tmp_path)
            if loads:
                assert pasted(server) == STATISTICS
            assert server.end(by) == 0
        assert postgres_of(tmp_path) == []


def test_a_command_beside_the_server_shares_its_database_and_leaves_it_running(data_dir: Path) -> None:
    with serving(data_dir, "--no-demo") as server:
        address = address_of(server)
        with running(data_dir, "migrate") as beside:
            beside.line_with("up to date")
            assert beside.process.wait(PATIENCE) == 0
        assert httpx.get(f"{address}/ready").json()["ready"] is True
        server.end(signal.SIGTERM)
    assert postgres_of(data_dir) == []


def test_after_kill_9_it_starts_again_whether_postgres_died_too_or_not(data_dir: Path) -> None:
    with serving(data_dir, "--no-demo") as server:
        address_of(server)
        server.end(signal.SIGKILL)
    left = postmaster_of(data_dir)
    with serving(data_dir, "--no-demo") as server:
        address_of(server)
        assert postmaster_of(data_dir) == left
        server.end(signal.SIGKILL)
        os.kill(left, signal.SIGKILL)
    with serving(data_dir, "--no-demo") as server:
        address_of(server)
        assert server.end(signal.SIGTERM) == 0
    assert postgres_of(data_dir) == []


def test_a_report_stands_on_a_phone_within_a_second_and_survives_kill_9(data_dir: Path, free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    phoning = running(data_dir, "watch", "--as", "网格员01", "--url", url)
    with serving(data_dir, port=free_port) as first, phoning as phone:
        phone.line_with("waiting for appeals")
        with running(data_dir, "report", "3号楼2单元 暖气不热", "--url", url) as resident:
            assert re.search(r": [0-9A-Z]{10}$", resident.line_with("receipt code"))
        reported = time.monotonic()
        assert "3号楼2单元 暖气不热" in phone.line_with("单元")
        assert time.monotonic() - reported < 1
        first.end(signal.SIGKILL)
        with serving(data_dir, port=free_port) as second:
            for text in ("3号楼1单元 走廊堵了", "5号楼1单元 灯坏了"):
                asyncio.run(report(Server(url), text, DEMO_COUNTER_CODE, None))
                assert text in phone.line_with("单元")
            phone.end(signal.SIGINT)
            second.end(signal.SIGTERM)


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
    assert "TUNPING_SECRET" in refused(tmp_path, "serve", "--port", "0", DATABASE_URL=url)
    said = refused(tmp_path, "serve", "--port", "0", DATABASE_URL=url, TUNPING_SECRET="s" * 32)
    assert "数据库连不上" in said
    assert "hidden" not in said


async def test_a_stranger_to_the_database_is_told(postgres: str) -> None:
    with pytest.raises(DatabaseUnusable, match="refuses the sign-in"):
        await check_server(postgres.replace("postgres:@", "stranger:@"))
    with pytest.raises(DatabaseUnusable, match="no such database"):
        await check_server(postgres.replace("/postgres?", "/nothing?"))


def test_an_older_server_is_named_with_its_version() -> None:
    check_version("180000")
    with pytest.raises(DatabaseUnusable, match=r"PostgreSQL 18 or newer is required, this server is 15\.4"):
        check_version("150004")


def test_the_secret_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    settings = Settings.read(data_dir=tmp_path)
    first = settings.signing_secret()
    assert settings.signing_secret() == first
    (kept,) = tmp_path.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="32 characters or more"):
        Settings.read(secret="short").signing_secret()
    monkeypatch.setenv("TUNPING_PORT", "many")
    with pytest.raises(SettingsError, match="port: Input should be a valid integer"):
        Settings.read()


def test_an_address_written_for_sqlalchemy_is_understood() -> None:
    settings = Settings.read(database_url="postgresql+asyncpg://a@b/c")
    assert settings.database_url == "postgresql://a@b/c"


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNPING_SMS_URL", "")
    assert Settings.read().sms_url is None


def test_more_clients_than_the_system_grants_files_for_are_told_to_come_later(small_copy_url: str) -> None:
    """200 open files, 124 of which are the server's own: 76 clients."""
    limited = ("sh", "-c", 'ulimit -n 200; exec "$@"', "sh", *TUNPING, "serve", "--port", "0")
    given = {"DATABASE_URL": small_copy_url, "TUNPING_SECRET": "s" * 32, "TUNPING_WORKER": "false"}
    environment = os.environ | given | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(limited, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = address_of(Program(process, process.stdout))
        port = int(address.rpartition(":")[2])
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(80)]
        assert httpx.get(f"{address}/live").status_code == 503
        for each in held:
            each.close()
        _wait_until(lambda: httpx.get(f"{address}/live").status_code == 200)
        process.terminate()


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
