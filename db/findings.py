"""Tables of findings of losses, and of the hash chain of evidence."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, check, choice, composite_key, moment, money, ref, text
from db.disputes import of_dispute
from db.scope import seen_by, through
from rules.evidence import EvidenceKind


class Finding(Identified, table=True):
    """A loss at a place in a party's home. It never changes; a correction is a new finding that replaces it."""

    dispute_id: UUID
    grid_id: UUID
    """The grid of the dispute."""
    party_id: UUID = ref("dispute_party.id", index=True)
    place: str = text()
    loss: str = text()
    amount: Decimal | None = money(optional=True)
    found_at: datetime = moment()
    recorded_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment()
    corrects_id: UUID | None = ref("finding.id", optional=True)
    withdrawn_at: datetime | None = moment(optional=True)
    withdrawn_by: UUID | None = ref("account.id", optional=True)
    withdrawn_reason: str | None = text(optional=True)

    __table_args__ = (
        composite_key("fk_finding_dispute", "dispute", "grid_id", cascade=True),
        sa.Index("ix_finding_dispute", "dispute_id", "found_at", "id"),
        sa.Index("uq_finding_corrects", "corrects_id", unique=True),
        check("withdrawn", "(withdrawn_at is null) = (withdrawn_reason is null)"),
    )


class Evidence(Identified, table=True):
    """A piece of evidence: a finding, a photo or a statement. Linked to the piece before, and never changed."""

    dispute_id: UUID = ref("dispute.id")
    number: int
    kind: EvidenceKind = choice(EvidenceKind)
    finding_id: UUID | None = ref("finding.id", optional=True, index=True)
    photo_id: UUID | None = ref("photo.id", optional=True, index=True)
    statement: str | None = text(optional=True)
    note: str | None = text(optional=True)
    sha256: bytes
    """The digest of the stored photo, of the statement, or of the finding's content."""
    previous: bytes
    hash: bytes
    added_by: UUID | None = ref("account.id", optional=True)
    added_at: datetime = moment()

    __table_args__ = (
        sa.UniqueConstraint("dispute_id", "number"),
        check("number", "number > 0"),
        check("digests", "octet_length(sha256) = 32 and octet_length(previous) = 32 and octet_length(hash) = 32"),
        check(
            "one_thing",
            "case kind when 'FINDING' then finding_id is not null and photo_id is null and statement is null"
            " when 'PHOTO' then photo_id is not null and statement is null"
            " else statement is not null and finding_id is null and photo_id is null end",
        ),
    )


seen_by(of_dispute, Finding)
seen_by(through("dispute_id"), Evidence)
