"""Lets each call to the outside fail while a transaction is open: shared limits, photos, messages and webhooks."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import httpcore
import httpx
import pytest

from api.http.limits import Limits
from api.http.photo_store import PhotoStore
from db.database import Database
from db.transaction import Transaction

OUTSIDE = (
    *((Limits, name) for name in ("count", "test")),
    *((PhotoStore, name) for name in ("put", "get")),
    (httpx.AsyncClient, "send"),
    (httpcore.AsyncConnectionPool, "handle_async_request"),
)
"""The methods that leave the process, other than for the database."""
_inside: ContextVar[bool] = ContextVar("inside", default=False)


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets them raise AssertionError in the work of a transaction."""
    monkeypatch.setattr(Database, "transact", _marked(Database.transact))
    for owner, name in OUTSIDE:
        monkeypatch.setattr(owner, name, _guarded(getattr(owner, name)))


def _marked(transact: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(transact)
    async def marked(self: Database, work: Callable[[Transaction], Any], *more: Any, **options: Any) -> Any:
        async def inside(tx: Transaction) -> Any:
            token = _inside.set(True)
            try:
                return await work(tx)
            finally:
                _inside.reset(token)

        return await transact(self, inside, *more, **options)

    return marked


def _guarded(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    async def guarded(*given: Any, **options: Any) -> Any:
        assert not _inside.get(), f"{call.__qualname__} inside a transaction"
        return await call(*given, **options)

    return guarded
