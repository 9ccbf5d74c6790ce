"""`tunping client`: outside systems, such as the dispute resolution centre's."""

from typing import Annotated

import typer

from api.background.webhooks import signing_secret
from api.commands.databases import plain_failures, transact
from api.commands.settings import Settings
from api.commands.terminal import new_app
from db.acts import clients

app = new_app()
Name = Annotated[str, typer.Argument(help="The outside system's name.")]


@app.callback()
def client() -> None:
    """Outside systems: their credentials and webhooks."""


@app.command()
def add(name: Name, account: Annotated[str, typer.Option(help="The account that it acts as.")]) -> None:
    """Give an outside system credentials; the secret is shown once."""
    made = transact(lambda tx: clients.add_client(tx, name, account))
    typer.echo(f"client_id: client_{made.client}")
    typer.echo(f"client_secret: {made.secret}")


@app.command()
def webhook(name: Name, url: Annotated[str, typer.Argument(help="Where events go: https.")]) -> None:
    """Tell an outside system by webhook from now on; shows the secret that signatures are checked with."""
    with plain_failures():
        settings = Settings.read()
        secret = settings.signing_secret()
    told = transact(lambda tx: clients.set_webhook(tx, name, url, private=settings.webhook_private))
    typer.echo(f"webhook_secret: {signing_secret(secret, told.id)}")


@app.command()
def disable(name: Name) -> None:
    """Take an outside system's credentials away; it is told nothing more."""
    transact(lambda tx: clients.disable_client(tx, name))
    typer.echo(f"已停用 / disabled: {name}")


@app.command("dead-letters")
def dead_letters(name: Name) -> None:
    """List the events that could not be told; exits with 1 if there are any."""
    letters = transact(lambda tx: clients.dead_letters(tx, name))
    for each in letters:
        about = f"dispute_{each.dispute} {each.entry} {each.kind.label}"
        typer.echo(f"{each.dead_at:%Y-%m-%d %H:%M} {about} {each.failures}x {each.error or '-'}")
    if letters:
        raise typer.Exit(1)
    typer.echo("没有 / none")


@app.command()
def redeliver(name: Name) -> None:
    """Bring dead letters to life: they go out again, in order."""
    count = transact(lambda tx: clients.redeliver(tx, name))
    typer.echo(f"重新投递 / to be delivered again: {count}")
