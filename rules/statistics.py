"""The numbers of the statistics, each of which names the cases behind it (domain.md sections 5 and 6)."""

from enum import auto

from rules.vocabulary import Word

SATISFIED_FROM = 4
"""Of a rating from 1 to 5: from here on the reporter is satisfied."""


class AppealFigure(Word):
    """A number of the direct line; it names the appeals behind it."""

    ALL = auto(), "", "All that came in."
    UNRESOLVED = auto(), "", "Not closed by the period's end, and neither rejected nor withdrawn."
    OVERDUE = auto(), "", "What drags: past a deadline now that was not met, and not paused."
    RESPONSE_DUE = auto(), "", "Called back, rejected or closed; or past the time for it. Not what was withdrawn."
    RESPONDED_IN_TIME = auto(), "", "Of those: called back, rejected or closed within the response time."
    TO_RESOLVE = auto(), "", "All that was neither rejected nor withdrawn."
    RESOLVED = auto(), "", "Of those: closed."
    RESOLUTION_DUE = auto(), "", "Of those to resolve: closed, or past the time for it."
    RESOLVED_IN_TIME = auto(), "", "Of those: closed, with the last answer given within the resolution time."
    RATED = auto(), "", "Rated by the reporter; what was closed by silence has no rating."
    SATISFIED = auto(), "", "Of those: rated 4 or 5 of 5."


class DisputeFigure(Word):
    """A number of the mediation statistics; it names the disputes behind it."""

    ALL = auto(), "", "All that were reported: what there was to mediate."
    PENDING = auto(), "", "Reported or being mediated."
    CLOSED = auto(), "", "Not pending any more, however that came."
    MEDIATED = auto(), "", "Mediation was begun: being mediated, settled or failed."
    SETTLED = auto(), "", "Settled by agreement, whether it was kept or not."
    ORAL = auto(), "", "Settled by oral agreement."
    WRITTEN = auto(), "", "Settled by written agreement."
    SETTLED_IN_GRID = auto(), "", "Settled without leaving the grid (小事不出网格)."
    PERFORMED = auto(), "", "Settled, and the agreement was kept."
    BREACHED = auto(), "", "Settled, and the agreement was broken."
    FAILED = auto(), "", "Mediated without an agreement."
    REFUSED = auto(), "", "Not mediated, as a party refused."
    WITHDRAWN = auto(), "", "Withdrawn by who reported it."
