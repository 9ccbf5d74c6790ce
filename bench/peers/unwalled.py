"""Tunping's command line without row-level security, for :mod:`bench.walls`.

The server connects as a role, and reads as another one, that have the grants of the usual roles and that row-level
security lets pass. So PostgreSQL checks the same rights to tables and functions. Statements do not tell who looks.
"""

import asyncio
import os
from functools import cache
from typing import Any
from unittest.mock import patch

import asyncpg

from api.commands.main import app
from db import database, holding, logins, sql, statements
from db.base import alias
from db.people import Resident
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Role
from schema import people
from schema.compiler import build, plan
from schema.compiler.pages import PageWriter
from schema.compiler.sources import Row

_GRANTS = """
    select format('grant %s on table %s to %I', a.privilege_type, c.oid::regclass, $2::text)
    from pg_class c, aclexplode(c.relacl) a where a.grantee = $1::regrole and c.relkind <> 'S'
    union all
    select format('grant %s (%I) on table %s to %I', a.privilege_type, t.attname, t.attrelid::regclass, $2::text)
    from pg_attribute t, aclexplode(t.attacl) a where a.grantee = $1::regrole
    union all
    select format('grant execute on function %s to %I', p.oid::regprocedure, $2::text)
    from pg_proc p, aclexplode(p.proacl) a where a.grantee = $1::regrole
    union all
    select format('grant usage on schema %I to %I', n.nspname, $2::text)
    from pg_namespace n, aclexplode(n.nspacl) a where a.grantee = $1::regrole and a.privilege_type = 'USAGE'"""
"""The statements that grant a role what another one has."""


def unwalled(login: str) -> str:
    """The name of a role without row-level security."""
    return f"{login}_unwalled"


async def make_roles(url: str) -> None:
    """Makes the roles, as the owner, who must be a superuser. The database must be migrated."""
    owner = await asyncpg.connect(url)
    for login, right in ((logins.Login.APPLICATION, "login"), (logins.STAFF, "nologin")):
        await _make_role(owner, logins.role_of(url, login), logins.role_of(url, unwalled(login)), right)
    app_role, staff = (logins.quoted(logins.role_of(url, unwalled(each))) for each in ("app", "staff"))
    await owner.execute(f"grant {staff} to {app_role} with inherit false, set true")
    await owner.close()


async def _make_role(owner: Any, usual: str, name: str, right: str) -> None:
    if not await owner.fetchval("select true from pg_roles where rolname = $1", name):
        await owner.execute(f"create role {logins.quoted(name)} {right} noinherit bypassrls")
    for (grant,) in await owner.fetch(_GRANTS, usual, name):
        await owner.execute(grant)


def unwalled_url(url: str, login: logins.Login) -> str:
    """The URL of a login. Only that of the application is another one: the worker sees everything as it is."""
    own = logins.login_url(url, login)
    name = logins.role_of(url, login)
    return own.replace(f"//{name}", f"//{unwalled(name)}") if login is logins.Login.APPLICATION else own


@cache
def plain_scope(role: Role | None, *, acting: bool = False, late: bool = False) -> Scope:  # noqa: ARG001  as looking_scope
    places = holding.scope_of(role, late=late).places
    viewer = sql.select(*places.c, sql.raw("1").label("done", sql.INTEGER)).from_(places).with_(places)
    return Scope(role, holding.VIEWER, viewer.cte("viewer", materialized=True), joined=True)


def found_by_terms(row: Row, wanted: sql.Column) -> sql.Select:
    """Finds the residents that wall.found_residents finds. That function reads the places from row-level security."""
    t = alias(Resident)
    terms = sql.Column("array_to_tsvector(string_to_array(", t.c.found_by, ", chr(10)))")
    here = sql.or_(t.c.grid_id == sql.any_(row.scope.grids), t.c.building_id == sql.any_(row.scope.buildings))
    return sql.select(t.c.id).from_(t).where(terms.op("@@")(sql.cast(wanted, "tsquery")), here)


asyncio.run(make_roles(os.environ["DATABASE_URL"]))
with (
    patch.object(database, "login_url", unwalled_url),
    patch.object(database, "STAFF", unwalled(logins.STAFF)),
    patch.object(build, "looking_scope", plain_scope),
    patch.object(people, "_with_terms", found_by_terms),
    patch.object(PageWriter, "_is_whole_scope", lambda *_: False),  # That view is a part of row-level security.
    patch.object(plan, "looking_in_act", holding.looking),
    patch.object(statements, "looking_scope", plain_scope),
    patch.object(statements, "looking_in_act", holding.looking),
    patch.object(Transaction, "_begin", "BEGIN"),
):
    app()
