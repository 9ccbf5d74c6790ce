"""The figures of the statistics, each of which leads to the cases behind it (domain.md sections 5 and 6)."""

from enum import auto

from rules.vocabulary import Word

SATISFIED_FROM = 4  # ratings of 4 and 5 count as satisfied (domain.md section 5)


class AppealFigure(Word):
    """A figure of the direct line."""

    ALL = auto(), "", "All appeals that came in."
    UNRESOLVED = auto(), "", "Not closed by the end of the period, and neither rejected nor withdrawn."
    OVERDUE = auto(), "", "Past a deadline that was not met, and not paused."
    RESPONSE_DUE = auto(), "", "Called back, rejected or closed, or past the response time. Not withdrawn ones."
    RESPONDED_IN_TIME = auto(), "", "Of those: called back, rejected or closed within the response time."
    TO_RESOLVE = auto(), "", "Neither rejected nor withdrawn."
    RESOLVED = auto(), "", "Of those: closed by the end of the year of the period."
    RESOLUTION_DUE = auto(), "", "Of those to resolve: closed, or past the resolution time."
    RESOLVED_IN_TIME = auto(), "", "Of those: closed, with the last answer within the resolution time."
    RATED = auto(), "", "Rated by the reporter. Appeals closed by silence have no rating."
    SATISFIED = auto(), "", "Of those: rated 4 or 5."


class DisputeFigure(Word):
    """A figure of the mediation statistics, as of the end of the year of the period, or of now while it runs."""

    ALL = auto(), "", "All disputes that were reported."
    PENDING = auto(), "", "Reported or being mediated."
    CLOSED = auto(), "", "No longer pending, whatever the outcome."
    MEDIATED = auto(), "", "Mediation has begun by now: being mediated, settled or failed."
    SETTLED = auto(), "", "Settled by an agreement, kept or not."
    ORAL = auto(), "", "Settled by an oral agreement."
    WRITTEN = auto(), "", "Settled by a written agreement."
    SETTLED_IN_GRID = auto(), "", "Settled at the grid level (小事不出网格)."
    PERFORMED = auto(), "", "Settled, and the agreement was kept."
    BREACHED = auto(), "", "Settled, and the agreement was broken."
    FAILED = auto(), "", "Mediated without an agreement."
    REFUSED = auto(), "", "Not mediated, because a party refused."
    WITHDRAWN = auto(), "", "Withdrawn."
