"""`tunping verify`: checks the evidence of all disputes against its chain of digests."""

from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256

import typer

from api.clock import utc_now
from api.commands.databases import plain_failures, with_database
from api.commands.terminal import fail, new_app
from api.http.photo_store import WHOLE, PhotoStore
from api.settings import Settings
from db.chains import Case, disputes_with_evidence, read_chains
from db.database import Database

AT_ONCE = 20
"""Disputes of one transaction. With 500 pieces each, the most of a case, it stays well within the deadline."""
app = new_app()


@app.command()
def verify() -> None:
    """Check the evidence of all disputes. Exits with 1 if something was changed or is missing."""
    with plain_failures():
        settings = Settings.read()
        store = PhotoStore.of(settings)
    cases = with_database(lambda opened: _cases(opened.system, store), settings)
    for case in cases:
        for problem in case.wrong:
            typer.echo(f"dispute_{case.dispute}: {problem}")
    pieces = sum(case.pieces for case in cases)
    if any(case.wrong for case in cases):
        fail("证据链不完整 / the evidence is not what it was")
    typer.echo(f"证据完整 / all is as it was: {len(cases)} disputes, {pieces} pieces")


async def _cases(database: Database, store: PhotoStore) -> list[Case]:
    disputes = await database.transact(disputes_with_evidence, now=utc_now())
    cases: list[Case] = []
    for first in range(0, len(disputes), AT_ONCE):
        some = disputes[first : first + AT_ONCE]
        cases += await database.transact(partial(read_chains, disputes=some), now=utc_now())
    for case in cases:
        case.wrong.extend([problem async for problem in _photo_problems(case, store)])
    return cases


async def _photo_problems(case: Case, store: PhotoStore) -> AsyncIterator[str]:
    for number, file, digest in case.photos:
        content = await store.get(file, WHOLE)
        if content is None:
            yield f"the photo of piece {number} is not in the store"
        elif sha256(content).digest() != digest:
            yield f"the photo of piece {number} is not what it was"
