"""RxDB on two phones that lose signal, beside an office: each ends equal to the server."""

import os
from pathlib import Path

from tests.clients.scratch import Scratch
from tests.clients.telling import started, told

TOKEN_SECONDS = 15
"""Some end within the story."""
SECONDS_A_ROUND = 30
"""At most, on a busy machine. A quiet one needs two."""


async def test_two_phones_end_equal_to_the_server(scratch: Scratch, copy_url: str, tmp_path: Path) -> None:
    """Nobody else writes to this database, so that a phone and the server can be compared."""
    rounds = int(os.environ.get("ROUNDS", "12"))
    async with started(copy_url, tmp_path, TOKEN_SECONDS) as address:
        code, said = await told(scratch, address, "rxdb.mjs", within=120 + rounds * SECONDS_A_ROUND)
    assert code == 0, said
