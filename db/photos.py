"""Tables of photos: what is kept, addressed by its content, and which case has it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Identified, Row, moment, ref
from db.scope import Condition, Scope, in_grid, seen_by, seen_through


class PhotoFile(Row, table=True):
    """A photo that was sent: the digest of what was sent, and the size of what is kept of it."""

    __tablename__ = "photo_file"

    sha256: bytes = Field(primary_key=True)
    kept_sha256: bytes | None = None
    """Of what is kept of it; null for what was kept before this was written down."""
    width: int
    height: int
    kept_by: UUID | None = ref("account.id", optional=True)
    kept_at: datetime = moment()

    __table_args__ = (
        sa.CheckConstraint("octet_length(sha256) = 32", name="digest"),
        sa.CheckConstraint("width > 0 and height > 0", name="size"),
    )


class Photo(Identified, table=True):
    """A photo of a case: evidence of an appeal or a dispute, or taken on a visit."""

    sha256: bytes = Field(foreign_key="photo_file.sha256", index=True)
    appeal_id: UUID | None = ref("appeal.id", optional=True, index=True)
    visit_id: UUID | None = ref("visit.id", optional=True, index=True)
    dispute_id: UUID | None = ref("dispute.id", optional=True, index=True)
    finding_id: UUID | None = ref("finding.id", optional=True, index=True)
    """Of a dispute's photos: the finding that it shows."""
    width: int
    height: int
    attached_by: UUID | None = ref("account.id", optional=True)
    attached_at: datetime = moment()

    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(appeal_id, visit_id, dispute_id) = 1", name="one_case"),
        sa.CheckConstraint("finding_id is null or dispute_id is not null", name="of_finding"),
    )


def _photo(t: sql.From, scope: Scope) -> Condition:
    """Whoever sees the case sees its photos."""
    return sql.or_(
        seen_through(t, "appeal_id", scope),
        seen_through(t, "visit_id", scope, in_grid),
        seen_through(t, "dispute_id", scope),
    )


seen_by(_photo, Photo)
