"""A database behind both walls, or behind one of them alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from db.database import Database
from db.logins import Login
from rules.access import Role
from schema.compiler.plan import Plan
from schema.engine.plans import Plans
from tests.walls import MODELS, forget_statements, loosen

BOTH, FIRST, SECOND = "both", "first", "second"


@dataclass
class Guarded:
    """A pool of connections, with the statements for it."""

    name: str
    database: Database
    plans: Plans = field(default_factory=Plans)
    """Of acts."""
    planned: dict[tuple[str, Role | None], Plan] = field(default_factory=dict)
    """Of queries."""

    @classmethod
    async def open(cls, url: str, name: str) -> "Guarded":
        """Connects. Row-level security shows everything to the login of the worker."""
        return cls(name, await Database.open(url, 1, Login.WORKER if name == FIRST else Login.APPLICATION))

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Takes away the rules of the first wall, if only the second is to stand."""
        if self.name != SECOND:
            yield
            return
        try:
            with pytest.MonkeyPatch.context() as patch:
                loosen(patch.setitem, *MODELS.values())
                yield
        finally:
            forget_statements()

    def plan(self, query: str, role: Role | None, make: Callable[[], Plan]) -> Plan:
        """The plan of a query for a role."""
        key = query, role
        if key not in self.planned:
            self.planned[key] = make()
        return self.planned[key]
