"""`tunping user`: accounts, invitations, passwords and sessions, and the log of what happened to them."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from api.commands.databases import plain_failures, transact
from api.commands.languages import in_words, say
from api.commands.signals import run
from api.commands.terminal import new_group
from api.settings import Settings
from db.account_log import AccountEvent
from db.acts import account_lists, accounts
from db.acts.account_lists import Known, Wanted, accounts_known
from db.acts.accounts import Invited, NewAccount, PostScope, hash_password
from rules.access import Role
from rules.accounts import invitation_url
from rules.refusals import Said
from schema.ids import parse_id

_DISABLED, _INVITED = Said("停用"), Said("待设密码")
app = new_group("Accounts, their invitations, passwords and sessions.")
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
    phone: Annotated[str | None, typer.Option(help="The work telephone.")] = None,
    invite: Annotated[bool, typer.Option(help="Print a code, with which the person chooses the password.")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Add an account with a role in a place from today on."""
    new = NewAccount(
        username, name, role, PostScope(community, estate, tuple(grid or ()), building, organisation), phone
    )
    if invite:
        _tell(transact(lambda tx: accounts.add_invited(tx, new)))
        return
    hashed = _hashed_password(password_stdin)
    transact(lambda tx: accounts.add_account(tx, new, hashed))
    say("已添加：{username}", username=username)


@app.command("invite")
def invite_again(username: Username) -> None:
    """Print a new code, with which the person chooses a password. The old password stops working."""
    _tell(transact(lambda tx: accounts.invite_account(tx, username)))


@app.command("list")
def list_(
    role: Annotated[list[Role] | None, typer.Option(help="Only this role; may be repeated.")] = None,
    community: Annotated[str | None, typer.Option(help="Only accounts with a post in this community today.")] = None,
    disabled: Annotated[bool, typer.Option(help="Also the disabled accounts.")] = False,
) -> None:
    """Show the accounts with their posts of today."""
    wanted = Wanted(roles=role or list(Role), community=community, disabled=disabled)
    _show(transact(lambda tx: accounts_known(tx, wanted)))


@app.command()
def find(text: Annotated[str, typer.Argument(help="A part of the user name, the name or the telephone.")]) -> None:
    """Show the accounts that a text fits, disabled ones too."""
    _show(transact(lambda tx: accounts_known(tx, Wanted(text))))


@app.command()
def correct(
    username: Username,
    name: Annotated[str | None, typer.Option(help="The new name.")] = None,
    phone: Annotated[str | None, typer.Option(help="The new work telephone; an empty text removes it.")] = None,
) -> None:
    """Change the name or the telephone of an account."""
    given = {key: value for key, value in {"name": name, "phone": phone}.items() if value is not None}
    transact(lambda tx: accounts.correct_account(tx, username, given))
    say("已更正：{username}", username=username)


@app.command()
def password(username: Username, password_stdin: PasswordStdin = False) -> None:
    """Set a new password, and sign out all devices of the account."""
    hashed = _hashed_password(password_stdin)
    transact(lambda tx: accounts.change_password(tx, username, hashed))
    say("密码已修改，所有设备须重新登录：{username}", username=username)


@app.command()
def disable(username: Username) -> None:
    """Disable an account. Its sessions and its posts end at once."""
    transact(lambda tx: accounts.disable_account(tx, username))
    say("已停用：{username}", username=username)


@app.command()
def enable(username: Username) -> None:
    """Let a disabled account sign in again, without posts."""
    transact(lambda tx: accounts.enable_account(tx, username))
    say("已启用：{username}", username=username)


@app.command()
def devices(username: Username) -> None:
    """Show the devices on which an account is signed in."""
    for device in transact(lambda tx: account_lists.devices_of(tx, username)):
        typer.echo(f"device_{device.id} {device.first_seen_at:%Y-%m-%d %H:%M} {device.name}")


@app.command("sign-out")
def sign_out(
    username: Username,
    device: Annotated[str | None, typer.Option(help="Only this device, by its id.")] = None,
) -> None:
    """Sign out the devices of an account, or one of them."""
    if device is not None:
        with plain_failures():
            uuid = parse_id("device", device, "device")
        transact(lambda tx: account_lists.sign_out_device(tx, username, uuid))
        say("设备已退出：{username}", username=username)
        return
    transact(lambda tx: accounts.sign_out_everywhere(tx, username))
    say("所有设备已退出：{username}", username=username)


@app.command("totp-reset")
def totp_reset(username: Username) -> None:
    """Remove the authenticator app and the recovery codes of an account, and sign out all its devices."""
    transact(lambda tx: accounts.reset_totp(tx, username))
    say("验证码已重置，所有设备须重新登录：{username}", username=username)


@app.command()
def log(
    username: Annotated[str | None, typer.Argument(help="The account; without it, all of them.")] = None,
    last: Annotated[int, typer.Option(help="How many entries, the newest ones.", min=1, max=100_000)] = 50,
) -> None:
    """Show sign-ins, refusals and changes of accounts, the newest first."""
    for event, name, actor in transact(lambda tx: account_lists.account_events(tx, username, last)):
        typer.echo(_line(event, name, actor))


def _line(event: AccountEvent, name: str | None, actor: str | None) -> str:
    network = event.network.hex()[:_SHOWN] if event.network else "-"
    times = f" {event.times}x" if event.times > 1 else ""
    what = f"{event.kind} {event.kind.label}{times}"
    by = f" by {actor}" if actor else ""
    return f"{event.occurred_at:%Y-%m-%d %H:%M:%S} {name or '-'} {what} {event.session_id or '-'} {network}{by}"


def _tell(invited: Invited) -> None:
    """The code goes to the person, by hand or by telephone."""
    until = f"{invited.expires_at:%Y-%m-%d %H:%M} UTC"
    say("邀请码：{code}", code=invited.code)
    say("有效期至：{until} ({username})", until=until, username=invited.account.username)
    if public_url := Settings.read().public_address():
        say("在这里设置密码：{address}", address=invitation_url(public_url, invited.account.username))


def _show(found: Sequence[Known]) -> None:
    for each in found:
        account = each.account
        state = _DISABLED if account.disabled_at else _INVITED if account.invitation_expires_at else ""
        posts = "、".join(each.places)
        parts = (account.username, account.name, in_words(account.role), account.phone or "-", posts or "-")
        typer.echo(" ".join((*parts, in_words(state))).strip())


def _hashed_password(from_stdin: bool) -> str:
    if from_stdin:
        given = sys.stdin.readline().rstrip("\n")
    else:
        asked, again = in_words(Said("密码")), in_words(Said("请再输入一次"))
        given = typer.prompt(asked, hide_input=True, confirmation_prompt=again)
    with plain_failures():
        return run(hash_password(given))
