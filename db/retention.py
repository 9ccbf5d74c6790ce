"""Tables of retention: how long a community keeps its former residents, and what was erased or moved to files."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db.base import Identified, Row, check, moment, ref, text


class RetentionPolicy(Row, table=True):
    """The days that a community keeps the personal data of residents who moved away or died."""

    community_id: UUID = Field(foreign_key="community.id", primary_key=True)
    days: int
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment()

    __table_args__ = (check("days", "days between 184 and 7306"),)


class LogArchive(Identified, table=True):
    """The rows of a log older than ``before``, up to the id ``up_to``, are in ``file``, which has the digest."""

    log: str = text()
    up_to: UUID
    before: datetime = moment()
    rows: int
    file: str = text()
    sha256: bytes
    archived_at: datetime = moment(now=True)

    __table_args__ = (
        check("content", "rows > 0 and octet_length(sha256) = 32"),
        sa.Index("ix_log_archive_log", "log", "id"),
    )


class NoteErasure(Identified, table=True):
    """The entries of the journal whose notes were emptied because a resident was erased. The table is append-only.

    ``erased_at`` is also ``recorded_at`` of the entry about the erasure.
    """

    entries: list[int] = Field(sa_type=ARRAY(sa.BigInteger), nullable=False)
    erased_at: datetime = moment(now=True)

    __table_args__ = (sa.Index("ix_note_erasure_erased", "erased_at"),)
