"""`tunping worker`: background work in a process of its own."""

import typer

from api import logs
from api.background.messages import Gateway
from api.background.webhooks import Teller
from api.background.worker import Worker, working
from api.clock import utc_now
from api.commands.databases import brought_up, database, plain_failures
from api.commands.settings import Settings
from api.commands.signals import end_cleanly, run, told
from api.commands.terminal import new_app

CONNECTIONS = 4
"""To the database: the jobs need one each for a moment, and four webhooks are noted at a time."""
app = new_app()


@app.command()
def worker() -> None:
    """Do background work in a process of its own; set TUNPING_WORKER=false for the server then."""
    with plain_failures():
        end_cleanly(0)
        settings = Settings.read()
        with database(settings) as url:
            run(_work(url, settings))


async def _work(url: str, settings: Settings) -> None:
    logs.configure()
    async with brought_up(url, CONNECTIONS) as opened:
        teller = Teller(opened, utc_now, settings.signing_secret(), settings.webhook_private)
        ending = told()
        typer.echo("后台任务已启动 / the worker runs")
        async with working(Worker(opened, utc_now, gateway_of(settings), teller)):
            await ending.wait()


def gateway_of(settings: Settings) -> Gateway | None:
    """Where text messages go, if that is set."""
    if settings.sms_url is None:
        return None
    token = settings.sms_token
    return Gateway(str(settings.sms_url), token.get_secret_value() if token else None)
