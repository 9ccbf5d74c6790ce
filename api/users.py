"""`tunping user`: accounts from the command line."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.serving import database, fail, plain_failures, run
from api.settings import Settings
from db.accounts import Scope, add_account
from db.database import Database
from db.migrate import bring_up
from rules.access import Role
from rules.refusals import Refusal

user_app = typer.Typer(no_args_is_help=True, add_completion=False)


@user_app.callback()
def user() -> None:
    """Accounts."""


@user_app.command()
def add(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="The post they hold.")],
    community: Annotated[str | None, typer.Option(help="Community, for its staff; or to say which is meant.")] = None,
    estate: Annotated[str | None, typer.Option(help="Estate, for a grid leader; or to say which is meant.")] = None,
    grid: Annotated[list[str] | None, typer.Option(help="Grid, for a grid worker; may be repeated.")] = None,
    building: Annotated[str | None, typer.Option(help="Building, for a building head, such as 3号楼.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Organisation, for a partner such as 热力公司.")] = None,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Add an account whose role holds in the given place from today on."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask()
    scope = Scope(community, estate, tuple(grid or ()), building, organisation)
    with plain_failures(), database(Settings.read()) as url:
        try:
            run(_add(url, username, name, role, password, scope))
        except Refusal as refusal:
            fail(
                f"{'.'.join(str(step) for step in refusal.path)} {refusal.message()} / {refusal.message('en')}".strip()
            )
    typer.echo(f"已添加 / added: {username}")


def _ask() -> str:
    asked: str = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    return asked


async def _add(url: str, username: str, name: str, role: Role, password: str, scope: Scope) -> None:
    await bring_up(url)
    opened = await Database.open(url, 1)
    try:
        async with opened.sessions.begin() as session:
            await add_account(
                session,
                username=username,
                name=name,
                role=role,
                password=password,
                scope=scope,
                now=datetime.now(UTC),
            )
    finally:
        await opened.close()
