"""`tunping verify`: whether the evidence of every dispute is what it was when it was added."""

from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256

import typer

from api.clock import utc_now
from api.commands.databases import brought_up, database, plain_failures
from api.commands.settings import Settings
from api.commands.signals import run
from api.commands.terminal import fail, new_app
from api.http.photo_store import WHOLE, PhotoStore
from db.chains import Case, proved, read_chains
from db.database import Database

AT_ONCE = 20
"""Disputes that one transaction reads: with 500 pieces each, the most a case has, well within its deadline."""
app = new_app()


@app.command()
def verify() -> None:
    """Check the evidence of all disputes against its chain; exits with 1 if something was changed or is missing."""
    settings = Settings.read()
    store = PhotoStore.at(settings.data_dir / "photos", settings.photo_store)
    with plain_failures(), database(settings) as url:
        cases = run(_cases(url, store))
    for case in cases:
        for each in case.wrong:
            typer.echo(f"dispute_{case.dispute}: {each}")
    pieces = sum(case.pieces for case in cases)
    if any(case.wrong for case in cases):
        fail("证据链不完整 / the evidence is not what it was")
    typer.echo(f"证据完整 / all is as it was: {len(cases)} disputes, {pieces} pieces")


async def _cases(url: str, store: PhotoStore) -> list[Case]:
    async with brought_up(url) as opened:
        cases = await _read(opened)
    for case in cases:
        case.wrong.extend([each async for each in _photos(case, store)])
    return cases


async def _read(opened: Database) -> list[Case]:
    disputes = await opened.transact(proved, now=utc_now())
    cases: list[Case] = []
    for first in range(0, len(disputes), AT_ONCE):
        some = disputes[first : first + AT_ONCE]
        cases += await opened.transact(partial(read_chains, disputes=some), now=utc_now())
    return cases


async def _photos(case: Case, store: PhotoStore) -> AsyncIterator[str]:
    """Photos whose files are gone or changed."""
    for number, file, digest in case.photos:
        content = await store.get(file, WHOLE)
        if content is None:
            yield f"the photo of piece {number} is not in the store"
        elif sha256(content).digest() != digest:
            yield f"the photo of piece {number} is not what it was"
