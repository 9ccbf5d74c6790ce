"""Referrals in GraphQL: a dispute's way to another body."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

from db import referrals as tables
from rules.referrals import REFERRAL_LABELS, ReferralStatus
from schema.accounts import Account
from schema.compiler.declare import column, entity, filters, labelled, object_id, to_one, vocabulary, where
from schema.compiler.sources import Order
from schema.filters import among
from schema.places import Organisation
from schema.relay import Node

if TYPE_CHECKING:
    from schema.disputes import Dispute

DisputeType: TypeAlias = Annotated["Dispute", strawberry.lazy("schema.disputes")]

vocabulary(
    ReferralStatus,
    {
        ReferralStatus.PENDING: "Sent, not answered yet; the case is still the sender's.",
        ReferralStatus.ACCEPTED: "The body has taken the case.",
        ReferralStatus.REJECTED: "The body sent it back, with the reason.",
        ReferralStatus.RECALLED: "The sender took it back, or it was over before anybody answered.",
        ReferralStatus.DONE: "The body reported back how it ended.",
    },
)


SENT = Order(("referred_at", "id"), descending=True)


@filters
class ReferralFilter:
    """Which referrals."""

    status: list[ReferralStatus] | None = where(among("status"), "With one of these statuses.")


@entity(tables.Referral, "referral")
class Referral(Node):
    """A dispute that was sent to another body, with the parties' consent."""

    id: strawberry.ID = object_id("referral")
    status: ReferralStatus = column("status", "How it stands.")
    status_label: str = labelled("status", REFERRAL_LABELS, "How it stands, in Chinese.")
    reason: str = column("reason", "Why it was sent.")
    organisation: Organisation | None = to_one("organisation_id", "To whom.")
    dispute: DisputeType | None = to_one("dispute_id", "The case; null once it is not the viewer's to see.")
    referred_by: Account | None = to_one("referred_by", "Who sent it.")
    referred_at: datetime = column("referred_at", "When.")
    answered_by: Account | None = to_one("answered_by", "Who answered.")
    answered_at: datetime | None = column("answered_at", "When.")
    answer: str | None = column("answer", "What the body said, or why it sent the case back.")
    done_at: datetime | None = column("done_at", "When the body reported back.")
    result: str | None = column("result", "What it reported.")
