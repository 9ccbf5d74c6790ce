"""Agreements by the law: when one is in force, until when a court can confirm it, and how it is followed up."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import Role
from rules.agreements import (
    UNCONFIRMABLE,
    AgreementForm,
    Outcome,
    all_marked,
    check_confirmable,
    check_marks,
    check_unmarked,
    check_written,
    confirm_by,
    effective_on,
    status_after_check,
)
from rules.disputes import DisputeStatus, DisputeType
from rules.refusals import Code, Refusal
from rules.times import FURTHEST_BACK
from tests.test_rules import refusal

days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(st.sampled_from(AgreementForm), st.datetimes(timezones=st.just(UTC)), *[st.none() | days] * 3)
def test_when_an_agreement_is_in_force(
    form: AgreementForm, reached: datetime, parties: date | None, mediator: date | None, seal: date | None
) -> None:
    """Oral: the day it is reached (article 30). Written: the day of the last of its three marks (article 29)."""
    effective = effective_on(form, reached.date(), (parties, mediator, seal))
    marks = [mark for mark in (parties, mediator, seal) if mark is not None]
    if form is AgreementForm.ORAL:
        assert effective == reached.date()
    else:
        assert effective == (max(marks) if len(marks) == 3 else None)


@given(st.lists(st.none() | days, max_size=12))
def test_the_parties_have_marked_it_when_the_last_one_has(marks: list[date | None]) -> None:
    expected = max(day for day in marks if day) if marks and None not in marks else None
    assert all_marked(marks) == expected


def _code(mark: date, today: date) -> Code | None:
    if mark > today:
        return Code.IN_FUTURE
    return Code.TOO_OLD if today - mark > FURTHEST_BACK else None


@given(st.sampled_from(AgreementForm), st.tuples(*[st.none() | days] * 3), days)
def test_marks_are_a_written_agreements_alone_and_not_of_a_day_to_come(
    form: AgreementForm, marks: tuple[date | None, date | None, date | None], today: date
) -> None:
    there = [mark for mark in marks if mark is not None]
    if form is AgreementForm.ORAL:
        expected = Code.INVALID_INPUT if there else None
    else:
        wrong = [_code(mark, today) for mark in there if _code(mark, today)]
        expected = wrong[0] if wrong else None
    assert refusal(check_marks, form, marks, today, Role.GRID_LEADER) is expected
    assert [refusal(check_unmarked, mark, "seal") is None for mark in marks] == [mark is None for mark in marks]


@given(days, st.integers(-40, 40), st.sampled_from(DisputeType))
def test_a_court_confirms_within_thirty_days_of_effect_and_never_identity(
    effective: date, later: int, kind: DisputeType
) -> None:
    """Article 33: counted from the day after; the thirtieth day is the last."""
    code = refusal(check_confirmable, kind, effective, effective + timedelta(days=later))
    assert (code is None) == (kind not in UNCONFIRMABLE and 0 <= later <= 30)
    assert confirm_by(effective) - effective == timedelta(days=30)
    assert refusal(check_confirmable, kind, None, effective) is Code.INVALID_INPUT


def test_marriage_and_adoption_are_not_confirmed() -> None:
    assert DisputeType.MARRIAGE_FAMILY in UNCONFIRMABLE
    with pytest.raises(Refusal) as refused:
        check_confirmable(DisputeType.MARRIAGE_FAMILY, date(2024, 1, 1), date(2024, 1, 2))
    assert "婚姻、收养" in refused.value.message()


@pytest.mark.parametrize(
    ("facts", "performance", "missing"),
    [(None, None, "facts"), ("事实", None, "performance"), (None, "方式", "facts"), ("事实", "方式", None)],
)
def test_a_written_agreement_states_what_the_law_asks(
    facts: str | None, performance: str | None, missing: str | None
) -> None:
    if missing is None:
        check_written(facts, performance)
        return
    with pytest.raises(Refusal) as refused:
        check_written(facts, performance)
    assert (refused.value.code, refused.value.path) == (Code.CONTENT_MISSING, (missing,))
    assert "第二十九条" in refused.value.message()


@given(st.sampled_from([DisputeStatus.AGREED, DisputeStatus.BREACHED]), st.sampled_from(Outcome), st.booleans())
def test_what_a_follow_up_makes_of_a_case(status: DisputeStatus, outcome: Outcome, more: bool) -> None:
    after = status_after_check(status, outcome, more_owed=more)
    if outcome is Outcome.BREACHED:
        assert after is DisputeStatus.BREACHED
    elif outcome is Outcome.PERFORMED and not more:
        assert after is DisputeStatus.PERFORMED
    else:
        assert after is status
