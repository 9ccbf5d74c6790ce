"""What every act needs: the transaction, for whom, when; and how it finds rows within the viewer's scope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.scope import table
from db.sealing import Sealer
from db.session_scope import VIEWER, SessionScope
from rules.access import Role, Viewer
from rules.refusals import Code, Refusal

Model = TypeVar("Model", bound=SQLModel)
_IDS = "ids"


@dataclass(frozen=True, slots=True)
class Acting:
    """The session of the request's one transaction, the viewer, and the server's time."""

    session: AsyncSession
    viewer: Viewer
    now: datetime
    sealer: Sealer | None = None
    """Seals ID numbers; without a key none are kept."""
    waits: Callable[[str, UUID], int] | None = None
    """Counts what is opened by a code, by its id; the seconds to wait where it is too much."""

    @property
    def scope(self) -> SessionScope:
        """The viewer's scope in statements."""
        return SessionScope(self.viewer.role, self.viewer.account_id)

    @property
    def worker_id(self) -> UUID:
        """The account that acts, where the rule lets nobody act without one."""
        assert self.viewer.account_id is not None
        return self.viewer.account_id

    def check_flood(self, code: str | None, uuid: UUID) -> None:
        """Stops somebody without an account who opens too much, from one address or by one code."""
        if self.viewer.role is None and self.waits is not None and (seconds := self.waits(code or "", uuid)):
            raise Refusal(Code.TOO_MANY, "code", minutes=-(-seconds // 60))

    async def find(self, model: type[Model], uuid: UUID, *path: str | int, lock: bool = False) -> Model:
        """The row with this id that the viewer sees, or NOT_FOUND: missing and forbidden look the same."""
        found = await self._seen(model, [uuid], lock=lock)
        if not found:
            raise Refusal(Code.NOT_FOUND, *path)
        return found[0]

    async def _seen(self, model: type[Model], uuids: list[UUID], *, lock: bool = False) -> Sequence[Model]:
        given = {_IDS: uuids, VIEWER: self.viewer.account_id}
        found: Sequence[Model] = (await self.session.exec(_seen(model, self.viewer.role, lock), params=given)).all()
        return found

    async def rows(self, statement: sa.TextClause, **given: Any) -> Sequence[Any]:
        """The rows of a written statement, read within the transaction."""
        return (await (await self.session.connection()).execute(statement, given)).all()

    async def works_in(self, grid_id: UUID, building_id: UUID | None = None) -> bool:
        """Whether the viewer's post covers the grid, or the building. Places themselves are widely known."""
        scope = self.scope
        covered = sa.or_(
            sa.literal(grid_id, sa.Uuid()) == sa.any_(scope.grids),
            sa.literal(building_id, sa.Uuid()) == sa.any_(scope.buildings),
        )
        return bool(await self.session.scalar(sa.select(covered)))

    async def find_all(self, model: type[Model], uuids: list[UUID], *path: str | int) -> list[Model]:
        """The rows with these ids, in their order; the first that is missing is refused."""
        if not uuids:
            return []
        found = {each.id: each for each in await self._seen(model, uuids)}  # type: ignore[attr-defined]
        for index, uuid in enumerate(uuids):
            if uuid not in found:
                raise Refusal(Code.NOT_FOUND, *path, index)
        return [found[uuid] for uuid in uuids]


@cache
def _seen(model: type[SQLModel], role: Role | None, lock: bool) -> Any:
    """Rows by their ids as far as a viewer of this role sees them; made once, as every act asks for some."""
    source: Any = table(model)
    ids = sa.bindparam(_IDS, type_=ARRAY(sa.Uuid()))
    statement = select(model).where(source.c.id == sa.any_(ids), SessionScope(role, None).sees(model))
    return statement.with_for_update(of=source) if lock else statement
