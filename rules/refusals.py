"""Refusals: stable codes for clients, each with a message for people in Chinese and English."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import auto

from rules.vocabulary import Word


class Code(Word):
    """The reason of a refusal. Codes are stable: clients act on the code and show the message."""

    # NAME = auto(), Chinese message, English message, meaning (the English message by default).
    # Braces are filled with details of the refusal: a Word and a Said in the language of the message.

    chinese: str
    english: str

    def __init__(self, value: str, chinese: str, english: str, meaning: str = "") -> None:
        super().__init__(value, "", meaning or english)
        self.chinese, self.english = chinese, english

    NOT_FOUND = auto(), "没有找到。", "Not found.", "There is no such object, or the viewer may not see it."
    MALFORMED_ID = auto(), "编号「{value}」格式不正确。", "Malformed id “{value}”.", "Malformed, or of another type."
    INVALID_INPUT = auto(), "填写有误：{reason_zh}。", "Invalid input: {reason_en}.", "Invalid value; see the message."
    TOO_LONG = auto(), "内容过长，最多 {limit} 字。", "Too long: at most {limit} characters.", "The text is too long."
    IN_FUTURE = auto(), "时间晚于现在，请检查手机时钟。", "The time is in the future; please check the clock."
    TOO_OLD = (
        auto(),
        "时间早于 {days} 天前，请检查手机时钟。确需补登的，请由书记登记。",
        "More than {days} days ago; please check the clock. The secretary can record what is older.",
        "The time is too long ago to be right; the secretary can record what is older.",
    )
    NOT_ALLOWED = auto(), "您的岗位没有此项权限。", "Your role may not do this.", "The viewer's role may not do this."
    TOO_LATE = (
        auto(),
        "登记已超过 {days} 天，请由社区工作人员更正。",
        "Recorded more than {days} days ago; the community's staff can correct it.",
        "The time for doing this oneself is over; the community's staff can do it.",
    )
    WRONG_STATE = (
        auto(),
        "当前状态为「{status}」，不能这样处理。",
        "Not possible while it is: {status}.",
        "Not possible in the present status.",
    )
    WRONG_LEVEL = (
        auto(),
        "此事现由「{level}」一级办理。",
        "This is handled at another level: {level}.",
        "The case is handled at another level.",
    )
    CONFLICT = auto(), "该编号已用于其他内容。", "This id has already been used with other content."
    NAMES_UNCLEAR = (
        auto(),
        "公开的内容里有可能是姓名的词：{finds}。如果都不是姓名，请逐个确认。",
        "The text has words that may be names: {finds}. Please confirm each of them if it is none.",
    )
    PLACE_UNCLEAR = (
        auto(),
        "无法确定地点{named_zh}，请写明一处，例如「3号楼2单元」。",
        "The place is not clear{named_en}; please name one, such as 3号楼2单元.",
    )
    TOO_FEW_PARTIES = auto(), "纠纷至少要有两方当事人。", "A dispute needs at least two parties."
    PARTY_REFUSES = (
        auto(),
        "当事人一方明确拒绝调解的，不得调解（人民调解法第十七条）。",
        "A party clearly refuses mediation (People's Mediation Law, article 17).",
    )
    CONSENT_MISSING = (
        auto(),
        "尚有当事人未同意，须征得各方同意{rule_zh}。",
        "All parties must consent, and one has not{rule_en}.",
        "A party has not consented.",
    )
    CONTENT_MISSING = (
        auto(),
        "请写明：{fields}（{rule_zh}）。",
        "Missing: {fields} ({rule_en}).",
        "Content required by law is missing.",
    )
    ROSTER_RULE = auto(), "排班不符合规则：{reasons_zh}。", "The roster breaks the rule: {reasons_en}."
    TOO_MANY = (
        auto(),
        "提交过于频繁，请 {minutes} 分钟后再试。",
        "Too many submissions; try again in {minutes} minutes.",
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A detail of a refusal in both languages."""

    chinese: str
    english: str


class Refusal(Exception):
    """Raised by a rule or an act, which then changes nothing. ``path`` leads to the input that caused it."""

    def __init__(self, code: Code, *path: str | int, **details: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.path = path
        self.details = details
        self.others: list[Refusal] = []
        """What else is wrong with the same input."""

    def message(self, language: str = "zh") -> str:
        """The text for people; ``language`` is ``zh`` or ``en``."""
        text = self.code.english if language == "en" else self.code.chinese
        details = {name: _said(detail, language) for name, detail in self.details.items()}
        return text.format(**{"rule_zh": "", "rule_en": ""} | details)

    def under(self, *path: str | int) -> "Refusal":
        """The same refusal with ``path`` in front of its own."""
        found = Refusal(self.code, *path, *self.path, **self.details)
        found.others = [each.under(*path) for each in self.others]
        return found


def together(refusals: Sequence[Refusal]) -> Refusal:
    """One refusal of an input with all that is wrong with it."""
    first, *rest = [each for refusal in refusals for each in (refusal, *refusal.others)]
    for each in rest:
        each.others = []
    first.others = rest
    return first


def _said(detail: object, language: str) -> object:
    if isinstance(detail, Word):
        return detail.words if language == "en" else detail.label
    if isinstance(detail, Said):
        return detail.english if language == "en" else detail.chinese
    return detail


@contextmanager
def refusals_under(*path: str | int) -> Iterator[None]:
    """Puts ``path`` in front of the path of any refusal raised inside."""
    try:
        yield
    except Refusal as refusal:
        raise refusal.under(*path) from None


def invalid(reason_zh: str, reason_en: str, *path: str | int) -> Refusal:
    """An INVALID_INPUT refusal; the reasons are clauses without a full stop."""
    return Refusal(Code.INVALID_INPUT, *path, reason_zh=reason_zh, reason_en=reason_en)


def unclear(named: Sequence[str], *path: str | int) -> Refusal:
    """PLACE_UNCLEAR with the places that may be meant."""
    zh, en = (f"（可能是：{'、'.join(named)}）", f" (perhaps: {', '.join(named)})") if named else ("", "")
    return Refusal(Code.PLACE_UNCLEAR, *path, named_zh=zh, named_en=en)


def elsewhere(*path: str | int) -> Refusal:
    """PLACE_UNCLEAR for a place where the viewer does not work."""
    zh, en = "（写明的地点不在您负责的范围内）", " (the one that is named is not where you work)"
    return Refusal(Code.PLACE_UNCLEAR, *path, named_zh=zh, named_en=en)
