"""How `tunping serve --workers` keeps and replaces its processes, without any."""

import asyncio
import errno
import os
import signal
import socket
import time
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.commands import supervisor
from api.commands.embedded import STEADY
from api.commands.supervisor import Member, Service, Supervisor
from api.settings import Settings
from db.server import DatabaseUnusable


def service(processes: int = 2, **given: Any) -> Service:
    """What nobody serves."""
    with socket.socket() as closed:
        return Service(
            closed, Settings.read(**given), "postgresql://", is_demo=False, rounds_at=None, processes=processes
        )


def member(*, ready: bool = False, ended: bool = False) -> Any:
    """A process that is none."""
    process = SimpleNamespace(pid=1, exitcode=1, terminate=lambda: None)
    made: Any = Member(process, time.monotonic())  # type: ignore[arg-type]
    process.terminate = made.ended.set
    for event, is_set in ((made.ready, ready), (made.ended, ended)):
        if is_set:
            event.set()
    return made


async def test_a_process_that_does_not_stay_is_started_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 8:
            raise asyncio.CancelledError

    keeping = Supervisor(service())
    keeping._members = [member(ended=True)]
    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(Member, "start", lambda *_: member(ended=True))
    with pytest.raises(asyncio.CancelledError):
        await keeping._keep(0)
    assert waits == [0, 1, 2, 4, 8, 16, 30, 30]


async def test_a_process_that_the_system_cannot_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, attempts = list[float](), iter([False, False, True])
    keeping, old, new = Supervisor(service()), member(ended=True), member()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def start(*_: object) -> Member:
        if next(attempts):
            keeper.cancel()
            return new  # type: ignore[no-any-return]
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    old.began -= 2 * STEADY
    keeping._members = [old]
    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(Member, "start", start)
    keeper = asyncio.create_task(keeping._keep(0))
    with pytest.raises(asyncio.CancelledError):
        await keeper
    assert (waits, keeping._members) == ([0, 1, 2], [new])


async def test_a_restart_without_a_process_to_spare_leaves_the_old_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    keeping, old = Supervisor(service()), member(ready=True)

    def start(*_: object) -> Member:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    keeping._members = [old]
    monkeypatch.setattr(Member, "start", start)
    with capture_logs() as logged:
        assert not await keeping._replace(0)
    assert [each["event"] for each in logged] == ["server_not_started", "server_not_replaced"]
    assert keeping._members == [old]
    assert not old.ended.is_set()


@pytest.mark.parametrize("serves", [True, False])
async def test_an_old_process_stops_only_when_the_new_one_serves(
    monkeypatch: pytest.MonkeyPatch, *, serves: bool
) -> None:
    keeping, old, new = Supervisor(service()), member(ready=True), member(ready=serves, ended=not serves)
    keeping._members = [old]
    monkeypatch.setattr(Member, "start", lambda *_: new)
    assert await keeping._replace(0) == serves
    assert keeping._members == [new if serves else old]
    assert old.ended.is_set() == serves


def test_a_process_of_another_release_ends_before_it_serves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuse(_: str) -> None:
        raise DatabaseUnusable("another revision")

    told: Any = None
    monkeypatch.setattr(supervisor, "check_revision", refuse)
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with pytest.raises(SystemExit, match="1"):
            supervisor._serve(service(), 0, told)
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
    assert capsys.readouterr().err == "another revision\n"


def test_the_processes_share_the_connections_and_the_first_one_does_the_background_work() -> None:
    shared = service(3, pool_size=20)
    assert [(each.pool_size, each.worker) for each in map(shared.settings_of, range(3))] == [
        (7, True),
        (7, False),
        (7, False),
    ]
    assert service(16, pool_size=20).settings_of(1).pool_size == 4
    assert not service(worker=False).settings_of(0).worker
