"""Starting and stopping, with real processes: one command, a clean end, and what is said when it cannot be."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import psutil
import pytest

from api.settings import Settings, SettingsError
from db.server import DatabaseUnusable, check_server, check_version

ROOT = Path(__file__).parents[1]
TUNPING = (sys.executable, "-m", "api.cli")
PATIENCE = 60


@dataclass
class Program:
    """`tunping` at work in a process of its own."""

    process: subprocess.Popen[str]
    output: IO[str]

    def line_with(self, text: str) -> str:
        """The next line that has the text."""
        for line in self.output:
            if text in line:
                return line
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
        [*TUNPING, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        try:
            yield Program(process, process.stdout)
        finally:
            process.kill()


def serving(data_dir: Path, port: int = 0) -> "contextmanager[Program]":
    return running(data_dir, "serve", "--port", str(port))


def address_of(server: Program) -> str:
    return re.findall(r"http://[\d.:]+", server.line_with("Tunping is ready"))[0]


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


def postgres_of(data_dir: Path) -> list[psutil.Process]:
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
