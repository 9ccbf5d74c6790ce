"""Names of buildings: 「3号楼」, 「A座」, 「甲3号楼」. Most of them are numbers."""

import re

from rules.addresses import joined, number_of
from rules.folding import Spelling, building_key
from rules.refusals import invalid
from rules.text import check_text

MOST_NUMBER = 9_999
LONGEST = 20
"""Characters of a name."""
_NUMBERED = re.compile("第?([0-9]+|[零一二三四五六七八九十]+)(?:号楼|号|栋|幢|座|楼|#楼|#)?")


class BuildingName(Spelling):
    """The name of a building. Spellings of one name are equal: 「A座」 and 「ａ栋」."""

    __slots__ = ()
    folded = staticmethod(building_key)


def numbered(number: int) -> str:
    """The name of a building that has only a number."""
    return f"{number}号楼"


def check_building_name(said: str, *path: str) -> str:
    """The name as it is kept: a number in any spelling becomes 「3号楼」, and other names stay as they are written.

    Raises INVALID_INPUT and TOO_LONG.
    """
    name = check_text(said, *path, limit=LONGEST)
    found = _NUMBERED.fullmatch(joined(name))
    number = number_of(found[1]) if found else None
    if number is None:
        return name
    if not 1 <= number <= MOST_NUMBER:
        raise invalid("应为 1 到 {most}", *path, most=MOST_NUMBER)
    return numbered(number)
