"""Clients as they come from their registries: sign in, page through, normalise, subscribe, lose the token, resume."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.clients.scratch import Scratch
from tests.clients.telling import ROOT, started, told

TOKEN_SECONDS = 4
"""Twenty tokens end within 80 s, while all stories run beside each other."""
RENEWED_SECONDS = 15
"""Of tokens that are renewed before their end, every two seconds or so."""
LIVE = ("apollo.mjs", "gql_story.py", "graphql-sse.mjs", "graphql-ws.mjs", "relay.mjs", "urql.mjs")
RENEWING = "renewal.mjs"
STILL = ("ariadne_story.py", "audits.mjs", "codegen.mjs", "eslint.mjs")


@pytest.fixture(scope="module")
async def address(copy_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a server over the demo."""
    async with started(copy_url, tmp_path_factory.mktemp("served"), TOKEN_SECONDS) as found:
        yield found


@pytest.fixture(scope="module")
async def patient(copy_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a second server over the same database, whose tokens hold longer."""
    async with started(copy_url, tmp_path_factory.mktemp("patient"), RENEWED_SECONDS) as found:
        yield found


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


async def test_no_client_misses_or_repeats_an_event_over_twenty_ends_of_tokens(
    scratch: Scratch, address: str, patient: str
) -> None:
    await compiled(scratch)
    stories = *((address, story) for story in LIVE), (patient, RENEWING)
    results = await asyncio.gather(*(told(scratch, server, story) for server, story in stories))
    said = [(code, f"{story}: {last}") for (_, story), (code, last) in zip(stories, results, strict=True)]
    print(*(line for _, line in said))  # noqa: T201  for `-s`
    assert [line for code, line in said if code != 0] == []


@pytest.mark.parametrize("story", STILL)
async def test_generators_linters_and_audits_take_the_schema(scratch: Scratch, address: str, story: str) -> None:
    code, said = await told(scratch, address, story)
    assert code == 0, said
