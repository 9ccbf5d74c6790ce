"""`tunping serve --workers`: several processes on one port, one database, and phones that miss nothing."""

import asyncio
import os
import signal
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.roaming import PATIENCE, Fleet, connected, fleet, in_the_field, sign_in, until

pytestmark = pytest.mark.long
PHONES, WRITERS = 40, 4


@pytest.fixture(scope="module")
def servers(copy_url: str) -> Iterator[Fleet]:
    """Two processes over the module's copy of the demo."""
    with fleet(copy_url) as started:
        yield started


async def test_when_a_process_is_killed_its_phones_go_on_and_it_is_started_again(servers: Fleet) -> None:
    before = servers.servers()
    assert len(before) == 2
    async with in_the_field(servers.url, await sign_in(servers.url), PHONES, WRITERS) as place:
        killed = before.pop()
        os.kill(killed, signal.SIGKILL)
        await place.caught_up()
        assert await servers.others({killed, *before}, 1)


async def test_a_restart_in_turn_loses_no_act_and_no_event(servers: Fleet) -> None:
    before = servers.servers()
    async with in_the_field(servers.url, await sign_in(servers.url), PHONES, WRITERS) as place:
        servers.process.send_signal(signal.SIGHUP)
        await servers.others(before, 2)
        await until(lambda: not before & servers.servers())
        await connected(place.phones, 2)
    codes = {code for each in place.phones for code, _ in each.closed if code != 1000}
    assert codes == {1012}
    assert any("connect again in 0 s" in reason for each in place.phones for _, reason in each.closed)


async def test_a_signal_ends_all_processes_in_order(servers: Fleet) -> None:
    members = servers.servers()
    servers.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(servers.process.wait, PATIENCE) == 0
    assert not any(psutil.pid_exists(each) for each in members)


def test_the_processes_end_with_a_supervisor_that_is_killed(copy_url: str) -> None:
    with fleet(copy_url) as servers:
        members = [psutil.Process(each) for each in servers.servers()]
        servers.process.kill()
        assert psutil.wait_procs(members, PATIENCE)[1] == []
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{servers.url}/live")
