"""The background jobs: the safety ladder, overdue appeals, text messages, pushes, webhooks and the record.

Each job asks what is due now, so the next run makes up for a missed one. Any number of workers may run.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from psycopg import AsyncConnection

from api.background.gateways import Gateway
from api.background.messages import deliver
from api.background.push import PushSender
from api.background.record import Recorder
from api.background.retention import Retention
from api.background.webhooks import WebhookSender
from api.settings import Settings
from db.acts.access_notices import notice_access
from db.acts.alerts import climb
from db.acts.overdue import pass_over_appeals
from db.acts.scheduler import record_pass
from db.database import Database

log = structlog.get_logger()
Job = Callable[[], Awaitable[None]]

EVERY_MINUTE = "* * * * *"
EVERY_FIVE_SECONDS = "* * * * * */5"
EACH_NIGHT = "30 19 * * *"
"""In UTC: half past three at night in China."""
STOP_WITHIN = 1.0
"""Seconds for running jobs when the worker stops. A job that is cut off rolls back and runs again."""
_CONNECTION = {
    "options": "-c search_path=jobs",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""The worker's connection waits in LISTEN. TCP keepalives detect a dead peer within 10 + 3 × 5 = 25 s."""
_RETRY = 5.0
"""Seconds before a lost connection is opened again."""
_CONCURRENCY = 4
"""Jobs at once, so that slow receivers of messages, pushes and webhooks do not delay the ladder."""


@dataclass(frozen=True, slots=True)
class Worker:
    database: Database
    now: Callable[[], datetime]
    gateway: Gateway | None
    webhooks: WebhookSender | None = None
    retention: Retention | None = None
    record: Recorder | None = None
    pushes: PushSender | None = None
    every: str = EVERY_MINUTE
    """Cron expression of the ladder and of overdue appeals."""

    @classmethod
    def of(cls, settings: Settings, database: Database, now: Callable[[], datetime]) -> Self:
        """The worker with the gateways and the webhooks of the settings."""
        webhooks = WebhookSender(database, now, settings.signing_secret(), settings.webhook_private)
        retention, record = Retention.of(settings, database, now), Recorder.of(settings, database, now)
        pushes = PushSender.of(settings, database, now)
        return cls(database, now, Gateway.of(settings.sms_url, settings.sms_token), webhooks, retention, record, pushes)

    async def climb(self) -> None:
        """One pass of the ladder, in as many transactions as it takes."""
        rang = 0
        while some := await self.database.transact(climb, now=self.now()):
            rang += some
        if rang:
            log.info("ladder_rang", rungs=rang)

    async def pass_over(self) -> None:
        """One pass over all overdue appeals, recorded at its end.

        Each transaction takes one batch, so that after a long outage no lock is held for long.
        """
        moved = 0
        while some := await self.database.transact(pass_over_appeals, now=self.now()):
            moved += some
        await self.database.transact(record_pass, now=self.now())
        if moved:
            log.info("appeals_moved", appeals=moved)

    async def deliver(self) -> None:
        if self.gateway is not None:
            await deliver(self.database, self.gateway, self.now)

    async def push(self) -> None:
        if self.pushes is not None:
            await self.pushes.send()

    async def send_webhooks(self) -> None:
        if self.webhooks is not None:
            await self.webhooks.send()

    async def keep_no_longer(self) -> None:
        """Removes what need not be kept any more."""
        if self.retention is not None and (done := await self.retention.run()):
            log.info("retention_done", **{name.replace(" ", "_"): count for name, count in done.items()})

    async def notice_access(self) -> None:
        if noticed := await self.database.transact(notice_access, now=self.now()):
            log.warning("access_noticed", notices=noticed)

    async def link_record(self) -> None:
        if self.record is not None:
            await self.record.link()

    async def anchor_record(self) -> None:
        if self.record is not None:
            await self.record.anchor()

    async def run(self) -> None:
        """Works until it is cancelled. Reconnects when the connection is lost."""
        while True:
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001  the work goes on, whatever failed
                log.warning("worker_lost", error=type(error).__name__, retry_in=_RETRY)
                await asyncio.sleep(_RETRY)

    async def _work(self) -> None:
        app = self.app()
        async with app.open_async():
            await _logged(self.climb)
            await _logged(self.pass_over)
            await app.run_worker_async(
                install_signal_handlers=False,
                delete_jobs="always",
                shutdown_graceful_timeout=STOP_WITHIN,
                concurrency=_CONCURRENCY,
            )

    def app(self) -> App:
        connector = PsycopgConnector(conninfo=self.database.url, kwargs=_CONNECTION, connection_class=_JobConnection)
        app = App(connector=connector)

        async def remove_stalled() -> None:
            await _remove_stalled(app)

        for job in (self.climb, self.pass_over, self.notice_access, self.anchor_record, remove_stalled):
            _schedule(app, job, self.every)
        for job in (self.deliver, self.push, self.send_webhooks, self.link_record):
            _schedule(app, job, EVERY_FIVE_SECONDS)
        _schedule(app, self.keep_no_longer, EACH_NIGHT)
        return app


def _schedule(app: App, job: Job, cron: str) -> None:
    """Adds a periodic task, of which one is queued and one runs in this process at a time.

    The lock is not in the jobs' table, where it would outlive a worker that is killed.
    """
    lock = asyncio.Lock()

    @app.periodic(cron=cron)
    @app.task(name=job.__name__, queueing_lock=job.__name__)
    async def run(timestamp: int) -> None:  # noqa: ARG001  procrastinate passes the time of the tick
        if not lock.locked():
            async with lock:
                await _logged(job)


async def _remove_stalled(app: App) -> None:
    """Removes the jobs whose worker sends no heartbeat any more. Their work is still due, and the next tick does it."""
    for job in await app.job_manager.get_stalled_jobs():
        with suppress(ConnectorException):  # Another worker has removed it.
            await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)


async def _logged(job: Job) -> None:
    """Runs a job, and logs its failure. The next tick runs it again."""
    try:
        await job()
    except Exception as error:  # noqa: BLE001  the next tick tries again, whatever failed
        log.warning("job_failed", job=job.__name__, error=type(error).__name__)


class _JobConnection(AsyncConnection[Any]):
    """A connection that is closed when its statement is interrupted.

    psycopg would ask the server to cancel the statement, and wait 10 s for a server that does not answer.
    """

    async def cancel_safe(self, *, timeout: float = 0) -> None:  # noqa: ARG002, ASYNC109  psycopg's own signature
        """Closes the connection, which the pool replaces."""
        self.pgconn.finish()
