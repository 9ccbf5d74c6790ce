"""Sets up the second wall: the roles of the server and of the worker, and what each of them may do and see."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from db.logins import Login, login_url, password_of, role_of, verifier_of
from db.server import DatabaseUnusable

WALL_TWO = Path(__file__).with_name("wall_two.sql")
_ROLE = """select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
        or pg_has_role(oid, current_user, 'member') as mighty
    from pg_roles where rolname = $1"""
_RACE = (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError, asyncpg.InternalServerError)
"""Errors of a change of a role that another database of the cluster makes at the same moment."""


async def build(url: str) -> None:
    """Makes the missing roles, and applies the file of the second wall if it or the list of tables has changed.

    Raises DatabaseUnusable if the owner may not make roles, with the SQL that an administrator runs.
    """
    owner = await asyncpg.connect(url)
    try:
        await owner.execute(_NO_TEMPORARY_TABLES)
        made = [await _make_role(owner, url, login) for login in Login]
        text = _text(url)
        mark = hashlib.sha256((text + await owner.fetchval(_TABLES)).encode()).hexdigest()
        if any(made) or not await owner.fetchval(_STANDS, mark, role_of(url, Login.APPLICATION)):
            async with owner.transaction():
                await owner.execute("set local lock_timeout = '5s'")
                await owner.execute(text)
                await owner.execute(f"comment on policy seen on journal is '{mark}'")
    finally:
        await owner.close()


_NO_TEMPORARY_TABLES = """do $$ begin
    execute format('revoke create, temporary on database %I from public', current_database());
end $$"""
_TABLES = "select string_agg(tablename, ' ' order by tablename) from pg_tables where schemaname = 'public'"
_STANDS = """select has_table_privilege($2, 'journal', 'insert') and exists (select from pg_policy
    where polname = 'seen' and polrelid = 'journal'::regclass and obj_description(oid, 'pg_policy') = $1)"""
"""Whether the file is applied. A restored database may lack its policies or its privileges."""


def _text(url: str) -> str:
    text = WALL_TWO.read_text(encoding="utf-8")
    for login in Login:
        text = text.replace(f"tunping_{login}", _quoted(role_of(url, login)))
    return text


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


async def _make_role(owner: Any, url: str, login: Login) -> bool:
    """Makes a role, or gives it its password again. Returns whether it was missing in this cluster."""
    name, password = role_of(url, login), password_of(url, login)
    found = await owner.fetchrow(_ROLE, name)
    if found is not None and found["mighty"]:
        told = f"the role {name} must be an ordinary one, without the rights of an administrator or the owner"
        raise DatabaseUnusable(f"数据库角色 {name} 的权限过大 / {told}")
    if found is not None and await _can_sign_in(login_url(url, login)):
        return False
    verb = "create" if found is None else "alter"
    secret = f" password '{verifier_of(password)}'" if password else ""
    statement = f"{verb} role {_quoted(name)} login noinherit{secret}"
    try:
        await owner.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        told = f"the database user may not make roles; let an administrator run: {statement};"
        raise DatabaseUnusable(f"数据库用户不能创建角色，请管理员执行以下语句 / {told}") from error
    except _RACE:
        if not await _can_sign_in(login_url(url, login)):
            raise
    return found is None


async def _can_sign_in(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    await connection.close()
    return True


@asynccontextmanager
async def lifted(owner: Any) -> AsyncIterator[None]:
    """Lets the owner load rows by COPY, which PostgreSQL refuses to roles that row-level security is forced on.

    For a transaction over an empty database: it locks all tables.
    """
    tables = await owner.fetch("select relname from pg_class where relforcerowsecurity and relkind = 'r'")
    for each in tables:
        await owner.execute(f"alter table {each['relname']} no force row level security")
    yield
    await owner.execute("set constraints all immediate")  # A table with checks to come cannot be altered.
    for each in tables:
        await owner.execute(f"alter table {each['relname']} force row level security")
