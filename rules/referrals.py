"""Referrals between bodies (domain.md section 6): a case moves to the dispute resolution centre on acceptance only."""

from collections.abc import Sequence
from enum import auto
from uuid import UUID

from rules.refusals import Code, Refusal
from rules.vocabulary import Word


class ReferralStatus(Word):
    """How a referral stands."""

    PENDING = auto(), "等待接收", "Sent, not answered yet; the case is still the sender's."
    ACCEPTED = auto(), "已接收", "The body has taken the case."
    REJECTED = auto(), "已退回", "The body sent it back, with the reason."
    RECALLED = auto(), "已撤回", "The sender took it back, or it was over before anybody answered."
    DONE = auto(), "已办结", "The body reported back how it ended."


OPEN = frozenset({ReferralStatus.PENDING, ReferralStatus.ACCEPTED})
"""Of these a dispute has one at most."""
WITH_THEM = frozenset({ReferralStatus.PENDING, ReferralStatus.ACCEPTED, ReferralStatus.DONE})
"""While a referral stands so, the body that it was sent to sees the case."""


def check_consents(parties: Sequence[UUID], consenting: Sequence[UUID]) -> None:
    """A case is referred with the consent of each party to it."""
    if set(parties) - set(consenting):
        raise Refusal(Code.CONSENT_MISSING, "consents")
