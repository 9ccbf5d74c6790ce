"""Tables of photos: the stored files, addressed by their content, and the cases that they are attached to."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from db import sql
from db.base import Identified, Row, check, moment, ref, text
from db.scope import Condition, Scope, in_grid, seen_by, seen_through


class PhotoFile(Row, table=True):
    """An uploaded photo: the digest of the upload, and the digest and size of the re-encoded file."""

    sha256: bytes = Field(primary_key=True)
    kept_sha256: bytes | None = None
    """The digest of the stored file. Null for files from before this column existed."""
    width: int
    height: int
    kept_by: UUID | None = ref("account.id", optional=True)
    kept_at: datetime = moment()

    __table_args__ = (
        check("digest", "octet_length(sha256) = 32"),
        check("size", "width > 0 and height > 0"),
    )


class Photo(Identified, table=True):
    """A photo attached to an appeal, a dispute or a visit."""

    sha256: bytes = Field(foreign_key="photo_file.sha256", index=True)
    appeal_id: UUID | None = ref("appeal.id", optional=True, index=True)
    visit_id: UUID | None = ref("visit.id", optional=True, index=True)
    dispute_id: UUID | None = ref("dispute.id", optional=True, index=True)
    finding_id: UUID | None = ref("finding.id", optional=True, index=True)
    """The finding that a dispute's photo shows."""
    width: int
    height: int
    attached_by: UUID | None = ref("account.id", optional=True)
    attached_at: datetime = moment()
    removed_by: UUID | None = ref("account.id", optional=True)
    removed_at: datetime | None = moment(optional=True)
    """A removed photo stays on record, and is served to nobody."""
    removed_reason: str | None = text(optional=True)

    __table_args__ = (
        check("removed", "(removed_at is null) = (removed_by is null)"),
        check("one_case", "num_nonnulls(appeal_id, visit_id, dispute_id) = 1"),
        check("of_finding", "finding_id is null or dispute_id is not null"),
    )


def _photo(t: sql.From, scope: Scope) -> Condition:
    """A photo is visible with its case."""
    return sql.or_(
        seen_through(t, "appeal_id", scope),
        seen_through(t, "visit_id", scope, in_grid),
        seen_through(t, "dispute_id", scope),
    )


seen_by(_photo, Photo)
