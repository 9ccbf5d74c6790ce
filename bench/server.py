"""Server processes for the measurements."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

import httpx
import psutil

HERE = Path(__file__).parents[1]
COMMAND = (sys.executable, "-m", "api.commands")
WITHOUT_WORKER = {"TUNPING_WORKER": "false", "TUNPING_ACCESS_TOKEN_SECONDS": "86400"}
"""Settings of a server without background work, which would add load, and with tokens that outlast a measurement."""
PASSWORD = "tunping2023"
SECRET = token_urlsafe(32)
COUNTER = "HALL7Q4M2X9K"
START_WITHIN, STOP_WITHIN = 120, 30
_RAISED = (
    "graphql-by-address",
    "graphql-by-account",
    "graphql-without-account",
    "sockets-by-address",
    "auth-by-address",
)
RAISED = {
    "TUNPING_RATES": ",".join(f"{name}=100000000/minute" for name in _RAISED),
    "TUNPING_CONNECTIONS_BY_ADDRESS": "20000",
}
"""All load comes from one address and few accounts. Every other limit stays on."""


@dataclass(frozen=True, slots=True)
class Server:
    """The address and the process of a server."""

    url: str
    process: psutil.Process

    def token(self, username: str) -> str:
        """Signs in. Returns an access token."""
        form = {"grant_type": "password", "username": username, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/auth/token", data=form)
        return str(answer.json()["access_token"])


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU that a process has spent. Raises OSError if it has ended.

    They come from its CPU clock, because psutil counts ticks of 10 ms.
    """
    return time.clock_gettime(~process.pid << 3 | 2)


@contextmanager
def serving(url: str | None = None, environment: Mapping[str, str] | None = None, workers: int = 1) -> Iterator[Server]:
    """Runs `tunping serve` over a database, by default over an embedded one with the demo."""
    with tempfile.TemporaryDirectory() as folder:
        own = RAISED | {
            "TUNPING_DATA_DIR": str(Path(folder) / "data"),
            "PATH": "/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
        }
        given = {"DATABASE_URL": url, "TUNPING_SECRET": SECRET} if url else {}
        command = [*COMMAND, "serve", "--port", "0", *(["--workers", str(workers)] if workers > 1 else [])]
        with started(command, own | given | dict(environment or {}), r"(http://[\d.:]+)/graphql") as (process, address):
            yield Server(address, process)


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], ready: str, tree: Path = HERE
) -> Iterator[tuple[psutil.Process, str]]:
    """Runs a process in a folder. Yields it when its output matches ``ready``, with the last group of the match.

    The output goes to a file, because a full pipe would halt the process.
    """
    with (
        tempfile.NamedTemporaryFile("w+", encoding="utf-8") as output,
        subprocess.Popen(command, env=environment, cwd=tree, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield psutil.Process(process.pid), _heard(process, Path(output.name), re.compile(ready, re.MULTILINE))
        finally:
            process.terminate()
            process.wait(STOP_WITHIN)


def _heard(process: subprocess.Popen[bytes], output: Path, ready: re.Pattern[str]) -> str:
    end = time.monotonic() + START_WITHIN
    while not (found := ready.search(said := output.read_text(encoding="utf-8"))):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"{process.args!r} did not start:\n{said[-2_000:]}")
        time.sleep(0.05)
    return found[found.re.groups]
