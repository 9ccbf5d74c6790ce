"""A server of its own for the measurements: a process with an embedded database and the demo in a scratch folder."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

HERE = Path(__file__).parents[1]
PASSWORD = "tunping2023"
SECRET = "a secret of the bench, 32 bytes long"
COUNTER = "HALL7Q4M2X9K"


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens, and its process."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of CPU that the server's own process has spent; PostgreSQL is another process."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def token(self, username: str) -> str:
        """Signs in."""
        form = {"grant_type": "password", "username": username, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/auth/token", data=form)
        return str(answer.json()["access_token"])


@contextmanager
def serving(url: str | None = None, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Starts `tunping serve` and stops it; over an embedded database of its own, or over a given one."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"TUNPING_DATA_DIR": str(Path(folder) / "data"), "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
        given = {"DATABASE_URL": url, "TUNPING_SECRET": SECRET} if url else {}
        started = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--port", "0"],
            env=own | given | dict(environment or {}),
            cwd=HERE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Server(_address(started), psutil.Process(started.pid))
        finally:
            started.terminate()
            started.wait(30)


def _address(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    for line in started.stdout:
        found = re.search(r"(http://[\d.:]+)/graphql", line)
        if found:
            return found[1]
    raise RuntimeError("the server did not start")
