"""The record in tests: its links, its faults, and what whoever administers the database could do to it."""

from collections.abc import Mapping

import asyncpg

from db.database import Database
from db.logins import Login, login_url
from db.record import link_pending, read_head
from db.verifying import Verification
from rules.record import Chain, Fault, Keys
from tests.client import RECORD_KEY

KEYS = Keys.of(RECORD_KEY)


async def execute(url: str, *statements: str) -> None:
    """Runs statements as whoever administers the database can, past its triggers."""
    connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def link_all(url: str, keys: Keys = KEYS) -> None:
    """Links everything that waits, as the worker does."""
    connection = await asyncpg.connect(login_url(url, Login.WORKER), server_settings={"timezone": "UTC"})
    try:
        while await link_pending(connection, keys):
            pass
    finally:
        await connection.close()


async def found(
    url: str,
    keys: Keys = KEYS,
    anchors: Mapping[Chain, Mapping[int, bytes]] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> list[str]:
    """The faults of the record, such as ``look 4-6: EDITED``, and the files with old rows that are wrong."""
    database = await Database.open(url, 1, Login.WORKER)
    try:
        verification = Verification(database, keys, anchors or {}, (files or {}).get)
        return [_told(each) async for each in verification.faults()] + sorted(verification.wrong_files)
    finally:
        await database.close()


def _told(fault: Fault) -> str:
    places = dict.fromkeys(str(each) for each in (fault.first, fault.last) if each is not None)
    return " ".join([fault.chain.value.lower(), *(["-".join(places)] if places else [])]) + f": {fault.kind.value}"


async def heads(url: str) -> dict[Chain, dict[int, bytes]]:
    """The last link of each chain, as an anchor knows it."""
    connection = await asyncpg.connect(url)
    read = {chain: await read_head(connection, chain) for chain in Chain}
    await connection.close()
    return {chain: {head.position: head.link} for chain, head in read.items()}
