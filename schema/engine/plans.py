"""The caches of a process: operations by their documents, their plans, and answers to introspection."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from rules.access import Role
from schema.compiler.arguments import shape
from schema.compiler.plan import Operation
from schema.languages import CHINESE

KEPT_DOCUMENTS = 400_000
KEPT_PLANS = 8_000_000
"""Characters of the documents, and of the statements with their documents, that a process keeps: 60 MiB of memory."""
LONG = 0.005
"""Seconds: the documents of apps are read and planned in less."""
PAUSE = 2
"""How many times as long as a long document took the next one waits. Under attack by new documents the p99 of another
client's page was 98 ms with a pause of 1, and 76 ms with 2 (``bench.attacks``)."""

Item = TypeVar("Item")
PlanKey: TypeAlias = tuple[str, str | None, Role | None, str, Any]


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


Made = TypeVar("Made", bound=_Sized)


class Recent(Generic[Item]):
    """A cache that drops the least recently used items above a total size. The latest item always stays."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[Any, tuple[Item, int]] = OrderedDict()
        self.size = 0

    def get(self, key: Any) -> Item | None:
        found = self._items.get(key)
        if found is None:
            return None
        self._items.move_to_end(key)
        return found[0]

    def put(self, key: Any, item: Item, size: int) -> None:
        self.size += size - self._items.pop(key, (item, 0))[1]
        self._items[key] = item, size
        while self.size > self._most and len(self._items) > 1:
            _, (_, dropped) = self._items.popitem(last=False)
            self.size -= dropped


class Plans:
    """Operations and plans by their documents. Documents that are new to the process wait for each other."""

    def __init__(self) -> None:
        self.operations: Recent[Operation] = Recent(KEPT_DOCUMENTS)
        self.introspected: Recent[Mapping[str, str]] = Recent(KEPT_PLANS)
        self._plans: Recent[Any] = Recent(KEPT_PLANS)
        self._turn = asyncio.Semaphore(1)

    async def get_or_make(self, key: PlanKey, make: Callable[[], Made]) -> Made:
        """The plan of a document, a role and a shape of variables."""
        found: Made | None = self._plans.get(key)
        if found is not None:
            return found
        async with self.turn():
            made: Made = self._plans.get(key) or make()
        self._plans.put(key, made, len(key[0]) + made.size)
        return made

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Reads or plans a new document, one at a time.

        After a long one, the next waits. So new documents take a third of the time of the event loop at most, and
        requests with known documents wait for one step of a new one.
        """
        await self._turn.acquire()
        began = time.thread_time()
        try:
            yield
        finally:
            spent = time.thread_time() - began
            asyncio.get_running_loop().call_later(PAUSE * spent if spent > LONG else 0, self._turn.release)


def plan_key(
    query: str, name: str | None, role: Role | None, variables: Mapping[str, Any], language: str = CHINESE
) -> PlanKey:
    """The cache key of a plan: the document, operation, role, language, and shape of the variables."""
    return query, name, role, language, shape(variables)
