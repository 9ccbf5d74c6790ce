"""`tunping client`: outside systems, such as the dispute resolution centre's."""

from typing import Annotated

import typer

from api.background.webhooks import signing_secret
from api.commands.databases import plain_failures, transact
from api.commands.languages import say
from api.commands.terminal import new_group
from api.settings import Settings
from db.acts import clients

app = new_group("Outside systems: their credentials and webhooks.")
Name = Annotated[str, typer.Argument(help="The outside system's name.")]


@app.command()
def add(name: Name, account: Annotated[str, typer.Option(help="The account that it acts as.")]) -> None:
    """Create credentials for an outside system. The secret is shown once."""
    made = transact(lambda tx: clients.add_client(tx, name, account))
    typer.echo(f"client_id: client_{made.client}")
    typer.echo(f"client_secret: {made.secret}")


@app.command()
def webhook(name: Name, url: Annotated[str, typer.Argument(help="The address for events; https.")]) -> None:
    """Set the address of an outside system's webhooks, and show the secret that verifies their signatures."""
    with plain_failures():
        settings = Settings.read()
        secret = settings.signing_secret()
    changed = transact(lambda tx: clients.set_webhook(tx, name, url, private=settings.webhook_private))
    typer.echo(f"webhook_secret: {signing_secret(secret, changed.id)}")


@app.command()
def disable(name: Name) -> None:
    """Disable an outside system's credentials and webhooks."""
    transact(lambda tx: clients.disable_client(tx, name))
    say("已停用：{name}", name=name)


@app.command("dead-letters")
def dead_letters(name: Name) -> None:
    """List the webhooks that could not be delivered. Exits with 1 if there are any."""
    letters = transact(lambda tx: clients.dead_letters(tx, name))
    for each in letters:
        about = f"dispute_{each.dispute} {each.entry} {each.kind.label}"
        typer.echo(f"{each.dead_at:%Y-%m-%d %H:%M} {about} {each.failures}x {each.error or '-'}")
    if letters:
        raise typer.Exit(1)
    say("没有")


@app.command()
def redeliver(name: Name) -> None:
    """Send dead letters again, in order."""
    count = transact(lambda tx: clients.redeliver(tx, name))
    say("重新投递：{count}", count=count)
