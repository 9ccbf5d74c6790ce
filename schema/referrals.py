"""Referrals of disputes to other bodies in GraphQL."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import referrals as tables
from rules.referrals import ReferralStatus
from schema.compiler import declare as gql
from schema.compiler.sources import Order
from schema.filters import among
from schema.relay import Connection, Node

SENT = Order(("referred_at", "id"), descending=True)


@gql.filters
class ReferralFilter:
    """A filter of referrals."""

    status: list[ReferralStatus] | None = gql.where(among("status"), "With one of these statuses.")


@gql.entity(tables.Referral, "referral")
class Referral(Node):
    """The referral of a dispute to another body, with the parties' consent."""

    id: strawberry.ID = gql.object_id("referral")
    status = gql.word("status", ReferralStatus, "The status.")
    reason: str = gql.column("reason", "The reason.")
    organisation = gql.to_one("organisation_id", "The organisation.")
    dispute = gql.to_one("dispute_id", "The dispute; null if it is no longer visible to the viewer.")
    referred_by = gql.to_one("referred_by", "The account that sent it.")
    referred_at: datetime = gql.column("referred_at", "When it was sent.")
    answered_by = gql.to_one("answered_by", "The account that answered.")
    answered_at: datetime | None = gql.column("answered_at", "When it was answered.")
    answer: str | None = gql.column("answer", "The answer, or the reason for the rejection.")
    done_at: datetime | None = gql.column("done_at", "When the body reported the result.")
    result: str | None = gql.column("result", "The result.")


@gql.roots
class ReferralRoots:
    referrals: Connection[Referral] = gql.paged("Referrals, latest first.", SENT, where=ReferralFilter)
