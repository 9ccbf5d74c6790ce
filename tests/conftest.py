"""The databases of the run, the application over them, and the tests that the short run leaves out."""

import gc
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings

from api import app
from db import accounts, database, pool, sessions
from schema.engine.plans import Plans
from tests import databases, kept, outside, sample
from tests.client import Clock, Tunping, listening, serving

settings.register_profile("fresh", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("repeatable", settings.get_profile("fresh"), max_examples=30, derandomize=True)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Without the long tests, all examples are the same in each run; with them, they come from a fresh seed.

    There is nothing to search for garbage until the tests are collected: what is imported stays. The locale names
    no known language, so commands print in Chinese and English on every machine.
    """
    gc.disable()
    os.environ["LC_ALL"] = "C.UTF-8"
    repeatable = "not long" in config.option.markexpr
    settings.load_profile("repeatable" if repeatable else "fresh")
    if not repeatable and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))  # pytest-xdist hands it on to its workers


def pytest_collection_finish() -> None:
    """Takes the modules out of the search for garbage, as the server does: a tenth of the time of the tests."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores, because the tests wait for other processes a sixth of the time."""
    return (os.cpu_count() or 1) + 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the seed, so that a failure can be repeated."""
    if (seed := config.option.hypothesis_seed) is not None:
        terminalreporter.write_line(f"To repeat this run: --hypothesis-seed={seed}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that need a database, and as long those that need a large one or are outside of the sample."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "postgres" in fixtures:
            item.add_marker("database")
        if "register_url" in fixtures:
            item.add_marker("long")
    for item in sample.left_out(items):
        item.add_marker("long")


_STRONG = accounts.PASSWORDS._parameters
accounts.PASSWORDS._parameters = replace(_STRONG, time_cost=1, memory_cost=64)
sessions.NOBODYS_HASH = sessions._dummy_hash()
app.Plans = kept.Plans  # type: ignore[attr-defined]
database.Pool = kept.Pool  # type: ignore[attr-defined]
# Tests also pass on a busy machine. Those of the deadlines set their own.
database.DEADLINE = 60.0
pool.SETTINGS["statement_timeout"] = "55s"


@pytest.fixture(scope="session")
def fresh_seed(pytestconfig: pytest.Config) -> int:
    """The random seed of a run with the long tests."""
    return int(pytestconfig.option.hypothesis_seed)


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[str]:
    """The URL of the run's server."""
    with databases.server(databases.roomy() / f"tunping-tests-{testrun_uid}") as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
async def kept_connections() -> AsyncIterator[None]:
    """In all tests, with the event loop that they share."""
    async with kept.keeping():
        yield


@pytest.fixture(scope="module")
def fresh_url(postgres: str) -> Iterator[str]:
    """A migrated, empty database of the module's own."""
    with databases.copied(postgres, "empty") as url:
        yield url


@pytest.fixture(scope="module")
def copy_url(postgres: str) -> Iterator[str]:
    """A copy of the demo that the module may write to."""
    with databases.copied(postgres, "demo") as url:
        yield url


@pytest.fixture(scope="module")
def small_copy_url(postgres: str) -> Iterator[str]:
    """A copy of the small communities that the module may write to."""
    with databases.copied(postgres, "small") as url:
        yield url


@pytest.fixture(scope="session")
def demo_url(postgres: str) -> Iterator[str]:
    """The demo, to be read only."""
    with databases.copied(postgres, "demo") as url:
        yield url


@pytest.fixture(scope="session")
def small_url(postgres: str) -> Iterator[str]:
    """The small community with every case in it, to be read only."""
    with databases.copied(postgres, "small") as url:
        yield url


@pytest.fixture(scope="session")
def register_url(postgres: str) -> str:
    """A register for measurements, to be read only: one community of 2,000 homes beside the demo."""
    return databases.template(postgres, "register")


@pytest.fixture(autouse=True)
def no_call_to_the_outside_inside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """In all tests. It would hold locks for as long as somebody else takes."""
    outside.forbid(monkeypatch)


@pytest.fixture
def strong_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as in the server, for tests of that. A hash then takes 33 ms."""
    monkeypatch.setattr(accounts.PASSWORDS, "_parameters", _STRONG)


@pytest.fixture
def no_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications begin without plans, for tests of what a new document costs."""
    monkeypatch.setattr("api.app.Plans", Plans)


@pytest.fixture
def clock() -> Clock | None:
    """The clock of ``tunping``: None for the system's. A module may have its own."""
    return None


@pytest.fixture
async def tunping(copy_url: str, clock: Clock | None) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, clock) as client:
        yield client


@pytest.fixture
async def reading(demo_url: str) -> AsyncIterator[Tunping]:
    """The application over the demo, for tests that only read."""
    async with serving(demo_url) as client:
        yield client


@pytest.fixture
async def served(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, behind a real socket."""
    async with listening(copy_url) as client:
        yield client
