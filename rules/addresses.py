"""Reads the places named in free text, such as 「三栋二门501」 or 「3-2-501」 (corpus: tests/addresses.txt)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, product

from rules.text import BODY_LIMIT, one_form

MOST_MENTIONS = 8  # a text that names more places is about none of them in particular
_LEAD = 24  # characters before a number that are read: more than the longest name of an estate
_LONGEST = 2 * BODY_LIMIT
"""Characters that are read. One character can stand for up to 18 others."""
_KEPT = 50
"""Texts that are kept as they were read, about a megabyte at most. One request asks for the same text often."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A building named in a text, with its unit and room if they are named; or a unit without a building."""

    building: str | None
    """By :func:`rules.folding.folded_building`: 3, a or 甲3."""
    unit: int | None = None
    room: str | None = None
    sure: bool = True
    """True if the words allow no other reading, such as a denial, a comparison, a date or a count."""
    lead: str = ""
    """The words before it, which may name an estate; they end with a comma if punctuation separates them."""
    bare: bool = False
    """True if it is only numbers, which are an address only if such a home is on the register."""


LOOK_ALIKE = ("號樓棟單門〇○幺搂壹贰叁肆伍陆柒捌玖拾–—―−‐‑‒﹣ー·", "号楼栋单门零零一楼一二三四五六七八九十---------.")
"""Characters, and in the same order what they are read as."""
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\u20e3]")
_LONG_BLANK = re.compile(r"(\s{4})\s+")
"""Blank space beyond four characters. The patterns bridge at most three, or any number."""
# So that reading takes linear time, no two parts of a pattern can share a run of blanks or of digits.
_DIGITS = "零一二三四五六七八九"
_CHINESE = f"[{_DIGITS}十]"
_NUMBER = rf"(?:[0-9]{{1,3}}+|{_CHINESE}{{1,4}}+)"
_ALSO = r"(?:[、,/~和跟与及或到至-]|还是)"
_BUILDINGS = rf"{_NUMBER}(?:\s*(?:号\s*)?{_ALSO}\s*{_NUMBER}|号\s*{_NUMBER}){{0,7}}"
_FEW = rf"(?:[0-9]{{1,2}}+(?![0-9])|{_CHINESE}{{1,4}}+)"
_UNITS = rf"{_FEW}(?:\s*(?:单元\s*)?{_ALSO}\s*{_FEW}){{0,7}}"
_MEASURE = r"元|块|钱|万|多|平|米|度|伏|瓦|吨|斤|升|天|年|月|日|点|分|秒|个|人|户|次|号文|号令|[%‰A-Za-z.:-]"
_ANOTHER = r"\s*[、/和跟与及或~到至-]\s*[0-9]{3}"
_ROOM = (
    rf"(?:[1-9][0-9]{{2,3}}(?![0-9]|\s*(?:{_MEASURE})|{_ANOTHER})"
    rf"|[{_DIGITS[1:]}](?:百(?:零[{_DIGITS[1:]}]|[{_DIGITS[1:]}]十[{_DIGITS[1:]}]?)|[{_DIGITS}]{{2,3}})"
    rf"(?!{_CHINESE}|{_MEASURE}))"
)
_ROOM_ALONE = re.compile(
    rf"(?<![0-9.:-])[1-9][0-9]{{2,3}}(?![0-9]|\s*(?:{_MEASURE}))|(?<!{_CHINESE})[{_DIGITS[1:]}][{_DIGITS}]{{2}}(?!{_CHINESE}|{_MEASURE})"
)
_FILL = r"(?:[\s,、.。:;/()的-]|里|住|在|我家|我们|这边|那边){0,3}"
_DOOR = (
    rf"(?:(?P<units>{_UNITS})\s*(?:单\s*元|门洞|[单门](?=\s*(?:-\s*)?{_ROOM}))(?:{_FILL}(?P<room>{_ROOM}))?"
    rf"|(?P<dash_unit>{_FEW})\s*-\s*(?P<dash_room>{_ROOM})"
    rf"|(?P<only_room>{_ROOM}))"
)
_WORD = (
    r"(?P<word>号\s*楼(?![梯层盘])|号\s*[栋幢]|#\s*[楼栋幢]|#|栋|幢|座"
    rf"|号(?=\s*{_FEW}\s*单元)|楼(?=\s*{_FEW}\s*单元))"
)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
"""Characters that stand before the numbers of buildings, or instead of them, as letters do."""
_BUILDING = re.compile(
    rf"(?<![0-9.])(?<![0-9]:)(?P<stem>(?<![A-Za-z])[A-Za-z{_STEMS}])?(?P<numbers>{_BUILDINGS})\s*{_WORD}(?:{_FILL}{_DOOR})?"
)
_LETTERED = re.compile(
    rf"(?<![A-Za-z0-9{_STEMS}])(?P<letter>[A-Za-z{_STEMS}])\s?(?P<word>号\s*楼(?![梯层盘])|[座栋幢])(?:{_FILL}{_DOOR})?"
)
_TRIPLE = re.compile(
    rf"(?<![0-9年月日:./-])(?P<building>{_NUMBER})\s*-\s*(?P<unit>{_FEW})\s*-\s*(?P<room>{_ROOM})(?![-/])"
)
_UNIT = re.compile(rf"(?<![0-9.])(?P<units>{_UNITS})\s*单\s*元(?:{_FILL}(?P<room>{_ROOM}))?")
_LISTED = re.compile(rf"[A-Za-z{_STEMS}]\s*[、,/]\s*$")
"""Another letter before it, as in 「A、B座」."""
_COUNTED = re.compile(r"[^号#]*[栋幢座]")
_LABELLED = (
    (re.compile(rf"(?:楼号|楼栋号?|栋号)\s*:\s*({_NUMBER})(?:号?楼|栋|幢)?"), r"\1号楼"),
    (re.compile(rf"单元号?\s*:\s*({_NUMBER})(?:单元)?"), r"\1单元"),
    (re.compile(rf"(?:房间?号|室号|门牌号?)\s*:\s*({_ROOM})"), r"\1"),
)
_CLAUSE = re.compile(r"[,。;!?\n]")

_DOUBT_BEFORE = re.compile(
    r"(?:不是|不在|没在|不属|不归|并非|而非|不住|没住|不去|除了|听说|据说|不如|像|比|以前|之前|原来|原先|曾经|过去|例如|比如|譬如|如果|假如|要是"
    r"|想.{0,4}[租买搬迁]|打算|准备|隔壁|对面|挨着|靠近|离).{0,5}$"
    rf"|(?:(?<![清扫拆排铲解消])除|月|周|星期|礼拜|初|每|另|另外|哪|共|[A-Za-z]|跟|和|与|同|从|往|万|统|(?<![周期拜]){_CHINESE})\s*$"
)
_COUNT_BEFORE = re.compile(r"(?:前|后|上|下|有|这|那|第|盖|建|修|一共|几|整|某|同|全)了?\s*$")
_COUNT_AFTER = re.compile(r"\s*(?:楼|房|别墅|大楼|高层|建筑|都|全|同时|一起|住宅)")
_DOUBT_AFTER = re.compile(
    r"[^,。;!?\n]{0,3}?(?:那样|一样|似的|除外|以外|之外|不是|没问题|没事|正常|好了|修好|已经好|已经修|挺热|很热|热得|有暖气|有水(?![漏渗流滴])|有电(?![动梯线器话瓶])|来水|来电|好着"
    r"|搬走|搬离|搬家|比分|不算|对面|隔壁|旁边|附近|后面|前面|相比|那么)|的?[吗么]|[和跟与到].{1,12}之间"
)
_PART = re.compile(
    r"\s*(?:[号#]\s*)?(?:电梯|变压器|配电|井|锅炉|机组|线|泵|管|炉|阀|仓|门|楼梯|卡|文件|通知|机|桩|路|院|池|杆|点位|地块|商铺|车)"
)
_SERIAL = re.compile(r"(?:订单|版本|车牌|(?:单|编|型|文|证|账|卡|户|工|尾)号|条码|验证码|密码)号?\s*:?\s*$")
_MAYBE_DATE = re.compile(r"[天日月末晚早午]\s*$")
_DOUBTFUL_TEXT = re.compile(
    r"打错|写错|说错|搞错|记错|不对,|更正|[和跟与]我们[这那]?(?:边|栋|个?楼)"
    r"|(?:我们|咱们?|俺们?)[这那]?(?:边|里|儿|栋楼?|幢|个?楼).{0,4}(?:怎么|为什么|为啥|咋|却|呢|时候|就没|就不|也要|也想|还没)"
)


def plain(text: str) -> str:
    """The text with wide, traditional and look-alike characters in one form, which the patterns expect."""
    spelt = one_form(_INVISIBLE.sub("", text))[:_LONGEST].translate(str.maketrans(*LOOK_ALIKE))
    return _LONG_BLANK.sub(r"\1", re.sub(r"[^\S\n]+", " ", spelt))


@lru_cache(maxsize=_KEPT)
def joined(text: str) -> str:
    """The plain text without blanks."""
    return "".join(plain(text).split())


def _unlabelled(said: str) -> str:
    """The text with labelled parts (「楼号:3 单元:2 房号:501」) written as an address."""
    for labelled, unlabelled in _LABELLED:
        said = labelled.sub(unlabelled, said)
    return said


@lru_cache(maxsize=_KEPT)
def read(text: str) -> tuple[Mention, ...]:
    """The places named in a text, each once and in order."""
    said = _unlabelled(plain(text))
    found: list[Mention] = []
    rest = said
    for pattern, mentions_of in _PATTERNS:
        matches, rest = _taken(pattern, rest)
        for match in matches[: MOST_MENTIONS + 1]:
            found += islice(mentions_of(match, said), MOST_MENTIONS + 1)
    if _DOUBTFUL_TEXT.search(said) or len(found) > MOST_MENTIONS:
        found = [replace(each, sure=False) for each in found]
    return tuple(dict.fromkeys(_joined(found)))[:MOST_MENTIONS]


def _taken(pattern: re.Pattern[str], text: str) -> tuple[list[re.Match[str]], str]:
    """The matches of a pattern, and the text with each of them blotted out."""
    matches: list[re.Match[str]] = []

    def blot(match: re.Match[str]) -> str:
        matches.append(match)
        return "\ue000" * len(match[0])

    return matches, pattern.sub(blot, text)


def rooms(said: str) -> set[str]:
    """The numbers in a plain text that may be rooms."""
    return {_room(each) or "" for each in _ROOM_ALONE.findall(said)}


def _of_building(match: re.Match[str], said: str) -> Iterator[Mention]:
    word = re.sub(r"\s", "", match["word"])
    door = match["units"] or match["dash_unit"] or match["only_room"]
    numbers = _numbers(match["numbers"])
    if (word == "#" and not door and _PART.match(said, match.end())) or not numbers:
        return
    sure = _is_sure(match, said) and not _is_counted(match, said) and (word not in {"楼", "号"})
    sure = sure and (door is not None or (word not in {"#", "座"} and not said.startswith("道", match.end())))
    units, room = _door(match)
    lead = _lead(match, said)
    for number, unit in product(numbers, units):
        yield Mention(f"{(match['stem'] or '').lower()}{number}", unit, room, sure, lead)


def _of_lettered(match: re.Match[str], said: str) -> Iterator[Mention]:
    """A building that has a letter for its number: 「A座501」."""
    sure = _is_sure(match, said) and not _LISTED.search(_before(match, said))
    units, room = _door(match)
    for unit in units:
        yield Mention(match["letter"].lower(), unit, room, sure, _lead(match, said))


def _door(match: re.Match[str]) -> tuple[Sequence[int | None], str | None]:
    """The units and the room behind a building; one unit that is not named if none is."""
    units = _numbers(match["units"] or match["dash_unit"] or "")
    return units or [None], _room(match["room"] or match["dash_room"] or match["only_room"])


def _of_triple(match: re.Match[str], said: str) -> Iterator[Mention]:
    """Three numbers without words. If the last looks like a year it may be a date."""
    building, unit = _numbers(match["building"]), _numbers(match["unit"])
    if len(building) == len(unit) == 1:
        room = _room(match["room"]) or ""
        other = _SERIAL.search(_before(match, said)) or re.fullmatch(r"(?:19|20)\d\d", room)
        sure = _is_sure(match, said) and not other
        yield Mention(str(building[0]), unit[0], room, sure, _lead(match, said), bare=True)


def _of_unit(match: re.Match[str], said: str) -> Iterator[Mention]:
    room, sure = _room(match["room"]), _is_sure(match, said)
    for unit in _numbers(match["units"]):
        yield Mention(None, unit, room, sure)


def _is_sure(match: re.Match[str], said: str) -> bool:
    """True if the words around it are no denial, comparison or date."""
    clause = _CLAUSE.split(_before(match, said))[-1]
    return not (_DOUBT_BEFORE.search(clause) or _DOUBT_AFTER.match(said, match.end()) or _is_dated(match, said))


def _is_dated(match: re.Match[str], said: str) -> bool:
    """True if it may be a date, as in 「6号楼上」: upstairs on the 6th."""
    after = said[match.end() : match.end() + 1]
    apart = re.search(r"号\s+楼$", match[0]) or _MAYBE_DATE.search(_before(match, said))
    return match[0].endswith("楼") and (after == "上" or bool(apart and after and after in "下里前后道"))


def _is_counted(match: re.Match[str], said: str) -> bool:
    """True if 「3栋」 may be a count of buildings."""
    if not _COUNTED.fullmatch(match["word"]) or match["units"] or match["dash_unit"]:
        return False
    return bool(_COUNT_BEFORE.search(_before(match, said)) or _COUNT_AFTER.match(said, match.end()))


def _joined(found: list[Mention]) -> list[Mention]:
    """Attaches units without a building to the building, if the text names exactly one."""
    named = [each for each in found if each.building is not None]
    apart = [each for each in found if each.building is None]
    if not apart or len({(each.building, each.lead) for each in named}) != 1:
        return found
    sure = all(each.sure for each in named)
    joined = [replace(named[0], unit=each.unit, room=each.room, sure=sure and each.sure) for each in apart]
    return joined if named[0].unit is None and named[0].room is None else [*named, *joined]


_PATTERNS = (
    (_BUILDING, _of_building),
    (_LETTERED, _of_lettered),
    (_TRIPLE, _of_triple),
    (_UNIT, _of_unit),
)


def _before(match: re.Match[str], said: str) -> str:
    return said[max(0, match.start() - _LEAD) : match.start()]


def _lead(match: re.Match[str], said: str) -> str:
    before = _before(match, said)
    near, lead = re.sub(r"[\s的里]+$", "", before), re.sub(r"[\s,、.。:;()的里-]+$", "", before)
    return re.sub(r"\s", "", lead) + ("" if near == lead else ",")


def _room(text: str | None) -> str | None:
    if not text or text.isascii():
        return text or None
    if "百" not in text:
        return "".join(str(_DIGITS.index(digit)) for digit in text)
    hundreds, rest = text.split("百")
    return str(_DIGITS.index(hundreds) * 100 + sum(_chinese(rest.removeprefix("零"))))


def _numbers(text: str) -> list[int]:
    """The numbers in a list such as 「3、5」 or 「三四」; empty if one of them is not a number."""
    found = [_written(each) for each in re.findall(rf"[0-9]+|{_CHINESE}+", text)]
    return [number for each in found for number in each] if all(found) else []


def number_of(text: str) -> int | None:
    """The number that digits or Chinese numerals stand for, if it is one."""
    found = [int(text)] if text.isascii() else _chinese(text)
    return found[0] if len(found) == 1 else None


def _written(text: str) -> list[int]:
    if not text.isascii():
        return _chinese(text)
    return [int(text)] if int(text) else []


def _chinese(text: str) -> list[int]:
    """A number below a hundred. Digits without 十 are one number if there is a zero in them, else one number each."""
    tens, ten, ones = text.rpartition("十")
    if ten:
        if len(tens) > 1 or len(ones) > 1 or "零" in text or "十" in tens:
            return []
        return [(_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)]
    digits = [_DIGITS.index(each) for each in text]
    if 0 not in digits:
        return digits
    return [int("".join(map(str, digits)))] if digits[0] else []
