"""`tunping worker`: the background jobs in a process of their own."""

from api import logs
from api.background import in_background
from api.background.webhooks import AT_ONCE
from api.background.worker import Worker
from api.clock import utc_now
from api.commands.databases import database, migrated, plain_failures
from api.commands.languages import say
from api.commands.signals import run, signalled
from api.commands.terminal import new_app
from api.settings import Settings

CONNECTIONS = AT_ONCE
"""Pooled connections: one for each webhook that is sent at once. The other jobs need one for a moment."""
app = new_app()


@app.command()
def worker() -> None:
    """Run the background jobs in a process of their own. Set TUNPING_WORKER=false for the server then."""
    with plain_failures(signalled=0):
        settings = Settings.read()
        with database(settings) as url:
            run(_work(url, settings))


async def _work(url: str, settings: Settings) -> None:
    logs.configure()
    async with migrated(url, CONNECTIONS) as opened:
        work = Worker.of(settings, opened, utc_now).run()
        ending = signalled()
        say("后台任务已启动")
        async with in_background(work):
            await ending.wait()
