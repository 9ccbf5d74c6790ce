"""Small wishes (微心愿, domain.md section 5): their life, and what of them everybody may read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import auto

from rules.access import Act, Viewer, require
from rules.addresses import plain, read
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.vocabulary import Word


class WishStatus(Word):
    """Where a wish stands."""

    PROPOSED = auto(), "待公布", "Written down; nobody but those who work there knows of it."
    PUBLISHED = auto(), "等待认领", "On the wish wall, without who and where."
    CLAIMED = auto(), "已认领", "Somebody has taken it upon themselves."
    FULFILLED = auto(), "已实现", "It has come true."
    DECLINED = auto(), "未采纳", "It cannot be fulfilled; the wisher was told why."


class Claimant(Word):
    """Who takes a wish upon themselves."""

    VOLUNTEER = auto(), "志愿者", "A volunteer, whose name is not public."
    ORGANISATION = auto(), "单位", "An organisation."
    PARTY_BRANCH = auto(), "党支部", "A Party branch."


S = WishStatus


ON_WALL = frozenset({S.PUBLISHED, S.CLAIMED, S.FULFILLED})
"""What everybody sees."""
OVER = frozenset({S.FULFILLED, S.DECLINED})
PUBLISHED_LIMIT = 200
"""Characters of what is published at once."""


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the life of a wish: from where, to where (``None``: stays), what the journal calls it."""

    act: Act
    sources: frozenset[WishStatus]
    target: WishStatus | None
    entry: EntryKind


PUBLISH = Move(Act.PUBLISH_WISH, frozenset({S.PROPOSED}), S.PUBLISHED, EntryKind.WISH_PUBLISHED)
DECLINE = Move(Act.DECLINE_WISH, frozenset({S.PROPOSED, S.PUBLISHED}), S.DECLINED, EntryKind.WISH_DECLINED)
CLAIM = Move(Act.CLAIM_WISH, frozenset({S.PUBLISHED}), S.CLAIMED, EntryKind.WISH_CLAIMED)
PROGRESS = Move(Act.NOTE_WISH_PROGRESS, frozenset({S.CLAIMED}), None, EntryKind.WISH_PROGRESSED)
RELEASE = Move(Act.RELEASE_WISH, frozenset({S.CLAIMED}), S.PUBLISHED, EntryKind.WISH_RELEASED)
FULFIL = Move(Act.FULFIL_WISH, frozenset({S.CLAIMED}), S.FULFILLED, EntryKind.WISH_FULFILLED)

MOVES: tuple[Move, ...] = (PUBLISH, DECLINE, CLAIM, PROGRESS, RELEASE, FULFIL)


def check_move(viewer: Viewer, move: Move, status: WishStatus) -> WishStatus:
    """The status after the move; refused with NOT_ALLOWED or WRONG_STATE."""
    require(viewer, move.act)
    if status not in move.sources:
        raise Refusal(Code.WRONG_STATE, "wish", status=status.value)
    return move.target or status


_SURNAMES = re.compile("欧阳|上官|司马|诸葛|皇甫|东方|尉迟|公孙|慕容|司徒|令狐|夏侯|[^.]")
"""Those of two characters that occur, or else the first character."""
_TITLES = (
    "大爷|大妈|大娘|大叔|大婶|大姐|大哥|奶奶|爷爷|阿姨|叔叔|婶婶|先生|女士|太太|老师|师傅|同学|小朋友|姐|哥|叔|婶|爷|某"
)
_APART = r"[\s./()_*-]{0,3}"
_DIGIT = "[0-9零一二三四五六七八九]"
_COLOUR = re.compile("独居|独自居住|一个人住|流动人口")
"""Colours by their names: whoever lives alone is not told of at the wall."""
_NUMBER = re.compile(rf"{_DIGIT}(?:{_APART}{_DIGIT}){{6,}}|@")
_DOOR = re.compile(r"(?<![0-9])[1-9][0-9]{2,3}\s*[室房]|[0-9一二三四五六七八九十]\s*(?:单元|号楼|[栋幢])")


def check_public(text: str, names: Iterable[str], *path: str | int) -> str:
    """A text that everybody may read: without names, telephone numbers and addresses.

    ``names`` are those of the home, and others known here that occur in the text in full. Of the home also the given
    name and the surname with a form of address (王奶奶, 小王) are refused.
    """
    spelt = plain(text)
    said = re.sub(r"\s", "", spelt)
    if _NUMBER.search(spelt):
        raise invalid("公开的内容里有号码", "a number of somebody is in what everybody reads", *path)
    if colour := _COLOUR.search(said):
        raise invalid(f"公开的内容里有「{colour[0]}」", f"why somebody is looked after is nobody's: {colour[0]}", *path)
    if _DOOR.search(spelt) or read(text):
        raise invalid("公开的内容里有楼号或门牌", "an address is in what everybody reads", *path)
    for name in names:
        if told := _told(re.sub(r"\s", "", plain(name)), said):
            raise invalid(f"公开的内容里有称呼「{told}」", f"a name is in what everybody reads: {told}", *path)
    return text


def _told(name: str, said: str) -> str | None:
    """The part of the text that tells whose name it is; 阿依古丽·买买提 is told by either half."""
    surname = (_SURNAMES.match(name) or [""])[0]
    given = name.removeprefix(surname)
    for part in (name, given, *name.split(".")):
        if len(part) > 1 and part in said:
            return part
    called = re.search(rf"[小老]{re.escape(surname)}|{re.escape(surname)}(?:{_TITLES})", said) if surname else None
    return called[0] if called else None
