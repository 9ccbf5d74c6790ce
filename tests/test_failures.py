"""What the command line says when the machine is in the way."""

import errno

import asyncpg
import pytest
import typer

from api.commands.databases import CannotServe, plain_failures
from api.settings import SettingsError
from db.database import Unavailable
from db.server import DatabaseUnusable

FULL = asyncpg.DiskFullError("could not extend file")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "磁盘已满"),
        (FULL, "磁盘已满"),
        (Unavailable(), "数据库没有及时应答"),
        (asyncpg.InvalidPasswordError("password authentication failed"), "password authentication failed"),
        (DatabaseUnusable("数据库连不上"), "数据库连不上"),
        (SettingsError("请设置 TUNPING_SECRET"), "请设置 TUNPING_SECRET"),
        (CannotServe("端口 8000 已被占用"), "端口 8000 已被占用"),
    ],
)
def test_one_line_says_what_is_wrong_and_the_exit_code_is_one(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, plain_failures():
        raise error
    assert ended.value.exit_code == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


def test_a_fault_of_our_own_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), plain_failures():
        raise ZeroDivisionError
