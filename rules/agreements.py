"""Agreements (domain.md section 6). Articles are those of the People's Mediation Law (人民调解法)."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import auto

from rules.access import Role
from rules.disputes import DisputeStatus, DisputeType
from rules.refusals import Code, Joined, Refusal, Said, invalid
from rules.text import is_seen
from rules.times import check_on
from rules.vocabulary import Word


class AgreementForm(Word):
    """The form of an agreement."""

    ORAL = auto(), "口头协议", "Oral; the mediator records its content (article 28)."
    WRITTEN = auto(), "书面协议", "Written (article 29)."


class MarkKind(Word):
    """How a party marks a written agreement (article 29)."""

    SIGNATURE = auto(), "签名", "A signature."
    SEAL = auto(), "盖章", "A seal."
    FINGERPRINT = auto(), "按指印", "A fingerprint."


class Outcome(Word):
    """The result of a follow-up (article 31)."""

    PERFORMED = auto(), "已履行", "Performed."
    UNDERWAY = auto(), "正在履行", "Being performed."
    BREACHED = auto(), "未履行", "Not performed."


class ConfirmationResult(Word):
    """The court's decision on the parties' joint application (article 33)."""

    CONFIRMED = auto(), "法院已确认", "Confirmed; the agreement can be enforced (article 33)."
    DISMISSED = auto(), "法院驳回申请", "Dismissed."


CONFIRMATION_DAYS = 30
"""Days from its effect within which the parties can ask a court to confirm an agreement (article 33)."""
UNCONFIRMABLE = frozenset({DisputeType.MARRIAGE_FAMILY})
"""Courts do not confirm agreements on identity, marriage or adoption (domain.md section 6)."""
NOT_CONFIRMED = "涉及婚姻、收养等身份关系的协议不能申请司法确认"
CONFIRMATION_WHY = "人民调解法第三十三条：自调解协议生效之日起三十日内，双方当事人可以共同向人民法院申请司法确认"


_CONTENT = {
    "content": Said("协议内容"),
    "facts": Said("纠纷事实、争议事项和责任"),
    "performance": Said("履行方式和期限"),
}


def check_content(form: AgreementForm, content: str) -> None:
    """The content is recorded, for an oral agreement (article 28) and for a written one (article 29)."""
    if not is_seen(content):
        raise _missing(form, "content")


def check_written(facts: str | None, performance: str | None) -> None:
    """A written agreement states the facts and issues, and the manner and time of performance (article 29)."""
    missing = [name for name, value in (("facts", facts), ("performance", performance)) if not value]
    if missing:
        raise _missing(AgreementForm.WRITTEN, *missing)


def _missing(form: AgreementForm, *names: str) -> Refusal:
    rule = Said("人民调解法第二十八条") if form is AgreementForm.ORAL else Said("人民调解法第二十九条")
    return Refusal(Code.CONTENT_MISSING, names[0], fields=Joined([_CONTENT[name] for name in names]), rule=rule)


def check_marks(form: AgreementForm, marks: Sequence[date | None], today: date, role: Role | None) -> None:
    """Only a written agreement has marks (parties', mediator's, seal's), on days that may be right."""
    for name, mark in zip(("partiesSignedOn", "mediatorSignedOn", "sealedOn"), marks, strict=True):
        if mark is not None and form is AgreementForm.ORAL:
            raise invalid("口头协议不需要签署", name)
        if mark is not None:
            check_on(mark, today, role, name)


def check_unmarked(marked: date | None, name: str) -> None:
    """A mark is made once: a second one would move the day on which the agreement took effect."""
    if marked is not None:
        raise invalid("已于 {marked} 签署", name, marked=marked)


def effective_on(form: AgreementForm, reached_on: date, marks: Sequence[date | None]) -> date | None:
    """The local day on which an agreement takes effect; ``None`` while a mark is missing.

    An oral one takes effect on the day it is reached (article 30), a written one on the day of the last of three marks:
    the parties' signatures, the mediator's signature and the committee's seal (article 29).
    """
    return reached_on if form is AgreementForm.ORAL else all_marked(marks)


def all_marked(marks: Sequence[date | None]) -> date | None:
    """The day of the last mark; ``None`` while one is missing."""
    days = [day for day in marks if day is not None]
    return max(days) if days and len(days) == len(marks) else None


def confirm_by(effective: date) -> date:
    """The last day on which a court can be asked to confirm an agreement (article 33)."""
    return effective + timedelta(days=CONFIRMATION_DAYS)


def check_confirmable(type_: DisputeType, effective: date | None, on: date) -> None:
    """The parties can ask for judicial confirmation on that day (article 33)."""
    if type_ in UNCONFIRMABLE:
        raise invalid(NOT_CONFIRMED, "agreement")
    if effective is None:
        raise invalid("协议尚未生效", "agreement")
    last = confirm_by(effective)
    if not effective <= on <= last:
        raise invalid(
            "协议于 {effective} 生效，申请司法确认的期限至 {last} 为止（人民调解法第三十三条）",
            "appliedOn",
            effective=effective,
            last=last,
        )


def status_after_check(status: DisputeStatus, outcome: Outcome, *, more_owed: bool) -> DisputeStatus:
    """The status of the dispute after a follow-up; ``more_owed``: other terms are still to be performed."""
    if outcome is Outcome.BREACHED:
        return DisputeStatus.BREACHED
    if outcome is Outcome.PERFORMED and not more_owed:
        return DisputeStatus.PERFORMED
    return status
