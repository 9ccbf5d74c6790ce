"""No call to the outside inside a transaction. All tests watch for it; this one shows that they would notice."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpcore
import httpx
import pytest

from api.rates import MISSES_BY_ADDRESS
from tests.client import Tunping

CALLS: tuple[Callable[[Any], Awaitable[Any]], ...] = (
    lambda state: state.limits.hit(MISSES_BY_ADDRESS, "a"),
    lambda state: state.limits.test(MISSES_BY_ADDRESS, "a"),
    lambda state: state.photos.get(b"", "whole"),
    lambda _: httpx.AsyncClient().get("http://127.0.0.1:1"),
    lambda _: httpcore.AsyncConnectionPool().request("GET", "http://127.0.0.1:1"),
)


@pytest.mark.parametrize("call", CALLS)
async def test_a_call_to_the_outside_fails_inside_a_transaction(
    tunping: Tunping, call: Callable[[Any], Awaitable[Any]]
) -> None:
    with pytest.raises(AssertionError, match="inside a transaction"):
        await tunping.transact(lambda _: call(tunping.app.state))
