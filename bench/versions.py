"""Revisions of Tunping side by side: `python -m bench.versions REVISION …` compares them with this checkout.

Each revision runs its own code over its own database, in one PostgreSQL server. They take turns in short rounds, so
that a slow minute of the machine affects all of them. The ratios are medians over the rounds.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import orjson

from bench.contenders import Field
from bench.database import Databases, databases
from bench.load import Loader, Sample
from bench.operations import OPERATIONS, SECRETARY, WORKER, Operation
from bench.rounds import CONNECTIONS
from bench.scratch import Scratch
from bench.server import HERE, RAISED, SECRET, WITHOUT_WORKER, Server, started
from bench.statements import register_of
from schema.engine.bulkhead import HEAVY, OF_ONE_VIEWER

SIZE = "20k-households"
ROUNDS, SECONDS = 7, 1
HEAD = "operation | other | this / other: requests a second | CPU of the server | CPU of PostgreSQL | CPU of both"
Round: TypeAlias = dict[str, Sample]
"""By contender."""


def main() -> None:
    """Compares revisions with this checkout. Takes about eight minutes, and five more for each further one."""
    parser = argparse.ArgumentParser(prog="python -m bench.versions", description=main.__doc__)
    parser.add_argument("revisions", nargs="+", help="a commit, a branch or a tag")
    revisions = parser.parse_args().revisions
    scratch = Scratch.prepare()
    with ExitStack() as stack:
        server = stack.enter_context(databases())
        trees = {name: stack.enter_context(_tree(name)) for name in revisions} | {"this": HERE}
        loaders = {
            name: stack.enter_context(_loader(name, number, tree, server, scratch))
            for number, (name, tree) in enumerate(trees.items())
        }
        compare(loaders, OPERATIONS)


@contextmanager
def _tree(revision: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        archive = ["git", "archive", "--format=tar", revision]
        packed = subprocess.run(archive, cwd=HERE, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as files:
            files.extractall(folder, filter="data")
        yield Path(folder)


@contextmanager
def _loader(name: str, number: int, tree: Path, server: Databases, scratch: Scratch) -> Iterator[Loader]:
    print(f"loading {SIZE} by {name}", file=sys.stderr)
    url = server.make(f"version_{number}", "--scale", SIZE, command=_command(tree), tree=tree)
    with loader_of(name, url, _command(tree), server, scratch, tree) as loader:
        yield loader


@contextmanager
def loader_of(
    name: str, url: str, command: Sequence[str], server: Databases, scratch: Scratch, tree: Path = HERE
) -> Iterator[Loader]:
    """Sends load to the server that a command starts over a database."""
    register, _ = asyncio.run(register_of(url))
    given = {"DATABASE_URL": url, "TUNPING_SECRET": SECRET, "PATH": os.defpath, "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryDirectory() as data:
        settings = RAISED | WITHOUT_WORKER | given | {"TUNPING_DATA_DIR": str(Path(data) / "data")}
        serve = [*command, "serve", "--port", "0"]
        with started(serve, settings, r"(http://[\d.:]+)/graphql", tree) as (process, address):
            at = Server(address, process)
            tokens = {post: at.token(register.prefix + post) for post in (WORKER, SECRETARY)}
            field = Field(url, register, {}, {name: f"{address}/graphql"}, {name: process}, tokens)
            yield Loader(scratch, server, field)


def _command(tree: Path) -> list[str]:
    """The command `tunping` of a tree, by the entry point that its pyproject.toml names."""
    entry = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]["tunping"]
    module, function = entry.split(":")
    return [sys.executable, "-c", f"from {module} import {function}; {function}()"]


def compare(loaders: dict[str, Loader], operations: Sequence[Operation]) -> None:
    """Prints the ratios of "this" to each other one."""
    print(HEAD)
    for operation in operations:
        report(operation, take(loaders, operation))


def take(loaders: dict[str, Loader], operation: Operation, count: int = ROUNDS) -> list[Round]:
    """Rounds of an operation. One before them only warms up."""
    connections = _connections(loaders["this"], operation)
    rounds = []
    for number in range(count + 1):
        turn = list(loaders.items())[:: 1 if number % 2 else -1]
        rounds.append({name: loader.run(name, operation, connections, SECONDS) for name, loader in turn})
    return rounds[1:]


def report(operation: Operation, rounds: Sequence[Round]) -> None:
    """Prints the ratios of "this" to each other one, as medians over the rounds."""
    for name in rounds[0]:
        if name != "this":
            ratios = (_ratio(rounds, name, figure) for figure in ("rps", "cpu_ms", "postgres_ms", "both_ms"))
            rps, cpu, postgres, both = (f"{each:.2f}" for each in ratios)
            own = statistics.median(each["this"].cpu_ms for each in rounds)
            its = statistics.median(each["this"].postgres_ms for each in rounds)
            told = f"{rps} | {cpu} ({own:.2f} ms) | {postgres} ({its:.2f} ms) | {both}"
            print(f"{operation.name} | {name} | {told}", flush=True)


def _connections(loader: Loader, operation: Operation) -> int:
    """As many as one viewer has places for, if the operation is heavy. More would wait in a server with places.

    In one without, each would take so much longer that its statements are cancelled.
    """
    answer = orjson.loads(loader.check("this", operation) or b"")
    return OF_ONE_VIEWER if answer["extensions"]["cost"] >= HEAVY else CONNECTIONS


def _ratio(rounds: Sequence[Round], name: str, figure: str) -> float:
    return float(statistics.median(getattr(each["this"], figure) / getattr(each[name], figure) for each in rounds))


if __name__ == "__main__":
    main()
