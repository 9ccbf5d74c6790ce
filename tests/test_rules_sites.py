"""Patrols: one deputy director with the two who hold the site posts; wages owed are a dispute, or nothing."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import Role, Viewer
from rules.refusals import Code
from rules.sites import MOST_ARREARS, check_arrears, check_headcount, check_team, facts_of
from tests.test_rules import refusal

LEADER, *WORKERS = (UUID(int=number) for number in range(1, 6))


@given(
    st.sampled_from(Role),
    st.lists(st.sampled_from(WORKERS), max_size=3).map(tuple),
    st.sets(st.sampled_from(WORKERS)),
    st.sampled_from([LEADER, *WORKERS, None]),
)
def test_who_goes_on_patrol(role: Role, workers: tuple[UUID, ...], posted: set[UUID], recorder: UUID | None) -> None:
    right = role is Role.DEPUTY_DIRECTOR and len(workers) == len(set(workers)) == 2 and set(workers) <= posted
    code = refusal(check_team, Viewer(LEADER, role), workers, posted, recorder)
    if not right:
        assert code is Code.INVALID_INPUT
    else:
        assert code is (None if recorder in {LEADER, *workers} else Code.NOT_ALLOWED)


@pytest.mark.parametrize(("headcount", "code"), [(-1, Code.INVALID_INPUT), (0, None), (20_001, Code.INVALID_INPUT)])
def test_people_at_work(headcount: int, code: Code | None) -> None:
    assert refusal(check_headcount, headcount) is code


@given(st.lists(st.decimals(-1, 5, places=2), max_size=3), st.booleans(), st.booleans())
def test_arrears_call_the_parties_to_the_studio_and_open_a_dispute(
    amounts: list[Decimal], called: bool, named: bool
) -> None:
    def check() -> None:
        check_arrears(amounts, called=called, named=named)

    right = all(amount > 0 for amount in amounts) and called == named == bool(amounts)
    assert refusal(check) is (None if right else Code.INVALID_INPUT)


def test_there_are_not_any_number_of_arrears() -> None:
    def check() -> None:
        check_arrears([Decimal(1)] * (MOST_ARREARS + 1), called=True, named=True)

    assert refusal(check) is Code.INVALID_INPUT


def test_the_facts_tell_whose_wages_and_how_much() -> None:
    facts = facts_of("农贸市场改造工地", ["张三", "钢筋班组（5人）"], Decimal("61200.00"))
    assert facts == "巡查农贸市场改造工地发现拖欠张三、钢筋班组（5人）工资，共61200.00元。"
