"""The documents that phones keep: their kinds, and in which order a first copy has them."""

from datetime import timedelta
from enum import auto

from rules.vocabulary import Word

KEPT_FOR = timedelta(days=366)
"""Cases that ended longer ago are not in a first copy. A year shows each season once."""


class DocumentKind(Word):
    """The kind of a document that a phone keeps."""

    # In the order in which a copy has them: what others refer to comes first.

    COMMUNITY = auto(), "", "A community."
    GRID = auto(), "", "A grid."
    BUILDING = auto(), "", "A building."
    COLLEAGUE = auto(), "", "An account with a post in the community."
    DUTIES = auto(), "", "The duties of today in a grid."
    HOUSEHOLD = auto(), "", "A household."
    RESIDENT = auto(), "", "A current resident."
    NOTICE = auto(), "", "A notice that was not withdrawn."
    ROSTER = auto(), "", "A published week of the roster, with its shifts."
    ALERT = auto(), "", "An alert of the safety ladder."
    CALL = auto(), "", "A call for help."
    APPEAL = auto(), "", "An appeal, with its timeline."
    DISPUTE = auto(), "", "A dispute, with its parties and its agreement."
    WISH = auto(), "", "A wish."
    ACT = auto(), "", "An act that the viewer submitted and that was done."
    VISIT = auto(), "", "A visit that stands."


OPEN_FIRST = (DocumentKind.ALERT, DocumentKind.CALL, DocumentKind.APPEAL, DocumentKind.DISPUTE)
"""Kinds of which a first copy has the open ones before everything else."""
