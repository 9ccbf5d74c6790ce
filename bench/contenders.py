"""The contenders: Tunping as it ships, and its peers over the same database for the same viewers."""

import asyncio
import os
import pickle
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import psutil

from bench.operations import SECRETARY, WORKER, Kind, Operation, Register
from bench.scratch import PEERS, Scratch
from bench.server import SECRET, WITHOUT_WORKER, Server, serving, started
from bench.statements import Statement, register_of, statements_of

TUNPING, POSTGRAPHILE, LOADERS, BARE = "Tunping", "PostGraphile", "DataLoaders", "bare route"


@dataclass(frozen=True, slots=True)
class Request:
    """An operation as one contender takes it."""

    url: str
    body: bytes
    token: str


@dataclass(frozen=True)
class Field:
    """The contenders, started over one database."""

    url: str
    register: Register
    statements: Mapping[Operation, Statement]
    addresses: Mapping[str, str]
    processes: Mapping[str, psutil.Process]
    tokens: Mapping[str, str]

    def request(self, contender: str, operation: Operation) -> Request | None:
        """The request of an operation; ``None`` if the contender does not offer it."""
        plain = contender == POSTGRAPHILE
        if contender == BARE:
            return self._bare(operation)
        if contender == LOADERS and operation.kind not in {Kind.LIST, Kind.OBJECT}:
            return None
        if plain and operation.kind is Kind.SEARCH:
            return None
        query, variables = operation.query, self.register.variables(operation, plain=plain)
        if plain:
            query, variables = (operation.postgraphile, variables) if operation.postgraphile else (_call(operation), {})
        body = orjson.dumps({"query": query, "variables": variables})
        return Request(self.addresses[contender], body, self.tokens[operation.viewer])

    def _bare(self, operation: Operation) -> Request | None:
        if operation not in self.statements:
            return None
        number = list(self.statements).index(operation)
        return Request(f"{self.addresses[BARE]}/{number}", b"{}", self.tokens[operation.viewer])


@contextmanager
def field(url: str, scratch: Scratch, names: tuple[str, ...]) -> Iterator[Field]:
    """Starts the contenders. Tunping runs without its background worker, which would add load of its own."""
    register, viewers = asyncio.run(register_of(url))
    statements = statements_of(register, viewers)
    with ExitStack() as started, tempfile.TemporaryDirectory() as folder:
        tunping: Server = started.enter_context(serving(url, WITHOUT_WORKER))
        tokens = {post: tunping.token(register.prefix + post) for post in (WORKER, SECRETARY)}
        pickled = Path(folder) / "statements"
        pickled.write_bytes(pickle.dumps([(each.sql, list(each.parameters)) for each in statements.values()]))
        asyncio.run(_prepare_peer(url, statements))
        commands = {
            POSTGRAPHILE: scratch.script("postgraphile.mjs"),
            LOADERS: [sys.executable, "-m", "bench.peers.loaders"],
            BARE: [sys.executable, "-m", "bench.peers.bare"],
        }
        addresses, processes = {TUNPING: f"{tunping.url}/graphql"}, {TUNPING: tunping.process}
        for name in names:
            if name != TUNPING:
                port, process = started.enter_context(
                    running(commands[name], DATABASE_URL=url, STATEMENTS=str(pickled))
                )
                addresses[name] = f"http://127.0.0.1:{port}" + ("" if name == BARE else "/graphql")
                processes[name] = process
        yield Field(url, register, statements, addresses, processes, tokens)


async def _prepare_peer(url: str, statements: Mapping[Operation, Statement]) -> None:
    """Creates the peers' policies, and a function for each operation that PostGraphile cannot express."""
    connection = await asyncpg.connect(url)
    if await connection.fetchval("select to_regnamespace('peer') is null"):
        await connection.execute((PEERS / "postgraphile.sql").read_text())
        for operation, statement in statements.items():
            if operation.kind is Kind.FIGURES and not operation.postgraphile:
                name, text = _function(operation), statement.inlined()
                head = f"create function peer.{name}() returns json stable security definer language sql"
                await connection.execute(f"{head} as $tunping$ select ({text})::json $tunping$")
    await connection.close()


def _function(operation: Operation) -> str:
    return operation.name.replace(" ", "_")


def _call(operation: Operation) -> str:
    return "{ peer" + operation.name.title().replace(" ", "") + " }"


@contextmanager
def running(command: list[str], **given: str) -> Iterator[tuple[int, Any]]:
    """Starts a peer as a process on a free port. Yields the port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given |= {"PORT": str(port), "TUNPING_SECRET": SECRET}
    with started(command, os.environ | given, r"^up$") as (process, _):
        yield port, process
