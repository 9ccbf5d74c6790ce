"""The life of a dispute by its one table: who may do what where, and the article behind each refusal."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import dispute_moves as moves
from rules.access import Role, Viewer
from rules.dispute_moves import MOVES, DisputeMove, DisputeState, check_move
from rules.disputes import (
    NEXT_LEVEL,
    PENDING,
    SETTLED,
    Consent,
    DisputeLevel,
    DisputeStatus,
    Route,
    check_parties,
    check_removable,
    check_routes,
    opening_status,
    status_after_consent,
)
from rules.referrals import ReferralStatus, check_consents
from rules.refusals import Code, Refusal
from tests.reference import dispute_acts
from tests.test_rules import refusal

S, L, R = DisputeStatus, DisputeLevel, ReferralStatus
roles = st.sampled_from([*Role, None])
standings = st.builds(
    DisputeState,
    status=st.sampled_from(S),
    level=st.sampled_from(L),
    refused=st.booleans(),
    unanswered=st.booleans(),
    referral=st.sampled_from([None, R.PENDING, R.ACCEPTED]),
)
MEDIATES = "BEGIN_MEDIATION PLAN_SITE_VISIT"
FILES = "ADD_PARTY NOTE_CLAIM RECORD_FINDING ADD_EVIDENCE"
LEADS = "ADD_PARTY CORRECT_DISPUTE CORRECT_PARTY NOTE_CLAIM RECORD_FINDING ADD_EVIDENCE PROPOSE_TERMS"
OFFERED: list[tuple[DisputeState, Role | None, str]] = [
    (DisputeState(S.REPORTED), Role.GRID_WORKER, f"NOTE_CONSENT {FILES} WITHDRAW_DISPUTE"),
    (
        DisputeState(S.REPORTED),
        Role.GRID_LEADER,
        f"NOTE_CONSENT {MEDIATES} RAISE_DISPUTE {LEADS} RECORD_AGREEMENT WITHDRAW_DISPUTE",
    ),
    (DisputeState(S.REPORTED, L.COMMUNITY), Role.GRID_LEADER, f"NOTE_CONSENT {FILES} WITHDRAW_DISPUTE"),
    (
        DisputeState(S.MEDIATING, L.JOINT),
        Role.COMMUNITY_STAFF,
        (
            "NOTE_CONSENT HOLD_MEETING PLAN_SITE_VISIT INVITE_MEDIATOR RELEASE_MEDIATOR REFER_DISPUTE"
            f" {LEADS} RECORD_AGREEMENT FAIL_MEDIATION WITHDRAW_DISPUTE"
        ),
    ),
    (
        DisputeState(S.MEDIATING, L.JOINT),
        Role.LEGAL_COUNSEL,
        "HOLD_MEETING RECORD_FINDING ADD_EVIDENCE PROPOSE_TERMS",
    ),
    (DisputeState(S.MEDIATING, L.CENTRE), Role.JUDICIAL_OFFICE, ""),
    (DisputeState(S.REPORTED), Role.PARTNER, ""),
    (DisputeState(S.REPORTED), None, ""),
    (
        DisputeState(S.MEDIATING, L.JOINT, referral=R.PENDING),
        Role.CENTRE_MEDIATOR,
        f"NOTE_CONSENT ACCEPT_REFERRAL REJECT_REFERRAL {FILES} WITHDRAW_DISPUTE",
    ),
    (
        DisputeState(S.MEDIATING, L.CENTRE, referral=R.ACCEPTED),
        Role.CENTRE_MEDIATOR,
        f"NOTE_CONSENT HOLD_MEETING PLAN_SITE_VISIT {LEADS} RECORD_AGREEMENT FAIL_MEDIATION WITHDRAW_DISPUTE",
    ),
    (
        DisputeState(S.AGREED, L.CENTRE, referral=R.ACCEPTED),
        Role.CENTRE_MEDIATOR,
        "REPORT_BACK CORRECT_PARTY ADD_EVIDENCE WRITE_AGREEMENT MARK_AGREEMENT NOTE_CONFIRMATION CHECK_PERFORMANCE",
    ),
    (DisputeState(S.AGREED), Role.GRID_WORKER, "ADD_EVIDENCE CHECK_PERFORMANCE"),
    (DisputeState(S.PERFORMED), Role.GRID_LEADER, "CORRECT_PARTY NOTE_CONFIRMATION"),
    (DisputeState(S.FAILED), Role.SECRETARY, ""),
    (DisputeState(S.REFUSED, refused=True), Role.SECRETARY, "NOTE_CONSENT CORRECT_DISPUTE CORRECT_PARTY"),
]


@pytest.mark.parametrize(("standing", "role", "offered"), OFFERED)
def test_who_may_do_what_where(standing: DisputeState, role: Role | None, offered: str) -> None:
    assert dispute_acts(role, standing) == offered.split()


@given(roles, standings)
def test_what_is_offered_is_not_refused_and_the_rest_is(role: Role | None, standing: DisputeState) -> None:
    offered = dispute_acts(role, standing)
    for move in MOVES:
        assert (refusal(check_move, Viewer(UUID(int=1), role), move, standing) is None) == (move.act in offered)


@given(standings, st.sampled_from(MOVES))
def test_where_a_party_refuses_there_is_no_mediation(standing: DisputeState, move: DisputeMove) -> None:
    """Article 17: whatever is mediation is refused; consent can still be given after all."""
    refusing = replace(standing, refused=True)
    role = next(iter(move.act.roles))
    code = refusal(check_move, Viewer(UUID(int=1), role), move, refusing)
    assert (code is Code.PARTY_REFUSES) == move.mediates
    assert not moves.CONSENT.mediates


@given(standings, st.sampled_from(MOVES), roles)
def test_a_case_that_ended_is_mediated_no_more(standing: DisputeState, move: DisputeMove, role: Role | None) -> None:
    if standing.status not in PENDING and refusal(check_move, Viewer(UUID(int=1), role), move, standing) is None:
        assert not move.mediates
        assert check_move(Viewer(UUID(int=1), role), move, standing) is standing.status


def test_only_the_centre_mediates_at_the_centre_and_nobody_raises_a_case_there() -> None:
    assert L.CENTRE not in NEXT_LEVEL.values()
    at_centre = DisputeState(S.MEDIATING, L.CENTRE, referral=R.ACCEPTED)
    assert refusal(check_move, Viewer(None, Role.SECRETARY), moves.AGREE, at_centre) is Code.WRONG_LEVEL
    assert refusal(check_move, Viewer(None, Role.CENTRE_MEDIATOR), moves.AGREE, DisputeState(S.MEDIATING)) is (
        Code.WRONG_LEVEL
    )


def test_a_case_is_referred_when_everybody_agreed_and_nobody_has_it_yet() -> None:
    viewer, ready = Viewer(None, Role.SECRETARY), DisputeState(S.MEDIATING, L.COMMUNITY)
    assert refusal(check_move, viewer, moves.REFER, ready) is None
    assert refusal(check_move, viewer, moves.REFER, replace(ready, level=L.GRID)) is Code.WRONG_LEVEL
    assert refusal(check_move, viewer, moves.REFER, replace(ready, unanswered=True)) is Code.CONSENT_MISSING
    assert refusal(check_move, viewer, moves.REFER, replace(ready, referral=R.PENDING)) is Code.INVALID_INPUT
    assert refusal(check_move, viewer, moves.RECALL, ready) is Code.INVALID_INPUT
    parties = [UUID(int=1), UUID(int=2)]
    assert refusal(check_consents, parties, parties[:1]) is Code.CONSENT_MISSING
    assert refusal(check_consents, parties, parties[::-1]) is None


@given(st.lists(st.sampled_from(Consent), min_size=2, max_size=5), st.sampled_from(sorted(PENDING | {S.REFUSED})))
def test_one_refusal_is_enough_and_who_refused_may_think_again(consents: list[Consent], status: DisputeStatus) -> None:
    refused = Consent.REFUSED in consents
    assert (opening_status(consents) is S.REFUSED) == refused
    after = status_after_consent(status, consents)
    assert (after is S.REFUSED) == refused
    if not refused:
        assert after is (S.REPORTED if status is S.REFUSED else status)


def test_a_dispute_has_two_sides_and_a_failure_tells_the_other_routes() -> None:
    assert refusal(check_parties, [Consent.GIVEN]) is Code.TOO_FEW_PARTIES
    assert refusal(check_parties, [Consent.GIVEN, Consent.PENDING]) is None
    assert refusal(check_routes, [Route.COURT]) is None
    with pytest.raises(Refusal) as refused:
        check_routes([])
    assert "第二十六条" in refused.value.message()


@given(st.integers(2, 9), st.integers(0, 3), st.integers(0, 3))
def test_a_party_is_removed_if_nothing_names_it_and_two_remain(parties: int, findings: int, meetings: int) -> None:
    code = refusal(lambda: check_removable(parties, findings=findings, meetings=meetings))
    named = Code.INVALID_INPUT if findings or meetings else None
    assert code is (named or (Code.TOO_FEW_PARTIES if parties == 2 else None))


def test_an_agreement_settles_whether_it_is_kept_or_not() -> None:
    assert {S.AGREED, S.PERFORMED, S.BREACHED} == SETTLED
    assert set(S) - SETTLED - PENDING == {S.FAILED, S.REFUSED, S.WITHDRAWN}
