"""Referrals between bodies (domain.md section 8): a case moves to the centre only when the centre accepts it."""

from collections.abc import Sequence
from enum import auto
from uuid import UUID

from rules.refusals import Code, Refusal
from rules.vocabulary import Word


class ReferralStatus(Word):
    """The status of a referral."""

    PENDING = auto(), "等待接收", "Sent and not answered yet; the case still belongs to the sender."
    ACCEPTED = auto(), "已接收", "The body accepted the case."
    REJECTED = auto(), "已退回", "The body rejected the case, with a reason."
    RECALLED = auto(), "已撤回", "The sender recalled it, or the case ended before it was answered."
    DONE = auto(), "已办结", "The body reported the outcome."


OPEN_REFERRALS = frozenset({ReferralStatus.PENDING, ReferralStatus.ACCEPTED})
"""A dispute has at most one referral in these statuses (domain.md section 8)."""
VISIBLE_REFERRALS = frozenset({ReferralStatus.PENDING, ReferralStatus.ACCEPTED, ReferralStatus.DONE})
"""The statuses in which the receiving body sees the case."""


def check_consents(parties: Sequence[UUID], consenting: Sequence[UUID]) -> None:
    """Raises CONSENT_MISSING unless every party consents to the referral."""
    if set(parties) - set(consenting):
        raise Refusal(Code.CONSENT_MISSING, "consents")
