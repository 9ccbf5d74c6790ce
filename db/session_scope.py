"""The viewer's scope in statements of SQLAlchemy's, which acts are made of."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from db import sql
from db.holding import Scope, itself, table
from db.scope import visible
from rules.access import Role

VIEWER = "viewer"
"""The parameter that names the viewer's account."""


@dataclass(frozen=True, slots=True)
class SessionScope:
    """The places that a viewer's role holds today, each a list of ids computed where it stands."""

    role: Role | None
    account_id: UUID | None

    @property
    def communities(self) -> Any:
        """The communities whose places and workers the viewer knows."""
        return self._list("communities")

    @property
    def grids(self) -> Any:
        """The grids whose people and cases the viewer works with."""
        return self._list("grids")

    @property
    def buildings(self) -> Any:
        """The buildings that the viewer heads."""
        return self._list("buildings")

    @property
    def organisations(self) -> Any:
        """The organisations that the viewer works for."""
        return self._list("organisations")

    @property
    def rounds(self) -> Any:
        """The grids of the viewer's own posts, without those that a desk opens to a worker for a day."""
        return self._list("rounds")

    def sees(self, model: type[SQLModel]) -> Any:
        """The condition under which the viewer sees a row of the table."""
        return self._made(_seen(model, self.role))

    def _list(self, name: str) -> sa.TextClause:
        return self._made(_held(self.role, name))

    def _made(self, text: str) -> sa.TextClause:
        if f":{VIEWER}" not in text:
            return sa.text(text)
        return sa.text(text).bindparams(sa.bindparam(VIEWER, self.account_id, type_=sa.Uuid()))


@cache
def _held(role: Role | None, name: str) -> str:
    return _whole(getattr(_scope(role), name))


@cache
def _seen(model: type[SQLModel], role: Role | None) -> str:
    return _whole(visible(table(model), itself(table(model)), _scope(role)))


def _whole(expression: sql.Column) -> str:
    """In brackets: nobody knows beside what it will stand."""
    return f"({sql.for_session(expression.text)})"


def _scope(role: Role | None) -> Scope:
    return Scope(role, sql.parameter(VIEWER, sql.UUID), inline=True)
