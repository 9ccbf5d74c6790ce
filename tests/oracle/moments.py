"""The fields of days and instants whose columns have other names."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.rows import shown

_COLUMNS: Mapping[str, str] = {
    "AccessNotice.startsAt": "since",
    "AccessNotice.endsAt": "until",
    "Alert.missedOn": "day",
    "Appeal.pauseEndsAt": "paused_until",
    "Appeal.reopenEndsAt": "reopen_until",
    "DailyLog.workedOn": "day",
    "DutyRoster.servesOn": "day",
    "Incident.openedAt": "made_at",
    "Notice.endsAt": "until",
    "NoticeOnWall.endsAt": "until",
    "Receipt.reopenEndsAt": "reopen_until",
    "RosterWeek.startsOn": "monday",
    "Shift.servesOn": "day",
    "SitePatrol.meetingAt": "called_for",
    "WeeklyAnalysis.countedAt": "as_of",
    "WeeklyAnalysis.endsOn": "last_day",
    "WeeklyAnalysis.startsOn": "first_day",
    "Wish.openedAt": "proposed_at",
}


def _of(column: str) -> Any:
    return lambda _, row, __: shown(row[column])


MOMENTS: dict[tuple[str, str], Any] = {
    (type_, field): _of(column)
    for type_, _, field, column in ((*key.partition("."), at) for key, at in _COLUMNS.items())
}
"""By type and field."""
