"""Whose accounts a role keeps."""

from itertools import pairwise

import pytest

from rules.access import Act, Role
from rules.accounts import KEPT_BY, check_keeps, keeps
from rules.refusals import Code, Refusal

RANKS = [Role.GRID_WORKER, Role.COMMUNITY_STAFF, Role.DEPUTY_DIRECTOR, Role.SECRETARY, Role.ADMIN]
"""From below to above, by what they see."""


def test_whoever_may_keep_accounts_keeps_some_and_gives_the_same_posts() -> None:
    assert KEPT_BY.keys() == Act.KEEP_ACCOUNTS.roles == Act.GIVE_POST.roles


@pytest.mark.parametrize("keeper", KEPT_BY)
def test_nobody_keeps_their_own_role_or_a_higher_one(keeper: Role) -> None:
    assert not KEPT_BY[keeper].intersection(RANKS[RANKS.index(keeper) :])


def test_whoever_ranks_higher_keeps_more() -> None:
    for lower, higher in pairwise(RANKS[1:]):
        assert KEPT_BY[lower] < KEPT_BY[higher]


def test_every_role_but_that_of_administrators_is_kept_by_somebody() -> None:
    assert frozenset().union(*KEPT_BY.values()) == set(Role) - {Role.ADMIN}


@pytest.mark.parametrize("role", Role)
def test_a_resident_without_an_account_keeps_none(role: Role) -> None:
    assert not keeps(None, role)


@pytest.mark.parametrize(
    ("keeper", "role", "code"),
    [
        (Role.SECRETARY, Role.SECRETARY, Code.NOT_ALLOWED),
        (Role.GRID_WORKER, Role.BUILDING_HEAD, Code.NOT_ALLOWED),
        (Role.COMMUNITY_STAFF, Role.LEGAL_COUNSEL, Code.NOT_ALLOWED),
        (Role.ADMIN, Role.ADMIN, Code.INVALID_INPUT),
    ],
)
def test_the_refusal_names_the_input(keeper: Role, role: Role, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        check_keeps(keeper, role, "role")
    assert (refused.value.code, refused.value.path) == (code, ("role",))
