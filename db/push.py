"""Tables of pushes: the subscriptions of devices, what accounts chose, the outbox, and how far the journal was read."""

from datetime import datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db import sql
from db.accounts import own
from db.base import Identified, Row, check, choice, moment, partial_index, ref, text
from db.scope import seen_by
from rules.push import PushKind

WAITING = "sent_at is null and dropped_at is null and parked_at is null"
"""The condition of what is still to be sent."""


class PushSubscription(Identified, table=True):
    """Where pushes to a device go. It lasts as long as the session of the device in which it was given."""

    account_id: UUID = ref("account.id", index=True)
    device_id: UUID = ref("device.id")
    session_id: UUID = ref("device_session.id", index=True)
    host: str = text()
    """The push service, or :data:`rules.push.GATEWAY`. A slow one does not hold up the others."""
    service: str | None = text(optional=True)
    """The phone maker's service, for a token that goes to the gateway."""
    address: str = text()
    """The endpoint, or the token."""
    p256dh: bytes | None = None
    auth: bytes | None = None
    digest: bytes
    """Of the service and the address. Pushes of two accounts never go to one address."""
    renewed_at: datetime = moment()
    broken_at: datetime | None = moment(optional=True)
    """When a push was given up; null again after one that was accepted."""

    secrets = frozenset({"address", "p256dh", "auth"})
    __table_args__ = (
        sa.UniqueConstraint("device_id"),
        sa.UniqueConstraint("digest"),
        check("keys", "num_nonnulls(p256dh, auth) = case when service is null then 2 else 0 end"),
    )


class PushPreference(Row, table=True):
    """The choices of an account: the kinds that it turned off, and its quiet hours in its community's time zone."""

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    muted: list[str] = Field(sa_type=ARRAY(sa.Text()), nullable=False)
    quiet_from: time | None = None
    quiet_until: time | None = None

    __table_args__ = (check("quiet", "num_nonnulls(quiet_from, quiet_until) in (0, 2) and quiet_from <> quiet_until"),)


class Push(Identified, table=True):
    """A push to a device. The table is the outbox. It ends sent, dropped because nobody needs it, or parked."""

    subscription_id: UUID = Field(foreign_key="push_subscription.id", ondelete="CASCADE", nullable=False)
    kind: PushKind = choice(PushKind)
    object_id: UUID
    happened_at: datetime = moment()
    due_at: datetime = moment()
    tries: int = 0
    last_error: str | None = text(optional=True)
    sent_at: datetime | None = moment(optional=True)
    dropped_at: datetime | None = moment(optional=True)
    parked_at: datetime | None = moment(optional=True)

    __table_args__ = (
        check("one_end", "num_nonnulls(sent_at, dropped_at, parked_at) <= 1"),
        partial_index("ix_push_due", "due_at", where=WAITING),
        # What has not been tried tells of everything about its object that happens until then.
        partial_index(
            "uq_push_untried", "subscription_id", "kind", "object_id", unique=True, where=f"tries = 0 and {WAITING}"
        ),
        sa.Index("ix_push_subscription_id", "subscription_id"),
    )


class PushProgress(Row, table=True):
    """The position in the live feed up to which pushes were queued: one row."""

    one: bool = Field(default=True, primary_key=True)
    position: int = Field(sa_type=sa.BigInteger)

    __table_args__ = (check("one_row", "one"),)


def pushable() -> sql.From:
    """The accounts to which pushes get through: a view (db/wall_two.sql)."""
    return sql.named("pushable", {"account_id": sql.UUID})


seen_by(own, PushSubscription, PushPreference)
