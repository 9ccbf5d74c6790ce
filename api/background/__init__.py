"""Background work: jobs, webhooks, text messages, and a check that the jobs run."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

STOP_WITHIN = 1.5
"""Seconds for a background task to end when it is cancelled. A worker gives its jobs one of them."""


@asynccontextmanager
async def in_background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs work in a task of this process, and cancels it at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=STOP_WITHIN)
