"""Refusals: stable codes for clients, each with a message for people, whose Chinese text catalogues translate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import auto
from typing import TypeAlias

from rules.vocabulary import Word

MESSAGE = "message"
"""The context of messages and their parts in a catalogue. That of a word's label is ``<enum>.<value>``."""
Translate: TypeAlias = Callable[[str, str], str]
"""The text for people of a context and a Chinese text."""


def in_chinese(_: str, chinese: str) -> str:
    """The text as it is in the code."""
    return chinese


class Code(Word):
    """The reason of a refusal. Codes are stable: clients act on the code and show the message."""

    # NAME = auto(), Chinese message, meaning. Braces are filled with details of the refusal.

    message: str

    def __init__(self, value: str, message: str, meaning: str) -> None:
        super().__init__(value, "", meaning)
        self.message = message

    NOT_FOUND = auto(), "没有找到。", "There is no such object, or the viewer may not see it."
    MALFORMED_ID = auto(), "编号「{value}」格式不正确。", "Malformed, or of another type."
    INVALID_INPUT = auto(), "填写有误：{reason}。", "Invalid value; see the message."
    TOO_LONG = auto(), "内容过长，最多 {limit} 字。", "The text is too long."
    IN_FUTURE = auto(), "时间晚于现在，请检查手机时钟。", "The time is in the future; please check the clock."
    TOO_OLD = (
        auto(),
        "时间早于 {days} 天前，请检查手机时钟。确需补登的，请由书记登记。",
        "The time is too long ago to be right; the secretary can record what is older.",
    )
    NOT_ALLOWED = auto(), "您的岗位没有此项权限。", "The viewer's role may not do this."
    TOO_LATE = (
        auto(),
        "登记已超过 {days} 天，请由社区工作人员更正。",
        "The time for doing this oneself is over; the community's staff can do it.",
    )
    WRONG_STATE = auto(), "当前状态为「{status}」，不能这样处理。", "Not possible in the present status."
    WRONG_LEVEL = auto(), "此事现由「{level}」一级办理。", "The case is handled at another level."
    CONFLICT = auto(), "该编号已用于其他内容。", "This id has already been used with other content."
    NAMES_UNCLEAR = (
        auto(),
        "公开的内容里有可能是姓名的词：{finds}。如果都不是姓名，请逐个确认。",
        "The text has words that may be names; each that is none has to be confirmed.",
    )
    PLACE_UNCLEAR = (
        auto(),
        "无法确定地点{named}，请写明一处，例如「3号楼2单元」。",
        "The place is not clear; the message names some that may be meant.",
    )
    TOO_FEW_PARTIES = auto(), "纠纷至少要有两方当事人。", "A dispute needs at least two parties."
    PARTY_REFUSES = (
        auto(),
        "当事人一方明确拒绝调解的，不得调解（人民调解法第十七条）。",
        "A party clearly refuses mediation (People's Mediation Law, article 17).",
    )
    CONSENT_MISSING = auto(), "尚有当事人未同意，须征得各方同意{rule}。", "A party has not consented."
    CONTENT_MISSING = auto(), "请写明：{fields}（{rule}）。", "Content required by law is missing."
    ROSTER_RULE = auto(), "排班不符合规则：{reasons}。", "The roster breaks the rule; see the message."
    TOO_MANY = (
        auto(),
        "提交过于频繁，请 {minutes} 分钟后再试。",
        "Too many submissions; the message says when to try again.",
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A part of a message, with the details for its braces."""

    text: str
    details: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several details of a message, and what stands between them in Chinese."""

    items: Sequence[object] = field(hash=False)
    between: str = "、"


class Refusal(Exception):
    """Raised by a rule or an act, which then changes nothing. ``path`` leads to the input that caused it."""

    def __init__(self, code: Code, *path: str | int, **details: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.path = path
        self.details = details
        self.others: list[Refusal] = []
        """What else is wrong with the same input."""

    def message(self, translate: Translate = in_chinese) -> str:
        """The text for people."""
        return str(written(self.said, translate))

    @property
    def said(self) -> Said:
        """The message, to be translated."""
        return Said(self.code.message, {"rule": ""} | self.details)

    @property
    def reason(self) -> object:
        """Why an input is refused as INVALID_INPUT: a clause without a full stop. Otherwise the whole message."""
        return self.details.get("reason", self.said)

    def under(self, *path: str | int) -> "Refusal":
        """The same refusal with ``path`` in front of its own."""
        found = Refusal(self.code, *path, *self.path, **self.details)
        found.others = [each.under(*path) for each in self.others]
        return found


class Failure(Exception):
    """An error that ends a command. Its message is for the operator. Details fill the braces of the Chinese text."""

    def __init__(self, text: str, **details: object) -> None:
        super().__init__(text)
        self.said = Said(text, details)

    def __str__(self) -> str:
        return str(written(self.said))


def together(refusals: Sequence[Refusal]) -> Refusal:
    """One refusal of an input with all that is wrong with it."""
    first, *rest = [each for refusal in refusals for each in (refusal, *refusal.others)]
    for each in rest:
        each.others = []
    first.others = rest
    return first


def written(detail: object, translate: Translate = in_chinese) -> object:
    """A detail of a message as it stands in the text: words by their labels, and parts of messages translated."""
    if isinstance(detail, Word):
        return translate(f"{type(detail).__name__}.{detail.value}", detail.label) or detail.words
    if isinstance(detail, Joined):
        return translate(MESSAGE, detail.between).join(str(written(each, translate)) for each in detail.items)
    if not isinstance(detail, Said):
        return detail
    details = {name: written(each, translate) for name, each in detail.details.items()}
    return translate(MESSAGE, detail.text).format_map(details)


def invalid(reason: str, *path: str | int, **details: object) -> Refusal:
    """An INVALID_INPUT refusal. The reason is a clause without a full stop. Details fill its braces."""
    return Refusal(Code.INVALID_INPUT, *path, reason=Said(reason, details))


def unclear(named: Sequence[str], *path: str | int) -> Refusal:
    """PLACE_UNCLEAR with the places that may be meant."""
    meant = Said("（可能是：{places}）", {"places": Joined(named)}) if named else ""
    return Refusal(Code.PLACE_UNCLEAR, *path, named=meant)


def elsewhere(*path: str | int) -> Refusal:
    """PLACE_UNCLEAR for a place where the viewer does not work."""
    return Refusal(Code.PLACE_UNCLEAR, *path, named=Said("（写明的地点不在您负责的范围内）"))
