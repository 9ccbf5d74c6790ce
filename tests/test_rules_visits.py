"""What a visit is, and who may correct it, by the rules alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import COMMUNITY_ROLES, Act, Role, Viewer
from rules.refusals import Code, Refusal
from rules.visits import CORRECTABLE, check_may_correct, check_place, is_attempt

NOW = datetime(2024, 3, 14, tzinfo=UTC)
HOME, FIRM = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("reached", "spoke_with", "attempt"), [(0, None, True), (0, "店长", False), (1, None, False), (2, "女儿", False)]
)
def test_an_attempt_met_nobody(reached: int, spoke_with: str | None, attempt: bool) -> None:
    assert is_attempt(reached, spoke_with) is attempt


@pytest.mark.parametrize(
    ("household", "premises", "reached", "path"),
    [
        (HOME, None, 2, None),
        (HOME, None, 0, None),
        (None, FIRM, 0, None),
        (None, None, 0, ("household",)),
        (HOME, FIRM, 0, ("premises",)),
        (None, FIRM, 1, ("residents",)),
    ],
)
def test_a_visit_goes_to_one_place(
    household: UUID | None, premises: UUID | None, reached: int, path: tuple[str, ...] | None
) -> None:
    if path is None:
        check_place(household, premises, reached)
        return
    with pytest.raises(Refusal) as refused:
        check_place(household, premises, reached)
    assert (refused.value.code, refused.value.path) == (Code.INVALID_INPUT, path)


@given(st.sampled_from([*Role]), st.booleans(), st.timedeltas(timedelta(0), timedelta(days=30)))
def test_the_author_corrects_for_seven_days_and_the_community_at_any_time(
    role: Role, is_author: bool, since: timedelta
) -> None:
    viewer = Viewer(uuid4(), role)
    expected: Code | None = Code.NOT_ALLOWED
    if role in COMMUNITY_ROLES:
        expected = None
    elif is_author:
        expected = None if since <= CORRECTABLE else Code.TOO_LATE
    author = viewer.account_id if is_author else uuid4()
    if expected is None:
        check_may_correct(viewer, author, NOW - since, NOW, "visit")
        return
    with pytest.raises(Refusal) as refused:
        check_may_correct(viewer, author, NOW - since, NOW, "visit")
    assert (refused.value.code, refused.value.path) == (expected, ("visit",))


def test_what_has_no_author_is_corrected_by_the_community_alone() -> None:
    """A photo that a resident attached without an account."""
    for role in Act.REMOVE_PHOTO.roles - COMMUNITY_ROLES:
        with pytest.raises(Refusal):
            check_may_correct(Viewer(uuid4(), role), None, NOW, NOW, "photo")
