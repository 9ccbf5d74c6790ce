"""What every act needs: the transaction, for whom, when; and how it finds rows within the viewer's scope."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.scope import Scope, table, visible
from db.sealing import Sealer
from rules.access import Viewer
from rules.refusals import Code, Refusal

Model = TypeVar("Model", bound=SQLModel)


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
    def scope(self) -> Scope:
        """The viewer's scope for one statement."""
        return Scope(self.viewer.role, sa.literal(self.viewer.account_id, sa.Uuid()))

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
        source: Any = table(model)
        statement = select(model).where(source.c.id == uuid, visible(source, source, self.scope))
        if lock:
            statement = statement.with_for_update(of=source)
        found = (await self.session.exec(statement)).first()
        if found is None:
            raise Refusal(Code.NOT_FOUND, *path)
        return found

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
        return [await self.find(model, uuid, *path, index) for index, uuid in enumerate(uuids)]
