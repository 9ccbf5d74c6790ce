"""Notices (通知, domain.md section 11): whom they are for, how long they hold, and what no public text may have."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import auto

from rules.access import WORKERS, Role
from rules.addresses import plain
from rules.refusals import Code, Refusal, Said, invalid
from rules.vocabulary import Word
from rules.wishes import check_anonymous

LONGEST = timedelta(days=366)
"""The longest time for which a notice holds."""
_ID_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
_WITHDRAWN = Said("已撤回")


class Audience(Word):
    """Whom a notice is for."""

    WORKERS = auto(), "工作人员", "The workers: grid workers, grid leaders and the community's office."
    HEADS = auto(), "联户长", "The building heads."
    PUBLIC = auto(), "全体居民", "Everybody: workers, building heads, and the public page."


TOLD = WORKERS | {Role.BUILDING_HEAD}
"""The roles that notices are for."""
READERS = {Audience.WORKERS: WORKERS, Audience.HEADS: TOLD - WORKERS, Audience.PUBLIC: TOLD}
"""The same, by audience."""


def check_until(until: datetime | None, now: datetime) -> None:
    """Raises INVALID_INPUT for an end that is not in the future, or too far away."""
    if until is not None and not now < until <= now + LONGEST:
        raise invalid("有效期应在今后一年以内", "endsAt")


def check_standing(*, withdrawn: bool) -> None:
    """A notice is withdrawn once."""
    if withdrawn:
        raise Refusal(Code.WRONG_STATE, "notice", status=_WITHDRAWN)


def check_announced(text: str, names: Iterable[str], *path: str | int) -> str:
    """The text, if everybody may read it; raises INVALID_INPUT for an ID number, a colour, a home or a name.

    ``names`` are the people on the register whose full names occur in it. Unlike the text of a wish, it may have
    telephones and dates.
    """
    if _ID_NUMBER.search(re.sub(r"[\s-]", "", plain(text))):
        raise invalid("公开的内容里有身份证号", *path)
    return check_anonymous(text, names, *path)
