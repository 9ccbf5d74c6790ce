"""Tables of outside systems: their credentials, and what is told them by webhook."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.base import Identified, moment, ref, text


class SystemClient(Identified, table=True):
    """An outside system, such as the dispute resolution centre's: it acts as an account of its own."""

    __tablename__ = "system_client"

    name: str = text()
    account_id: UUID = ref("account.id", index=True)
    secret_digest: bytes
    """SHA-256 of a secret of 256 random bits; shown once, when it is made."""
    webhook_url: str | None = text(optional=True)
    webhook_xid: int | None = Field(default=None, sa_type=sa.BigInteger)
    webhook_entry: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Up to which place of the journal it has been told."""
    gone_at: datetime | None = moment(optional=True)
    """When the receiver said that it is gone for good (410)."""
    created_at: datetime = moment()
    disabled_at: datetime | None = moment(optional=True)

    __table_args__ = (
        sa.UniqueConstraint("name"),
        sa.CheckConstraint("(webhook_url is null) = (webhook_xid is null)", name="webhook"),
        sa.CheckConstraint("(webhook_xid is null) = (webhook_entry is null)", name="place"),
    )


class Webhook(Identified, table=True):
    """One event to tell to an outside system; those of one dispute go in order."""

    client_id: UUID = ref("system_client.id")
    dispute_id: UUID = ref("dispute.id", index=True)
    entry_id: int = Field(sa_type=sa.BigInteger)
    """The entry of the journal, which only grows: a foreign key would hold nothing more."""
    failures: int = 0
    due_at: datetime = moment()
    leased_until: datetime | None = moment(optional=True)
    delivered_at: datetime | None = moment(optional=True)
    dead_at: datetime | None = moment(optional=True)
    last_error: str | None = text(optional=True)

    __table_args__ = (
        sa.UniqueConstraint("client_id", "entry_id"),
        sa.Index(
            "ix_webhook_waiting",
            "client_id",
            "dispute_id",
            "entry_id",
            postgresql_where=sa.text("delivered_at is null and dead_at is null"),
        ),
        sa.CheckConstraint("delivered_at is null or dead_at is null", name="one_end"),
    )
