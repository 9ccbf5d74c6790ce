"""The command line as a whole: its overview, and what a command loads."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from api.commands.main import COMMANDS, app

LIGHT = """
import sys
from api.commands import main, report, watch
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & {"db", "schema", "sqlalchemy", "strawberry", "graphql", "starlette", "uvicorn", "asyncpg"}))
"""


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
    assert done.stdout == "\n"
