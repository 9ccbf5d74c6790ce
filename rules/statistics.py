"""The numbers of the statistics, each of which names the cases behind it (domain.md sections 5 and 6)."""

from enum import StrEnum

SATISFIED_FROM = 4
"""Of a rating from 1 to 5: from here on the reporter is satisfied."""


class AppealFigure(StrEnum):
    """A number of the direct line; it names the appeals behind it."""

    ALL = "ALL"
    UNRESOLVED = "UNRESOLVED"
    OVERDUE = "OVERDUE"
    RESPONSE_DUE = "RESPONSE_DUE"
    RESPONDED_IN_TIME = "RESPONDED_IN_TIME"
    TO_RESOLVE = "TO_RESOLVE"
    RESOLVED = "RESOLVED"
    RESOLUTION_DUE = "RESOLUTION_DUE"
    RESOLVED_IN_TIME = "RESOLVED_IN_TIME"
    RATED = "RATED"
    SATISFIED = "SATISFIED"


class DisputeFigure(StrEnum):
    """A number of the mediation statistics; it names the disputes behind it."""

    ALL = "ALL"
    PENDING = "PENDING"
    CLOSED = "CLOSED"
    MEDIATED = "MEDIATED"
    SETTLED = "SETTLED"
    ORAL = "ORAL"
    WRITTEN = "WRITTEN"
    SETTLED_IN_GRID = "SETTLED_IN_GRID"
    PERFORMED = "PERFORMED"
    BREACHED = "BREACHED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
