"""What the tests of erasing and of retention share: photos, rows, and commands with a data directory."""

import asyncio
import hashlib
import io
import secrets
from pathlib import Path
from typing import Any

import asyncpg
from PIL import Image

from tests import command
from tests.client import Tunping


def values(url: str, query: str, *given: Any) -> list[Any]:
    """The first column of the rows of a query."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [row[0] for row in await connection.fetch(query, *given)]
        finally:
            await connection.close()

    return asyncio.run(run())


def commanded(url: str, folder: Path, *arguments: Any) -> Any:
    """Runs a command with the photos and archives in a folder."""
    return command.tunping(url, *arguments, data=folder)


def jpeg(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def a_colour() -> str:
    """Another one each time, so that no test finds its photo in the store of another one."""
    return f"#{secrets.token_hex(3)}"


async def sent(who: Tunping, colour: str) -> str:
    """A photo that was sent; its digest."""
    content = jpeg(colour)
    digest = hashlib.sha256(content).hexdigest()
    answer = await who.http.put(f"/photos/{digest}", content=content, headers=who.headers)
    assert answer.status_code in {200, 201}
    return digest


async def does(who: Tunping, mutation: str, **given: Any) -> None:
    """A mutation that must succeed."""
    assert (await who.do(mutation, given))["errors"] == [], mutation


async def first_of(client: Tunping, query: str, *given: Any) -> list[Any]:
    """The first column of the rows of a query."""
    return [row[0] for row in await client.app.state.owner.fetch(query, *given)]
