"""Wishes (微心愿, domain.md section 5): their life, and the check of the texts that everybody reads."""

import re
from collections.abc import Iterable
from enum import auto

from rules.access import Act, Viewer, require
from rules.addresses import joined, plain, read
from rules.finding import pinyin_of
from rules.folding import folded_name, name_parts
from rules.journal import EntryKind
from rules.moves import Move
from rules.refusals import Code, Joined, Refusal, Said, invalid
from rules.text import with_ascii_digits
from rules.vocabulary import Word


class WishStatus(Word):
    """The status of a wish."""

    PROPOSED = auto(), "待公布", "Proposed; not public yet."
    PUBLISHED = auto(), "等待认领", "On the wish wall, without the wisher and the home."
    CLAIMED = auto(), "已认领", "Claimed."
    FULFILLED = auto(), "已实现", "Fulfilled."
    DECLINED = auto(), "未采纳", "Declined; the wisher was told why."


class Claimant(Word):
    """The kind of claimant of a wish."""

    VOLUNTEER = auto(), "志愿者", "A volunteer, whose name is not public."
    ORGANISATION = auto(), "单位", "An organisation."
    PARTY_BRANCH = auto(), "党支部", "A Party branch."


S = WishStatus
WishMove = Move[WishStatus]

ON_WALL = frozenset({S.PUBLISHED, S.CLAIMED, S.FULFILLED})  # the statuses in which a wish is public
OVER = frozenset({S.FULFILLED, S.DECLINED})
PUBLISHED_LIMIT = 200  # characters of a published text: a few sentences, so that the wall stays readable

PUBLISH = Move(Act.PUBLISH_WISH, frozenset({S.PROPOSED}), S.PUBLISHED, EntryKind.WISH_PUBLISHED)
DECLINE = Move(Act.DECLINE_WISH, frozenset({S.PROPOSED, S.PUBLISHED}), S.DECLINED, EntryKind.WISH_DECLINED)
CLAIM = Move(Act.CLAIM_WISH, frozenset({S.PUBLISHED}), S.CLAIMED, EntryKind.WISH_CLAIMED)
PROGRESS = Move(Act.NOTE_WISH_PROGRESS, frozenset({S.CLAIMED}), None, EntryKind.WISH_PROGRESSED)
RELEASE = Move(Act.RELEASE_WISH, frozenset({S.CLAIMED}), S.PUBLISHED, EntryKind.WISH_RELEASED)
FULFIL = Move(Act.FULFIL_WISH, frozenset({S.CLAIMED}), S.FULFILLED, EntryKind.WISH_FULFILLED)

MOVES: tuple[WishMove, ...] = (PUBLISH, DECLINE, CLAIM, PROGRESS, RELEASE, FULFIL)


def check_move(viewer: Viewer, move: WishMove, status: WishStatus) -> WishStatus:
    """The status after the move; raises NOT_ALLOWED or WRONG_STATE."""
    require(viewer, move.act)
    if status not in move.sources:
        raise Refusal(Code.WRONG_STATE, "wish", status=status)
    return move.target or status


_SURNAMES = re.compile("欧阳|上官|司马|诸葛|皇甫|东方|尉迟|公孙|慕容|司徒|令狐|夏侯|[^.]")
"""The common surnames of two characters, else the first character."""
_TITLES = (
    "大爷|大妈|大娘|大叔|大婶|大姐|大哥|奶奶|爷爷|阿姨|叔叔|婶婶|先生|女士|太太|老师|师傅|同学|小朋友|姐|哥|叔|婶|爷|某"
)
_COMMON = "王李张刘陈杨赵周吴徐孙朱胡郭何罗郑梁谢宋唐许韩冯邓曹彭曾肖袁潘蒋蔡余杜苏魏吕丁沈姚卢姜崔谭陆"
"""The most common surnames, but for those that are also words, such as 高 and 毛."""
_CALLED = re.compile(rf"[{_COMMON}](?:{_TITLES})|[小老][{_COMMON}]")
_BETWEEN = re.compile(r"[\s·.\-_*/|~+'\"]+")
_APART = r"[\s./()_*-]{0,3}"
_DIGIT = "[0-9零一二三四五六七八九]"
_COLOUR = re.compile("独居|独自居住|一个人住|流动人口")
"""Words that reveal a colour, most of all that somebody lives alone."""
_NUMBER = re.compile(rf"{_DIGIT}(?:{_APART}{_DIGIT}){{6,}}|@")
"""Seven digits in a row or more, as in telephone and ID numbers, also with separators; or an e-mail address."""
_DOOR = re.compile(r"(?<![0-9])[1-9][0-9]{2,3}\s*[室房]|[0-9一二三四五六七八九十]\s*(?:单元|号楼|[栋幢])")


def check_public(text: str, names: Iterable[str], *path: str | int, hidden: bool = False) -> str:
    """The text, if it can be published; raises INVALID_INPUT for a number, a colour, an address or a name.

    ``names`` are the people of the home and other known people whose full names occur in the text. A name is also
    recognised by the given name without the surname, and by the surname with a form of address (王奶奶, 小王).

    They are ``hidden`` from whoever does not see the home. Then common surnames with a form of address are refused
    whoever lives there, and of ``names`` only full ones. So a list of surnames tells nothing about the home.
    """
    if _NUMBER.search(with_ascii_digits(plain(text))):
        raise invalid("公开的内容里有号码", *path)
    return check_anonymous(text, names, *path, hidden=hidden)


def check_anonymous(text: str, names: Iterable[str], *path: str | int, hidden: bool = False) -> str:
    """The same, but numbers are allowed."""
    spelt, said = plain(text), joined(text)
    if colour := _COLOUR.search(said):
        raise invalid("公开的内容里有「{word}」", *path, word=colour[0])
    if _DOOR.search(spelt) or read(text):
        raise invalid("公开的内容里有楼号或门牌", *path)
    folded = as_searched(text)
    if hidden:
        full = (as_searched(name) for name in names)
        named = _CALLED.search(said) is not None or any(len(name) > 1 and name in folded for name in full)
    else:
        named = tells_name(folded, names)
    if named:
        # Which name it is, the register alone knows.
        raise invalid("公开的内容里有姓名或称呼", *path)
    return text


def check_doubts(
    text: str, home: Iterable[str], finds: Iterable[str], confirmed: Iterable[str], *path: str | int
) -> None:
    """Asks whoever publishes a text about each find in it that may be a name. Raises NAMES_UNCLEAR.

    Finds are given names of one character of the people at ``home``, and the ``finds`` of the register: names of two
    characters, and parts of longer names. They often are ordinary words. ``confirmed`` are those that are no names.
    """
    folded, known = as_searched(text), {as_searched(each) for each in confirmed}
    short = (_given(as_searched(name)) for name in home)
    unclear = dict.fromkeys(each for each in (*short, *finds) if each and each in folded and each not in known)
    if unclear:
        raise Refusal(Code.NAMES_UNCLEAR, *path, finds=Joined([Said("「{word}」", {"word": each}) for each in unclear]))


def as_searched(text: str) -> str:
    """A folded text or name without blanks, dots, and what people put between the characters of a name."""
    return _BETWEEN.sub("", folded_name(text))


def tells_name(text: str, names: Iterable[str]) -> bool:
    """True if a text, as it is searched, gives one of the names away, also a part of it, in pinyin or as 王奶奶."""
    return any(_is_told(name, text) for name in names)


def _is_told(name: str, text: str) -> bool:
    """True if the text gives the name away; either half of 阿依古丽·买买提 does, and its pinyin."""
    whole = as_searched(name)
    surname = (_SURNAMES.match(whole) or [""])[0]
    parts = [as_searched(part) for part in name_parts(folded_name(name))]
    if any(len(part) > 1 and part in text for part in (whole, whole.removeprefix(surname), *parts)):
        return True
    if any(spelt in text for spelt in pinyin_of(name)):
        return True
    called = rf"[小老]{re.escape(surname)}|{re.escape(surname)}(?:{_TITLES})"
    return bool(surname) and re.search(called, text) is not None


def _given(name: str) -> str:
    """The given name of one character, as in 王伟."""
    given = name.removeprefix((_SURNAMES.match(name) or [""])[0])
    return given if len(given) == 1 and not given.isascii() else ""
