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
from api.commands.languages import in_words, say, stop
from api.commands.terminal import new_app
from api.http.photo_store import WHOLE, PhotoStore
from api.settings import Settings
from db.chains import Case, disputes_with_evidence, read_chains
from db.database import Database
from db.verifying import Checked, Verification
from rules.anchors import Anchor, ends_early, links_of, read_lines
from rules.record import Chain, Fault, Keys
from rules.refusals import Said

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
            stop("没有此文件：{file}", file=anchors)
    lines = lines_of(anchors or settings.anchors() / FILE)

    async def work(opened: Opened) -> bool:
        database = opened.system
        whole = await _verify_cases(database, store)
        if key is None:
            stop("未设置 TUNPING_RECORD_KEY，无法核对记录链")
        record = Record(database, Keys.of(key), lines, settings.archives(), daily=anchors is None)
        return await _verify_record(record) and whole

    if not with_database(work, settings):
        stop("记录有误，请见上文")


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
        say("锚点文件第 {number} 行已改动", number=number)
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
            _tell(fault)
    if faults > MOST_LINES:
        say("…… 另有 {more} 处", more=faults - MOST_LINES)
    for name in sorted(verification.wrong_files):
        say("转存文件缺失或已改动：{name}", name=name)
    for each in verification.checked:
        _sum_up(each)
    ended = record.daily and any(_is_anchored_too_little(known, each) for each in verification.checked)
    if ended:
        last = f"{known[-1].at:%Y-%m-%d %H:%M} UTC" if known else "—"
        say("锚点文件缺失或末尾已截断：{last} 之后没有锚点，而此后数日都有新的链接", last=last)
    rows = sum(each.rows for each in verification.checked)
    speed = rows / max(time.monotonic() - begun, 0.001)
    say("锚点 {anchors} 个；每秒核对 {speed:,.0f} 行", anchors=len(known), speed=speed)
    return not (faults or wrong or ended or verification.wrong_files)


def _is_anchored_too_little(known: list[Anchor], checked: Checked) -> bool:
    if checked.linked_from is None or checked.linked_until is None:
        return False
    return ends_early(known, checked.linked_from, checked.linked_until)


def _read(folder: Path, name: str) -> bytes | None:
    """The content of a file that the database names, which cannot name one elsewhere."""
    file = folder / Path(name).name
    return file.read_bytes() if file.exists() else None


def _tell(fault: Fault) -> None:
    place = ""
    if fault.first is not None:
        place = f" {fault.first}" if fault.first == fault.last else f" {fault.first}–{fault.last}"
    row = f" ({fault.row})" if fault.row else ""
    typer.echo(f"{in_words(fault.chain)}{place}{row}: {in_words(fault.kind)} ({fault.kind.value})")


def _sum_up(checked: Checked) -> None:
    told = {"chain": checked.chain, "rows": checked.rows}
    if checked.waiting_since is None:
        say("{chain}：{rows} 行", **told)
    else:
        since = f"{checked.waiting_since:%Y-%m-%d %H:%M} UTC"
        say("{chain}：{rows} 行，{waiting} 行自 {since} 起等待链接", **told, waiting=checked.waiting, since=since)


async def _verify_cases(database: Database, store: PhotoStore) -> bool:
    """Prints what is wrong with the evidence of disputes. Returns whether all is well."""
    cases = await _cases(database, store)
    for case in cases:
        for problem in case.wrong:
            typer.echo(f"dispute_{case.dispute}: {in_words(problem)}")
    if any(case.wrong for case in cases):
        say("证据链不完整")
        return False
    pieces = sum(case.pieces for case in cases)
    say("证据完整：{disputes} 件纠纷，{pieces} 件证据", disputes=len(cases), pieces=pieces)
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


async def _photo_problems(case: Case, store: PhotoStore) -> AsyncIterator[Said]:
    for number, file, digest in case.photos:
        content = await store.get(file, WHOLE)
        if content is None:
            yield Said("第 {number} 件证据的照片不在存储中", {"number": number})
        elif sha256(content).digest() != digest:
            yield Said("第 {number} 件证据的照片已改动", {"number": number})
