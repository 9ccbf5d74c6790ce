"""Expected refusals: few, named, stable codes, with a message for people in Chinese and English."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Code(StrEnum):
    """Why something was refused. Stable: clients decide by it, people read the message."""

    NOT_FOUND = "NOT_FOUND"
    MALFORMED_ID = "MALFORMED_ID"
    INVALID_INPUT = "INVALID_INPUT"
    TOO_LONG = "TOO_LONG"
    IN_FUTURE = "IN_FUTURE"
    NOT_ALLOWED = "NOT_ALLOWED"
    WRONG_STATE = "WRONG_STATE"
    WRONG_LEVEL = "WRONG_LEVEL"
    CONFLICT = "CONFLICT"
    PLACE_UNCLEAR = "PLACE_UNCLEAR"
    TOO_FEW_PARTIES = "TOO_FEW_PARTIES"
    PARTY_REFUSES = "PARTY_REFUSES"
    CONSENT_MISSING = "CONSENT_MISSING"
    CONTENT_MISSING = "CONTENT_MISSING"
    ROSTER_RULE = "ROSTER_RULE"
    TOO_MANY = "TOO_MANY"


MESSAGES: dict[Code, tuple[str, str]] = {
    Code.NOT_FOUND: ("没有找到。", "Not found."),
    Code.MALFORMED_ID: ("编号「{value}」的格式不对。", "“{value}” is not a well-formed id here."),
    Code.INVALID_INPUT: ("填写有误:{reason_zh}。", "Invalid input: {reason_en}."),
    Code.TOO_LONG: ("内容太长,最多 {limit} 字。", "Too long: at most {limit} characters."),
    Code.IN_FUTURE: ("时间在将来,请检查手机时钟。", "The time lies in the future; check the phone's clock."),
    Code.NOT_ALLOWED: ("您的岗位不能做这件事。", "Your role may not do this."),
    Code.WRONG_STATE: ("现在的状态是 {status},不能这样处理。", "Not possible while the status is {status}."),
    Code.WRONG_LEVEL: ("此事现由 {level} 一级处理。", "This is being handled at level {level}."),
    Code.CONFLICT: ("同一编号已用于其他内容。", "This id was already used with other content."),
    Code.PLACE_UNCLEAR: (
        "认不准地点(可能是:{named}),请写明一处,例如「3号楼2单元」。",
        "The place is not clear (perhaps: {named}); name one, such as 3号楼2单元.",
    ),
    Code.TOO_FEW_PARTIES: ("纠纷至少要有两方当事人。", "A dispute needs at least two parties."),
    Code.PARTY_REFUSES: (
        "一方当事人明确拒绝调解,不得调解(人民调解法第十七条)。",
        "A party clearly refuses mediation (People's Mediation Law, article 17).",
    ),
    Code.CONSENT_MISSING: (
        "还有当事人没有同意,须征得各方同意{rule_zh}。",
        "Some party has not consented; all parties have to{rule_en}.",
    ),
    Code.CONTENT_MISSING: (
        "请写明:{fields}({rule_zh})。",
        "Missing: {fields} ({rule_en}).",
    ),
    Code.TOO_MANY: (
        "刚才提交得太多了,请过 {minutes} 分钟再试。",
        "Too many at once; try again in {minutes} minutes.",
    ),
    Code.ROSTER_RULE: ("排班不合规则:{reasons_zh}。", "The roster breaks the rule: {reasons_en}."),
}


class Refusal(Exception):
    """Raised by a rule or an act: nothing was changed. ``path`` leads to the input that caused it."""

    def __init__(self, code: Code, *path: str | int, **details: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.path = path
        self.details = details

    def message(self, language: str = "zh") -> str:
        """The text for people; ``language`` is ``zh`` or ``en``."""
        chinese, english = MESSAGES[self.code]
        no_rule = {"rule_zh": "", "rule_en": ""}
        return (english if language == "en" else chinese).format(**no_rule | self.details)

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
