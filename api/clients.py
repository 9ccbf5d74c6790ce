"""`tunping client`: outside systems, such as the dispute resolution centre's."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.serving import database, fail, plain_failures, run
from api.settings import Settings
from api.webhooks import signing_secret
from db.acts import clients
from db.centre import Webhook
from db.database import Database
from db.journal import Journal
from db.migrate import bring_up
from rules.journal import ENTRY_LABELS, EntryKind
from rules.refusals import Refusal

client_app = typer.Typer(no_args_is_help=True, add_completion=False)
Made = TypeVar("Made")
Name = Annotated[str, typer.Argument(help="The outside system's name.")]


@client_app.callback()
def client() -> None:
    """Outside systems: their credentials and webhooks."""


@client_app.command()
def add(name: Name, account: Annotated[str, typer.Option(help="The account that it acts as.")]) -> None:
    """Give an outside system credentials; the secret is shown once."""
    made = _do(lambda session: clients.add_client(session, name, account, datetime.now(UTC)))
    typer.echo(f"client_id: client_{made.client}")
    typer.echo(f"client_secret: {made.secret}")


@client_app.command()
def webhook(name: Name, url: Annotated[str, typer.Argument(help="Where events go: https.")]) -> None:
    """Tell an outside system by webhook from now on; shows the secret that signatures are checked with."""
    settings = Settings.read()
    private = settings.webhook_private
    told = _do(lambda session: clients.set_webhook(session, name, url, private=private))
    with plain_failures():
        typer.echo(f"webhook_secret: {signing_secret(settings.signing_secret(), told.id)}")


@client_app.command()
def disable(name: Name) -> None:
    """Take an outside system's credentials away; nothing more is told it."""
    _do(lambda session: clients.disable_client(session, name, datetime.now(UTC)))
    typer.echo(f"已停用 / disabled: {name}")


@client_app.command("dead-letters")
def dead_letters(name: Name) -> None:
    """List what could not be told; exits with 1 if there is any."""
    rows = _do(lambda session: _dead(session, name))
    for entry, kind, dispute, failures, error, dead_at in rows:
        label = ENTRY_LABELS[EntryKind(kind)]
        typer.echo(f"{dead_at:%Y-%m-%d %H:%M} dispute_{dispute} {entry} {label} {failures}x {error or '-'}")
    if rows:
        raise typer.Exit(1)
    typer.echo("没有 / none")


@client_app.command()
def redeliver(name: Name) -> None:
    """Bring dead letters to life: they go out again, in order."""
    count = _do(lambda session: clients.redeliver(session, name, datetime.now(UTC)))
    typer.echo(f"重新投递 / to be delivered again: {count}")


async def _dead(session: AsyncSession, name: str) -> list[tuple[int, str, UUID, int, str | None, datetime]]:
    client_ = await clients.find_client(session, name)
    statement = (
        select(  # type: ignore[call-overload]
            Webhook.entry_id, Journal.kind, Webhook.dispute_id, Webhook.failures, Webhook.last_error, Webhook.dead_at
        )
        .join(Journal, col(Journal.id) == Webhook.entry_id)
        .where(Webhook.client_id == client_.id, col(Webhook.dead_at).is_not(None))
        .order_by(Webhook.entry_id)
    )
    return list((await session.exec(statement)).all())


def _do(act: Callable[[AsyncSession], Awaitable[Made]]) -> Made:
    """One act in a transaction of its own; a refusal is told in both languages."""
    with plain_failures(), database(Settings.read()) as url:
        try:
            return run(_within(url, act))
        except Refusal as refusal:
            path = ".".join(str(step) for step in refusal.path)
            fail(f"{path} {refusal.message()} / {refusal.message('en')}".strip())


async def _within(url: str, act: Callable[[AsyncSession], Awaitable[Made]]) -> Made:
    await bring_up(url)
    opened = await Database.open(url, 1)
    try:
        async with opened.sessions.begin() as session:
            return await act(session)
    finally:
        await opened.close()
