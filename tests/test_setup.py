"""A community begins with one workbook: all of it is set up, or nothing, and everything that is wrong is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests import command
from tests.setups import village, written
from tests.test_imports import rows_of

COUNTED = ("farm", "community", "estate", "party_branch", "grid", "building", "household", "premises", "organisation")
COUNTS = "select " + ", ".join(
    f"(select count(*) from {each})" for each in (*COUNTED, "account", "assignment", "journal")
)


@pytest.fixture
def set_up(fresh_url: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs the command over an empty database of the module."""

    def run(sheets: dict[str, Any], *more: Any, given: str | None = None) -> Result:
        return command.tunping(fresh_url, "setup", written(tmp_path / "设置.xlsx", sheets), *more, given=given)

    return run


def test_one_workbook_sets_up_a_community_and_the_same_one_again_changes_nothing(
    set_up: Callable[..., Result], fresh_url: str
) -> None:
    first = set_up(village())
    assert first.exit_code == 0, first.output
    print(first.output)
    after = rows_of(fresh_url, COUNTS)
    print(after)
    again = set_up(village())
    assert "没有变化 / nothing has changed" in again.stdout
    assert rows_of(fresh_url, COUNTS) == after
