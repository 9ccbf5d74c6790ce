"""What a report of a move may say: days that can be."""

from datetime import date, timedelta

from rules.refusals import Code, Refusal, invalid

FURTHEST_BACK = timedelta(366)
"""How long ago somebody may have moved when it is written down."""


def check_moved(on: date, today: date) -> None:
    """Moves are written down once they happened, and not years later."""
    if on > today:
        raise Refusal(Code.IN_FUTURE, "on")
    if today - on > FURTHEST_BACK:
        raise invalid("最多补登一年前的迁移", "a move is written down within a year", "on")


def check_born(born_on: date | None, moved_on: date) -> None:
    """Nobody moves before they are born."""
    if born_on is not None and born_on > moved_on:
        raise invalid("出生日期晚于迁入日期", "born after moving in", "bornOn")
