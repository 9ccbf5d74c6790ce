"""Sets up the second wall: the roles of the server and of the worker, and what each of them may do and see."""

import hashlib
from pathlib import Path
from typing import Any

import asyncpg

from db.logins import STAFF, Login, login_url, password_of, quoted, role_of, verifier_of
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
        made.append(await _make_staff(owner, url))
        text = _text(url)
        mark = hashlib.sha256((text + await owner.fetchval(_TABLES)).encode()).hexdigest()
        if any(made) or not await owner.fetchval(_STANDS, mark, *_readers(url)):
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
_STANDS = """select has_table_privilege($2, 'journal', 'insert') and has_table_privilege($3, 'journal', 'select')
    and exists (select from pg_policy where polname = 'seen' and polrelid = 'journal'::regclass
        and obj_description(oid, 'pg_policy') = $1)"""
"""Whether the file is applied. A restored database may lack its policies or its privileges."""


def _readers(url: str) -> tuple[str, str]:
    """The roles of the server."""
    return role_of(url, Login.APPLICATION), role_of(url, STAFF)


def _text(url: str) -> str:
    text = WALL_TWO.read_text(encoding="utf-8")
    for name in (*Login, STAFF):
        text = text.replace(f"tunping_{name}", quoted(role_of(url, name)))
    return text


async def _make_role(owner: Any, url: str, login: Login) -> bool:
    """Makes a role, or gives it its password again. Returns whether it was missing in this cluster."""
    name, password = role_of(url, login), password_of(url, login)
    exists = await _exists(owner, name)
    if exists and await _can_sign_in(login_url(url, login)):
        return False
    verb = "alter" if exists else "create"
    secret = f" password '{verifier_of(password)}'" if password else ""
    try:
        await _administer(owner, f"{verb} role {quoted(name)} login noinherit{secret}")
    except _RACE:
        if not await _can_sign_in(login_url(url, login)):
            raise
    return not exists


async def _make_staff(owner: Any, url: str) -> bool:
    """Makes the role of the staff, which the application's login may take. Returns whether it was missing."""
    login, name = _readers(url)
    exists = await _exists(owner, name)
    try:
        if not exists:
            await _administer(owner, f"create role {quoted(name)} nologin noinherit")
        if not await owner.fetchval("select pg_has_role($1, $2, 'set')", login, name):
            await _administer(owner, f"grant {quoted(name)} to {quoted(login)} with inherit false, set true")
    except _RACE:
        if not await owner.fetchval("select pg_has_role($1, $2, 'set')", login, name):
            raise
    return not exists


async def _exists(owner: Any, name: str) -> bool:
    """Whether a role exists. Raises DatabaseUnusable if it has more rights than an ordinary one."""
    found = await owner.fetchrow(_ROLE, name)
    if found is not None and found["mighty"]:
        raise DatabaseUnusable("数据库角色 {name} 的权限过大，它不能有管理员或所有者的权限", name=name)
    return found is not None


async def _administer(owner: Any, statement: str) -> None:
    """Runs a statement about roles. Raises DatabaseUnusable with the statement if the owner may not."""
    try:
        await owner.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        raise DatabaseUnusable("数据库用户不能创建角色，请管理员执行：{statement};", statement=statement) from error


async def _can_sign_in(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    await connection.close()
    return True
