"""Clients as they come from their registries: sign in, page through, normalise, subscribe, lose the token, resume."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seeds.known import DEMO_PASSWORD
from tests.client import RECORD_KEY, SEALING_KEY, SECRET
from tests.clients.scratch import Scratch

ROOT = Path(__file__).parents[2]
TOKEN_SECONDS = 4
"""Twenty tokens end within 80 s, while all stories run beside each other."""
READY_WITHIN, STORY_WITHIN = 240, 420
LIVE = ("apollo.mjs", "gql_story.py", "graphql-sse.mjs", "graphql-ws.mjs", "relay.mjs", "renewal.mjs", "urql.mjs")
STILL = ("ariadne_story.py", "audits.mjs", "codegen.mjs", "eslint.mjs")


@pytest.fixture(scope="module")
def scratch() -> Scratch:
    """Where the packages are."""
    return Scratch.named()


@pytest.fixture(scope="module")
async def address(copy_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of `tunping serve` over the demo, in a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    own = {name: value for name, value in os.environ.items() if not name.startswith("TUNPING_")}
    keys = {"SECRET": SECRET, "SEALING_KEY": SEALING_KEY, "RECORD_KEY": RECORD_KEY}
    own |= {f"TUNPING_{name}": key.decode() for name, key in keys.items()}
    own |= {"DATABASE_URL": copy_url, "TUNPING_WORKER": "false", "TUNPING_DATA_DIR": str(folder / "data")}
    own |= {"TUNPING_ACCESS_TOKEN_SECONDS": str(TOKEN_SECONDS)}
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


async def told(scratch: Scratch, address: str, story: str) -> tuple[int | None, str]:
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
        async with asyncio.timeout(STORY_WITHIN):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode()


async def compiled(scratch: Scratch) -> None:
    """Compiles the documents of Relay's story against the SDL."""
    modules = scratch.stories / "node_modules" / "relay-compiler"
    for file in modules.glob("*/relay"):
        file.chmod(0o755)  # npm keeps no mode of a file that is no script of its own.
    (scratch.stories / "schema.graphql").write_bytes((ROOT / "schema" / "schema.graphql").read_bytes())
    command = (str(scratch.node), str(modules / "cli.js"), "relay.config.json")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=scratch.stories, stdout=pipe, stderr=pipe)
    said, complaints = await process.communicate()
    assert process.returncode == 0, (said + complaints).decode()


async def test_no_client_misses_or_repeats_an_event_over_twenty_ends_of_tokens(scratch: Scratch, address: str) -> None:
    await compiled(scratch)
    results = await asyncio.gather(*(told(scratch, address, story) for story in LIVE))
    print(*(f"{story}: {said}" for story, (_, said) in zip(LIVE, results, strict=True)))  # noqa: T201  for `-s`
    failed = [f"{story}: {said}" for story, (code, said) in zip(LIVE, results, strict=True) if code != 0]
    assert failed == []


@pytest.mark.parametrize("story", STILL)
async def test_generators_linters_and_audits_take_the_schema(scratch: Scratch, address: str, story: str) -> None:
    code, said = await told(scratch, address, story)
    assert code == 0, said
