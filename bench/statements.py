"""Tunping's statements, for the contenders that run the same SQL without GraphQL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import asyncpg
from graphql import parse
from graphql.language import OperationDefinitionNode

from bench.operations import READS, SECRETARY, WORKER, Operation, Register
from rules.access import Role, Viewer
from schema.compiler import plan as compiled
from schema.compiler.arguments import Run
from schema.engine.execution import coerced_variables
from schema.schema import SCHEMA

_ROLES = {WORKER: Role.GRID_WORKER, SECRETARY: Role.SECRETARY}
_COMMUNITIES = "select count(*) from community where name like '规模%'"
_HOME = "select household_id from appeal where grid_id = $1 and status = 'SUBMITTED' order by opened_at desc limit 1"
_APPEAL = "select id from appeal where grid_id = $1 and status = 'CLOSED' order by opened_at desc limit 1"
_DISPUTE = "select id from dispute where grid_id = $1 and status = 'MEDIATING' order by opened_at desc limit 1"
_LITERAL = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement of a reading operation."""

    sql: str
    parameters: Sequence[Any]
    by_place: bool

    def inlined(self) -> str:
        """The SQL with its parameters as literals."""
        return re.sub(r"\$(\d+)", lambda found: _quoted(self.parameters[int(found[1]) - 1]), self.sql)

    def for_pgbench(self) -> str:
        """The inlined SQL without colons in literals, which pgbench would take for variables."""
        return _LITERAL.sub(lambda found: _without_colon(found[0]), self.inlined()).replace("\n", " ") + ";\n"


def _quoted(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return _quoted("{" + ",".join(map(str, value)) + "}")
    return "'" + str(value).replace("'", "''") + "'"


def _without_colon(literal: str) -> str:
    if ":" not in literal:
        return literal
    return "E" + literal.replace("\\", "\\\\").replace(":", "\\x3a")


async def register_of(url: str) -> tuple[Register, dict[str, Viewer]]:
    """The register for the operations' variables, and who sends them."""
    connection = await asyncpg.connect(url)
    prefix = f"规模{(await connection.fetchval(_COMMUNITIES) + 1) // 2}"
    named = "select username, id from account where username = any($1)"
    found = dict(await connection.fetch(named, [prefix + post for post in _ROLES]))
    accounts = {name.removeprefix(prefix): uuid for name, uuid in found.items()}
    grid = await connection.fetchval("select grid_id from assignment where account_id = $1", accounts[WORKER])
    things = [await connection.fetchval(query, grid) for query in (_HOME, _APPEAL, _DISPUTE)]
    await connection.close()
    return Register(prefix, grid, *things), {name: Viewer(accounts[name], role) for name, role in _ROLES.items()}


def statements_of(register: Register, viewers: Mapping[str, Viewer]) -> dict[Operation, Statement]:
    """The statement of each reading operation."""
    return {each: _statement(each, register, viewers[each.viewer]) for each in READS}


def _statement(asked: Operation, register: Register, viewer: Viewer) -> Statement:
    node = cast(OperationDefinitionNode, parse(asked.query).definitions[0])
    operation = compiled.Operation(SCHEMA._schema, node, {})
    variables = coerced_variables(operation, register.variables(asked))
    plan = compiled.plan_query(operation, variables, viewer.role)
    return Statement(plan.sql, plan.parameters(Run(variables, viewer, datetime.now(UTC))), plan.by_place)
