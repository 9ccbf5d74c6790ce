"""Agreements: form, marks, effect, performance and judicial confirmation (articles of the People's Mediation Law)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import auto

from rules.disputes import DisputeStatus, DisputeType
from rules.refusals import Code, Refusal, invalid
from rules.vocabulary import Word


class AgreementForm(Word):
    """Oral (article 28) or written (article 29)."""

    ORAL = auto(), "口头协议", "Oral, its content recorded by the mediator (article 28)."
    WRITTEN = auto(), "书面协议", "Written (article 29)."


class MarkKind(Word):
    """How a party marks a written agreement (article 29)."""

    SIGNATURE = auto(), "签名", "Signed."
    SEAL = auto(), "盖章", "Sealed."
    FINGERPRINT = auto(), "按指印", "A fingerprint."


class Outcome(Word):
    """What a follow-up found (article 31)."""

    PERFORMED = auto(), "已履行", "What was agreed has been done."
    UNDERWAY = auto(), "正在履行", "It is being done."
    BREACHED = auto(), "未履行", "It is not kept."


class ConfirmationResult(Word):
    """What the court said to the parties' joint application (article 33)."""

    CONFIRMED = auto(), "法院已确认", "The court confirmed it; it can be enforced (article 33)."
    DISMISSED = auto(), "法院驳回申请", "The court did not confirm it."


CONFIRMATION_DAYS = 30
"""Days from its taking effect in which the parties can jointly ask a court to confirm an agreement (article 33)."""
UNCONFIRMABLE = frozenset({DisputeType.MARRIAGE_FAMILY})
"""Identity, marriage and adoption matters: a court does not confirm them."""
NOT_CONFIRMED_ZH = "涉及婚姻、收养等身份关系的协议不能申请司法确认"
CONFIRMATION_WHY = "人民调解法第三十三条：自调解协议生效之日起三十日内，双方当事人可以共同向人民法院申请司法确认"


_ARTICLE = {
    AgreementForm.ORAL: ("人民调解法第二十八条", "People's Mediation Law, article 28"),
    AgreementForm.WRITTEN: ("人民调解法第二十九条", "People's Mediation Law, article 29"),
}


def check_content(form: AgreementForm, content: str) -> None:
    """What was agreed is written down: by the mediator when it is oral (article 28), in the agreement itself else."""
    if not content.strip():
        raise _missing(form, "content")


def check_written(facts: str | None, performance: str | None) -> None:
    """A written agreement states the facts and issues, and the manner and time of performance (article 29)."""
    missing = [name for name, value in (("facts", facts), ("performance", performance)) if not value]
    if missing:
        raise _missing(AgreementForm.WRITTEN, *missing)


def _missing(form: AgreementForm, *names: str) -> Refusal:
    zh, en = _ARTICLE[form]
    return Refusal(Code.CONTENT_MISSING, names[0], fields=", ".join(names), rule_zh=zh, rule_en=en)


def check_marks(form: AgreementForm, marks: Sequence[date | None], today: date) -> None:
    """Marks that an agreement bears already: a written one's alone, and none of a day to come."""
    for name, mark in zip(("partiesSignedOn", "mediatorSignedOn", "sealedOn"), marks, strict=True):
        if mark is not None and form is AgreementForm.ORAL:
            raise invalid("口头协议不需要签署", "an oral agreement bears no marks", name)
        if mark is not None and mark > today:
            raise Refusal(Code.IN_FUTURE, name)


def check_unmarked(marked: date | None, name: str) -> None:
    """A mark stands: made anew, it would move the day from which the agreement is in force."""
    if marked is not None:
        raise invalid(f"已于 {marked} 签署", f"marked already, on {marked}", name)


def effective_on(
    form: AgreementForm,
    reached: datetime,
    parties_signed: date | None,
    mediator_signed: date | None,
    sealed: date | None,
) -> date | None:
    """The day an agreement is in force; ``None`` while a mark is missing.

    Oral: the day it is reached (article 30). Written: once the parties and the mediator have signed and the
    committee has sealed it (article 29). ``reached`` is in the community's time zone.
    """
    if form is AgreementForm.ORAL:
        return reached.date()
    if parties_signed is None or mediator_signed is None or sealed is None:
        return None
    return max(parties_signed, mediator_signed, sealed)


def all_marked(marks: Sequence[date | None]) -> date | None:
    """The day the last party marked it; ``None`` while one has not."""
    days = [day for day in marks if day is not None]
    return max(days) if days and len(days) == len(marks) else None


def confirm_by(effective: date) -> date:
    """The last day on which a court can be asked to confirm an agreement (article 33)."""
    return effective + timedelta(days=CONFIRMATION_DAYS)


def check_confirmable(type_: DisputeType, effective: date | None, on: date) -> None:
    """Whether the parties can ask for judicial confirmation on that day (article 33)."""
    if type_ in UNCONFIRMABLE:
        raise invalid(NOT_CONFIRMED_ZH, "matters of identity, marriage and adoption are not confirmed", "agreement")
    if effective is None:
        raise invalid("协议还没有生效", "the agreement is not in force yet", "agreement")
    if not effective <= on <= confirm_by(effective):
        raise invalid(
            f"协议 {effective} 生效，申请司法确认的期限到 {confirm_by(effective)} 为止（人民调解法第三十三条）",
            f"in force on {effective}; confirmation can be asked for until {confirm_by(effective)} (article 33)",
            "appliedOn",
        )


def status_after_check(status: DisputeStatus, outcome: Outcome, *, more_owed: bool) -> DisputeStatus:
    """How the dispute stands after a follow-up; ``more_owed``: other terms are still to be performed."""
    if outcome is Outcome.BREACHED:
        return DisputeStatus.BREACHED
    if outcome is Outcome.PERFORMED and not more_owed:
        return DisputeStatus.PERFORMED
    return status
