"""Referrals in GraphQL: a dispute's way to another body."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import referrals as tables
from rules.referrals import ReferralStatus
from schema.compiler.declare import (
    column,
    entity,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_one,
    where,
)
from schema.compiler.sources import Order
from schema.filters import among
from schema.relay import Connection, Node

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
    status_label: str = labelled("status", ReferralStatus, "How it stands, in Chinese.")
    reason: str = column("reason", "Why it was sent.")
    organisation = to_one("organisation_id", "To whom.")
    dispute = to_one("dispute_id", "The case; null once it is not the viewer's to see.")
    referred_by = to_one("referred_by", "Who sent it.")
    referred_at: datetime = column("referred_at", "When.")
    answered_by = to_one("answered_by", "Who answered.")
    answered_at: datetime | None = column("answered_at", "When.")
    answer: str | None = column("answer", "What the body said, or why it sent the case back.")
    done_at: datetime | None = column("done_at", "When the body reported back.")
    result: str | None = column("result", "What it reported.")


@roots
class ReferralRoots:
    """What can be read of referrals."""

    referrals: Connection[Referral] = paged("Disputes sent to other bodies, latest first.", SENT, where=ReferralFilter)
