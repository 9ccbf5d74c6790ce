"""The checks of call-backs to reporters (domain.md section 11)."""

from datetime import datetime

from rules.access import Role
from rules.refusals import invalid
from rules.times import check_occurred


def check_called(called_at: datetime, opened_at: datetime, now: datetime, role: Role | None) -> None:
    """A call-back is not in the future, and not before the appeal was opened."""
    check_occurred(called_at, now, role, "calledAt")
    if called_at < opened_at:
        raise invalid("回访不能早于诉求提出的时间", "calledAt")
