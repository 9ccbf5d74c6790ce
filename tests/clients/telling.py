"""Runs a story of a client against `tunping serve` in a process of its own."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from seeds.known import DEMO_PASSWORD
from tests.client import RECORD_KEY, SEALING_KEY, SECRET
from tests.clients.scratch import Scratch

ROOT = Path(__file__).parents[2]
READY_WITHIN, STORY_WITHIN = 240, 420


@asynccontextmanager
async def started(database: str, folder: Path, token_seconds: int) -> AsyncIterator[str]:
    """The address of a server over a database. Its access tokens end after ``token_seconds``."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TUNPING_")}
    keys = {"SECRET": SECRET, "SEALING_KEY": SEALING_KEY, "RECORD_KEY": RECORD_KEY}
    own |= {f"TUNPING_{name}": key.decode() for name, key in keys.items()}
    own |= {"DATABASE_URL": database, "TUNPING_WORKER": "false", "TUNPING_DATA_DIR": str(folder / "data")}
    own |= {"TUNPING_ACCESS_TOKEN_SECONDS": str(token_seconds)}
    command = (sys.executable, "-u", "-m", "api.commands", "serve", "--port", "0")
    output = folder / "output"
    with output.open("w", encoding="utf-8") as file:
        server = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=own, stdout=file, stderr=file)
    try:
        async with asyncio.timeout(READY_WITHIN):
            while not (found := re.search(r"(http://[\d.:]+)/graphql", output.read_text(encoding="utf-8"))):
                assert server.returncode is None, output.read_text(encoding="utf-8")
                await asyncio.sleep(0.1)
        yield found[1]
    finally:
        server.terminate()
        await server.wait()


async def told(scratch: Scratch, address: str, story: str, within: float = STORY_WITHIN) -> tuple[int | None, str]:
    """The exit code of a story, and what it says."""
    given = {"TUNPING_URL": address, "TUNPING_PASSWORD": DEMO_PASSWORD}
    given |= {"TUNPING_SCHEMA": str(ROOT / "schema" / "schema.graphql")}
    run = sys.executable if story.endswith(".py") else str(scratch.node)
    process = await asyncio.create_subprocess_exec(
        *(run, story),
        cwd=scratch.stories,
        env=scratch.environment() | given,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(within):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode()
