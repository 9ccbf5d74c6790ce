"""`tunping user`: accounts, their passwords and sessions, and the log of what happened to them."""

import sys
from typing import Annotated

import typer

from api.commands.databases import plain_failures, transact
from api.commands.signals import run
from api.commands.terminal import new_group
from db.account_log import AccountEvent
from db.acts import accounts
from db.acts.accounts import NewAccount, PostScope, hash_password
from rules.access import Role

app = new_group("Accounts, their passwords and sessions.")
Username = Annotated[str, typer.Argument(help="The name to sign in with.")]
PasswordStdin = Annotated[bool, typer.Option(help="Read the password from standard input.")]
_SHOWN = 8
"""Digits of a network's digest: enough to tell the networks of a community apart."""


@app.command()
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="The role.")],
    community: Annotated[str | None, typer.Option(help="Community of its staff; or the one that is meant.")] = None,
    estate: Annotated[str | None, typer.Option(help="Estate of a grid leader; or the one that is meant.")] = None,
    grid: Annotated[list[str] | None, typer.Option(help="Grid of a grid worker; may be repeated.")] = None,
    building: Annotated[str | None, typer.Option(help="Building of a building head, such as 3号楼.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Organisation of a partner, such as 热力公司.")] = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Add an account with a role in a place from today on."""
    scope = PostScope(community, estate, tuple(grid or ()), building, organisation)
    hashed = _hashed_password(password_stdin)
    transact(lambda tx: accounts.add_account(tx, NewAccount(username, name, role, hashed, scope)))
    typer.echo(f"已添加 / added: {username}")


@app.command()
def password(username: Username, password_stdin: PasswordStdin = False) -> None:
    """Set a new password, and sign out all devices of the account."""
    hashed = _hashed_password(password_stdin)
    transact(lambda tx: accounts.change_password(tx, username, hashed))
    typer.echo(f"密码已修改，所有设备须重新登录 / password changed, all devices signed out: {username}")


@app.command()
def disable(username: Username) -> None:
    """Disable an account, and sign out all its devices."""
    transact(lambda tx: accounts.disable_account(tx, username))
    typer.echo(f"已停用 / disabled: {username}")


@app.command()
def enable(username: Username) -> None:
    """Let a disabled account sign in again."""
    transact(lambda tx: accounts.enable_account(tx, username))
    typer.echo(f"已启用 / enabled: {username}")


@app.command("sign-out")
def sign_out(username: Username) -> None:
    """Sign out all devices of an account."""
    transact(lambda tx: accounts.sign_out_everywhere(tx, username))
    typer.echo(f"所有设备已退出 / all devices signed out: {username}")


@app.command("totp-reset")
def totp_reset(username: Username) -> None:
    """Remove the authenticator app and the recovery codes of an account, and sign out all its devices."""
    transact(lambda tx: accounts.reset_totp(tx, username))
    typer.echo(f"验证码已重置，所有设备须重新登录 / authenticator app removed, all devices signed out: {username}")


@app.command()
def log(
    username: Annotated[str | None, typer.Argument(help="The account; without it, all of them.")] = None,
    last: Annotated[int, typer.Option(help="How many entries, the newest ones.", min=1, max=100_000)] = 50,
) -> None:
    """Show sign-ins, refusals and changes of accounts, the newest first."""
    for event, name in transact(lambda tx: accounts.account_events(tx, username, last)):
        typer.echo(_line(event, name))


def _line(event: AccountEvent, name: str | None) -> str:
    network = event.network.hex()[:_SHOWN] if event.network else "-"
    times = f" {event.times}x" if event.times > 1 else ""
    what = f"{event.kind} {event.kind.label}{times}"
    return f"{event.occurred_at:%Y-%m-%d %H:%M:%S} {name or '-'} {what} {event.session_id or '-'} {network}"


def _hashed_password(from_stdin: bool) -> str:
    if from_stdin:
        given = sys.stdin.readline().rstrip("\n")
    else:
        given = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    with plain_failures():
        return run(hash_password(given))
