"""Referrals between bodies (domain.md section 6): a case moves to the dispute resolution centre on acceptance only."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from rules.refusals import Code, Refusal


class ReferralStatus(StrEnum):
    """How a referral stands."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    RECALLED = "RECALLED"
    DONE = "DONE"


REFERRAL_LABELS: dict[ReferralStatus, str] = {
    ReferralStatus.PENDING: "等待接收",
    ReferralStatus.ACCEPTED: "已接收",
    ReferralStatus.REJECTED: "已退回",
    ReferralStatus.RECALLED: "已撤回",
    ReferralStatus.DONE: "已办结",
}

OPEN = frozenset({ReferralStatus.PENDING, ReferralStatus.ACCEPTED})
"""Of these a dispute has one at most."""
WITH_THEM = frozenset({ReferralStatus.PENDING, ReferralStatus.ACCEPTED, ReferralStatus.DONE})
"""While a referral stands so, the body that it was sent to sees the case."""


def check_consents(parties: Sequence[UUID], consenting: Sequence[UUID]) -> None:
    """A case is referred with the consent of each party to it."""
    if set(parties) - set(consenting):
        raise Refusal(Code.CONSENT_MISSING, "consents")
