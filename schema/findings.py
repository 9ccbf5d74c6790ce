"""Findings and evidence in GraphQL, and the workspace of a case."""

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
from schema.compiler import declare as gql
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


@gql.entity(tables.Finding, "finding")
class DamageFinding(Node):
    """A loss at a place in a party's home (查勘记录). A finding does not change; a correction replaces it."""

    id: strawberry.ID = gql.object_id("finding")
    party = gql.to_one("party_id", "The party who has the loss.")
    place: str = gql.column("place", "The place in the home.")
    loss: str = gql.column("loss", "The damage.")
    amount: Yuan | None = yuan("amount", "The value of the loss, if known.")
    found_at: datetime = gql.column("found_at", "When it was inspected.")
    recorded_by = gql.to_one("recorded_by", "The account that recorded it.")
    recorded_at: datetime = gql.column("recorded_at", "When it was recorded.")
    photos: list[Photo] = photos_of("finding_id")
    corrects = gql.to_one("corrects_id", "The finding that it replaces.")
    withdrawn_at: datetime | None = gql.column("withdrawn_at", "When it was withdrawn or replaced.")
    withdrawn_by = gql.to_one("withdrawn_by", "The account that withdrew or replaced it.")
    withdrawn_reason: str | None = gql.column("withdrawn_reason", "The reason for the withdrawal.")


@gql.entity(tables.Evidence, "evidence")
class Evidence(Node):
    """A piece of evidence (证据), chained to the previous one by its hash. It never changes."""

    id: strawberry.ID = gql.object_id("evidence")
    number: int = gql.column("number", "The position in the case, from 1.")
    kind = gql.word("kind", EvidenceKind, "The kind.")
    finding = gql.to_one("finding_id", "The finding that it records or shows.")
    photo = gql.to_one("photo_id", "The photo.")
    statement: str | None = gql.column("statement", "The statement.")
    note: str | None = gql.column("note", "The source, or what it shows.")
    sha256: str = gql.value(_hex("sha256"), "SHA-256 of the stored photo, or of the text in UTF-8.")
    previous: str = gql.value(_hex("previous"), "The hash of the previous piece; zeros for the first.")
    hash: str = gql.value(_hex("hash"), "The hash of its content and `previous`.")
    added_by = gql.to_one("added_by", "The account that added it.")
    added_at: datetime = gql.column("added_at", "When it was added.")


def _standing(finding: Any, *own: Any) -> list[Any]:
    return [*own, finding.c.withdrawn_at.is_(None)]


def _summed(*own: Any) -> dict[str, Column]:
    """Totals of the findings that are not withdrawn."""
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
    """One row with the totals of the case."""
    party = alias(dispute_tables.DisputeParty)
    claimed = sql.func.coalesce(sql.func.sum(party.c.claim_amount), sql.raw("0.00"))
    claim_total = sql.select(claimed).from_(party).where(party.c.dispute_id == row.c.id).scalar()
    named = {"dispute_id": row.c.id, **_summed(lambda t: t.c.dispute_id == row.c.id), "claim_total": claim_total}
    return sql.select(*(each.label(name) for name, each in named.items())).subquery("workspace")


def _by_party(row: Row) -> sql.From:
    """One row per party, with its totals."""
    party = alias(dispute_tables.DisputeParty)
    totals = _summed(lambda t: t.c.party_id == party.c.id)
    own = [party.c[name] for name in ("id", "consent", "claim", "claim_amount")]
    return (
        sql.select(*own, *(each.label(name) for name, each in totals.items()))
        .from_(party)
        .where(party.c.dispute_id == row.c.dispute_id)
        .subquery("of_party")
    )


@gql.derived
class PartyWorkspace:
    """The losses, claim and consent of a party."""

    party: DisputeParty | None = gql.to_one("id", "The party.")
    consent = gql.word("consent", Consent, "The consent to mediation.")
    claim: str | None = gql.column("claim", "The claim.")
    claim_amount: Yuan | None = yuan("claim_amount", "The amount claimed.")
    finding_count: int = gql.column("finding_count", "The number of findings, without withdrawn ones.")
    photo_count: int = gql.column("photo_count", "The number of photos of these findings.")
    loss_total: Yuan = yuan("loss_total", "The total of the losses.")
    findings: list[DamageFinding] = gql.to_many(
        lambda row, t: sql.and_(t.party_id == row.c.id, t.withdrawn_at.is_(None)),
        lambda t: [t.found_at, t.id],
        "The findings in order, without withdrawn ones.",
    )


@gql.derived
class DisputeWorkspace:
    """The workspace of a case (十二户工作台): losses, photos, claims and consents of each party, with totals."""

    finding_count: int = gql.column("finding_count", "The number of findings, without withdrawn ones.")
    photo_count: int = gql.column("photo_count", "The number of photos of these findings.")
    loss_total: Yuan = yuan("loss_total", "The total of all losses.")
    claim_total: Yuan = yuan("claim_total", "The total of all claims.")
    by_party: list[PartyWorkspace] = gql.few_rows(_by_party, lambda t: [t.id], "The workspace of each party.")
    without_consent: list[DisputeParty] = gql.to_many(
        lambda row, t: sql.and_(
            t.dispute_id == row.c.dispute_id, sql.cast(t.consent, sql.TEXT) != constant(Consent.GIVEN)
        ),
        lambda t: [t.id],
        "The parties who have not consented to mediation.",
    )
