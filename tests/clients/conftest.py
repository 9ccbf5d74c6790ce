"""The stories need packages of npm, so only `make clients` collects them."""

import os

import pytest

from tests.clients.scratch import SETTING, Scratch

collect_ignore_glob = [] if os.environ.get(SETTING) else ["test_*.py"]


@pytest.fixture(scope="session")
def scratch() -> Scratch:
    """Where the packages are."""
    return Scratch.named()
