"""`tunping anchor`: links what waits, and writes an anchor of the record now."""

from typing import Annotated

import typer

from api.anchors import FILE
from api.background.record import Recorder, receivers_secret
from api.clock import utc_now
from api.commands.databases import plain_failures, with_database
from api.commands.languages import say, stop
from api.commands.terminal import new_app
from api.settings import Settings
from db.database import Database

app = new_app()


@app.command()
def anchor(
    webhook_secret: Annotated[
        bool, typer.Option("--webhook-secret", help="Only print the secret by which the receiver verifies signatures.")
    ] = False,
) -> None:
    """Link what waits, write an anchor of the record now, and send it."""
    with plain_failures():
        settings = Settings.read()
        if webhook_secret:
            typer.echo(receivers_secret(settings.signing_secret()))
            return
        if settings.key_to_record() is None:
            stop("未设置 TUNPING_RECORD_KEY")
    with_database(lambda opened: _anchor(opened.system, settings), settings)
    say("锚点已写入：{file}", file=settings.anchors() / FILE)


async def _anchor(database: Database, settings: Settings) -> None:
    recorder = Recorder.of(settings, database, utc_now)
    assert recorder is not None
    await recorder.link()
    recorder.anchors.add(await recorder.heads(), utc_now(), once_a_day=False)
    await recorder.send()
