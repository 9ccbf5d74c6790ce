"""`tunping user`: accounts."""

import sys
from typing import Annotated

import typer

from api.commands.databases import plain_failures, transact
from api.commands.signals import run
from api.commands.terminal import new_group
from db.acts.accounts import NewAccount, PostScope, add_account, hash_password
from rules.access import Role

app = new_group("Accounts.")


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="The role.")],
    community: Annotated[str | None, typer.Option(help="Community of its staff; or the one that is meant.")] = None,
    estate: Annotated[str | None, typer.Option(help="Estate of a grid leader; or the one that is meant.")] = None,
    grid: Annotated[list[str] | None, typer.Option(help="Grid of a grid worker; may be repeated.")] = None,
    building: Annotated[str | None, typer.Option(help="Building of a building head, such as 3号楼.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Organisation of a partner, such as 热力公司.")] = None,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Add an account with a role in a place from today on."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    scope = PostScope(community, estate, tuple(grid or ()), building, organisation)
    with plain_failures():
        hashed = run(hash_password(password))
    transact(lambda tx: add_account(tx, NewAccount(username, name, role, hashed, scope)))
    typer.echo(f"已添加 / added: {username}")
