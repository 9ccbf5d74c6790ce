"""Findings and evidence: the losses of the leaking flat, and one piece of every kind for tests."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from db import disputes as dispute_tables
from db import findings as tables
from db.photos import Photo, PhotoFile
from rules.evidence import (
    GENESIS,
    EvidenceKind,
    Found,
    Piece,
    chained,
    digest_of_finding,
    digest_of_statement,
    entry_of,
)
from rules.journal import EntryKind
from seeds.accounts import Officer
from seeds.clock import DAY
from seeds.journal import enter
from seeds.odd import ODD_NAMES, ODD_TEXTS
from seeds.places import Grid
from seeds.world import World

Cells = dict[str, Any]
_PLACES: tuple[tuple[str, str, int], ...] = (
    ("客厅顶棚", "吊顶受潮变形，石膏板塌落约{n}平方米。", 45),
    ("卧室墙面", "墙纸起鼓脱落，墙面返碱约{n}平方米。", 30),
    ("地板", "复合地板泡胀翘起约{n}平方米。", 25),
)
"""The place, the loss, and its share of the whole in per cent."""
_LOOKED = timedelta(hours=20)


def of_leak(world: World, random: Random, dispute: Cells, grid: Grid) -> None:
    """Adds the findings of each home, which add up to its claim, and a statement."""
    worker = world.staff.workers[grid]
    harmed = [row for row in _parties(world, dispute) if row.get("claim_amount") is not None]
    for number, party in enumerate(harmed):
        at = dispute["opened_at"] + _LOOKED + number * timedelta(minutes=17)
        for (place, loss, _), amount in zip(_PLACES, _shares(party["claim_amount"]), strict=True):
            words = loss.format(n=random.randrange(2, 15))
            found = Found(dispute["id"], party["id"], place, words, amount, at)
            _record(world, dispute, grid, worker, found)
    last = dispute["opened_at"] + DAY + timedelta(hours=3)
    statement = "外出前未关入户阀门，回来时水已经流了一夜，愿意按核定的损失赔偿。"
    _add(world, dispute, grid, worker, last, EvidenceKind.STATEMENT, statement=statement, note="漏水户陈述")


def _parties(world: World, dispute: Cells) -> list[Cells]:
    return [row for row in world.book.rows(dispute_tables.DisputeParty) if row["dispute_id"] == dispute["id"]]


def _shares(whole: Decimal) -> list[Decimal]:
    """The amount of each place; the last one takes the rounding difference."""
    first, second = (whole * share / 100 for *_, share in _PLACES[:2])
    return [first, second, whole - first - second]


def _record(world: World, dispute: Cells, grid: Grid, worker: Officer, found: Found) -> UUID:
    finding = world.book.new_id(found.found_at)
    said = {"place": found.place, "loss": found.loss, "amount": found.amount, "found_at": found.found_at}
    own = {"dispute_id": found.dispute, "grid_id": grid.id, "party_id": found.party}
    by = {"recorded_by": worker.id, "recorded_at": found.found_at}
    world.book.add(tables.Finding, id=finding, **own, **said, **by)
    about = {"dispute_id": dispute["id"], "to_status": dispute["status"], "actor_id": worker.id}
    note = f"{found.place}：{found.loss}"
    enter(world.book, EntryKind.FINDING_RECORDED, grid, found.found_at, **about, note=note)
    sha256 = digest_of_finding(found)
    _add(world, dispute, grid, worker, found.found_at, EvidenceKind.FINDING, finding_id=finding, sha256=sha256)
    return finding


def _add(
    world: World, dispute: Cells, grid: Grid, worker: Officer, at: datetime, kind: EvidenceKind, **more: Any
) -> None:
    """Adds a piece to the chain."""
    sha256 = more.pop("sha256", None) or digest_of_statement(more["statement"])
    number, previous = dispute["evidence_count"] + 1, dispute.get("evidence_head") or GENESIS
    piece = Piece(dispute["id"], number, kind, sha256, more.get("note"), worker.id, at, previous)
    head = chained(piece)
    chain = {"number": number, "kind": kind, "sha256": sha256, "previous": previous, "hash": head}
    by = {"added_by": worker.id, "added_at": at}
    world.book.add(tables.Evidence, id=world.book.new_id(at), dispute_id=dispute["id"], **chain, **by, **more)
    dispute |= {"evidence_count": number, "evidence_head": head}
    about = {"dispute_id": dispute["id"], "to_status": dispute["status"], "actor_id": worker.id}
    enter(world.book, EntryKind.EVIDENCE_ADDED, grid, at, **about, note=entry_of(number, head))


def add(world: World) -> None:
    """Adds pieces of every kind, and findings that were corrected and withdrawn."""
    grid = world.town.grids[0]
    worker = world.staff.workers[grid]
    own: list[Cells] = [row for row in world.book.rows(dispute_tables.Dispute) if row["grid_id"] == grid.id]
    for number, dispute in enumerate(own[:3]):
        parties = _parties(world, dispute)
        at = dispute["opened_at"] + timedelta(hours=1)
        amounts = (Decimal("0.00"), None, Decimal("1200.50"))
        made = []
        for party, amount in zip(parties * 2, amounts, strict=False):
            found = Found(dispute["id"], party["id"], ODD_NAMES[number], ODD_TEXTS[0], amount, at)
            made.append(_record(world, dispute, grid, worker, found))
        rows: list[Cells] = [row for row in world.book.rows(tables.Finding) if row["id"] in made]
        rows[1] |= {"withdrawn_at": at + DAY, "withdrawn_by": worker.id, "withdrawn_reason": ODD_TEXTS[1]}
        rows[2]["corrects_id"] = made[1]
        _photo(world, dispute, grid, worker, made[0])
        _add(world, dispute, grid, worker, at, EvidenceKind.STATEMENT, statement=ODD_TEXTS[0], note=ODD_TEXTS[1])


def _photo(world: World, dispute: Cells, grid: Grid, worker: Officer, finding: UUID) -> None:
    """Adds a photo whose file does not exist."""
    at = dispute["opened_at"] + timedelta(hours=2)
    digest = digest_of_statement(f"photo of {finding}")
    size = {"width": 8, "height": 6}
    world.book.add(PhotoFile, sha256=digest, kept_sha256=digest, **size, kept_by=worker.id, kept_at=at)
    photo, case = world.book.new_id(at), {"dispute_id": dispute["id"], "finding_id": finding}
    world.book.add(Photo, id=photo, sha256=digest, **size, attached_at=at, attached_by=worker.id, **case)
    _add(world, dispute, grid, worker, at, EvidenceKind.PHOTO, sha256=digest, photo_id=photo, finding_id=finding)
