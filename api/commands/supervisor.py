"""`tunping serve --workers N`: several server processes on one port, kept running and restarted one after the other.

uvicorn's own supervisor has no back-off, ends with the first process that cannot start, and reads no signal during a
restart. So this one keeps the processes, and uvicorn serves in each.
"""

import asyncio
import multiprocessing
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import structlog
import typer

from api import logs
from api.app import create_app
from api.commands.databases import CannotServe, plain_failures
from api.commands.embedded import RETRY_FIRST, RETRY_LAST, STEADY
from api.commands.serving import serve_on, show_demo
from api.commands.signals import handled, hang_up_restarts, run
from api.settings import Settings
from db.migrate import check_revision

READY_WITHIN = 180.0
"""Seconds for a new process to serve, before a restart is given up. It takes some 5 s, on a busy machine 60."""
END_WITHIN = 9.0
"""Seconds for a process to end its sockets, requests and jobs. Then it is killed, before Docker kills all after 10."""
LEAST_POOL = 4
"""Connections of a process for viewers at least."""
_spawn = multiprocessing.get_context("spawn")
"""A new process imports the code anew, so that a restart runs the code that is installed then."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Service:
    """The socket, the settings and the database of all processes. The first process also runs the background jobs."""

    listening: socket.socket
    settings: Settings
    url: str
    is_demo: bool
    rounds_at: str | None
    """The database whose demo goes on."""
    processes: int

    def settings_of(self, number: int) -> Settings:
        """The settings of one process. They share the connections to the database."""
        each = max(-(-self.settings.pool_size // self.processes), LEAST_POOL)
        return self.settings.model_copy(update={"pool_size": each, "worker": self.settings.worker and number == 0})


def supervise(service: Service, ready: Callable[[], None]) -> None:
    """Serves until a signal. Calls ``ready`` when all processes serve. Raises CannotServe."""
    logs.configure()
    try:
        asyncio.run(Supervisor(service).run(ready))
    finally:
        for each in handled():  # What is left, such as the embedded database, is stopped in peace.
            signal.signal(each, signal.SIG_IGN)


def _serve(service: Service, number: int, told: Connection) -> None:
    """The work of a process. It tells when it serves."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # The supervisor heeds it.
    try:
        with plain_failures(signalled=0):
            run(check_revision(service.url))  # A restart may run the code of another release.
            settings = service.settings_of(number)
            application = create_app(settings, service.url)
            if service.is_demo:
                show_demo(application, settings)
            rounds_at = service.rounds_at if number == 0 else None
            serve_on(service.listening, application, settings, lambda: told.send(True), rounds_at)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)


@dataclass(eq=False, slots=True)
class Member:
    """A server process."""

    process: SpawnProcess
    began: float = field(default_factory=time.monotonic)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def start(cls, service: Service, number: int) -> "Member":
        """Starts a process, which tells by a pipe when it serves. The pipe is closed when it has ended.

        Raises OSError if the system cannot start it.
        """
        ours, theirs = _spawn.Pipe(duplex=False)
        member = cls(_spawn.Process(target=_serve, args=(service, number, theirs), name=f"server {number}"))
        try:
            with theirs:
                member.process.start()
        except OSError:
            ours.close()
            raise
        asyncio.get_running_loop().add_reader(ours.fileno(), member._hear, ours)
        return member

    def _hear(self, told: Connection) -> None:
        try:
            told.recv()
            self.ready.set()
        except EOFError:
            asyncio.get_running_loop().remove_reader(told.fileno())
            told.close()
            self.process.join()
            self.ended.set()

    async def serves(self, within: float | None = None) -> bool:
        """Waits until it serves. False if it has ended, or takes longer than so many seconds."""
        waiting = [asyncio.create_task(each.wait()) for each in (self.ready, self.ended)]
        await asyncio.wait(waiting, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        return self.ready.is_set() and not self.ended.is_set()

    async def end(self) -> None:
        """Ends it in order; after ``END_WITHIN`` it is killed."""
        self.process.terminate()
        try:
            async with asyncio.timeout(END_WITHIN):
                await self.ended.wait()
        except TimeoutError:
            self.process.kill()
            await self.ended.wait()


class Supervisor:
    """Keeps the processes running."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._members: list[Member] = []
        """The present ones, by their number."""
        self._all: set[Member] = set()
        """Also those that begin or end."""
        self._ending, self._restart = asyncio.Event(), asyncio.Event()

    async def run(self, ready: Callable[[], None]) -> None:
        """Runs until a signal ends it."""
        self._heed()
        tasks: list[asyncio.Task[None]] = []
        try:
            self._members = [self._start(number) for number in range(self._service.processes)]
            if await self._all_serve():
                ready()
            tasks = [asyncio.create_task(self._keep(number)) for number in range(self._service.processes)]
            tasks.append(asyncio.create_task(self._restart_when_asked()))
            await self._ending.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._service.listening.close()  # Who comes now is refused, and does not wait for nobody.
            await asyncio.gather(*(each.end() for each in self._all if not each.ended.is_set()))

    def _heed(self) -> None:
        """SIGHUP restarts, or in a terminal it ends the server, as all commands."""
        loop, hang_up = asyncio.get_running_loop(), self._restart if hang_up_restarts() else self._ending
        for each in handled():
            loop.add_signal_handler(each, (hang_up if each is signal.SIGHUP else self._ending).set)

    def _start(self, number: int) -> Member:
        member = Member.start(self._service, number)
        self._all = {each for each in self._all if not each.ended.is_set()} | {member}
        return member

    def _try_to_start(self, number: int) -> Member | None:
        """Starts a process. None if the system has no process, memory or open file to spare."""
        try:
            return self._start(number)
        except OSError as error:
            log.error("server_not_started", error=str(error))  # noqa: TRY400  the system's reason is enough
            return None

    async def _all_serve(self) -> bool:
        """Waits until all serve, or a signal ends it. Raises CannotServe if one does not."""
        serving = asyncio.gather(*(each.serves() for each in self._members))
        ending = asyncio.create_task(self._ending.wait())
        waiting: list[asyncio.Future[Any]] = [serving, ending]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if self._ending.is_set():
            serving.cancel()
            return False
        ending.cancel()
        if not all(serving.result()):
            raise CannotServe("有服务进程没有启动，原因见日志")
        return True

    async def _keep(self, number: int) -> None:
        """Starts a process again whenever it has ended: at once, and ever more rarely if it does not stay."""
        delay = 0.0
        while True:
            member = self._members[number]
            await member.ended.wait()
            if self._members[number] is not member:  # It was replaced.
                continue
            delay = 0.0 if time.monotonic() - member.began > STEADY else delay
            log.error("server_ended", process=member.process.pid, code=member.process.exitcode, retry_in=delay)
            await asyncio.sleep(delay)
            delay = min(max(delay * 2, RETRY_FIRST), RETRY_LAST)
            if self._members[number] is member:
                member.began = time.monotonic()  # If the start fails, the next one comes later.
                self._members[number] = self._try_to_start(number) or member

    async def _restart_when_asked(self) -> None:
        while True:
            await self._restart.wait()
            self._restart.clear()
            replaced = 0
            while replaced < len(self._members) and await self._replace(replaced):
                replaced += 1
            log.warning("servers_restarted", processes=replaced)

    async def _replace(self, number: int) -> bool:
        """Replaces a process by a new one, which serves before the old one stops. False if the new one does not."""
        new = self._try_to_start(number)
        if new is None or not await new.serves(READY_WITHIN):
            log.error("server_not_replaced", process=self._members[number].process.pid)
            if new is not None:
                await new.end()
            return False
        old, self._members[number] = self._members[number], new
        await old.end()
        return True
