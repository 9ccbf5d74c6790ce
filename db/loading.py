"""Loads many rows by COPY: what PostgreSQL checks row by row is checked once, when all rows are there."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

_FORCED = "select oid::regclass::text from pg_class where relforcerowsecurity and relkind = 'r'"
_KEYS = """select conrelid::regclass::text as "table", quote_ident(conname) as key from pg_constraint
    where contype = 'f' and conenforced and connamespace = 'public'::regnamespace order by 1, 2"""


@asynccontextmanager
async def loading(owner: Any) -> AsyncIterator[None]:
    """Lets the owner load rows by COPY within a transaction. It locks all tables.

    PostgreSQL refuses COPY to roles that row-level security is forced on. The foreign keys are not enforced meanwhile,
    and compared by one query each at the end, which takes half the time. Raises ForeignKeyViolationError then.
    """
    forced = [row[0] for row in await owner.fetch(_FORCED)]
    keys = await owner.fetch(_KEYS)
    await _each(owner, (f"alter table {table} no force row level security" for table in forced))
    await _each(owner, (f"alter table {each['table']} alter constraint {each['key']} not enforced" for each in keys))
    yield
    await owner.execute("set constraints all immediate")  # A table with checks to come cannot be altered.
    await _each(owner, (f"alter table {each['table']} alter constraint {each['key']} enforced" for each in keys))
    await _each(owner, (f"alter table {table} force row level security" for table in forced))


async def _each(owner: Any, statements: Iterable[str]) -> None:
    await owner.execute(";".join(statements))
