"""Findings and evidence in GraphQL: a case's workspace, home by home, and the chain of what proves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import disputes as dispute_tables
from db import findings as tables
from db import photos as photo_tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.disputes import Consent
from rules.evidence import EvidenceKind
from schema.compiler.declare import (
    column,
    derived,
    entity,
    few_rows,
    labelled,
    object_id,
    to_many,
    to_one,
    value,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Order, Row
from schema.money import Yuan, yuan
from schema.parties import DisputeParty
from schema.photos import Photo, photos_of
from schema.relay import Node

FOUND = Order(("found_at", "id"))
IN_CHAIN = Order(("number", "id"))


def _hex(name: str) -> Expression:
    return lambda row: sql.func.encode(row.c[name], constant("hex"))


@entity(tables.Finding, "finding")
class Finding(Node):
    """A loss at a place in a party's home (查勘记录). What it says stays; a correction takes its place."""

    id: strawberry.ID = object_id("finding")
    party = to_one("party_id", "Whose loss it is.")
    place: str = column("place", "Where in the home.")
    loss: str = column("loss", "What was damaged.")
    amount: Yuan | None = yuan("amount", "What it is worth, if that is known.")
    found_at: datetime = column("found_at", "When it was looked at.")
    recorded_by = to_one("recorded_by", "Who wrote it down.")
    recorded_at: datetime = column("recorded_at", "When it was written down.")
    photos: list[Photo] = photos_of("finding_id")
    corrects = to_one("corrects_id", "The finding that it takes the place of.")
    withdrawn_at: datetime | None = column("withdrawn_at", "Since when it counts no longer.")
    withdrawn_by = to_one("withdrawn_by", "Who withdrew or corrected it.")
    withdrawn_reason: str | None = column("withdrawn_reason", "Why.")


@entity(tables.Evidence, "evidence")
class Evidence(Node):
    """A piece of evidence (证据): chained to the one before by its hash, and never changed."""

    id: strawberry.ID = object_id("evidence")
    number: int = column("number", "Its place in the case, from 1.")
    kind: EvidenceKind = column("kind", "What it is.")
    kind_label: str = labelled("kind", EvidenceKind, "What it is, in Chinese.")
    finding = to_one("finding_id", "The finding that it is or shows.")
    photo = to_one("photo_id", "The photo.")
    statement: str | None = column("statement", "What was said.")
    note: str | None = column("note", "What was said with it.")
    sha256: str = value(_hex("sha256"), "SHA-256 of what it is: of the photo as it is kept, of the statement in UTF-8.")
    previous: str = value(_hex("previous"), "The hash of the piece before; zeros for the first.")
    hash: str = value(_hex("hash"), "Its own hash, over all that it says and `previous`.")
    added_by = to_one("added_by", "Who added it.")
    added_at: datetime = column("added_at", "When.")


def _standing(finding: Any, *own: Any) -> list[Any]:
    return [*own, finding.c.withdrawn_at.is_(None)]


def _summed(*own: Any) -> dict[str, Column]:
    """The totals over findings that stand."""
    finding, photo = alias(tables.Finding), alias(photo_tables.Photo)

    standing = _standing(finding, *(each(finding) for each in own))

    def over(counted: Column) -> Column:
        return sql.select(counted).from_(finding).where(*standing).scalar()

    shown = sql.select(sql.func.count()).from_(photo.join(finding, finding.c.id == photo.c.finding_id))
    return {
        "finding_count": over(sql.func.count()),
        "photo_count": shown.where(*standing).scalar(),
        "loss_total": over(sql.func.coalesce(sql.func.sum(finding.c.amount), sql.raw("0.00"))),
    }


def totals_of(row: Row) -> sql.From:
    """One row for the case."""
    party = alias(dispute_tables.DisputeParty)
    claimed = sql.func.coalesce(sql.func.sum(party.c.claim_amount), sql.raw("0.00"))
    claim_total = sql.select(claimed).from_(party).where(party.c.dispute_id == row.c.id).scalar()
    named = {"dispute_id": row.c.id, **_summed(lambda t: t.c.dispute_id == row.c.id), "claim_total": claim_total}
    return sql.select(*(each.label(name) for name, each in named.items())).subquery("workspace")


def _by_party(row: Row) -> sql.From:
    """One row for each party, with its own totals."""
    party = alias(dispute_tables.DisputeParty)
    totals = _summed(lambda t: t.c.party_id == party.c.id)
    own = [party.c[name] for name in ("id", "consent", "claim", "claim_amount")]
    return (
        sql.select(*own, *(each.label(name) for name, each in totals.items()))
        .from_(party)
        .where(party.c.dispute_id == row.c.dispute_id)
        .subquery("of_party")
    )


@derived
class PartyWorkspace:
    """What a party lost, claims and agrees to."""

    party: DisputeParty | None = to_one("id", "The party.")
    consent: Consent = column("consent", "Whether they agree to be mediated.")
    consent_label: str = labelled("consent", Consent, "The same in Chinese.")
    claim: str | None = column("claim", "What they want.")
    claim_amount: Yuan | None = yuan("claim_amount", "How much they claim.")
    finding_count: int = column("finding_count", "Findings that stand.")
    photo_count: int = column("photo_count", "Photos of these.")
    loss_total: Yuan = yuan("loss_total", "What their losses add up to.")
    findings: list[Finding] = to_many(
        lambda row, t: sql.and_(t.party_id == row.c.id, t.withdrawn_at.is_(None)),
        lambda t: [t.found_at, t.id],
        "The findings that stand, in order.",
    )


@derived
class Workspace:
    """A case home by home (十二户工作台): losses, photos, claims, consents, and what they add up to."""

    finding_count: int = column("finding_count", "Findings that stand.")
    photo_count: int = column("photo_count", "Photos of these.")
    loss_total: Yuan = yuan("loss_total", "What all losses add up to.")
    claim_total: Yuan = yuan("claim_total", "What all claims add up to.")
    by_party: list[PartyWorkspace] = few_rows(_by_party, lambda t: [t.id], "Party by party.")
    without_consent: list[DisputeParty] = to_many(
        lambda row, t: sql.and_(
            t.dispute_id == row.c.dispute_id, sql.cast(t.consent, sql.TEXT) != constant(Consent.GIVEN)
        ),
        lambda t: [t.id],
        "The parties who have not agreed to be mediated yet.",
    )
