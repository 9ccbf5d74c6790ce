"""Tables of outside systems: their credentials, and the outbox of their webhooks."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.base import Identified, check, moment, partial_index, ref, text


class SystemClient(Identified, table=True):
    """An outside system, such as that of the dispute resolution centre. It acts with the rights of an account."""

    name: str = text()
    account_id: UUID = ref("account.id", index=True)
    secret_digest: bytes
    """SHA-256 of a secret of 256 random bits, which is shown only when it is created."""
    webhook_url: str | None = text(optional=True)
    webhook_position: int | None = Field(default=None, sa_type=sa.BigInteger)
    """The position in the live feed up to which webhooks were collected."""
    gone_at: datetime | None = moment(optional=True)
    """When the receiver answered 410 Gone."""
    created_at: datetime = moment()
    disabled_at: datetime | None = moment(optional=True)

    secrets = frozenset({"secret_digest"})
    __table_args__ = (
        sa.UniqueConstraint("name"),
        check("webhook", "(webhook_url is null) = (webhook_position is null)"),
    )


_WAITING = "delivered_at is null and dead_at is null"


class Webhook(Identified, table=True):
    """An event to deliver to an outside system. Events of one dispute are delivered in order."""

    client_id: UUID = ref("system_client.id")
    dispute_id: UUID = ref("dispute.id", index=True)
    entry_id: int = Field(sa_type=sa.BigInteger)
    """The journal entry. It needs no foreign key, because the journal is append-only."""
    failures: int = 0
    due_at: datetime = moment()
    leased_until: datetime | None = moment(optional=True)
    delivered_at: datetime | None = moment(optional=True)
    dead_at: datetime | None = moment(optional=True)
    last_error: str | None = text(optional=True)

    __table_args__ = (
        sa.UniqueConstraint("client_id", "entry_id"),
        partial_index("ix_webhook_waiting", "client_id", "dispute_id", "entry_id", where=_WAITING),
        check("one_end", "delivered_at is null or dead_at is null"),
    )
