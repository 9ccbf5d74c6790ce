"""Findings and evidence: totals added up one by one."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from rules.disputes import Consent
from rules.evidence import EvidenceKind
from tests.oracle.duties import PagedRows
from tests.oracle.paging import Order
from tests.oracle.rows import Row, label
from tests.oracle.sight import Sight

Given = Mapping[str, Any]
_FOUND = Order(("found_at", "id"))
_IN_CHAIN = Order(("number", "id"))


def _standing(sight: Sight, key: str, uuid: Any) -> list[Row]:
    found = [each for each in sight.world["finding"] if each[key] == uuid and each["withdrawn_at"] is None]
    return sorted(found, key=lambda each: (each["found_at"], each["id"]))


def _sum(amounts: Iterable[Decimal | None]) -> str:
    return str(sum((each for each in amounts if each is not None), Decimal("0.00")))


def _totals(sight: Sight, findings: list[Row]) -> dict[str, Any]:
    own = {each["id"] for each in findings}
    return {
        "finding_count": len(findings),
        "photo_count": sum(1 for photo in sight.world["photo"] if photo["finding_id"] in own),
        "loss_total": _sum(each["amount"] for each in findings),
    }


def _parties(sight: Sight, uuid: Any) -> list[Row]:
    found = [each for each in sight.world["dispute_party"] if each["dispute_id"] == uuid]
    return sorted(found, key=lambda each: each["id"])


def _workspace(sight: Sight, row: Row, _: Given) -> Row:
    claimed = _sum(each["claim_amount"] for each in _parties(sight, row["id"]))
    totals = _totals(sight, _standing(sight, "dispute_id", row["id"]))
    return Row("", "DisputeWorkspace", {"dispute_id": row["id"], **totals, "claim_total": claimed})


def _by_party(sight: Sight, row: Row, _: Given) -> list[Row]:
    return [
        Row("", "PartyWorkspace", {**party.values, **_totals(sight, _standing(sight, "party_id", party["id"]))})
        for party in _parties(sight, row["dispute_id"])
    ]


def _undecided(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = _parties(sight, row["dispute_id"])
    return [party for party in found if party["consent"] != Consent.GIVEN]


def _hex(name: str) -> Any:
    return lambda _, row, __: row[name].hex() if row[name] else None


def _of_case(table: str) -> Any:
    return lambda sight, row, _: [each for each in sight.rows(table) if each["dispute_id"] == row["id"]]


FINDING_PAGES = {
    ("Dispute", "findings"): PagedRows(_FOUND, _of_case("finding"), "finding"),
    ("Dispute", "evidence"): PagedRows(_IN_CHAIN, _of_case("evidence"), "evidence"),
}
FINDINGS: dict[tuple[str, str], Any] = {
    ("Dispute", "workspace"): _workspace,
    ("Dispute", "evidenceHead"): _hex("evidence_head"),
    ("DisputeWorkspace", "byParty"): _by_party,
    ("DisputeWorkspace", "withoutConsent"): _undecided,
    ("PartyWorkspace", "party"): lambda sight, row, _: sight.find("dispute_party", row["id"]),
    ("PartyWorkspace", "consentLabel"): lambda _, row, __: label(Consent, row["consent"]),
    ("PartyWorkspace", "findings"): lambda sight, row, _: _standing(sight, "party_id", row["id"]),
    ("Evidence", "kindLabel"): lambda _, row, __: label(EvidenceKind, row["kind"]),
    **{("Evidence", name): _hex(name) for name in ("sha256", "previous", "hash")},
}
"""By type and field."""
