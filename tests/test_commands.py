"""The command line as a whole: its overview, and what a command loads."""

import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from api.commands.locale_help import CATALOGUES, catalogue
from api.commands.main import COMMANDS, app
from tests.command import tunping

LIGHT = """
import sys
from api.commands import main, report, watch
rooms = {name.partition(".")[0] for name in sys.modules}
print(*sorted(rooms & {"db", "sqlalchemy", "strawberry", "graphql", "starlette", "uvicorn", "asyncpg"}))
print(*sorted(name for name in sys.modules if name.startswith("schema.")))
"""


@pytest.fixture(autouse=True)
def _plain_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of the overview read English, whatever the locale is."""
    monkeypatch.setenv("LC_ALL", "C")


def test_the_overview_names_every_command() -> None:
    said = CliRunner().invoke(app, ["--help"])
    assert said.exit_code == 0
    for name, each in COMMANDS.items():
        assert f"  {name} " in said.stdout
        assert each in said.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_found_by_its_name(name: str) -> None:
    said = CliRunner().invoke(app, [name, "--help"])
    assert (said.exit_code, f" {name} [OPTIONS]" in said.stdout) == (0, True)


def test_what_does_not_exist_is_said() -> None:
    said = CliRunner().invoke(app, ["wach"])
    assert (said.exit_code, "Did you mean 'watch'" in said.stderr) == (2, True)


@pytest.mark.long
def test_a_command_that_speaks_to_a_server_loads_nothing_of_it() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout == "\nschema.languages\n"


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("zh_CN.UTF-8", "添加一个账号，从今天起在一处任职。"),
        ("en_US.UTF-8", "Add an account with a role"),
        ("C", "Add an account"),
    ],
)
def test_the_help_is_in_the_language_of_the_locale(monkeypatch: pytest.MonkeyPatch, locale: str, said: str) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert said in CliRunner().invoke(app, ["user", "add", "--help"]).output


def helps(command: Any) -> Iterator[str]:
    """The help of a command, its options and its commands."""
    for part in (command, *command.params):
        if text := getattr(part, "help", None):
            yield inspect.cleandoc(text)
    for each in getattr(command, "commands", {}).values():
        yield from helps(each)


@pytest.mark.parametrize("language", [path.stem for path in CATALOGUES.glob("*.po")])
def test_a_catalogue_has_the_help_of_all_commands_and_nothing_else(language: str) -> None:
    modules = ["import_" if name == "import" else name for name in COMMANDS]
    apps = [app, *(importlib.import_module(f"api.commands.{each}").app for each in modules)]
    assert catalogue(language).keys() == {text for each in apps for text in helps(get_command(each))}


@pytest.mark.long
def test_what_was_not_found_is_named_in_the_language_of_the_locale(demo_url: str) -> None:
    for locale, said in (("zh_CN.UTF-8", "没有找到。"), ("en_GB.UTF-8", "Not found.")):
        result = tunping(demo_url, "user", "devices", "没有此人", locale=locale)
        assert (result.exit_code, result.stderr) == (1, f"username「没有此人」 {said}\n")
