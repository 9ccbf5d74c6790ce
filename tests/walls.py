"""Each of the two walls by itself: the rows that it shows to a viewer, and what the second shows beyond the first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeAlias

import asyncpg

from db import appeals, sql, statements
from db import scope as wall_one
from db.base import Row, alias, all_tables, table
from db.holding import looking, looking_scope, scope_of
from db.logins import STAFF, Login, login_url, quoted, role_of
from db.pool import SETTINGS
from db.scope import visible
from rules.access import ANONYMOUS, WORKERS, Role, Viewer

Keys: TypeAlias = set[tuple[Any, ...]]
all_tables()
MODELS: Mapping[str, type[Row]] = {str(model.__tablename__): model for model in wall_one._RULES}
"""The tables with a visibility rule."""


@dataclass
class Walls:
    """Connections that meet one wall each, over one database."""

    owner: Any
    """Sees all rows, so that only the rules of the first wall decide."""
    app: Any
    """Meets row-level security."""
    staff: Any
    """Meets it while reading for the staff of a community."""
    rows: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    async def open(cls, url: str) -> "Walls":
        app, staff = [
            await asyncpg.connect(login_url(url, Login.APPLICATION), server_settings=SETTINGS) for _ in range(2)
        ]
        await staff.execute(f"set role {quoted(role_of(url, STAFF))}")
        return cls(await asyncpg.connect(url), app, staff)

    async def close(self) -> None:
        await self.owner.close()
        await self.app.close()
        await self.staff.close()

    async def viewers(self, most: int = 100) -> list[Viewer]:
        """Nobody, accounts of each role, and one that is no longer what its token says."""
        found = [ANONYMOUS]
        for role in Role:
            query = "select id from account where role = $1 order by username limit $2"
            found += [Viewer(row["id"], role) for row in await self.owner.fetch(query, role, most)]
        former = next(each for each in found if each.role is Role.GRID_WORKER)
        return [*found, Viewer(former.account_id, Role.SECRETARY)]

    async def one(self, name: str, viewer: Viewer) -> Keys:
        """What the first wall shows, without the second."""
        t, scope = alias(MODELS[name]), scope_of(viewer.role)
        found = sql.select(*_keys(name, t)).from_(t).where(visible(MODELS[name], t, scope)).with_(scope.places)
        return await _fetched(self.owner, found, viewer)

    async def two(self, name: str, viewer: Viewer, *, by_place: bool = False) -> Keys:
        """What the second wall shows, without the first."""
        t = alias(MODELS[name])
        found = looking(sql.select(*_keys(name, t)).from_(t), looking_scope(viewer.role))
        return await _fetched(self.staff if by_place else self.app, found, viewer)

    async def appeals_counted(self, viewer: Viewer, *, by_place: bool) -> int:
        """How many appeals the second wall lets the viewer count, without the first."""
        counted = sql.select(sql.func.count().label("many", sql.BIGINT)).from_(appeals.counted())
        found = looking(counted, looking_scope(viewer.role))
        ((many,),) = await _fetched(self.staff if by_place else self.app, found, viewer)
        return int(many)

    async def everything(self, name: str) -> list[Any]:
        """All rows of a table."""
        if name not in self.rows:
            self.rows[name] = await self.owner.fetch(f"select * from {name}")
        return self.rows[name]

    async def differing(self, name: str, viewer: Viewer) -> tuple[Keys, Keys]:
        """What the second wall hides of what the first shows, and what it shows beyond that and its declaration.

        It hides nothing in the role that the server takes for the viewer, and shows no more in either role.
        """
        one, two = await self.one(name, viewer), await self.two(name, viewer)
        by_place = await self.two(name, viewer, by_place=True)
        taken, more = by_place if viewer.role in WORKERS else two, (two | by_place) - one
        return ((one | taken) - two) | (one - taken), more and more - await self.wider(name)

    async def wider(self, name: str) -> Keys:
        """What the second wall may show beyond the first, as its file declares."""
        if name == "journal":
            return {(row["id"],) for row in await self.everything(name) if row["wish_id"] and row["grid_id"] is None}
        if name == "resident_colour":
            return {tuple(row) for row in await self.owner.fetch(_OF_MOVED)}
        return set()


_OF_MOVED = """select c.id from resident_colour c join resident r on r.id = c.resident_id
    where exists (select from residency s where s.resident_id = r.id and s.grid_id is distinct from r.grid_id
        and c.set_at < s.moved_out_on + 1)"""
"""The colours of residents who lived in another grid before, from the time until they moved out."""


def _keys(name: str, t: sql.From) -> Iterable[sql.Column]:
    return [t.c[column.name] for column in table(MODELS[name]).primary_key.columns]


async def _fetched(connection: Any, found: sql.Select, viewer: Viewer) -> Keys:
    text, parameters = sql.written(found)
    rows = await connection.fetch(text, *(key(SimpleNamespace(viewer=viewer)) for key in parameters))
    return {tuple(row) for row in rows}


def loosen(patch: Callable[[dict[Any, Any], Any, Any], None], *models: type[Row]) -> None:
    """Replaces rules of the first wall by TRUE, by ``MonkeyPatch.setitem``."""
    for model in models:
        patch(wall_one._RULES, model, lambda *_: sql.TRUE)
    forget_statements()


def forget_statements() -> None:
    """Forgets the statements of acts, which contain the rules."""
    for cached in (statements.found_by_id, statements.seen_by, statements.matching, statements.of_query):
        cached.cache_clear()
