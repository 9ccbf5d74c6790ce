"""The vocabulary and checks of visits (domain.md section 3)."""

from datetime import datetime, timedelta
from enum import auto
from uuid import UUID

from rules.access import COMMUNITY_ROLES, Viewer
from rules.refusals import Code, Refusal, invalid
from rules.vocabulary import Word

CORRECTABLE = timedelta(days=7)
"""For so long whoever recorded something may correct it themselves (domain.md section 3)."""


class VisitMode(Word):
    """How the residents were reached."""

    HOME_VISIT = auto(), "上门", "At home (上门)."
    PHONE = auto(), "电话", "By telephone (电话)."
    ONLINE = auto(), "线上", "Online (线上)."


def is_attempt(reached: int, spoke_with: str | None) -> bool:
    """True if a visit met nobody: neither residents nor anybody else."""
    return not reached and spoke_with is None


def check_place(household: UUID | None, premises: UUID | None, reached: int) -> None:
    """A visit goes to a household or to premises. Only at a household it can reach residents."""
    if (household is None) == (premises is None):
        raise invalid("请写明住户或单位，且只写一处", "household" if premises is None else "premises")
    if premises is not None and reached:
        raise invalid("走访单位时不登记居民，请写明与谁交谈", "residents")


def check_may_correct(viewer: Viewer, author: UUID | None, recorded_at: datetime, now: datetime, *path: str) -> None:
    """The author of a record may correct it for :data:`CORRECTABLE`, the community's staff at any time.

    Raises NOT_ALLOWED for others, and TOO_LATE after that time.
    """
    if viewer.role in COMMUNITY_ROLES:
        return
    if author is None or viewer.account_id != author:
        raise Refusal(Code.NOT_ALLOWED, *path)
    if now > recorded_at + CORRECTABLE:
        raise Refusal(Code.TOO_LATE, *path, days=CORRECTABLE.days)
