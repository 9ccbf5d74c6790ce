"""GraphQL documents that clients send by their digests."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from db.base import Row, check, moment, text


class PersistedDocument(Row, table=True):
    """A document by its SHA-256: one that a client has sent in full, or one that the operator trusts."""

    sha256: bytes = Field(primary_key=True)
    body: str = text()
    trusted: bool = False
    used_at: datetime = moment()
    """When it was last read from here, to the hour. Documents that are not trusted make room in this order."""

    __table_args__ = (
        check("digest", "octet_length(sha256) = 32"),
        sa.Index("ix_persisted_document_used", "used_at", "sha256"),
    )
