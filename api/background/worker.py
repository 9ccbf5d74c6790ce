"""Background work: the ladder climbs, overdue appeals go up, messages go out; in the server's process or in its own.

Every job asks what is overdue now, so the next one makes up for a missed one, and any number of workers may run.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from psycopg import AsyncConnection

from api.background.messages import Gateway, deliver
from api.background.webhooks import Teller
from db.acts.alerts import climb
from db.acts.overdue import pass_over_appeals
from db.acts.scheduler import record_pass
from db.database import Database

log = structlog.get_logger()

EVERY_MINUTE = "* * * * *"
EVERY_TEN_SECONDS = "* * * * * */10"
STOP_WITHIN = 1.0
"""Seconds that a job may take to end when the worker is told to stop. One that is cut off leaves nothing half done."""
_LIVING = {
    "options": "-c search_path=jobs",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A connection to the jobs waits for news for ever: TCP itself notices within 25 s that the other end is gone."""
_RETRY = 5.0
"""Seconds until a lost connection is made anew."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What the jobs need."""

    database: Database
    now: Callable[[], datetime]
    gateway: Gateway | None
    teller: Teller | None = None
    every: str = EVERY_MINUTE
    """When what is overdue is looked at, as cron says it."""
    often: str = EVERY_TEN_SECONDS
    """When what is to be told outside is looked for."""

    async def climb(self) -> None:
        """One pass of the safety ladder."""
        rang = await self.database.transact(climb, now=self.now())
        if rang:
            log.info("ladder_rang", rungs=rang)

    async def pass_over(self) -> None:
        """One pass over all appeals whose time is up, and a record that it was made.

        Some in each transaction: after a long silence nobody waits for all of it, and what is done is done.
        """
        moved = 0
        while some := await self.database.transact(pass_over_appeals, now=self.now()):
            moved += some
        await self.database.transact(record_pass, now=self.now())
        if moved:
            log.info("appeals_moved", appeals=moved)

    async def deliver(self) -> None:
        """Hands what waits in the outbox to the gateway."""
        if self.gateway is not None:
            await deliver(self.database, self.gateway, self.now)

    async def tell(self) -> None:
        """Tells outside systems what is new."""
        if self.teller is not None:
            await self.teller.tell()

    async def run(self) -> None:
        """Works until it is cancelled; a lost connection to the jobs is made anew."""
        while True:
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001  whatever broke, there is work to do
                log.warning("worker_lost", error=type(error).__name__, retry_in=_RETRY)
                await asyncio.sleep(_RETRY)

    async def _work(self) -> None:
        app = self.app()
        async with app.open_async():
            await _surely(self.climb)
            await _surely(self.pass_over)
            await app.run_worker_async(
                install_signal_handlers=False,
                delete_jobs="always",
                shutdown_graceful_timeout=STOP_WITHIN,
                concurrency=3,
            )

    def app(self) -> App:
        """The jobs and when they are due."""
        connector = PsycopgConnector(conninfo=self.database.url, kwargs=_LIVING, connection_class=_JobConnection)
        app = App(connector=connector)

        @app.periodic(cron=self.every)
        @app.task(name="climb", queueing_lock="climb")
        async def climbing(timestamp: int) -> None:  # noqa: ARG001  it asks what is overdue now
            await _surely(self.climb)

        @app.periodic(cron=self.every)
        @app.task(name="pass_over", queueing_lock="pass_over")
        async def passing(timestamp: int) -> None:  # noqa: ARG001
            await _surely(self.pass_over)

        @app.periodic(cron=EVERY_TEN_SECONDS)
        @app.task(name="deliver", queueing_lock="deliver", lock="deliver")
        async def delivering(timestamp: int) -> None:  # noqa: ARG001
            await _surely(self.deliver)

        @app.periodic(cron=self.often)
        @app.task(name="tell", queueing_lock="tell", lock="tell")
        async def telling(timestamp: int) -> None:  # noqa: ARG001
            await _surely(self.tell)

        return app


async def _surely(job: Callable[[], Awaitable[None]]) -> None:
    """A job that fails is due again with the next tick."""
    try:
        await job()
    except Exception as error:  # noqa: BLE001  the next tick asks again
        log.warning("job_failed", job=job.__name__, error=type(error).__name__)


class _JobConnection(AsyncConnection[Any]):
    """A connection to the jobs that is closed when its statement is interrupted.

    psycopg would ask the server to cancel the statement, and wait 10 s for one that does not answer.
    """

    async def cancel_safe(self, *, timeout: float = 0) -> None:  # noqa: ARG002, ASYNC109  psycopg's own signature
        """Closes the connection, which the pool replaces."""
        self.pgconn.finish()


@asynccontextmanager
async def working(worker: Worker | None) -> AsyncIterator[None]:
    """Runs a worker beside the server, if there is to be one."""
    if worker is None:
        yield
        return
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=STOP_WITHIN + 0.5)
