"""Expected refusals: few, named, stable codes, with a message for people in Chinese and English."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import auto
from typing import Self

from rules.vocabulary import Word


class Code(Word):
    """Why something was refused. Stable: clients decide by it, people read the message."""

    # NAME = auto(), meaning, message in Chinese, message in English; messages may hold details of the refusal.

    chinese: str
    english: str

    def __new__(cls, value: str, meaning: str, chinese: str, english: str) -> Self:
        """A row of the table below."""
        code = str.__new__(cls, value)
        code._value_, code.label, code.meaning = value, "", meaning
        code.chinese, code.english = chinese, english
        return code

    NOT_FOUND = auto(), "No such object, or not the viewer's to see.", "没有找到。", "Not found."
    MALFORMED_ID = (
        auto(),
        "The id is not well formed, or of another type.",
        "编号「{value}」的格式不对。",
        "“{value}” is not a well-formed id here.",
    )
    INVALID_INPUT = (
        auto(),
        "A value cannot be right; the message says why.",
        "填写有误：{reason_zh}。",
        "Invalid input: {reason_en}.",
    )
    TOO_LONG = auto(), "A text is too long.", "内容太长，最多 {limit} 字。", "Too long: at most {limit} characters."
    IN_FUTURE = (
        auto(),
        "A time lies in the future.",
        "时间在将来，请检查手机时钟。",
        "The time lies in the future; check the phone's clock.",
    )
    NOT_ALLOWED = auto(), "The viewer's role may never do this.", "您的岗位不能做这件事。", "Your role may not do this."
    WRONG_STATE = (
        auto(),
        "Not possible from the present status, which the message names.",
        "现在的状态是 {status}，不能这样处理。",
        "Not possible while the status is {status}.",
    )
    WRONG_LEVEL = (
        auto(),
        "Another level handles it now.",
        "此事现由 {level} 一级处理。",
        "This is being handled at level {level}.",
    )
    CONFLICT = (
        auto(),
        "The id was used before, with other content or by somebody else.",
        "同一编号已用于其他内容。",
        "This id was already used with other content.",
    )
    PLACE_UNCLEAR = (
        auto(),
        "The text does not say clearly which building is meant.",
        "认不准地点（可能是：{named}），请写明一处，例如「3号楼2单元」。",
        "The place is not clear (perhaps: {named}); name one, such as 3号楼2单元.",
    )
    TOO_FEW_PARTIES = (
        auto(),
        "A dispute needs two parties.",
        "纠纷至少要有两方当事人。",
        "At least two parties are needed.",
    )
    PARTY_REFUSES = (
        auto(),
        "A party refuses mediation (People's Mediation Law, article 17).",
        "一方当事人明确拒绝调解，不得调解（人民调解法第十七条）。",
        "A party clearly refuses mediation (People's Mediation Law, article 17).",
    )
    CONSENT_MISSING = (
        auto(),
        "Some party has not consented.",
        "还有当事人没有同意，须征得各方同意{rule_zh}。",
        "Some party has not consented; all parties have to{rule_en}.",
    )
    CONTENT_MISSING = (
        auto(),
        "The law asks for content that is missing.",
        "请写明：{fields}（{rule_zh}）。",
        "Missing: {fields} ({rule_en}).",
    )
    ROSTER_RULE = (
        auto(),
        "The roster would break the rule of the day; the message lists every reason.",
        "排班不合规则：{reasons_zh}。",
        "The roster breaks the rule: {reasons_en}.",
    )
    TOO_MANY = (
        auto(),
        "Too much was opened from one address or by one code; the message says how long to wait.",
        "刚才提交得太多了，请过 {minutes} 分钟再试。",
        "Too many at once; try again in {minutes} minutes.",
    )


class Refusal(Exception):
    """Raised by a rule or an act: nothing was changed. ``path`` leads to the input that caused it."""

    def __init__(self, code: Code, *path: str | int, **details: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.path = path
        self.details = details

    def message(self, language: str = "zh") -> str:
        """The text for people; ``language`` is ``zh`` or ``en``."""
        no_rule = {"rule_zh": "", "rule_en": ""}
        text = self.code.english if language == "en" else self.code.chinese
        return text.format(**no_rule | self.details)

    def under(self, *path: str | int) -> "Refusal":
        """The same refusal, seen from a level further up in the input."""
        return Refusal(self.code, *path, *self.path, **self.details)


@contextmanager
def refusals_under(*path: str | int) -> Iterator[None]:
    """Whatever is refused inside is told with this path before its own."""
    try:
        yield
    except Refusal as refusal:
        raise refusal.under(*path) from None


def invalid(reason_zh: str, reason_en: str, *path: str | int) -> Refusal:
    """A refusal of a value that cannot be right, with the reason in both languages."""
    return Refusal(Code.INVALID_INPUT, *path, reason_zh=reason_zh, reason_en=reason_en)
