"""`tunping migrate`: applies the migrations."""

from api.commands.databases import database, plain_failures
from api.commands.languages import say
from api.commands.signals import run
from api.commands.terminal import new_app
from api.settings import Settings
from db.migrate import bring_up

app = new_app()


@app.command()
def migrate() -> None:
    """Apply all missing migrations."""
    with plain_failures(), database(Settings.read()) as url:
        run(bring_up(url))
        say("数据库已是最新")
