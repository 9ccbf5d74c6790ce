"""What a request carries through its execution."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from db.acts.acting import Acting
from db.database import Database
from db.sealing import Sealer
from rules.access import ANONYMOUS, Viewer
from rules.refusals import Refusal
from schema.compiler.arguments import Run
from schema.compiler.plan import Plans


@dataclass(slots=True)
class Context:
    """One request: for whom, when, with which connections, in which language messages are."""

    database: Database
    plans: Plans
    now: datetime
    viewer: Viewer = ANONYMOUS
    language: str = "zh"
    operation_name: str | None = None
    sealer: Sealer | None = None
    public_url: str | None = None
    photo_secret: bytes = b""
    waits: Callable[[str, UUID], int] | None = None
    """Counts what is opened without an account; the seconds to wait where it is too much."""
    session: AsyncSession | None = None
    """The mutation's one transaction."""
    acts: int = 1
    """How many acts the mutation has."""
    selecting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One connection selects one payload at a time."""

    def run(self, variables: Mapping[str, Any], touched: UUID | None = None) -> Run:
        """What a plan gets its parameters from."""
        return Run(variables, self.viewer, self.now, touched, self.public_url, self.photo_secret)

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """One act, of which nothing is left when it is refused; one of several is kept apart by a savepoint."""
        assert self.session is not None
        if self.acts > 1:
            async with self.session.begin_nested():
                yield
            return
        try:
            yield
        except Refusal:
            await self.session.rollback()
            raise

    def acting(self) -> Acting:
        """What an act needs."""
        assert self.session is not None
        return Acting(self.session, self.viewer, self.now, self.sealer, self.waits)


@dataclass(frozen=True, slots=True)
class Touched:
    """An object that a mutation touched; its selection is compiled."""

    id: UUID
