"""`tunping verify`: checks the record against its chains and anchors, and the evidence of all disputes."""

import time
from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from api.anchors import FILE, lines_of
from api.clock import utc_now
from api.commands.databases import Opened, plain_failures, with_database
from api.commands.terminal import fail, new_app
from api.http.photo_store import WHOLE, PhotoStore
from api.settings import Settings
from db.chains import Case, disputes_with_evidence, read_chains
from db.database import Database
from db.verifying import Checked, Verification
from rules.anchors import Anchor, ends_early, links_of, read_lines
from rules.record import Chain, Fault, Keys

AT_ONCE = 20
"""Disputes of one transaction. With 500 pieces each, the most of a case, it stays well within the deadline."""
MOST_LINES = 1_000
"""Faults that are printed. Faults at neighbouring positions are one."""
app = new_app()


@app.command()
def verify(
    anchors: Annotated[
        Path | None, typer.Option(help="The file with the anchors, by default the one that the worker writes.")
    ] = None,
) -> None:
    """Check the record and the evidence of all disputes. Exits with 1 if something was changed or is missing."""
    with plain_failures():
        settings = Settings.read()
        store, key = PhotoStore.of(settings), settings.key_to_record()
        if anchors is not None and not anchors.exists():
            fail(f"没有此文件 / no such file: {anchors}")
    lines = lines_of(anchors or settings.anchors() / FILE)

    async def work(opened: Opened) -> bool:
        database = opened.system
        whole = await _verify_cases(database, store)
        if key is None:
            fail("未设置 TUNPING_RECORD_KEY，无法核对记录链 / the record needs TUNPING_RECORD_KEY")
        record = Record(database, Keys.of(key), lines, settings.archives(), daily=anchors is None)
        return await _verify_record(record) and whole

    if not with_database(work, settings):
        fail("记录有误，请见上文 / the record is not what it was")


class Record(NamedTuple):
    """The input of a verification: database, keys, lines of the anchors file, and the folder of archived rows."""

    database: Database
    keys: Keys
    lines: list[str]
    archives: Path
    daily: bool
    """True for the file that the worker writes each day. A copy may be older."""


async def _verify_record(record: Record) -> bool:
    """Prints what is wrong with the chains and the anchors, and what was read. Returns whether all is well."""
    known, wrong = read_lines(record.keys, record.lines)
    for number in wrong:
        typer.echo(f"锚点文件第 {number} 行已改动 / anchors: line {number} is not what was written")
    verification = Verification(
        record.database,
        record.keys,
        {chain: links_of(known, chain) for chain in Chain},
        partial(_read, record.archives),
    )
    begun, faults = time.monotonic(), 0
    async for fault in verification.faults():
        faults += 1
        if faults <= MOST_LINES:
            typer.echo(_told(fault))
    if faults > MOST_LINES:
        typer.echo(f"…… 另有 {faults - MOST_LINES} 处 / and {faults - MOST_LINES} more")
    for name in sorted(verification.wrong_files):
        typer.echo(f"转存文件缺失或已改动 / the file with old rows is missing, or not what was written: {name}")
    for each in verification.checked:
        typer.echo(_summary(each))
    ended = record.daily and any(_is_anchored_too_little(known, each) for each in verification.checked)
    if ended:
        last = f"{known[-1].at:%Y-%m-%d %H:%M} UTC" if known else "—"
        typer.echo(f"锚点文件缺失或末尾已截断 / anchors: none after {last}, though rows were linked for days since")
    rows = sum(each.rows for each in verification.checked)
    typer.echo(f"锚点 / anchors: {len(known)}; {rows / max(time.monotonic() - begun, 0.001):,.0f} rows/s")
    return not (faults or wrong or ended or verification.wrong_files)


def _is_anchored_too_little(known: list[Anchor], checked: Checked) -> bool:
    if checked.linked_from is None or checked.linked_until is None:
        return False
    return ends_early(known, checked.linked_from, checked.linked_until)


def _read(folder: Path, name: str) -> bytes | None:
    """The content of a file that the database names, which cannot name one elsewhere."""
    file = folder / Path(name).name
    return file.read_bytes() if file.exists() else None


def _told(fault: Fault) -> str:
    place = ""
    if fault.first is not None:
        place = f" {fault.first}" if fault.first == fault.last else f" {fault.first}–{fault.last}"
    row = f" ({fault.row})" if fault.row else ""
    return f"{fault.chain.value.lower()}{place}{row}: {fault.kind.label} / {fault.kind.value}"


def _summary(checked: Checked) -> str:
    waiting = ""
    if checked.waiting_since is not None:
        waiting = f", {checked.waiting} waiting since {checked.waiting_since:%Y-%m-%d %H:%M} UTC"
    return f"{checked.chain.label} / {checked.chain.value.lower()}: {checked.rows} rows{waiting}"


async def _verify_cases(database: Database, store: PhotoStore) -> bool:
    """Prints what is wrong with the evidence of disputes. Returns whether all is well."""
    cases = await _cases(database, store)
    for case in cases:
        for problem in case.wrong:
            typer.echo(f"dispute_{case.dispute}: {problem}")
    if any(case.wrong for case in cases):
        typer.echo("证据链不完整 / the evidence is not what it was")
        return False
    pieces = sum(case.pieces for case in cases)
    typer.echo(f"证据完整 / all is as it was: {len(cases)} disputes, {pieces} pieces")
    return True


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
