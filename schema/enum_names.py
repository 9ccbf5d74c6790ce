"""The names of enums in the API where the rule's own word needs its module to be understood.

The rules and the database keep the short word: ``Colour`` of ``rules.people`` is ``ResidentColour`` for clients.
"""

from collections.abc import Mapping

from rules.agreements import MarkKind, Outcome
from rules.alerts import CallAnswer, Rung
from rules.clocks import Clock
from rules.disputes import Consent, GuestKind, Route
from rules.duty import DutyState, Period
from rules.journal import EntryKind
from rules.notices import Audience
from rules.people import Colour, Likeness, Relation, Tenure
from rules.places import QrTarget
from rules.push import Reach
from rules.setup_checks import SetupCode
from rules.vocabulary import Word
from rules.wishes import Claimant

_NAMES: Mapping[type[Word], str] = {
    Audience: "NoticeAudience",
    CallAnswer: "HelpCallAnswer",
    Claimant: "WishClaimantKind",
    Clock: "DeadlineKind",
    Colour: "ResidentColour",
    Consent: "MediationConsent",
    DutyState: "VisitDutyState",
    EntryKind: "JournalEntryKind",
    GuestKind: "MeetingGuestKind",
    Likeness: "DuplicateReason",
    MarkKind: "AgreementMarkKind",
    Outcome: "PerformanceOutcome",
    Period: "VisitPeriod",
    QrTarget: "QrCodeTarget",
    Reach: "AccountReach",
    Relation: "HouseholdRelation",
    Route: "LegalRoute",
    Rung: "SafetyLadderRung",
    SetupCode: "SetupCheckCode",
    Tenure: "ResidencyTenure",
}


def name_of(enum: type[Word]) -> str:
    """The name of an enum in the API."""
    return _NAMES.get(enum, enum.__name__)
