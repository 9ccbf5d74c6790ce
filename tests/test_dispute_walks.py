"""Random walks over all roles and moves of disputes: only allowed moves happen, and the timeline tells all of them."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from rules import dispute_moves as moves
from rules.dispute_moves import DisputeMove
from rules.disputes import DisputeStatus
from rules.refusals import Code
from tests.client import Clock, codes_of, serving
from tests.dispute_case import MUTATED, NOW, WHO, Case, Fields
from tests.races import Gate
from tests.runs import long


@pytest.fixture
def case(copy_url: str) -> Iterator[type[Case]]:
    """The machine over the module's copy of the demo, at a moment that stands still."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client = runner.run(stack.enter_async_context(serving(copy_url, Clock(NOW), token_seconds=10**8)))
        Case.runner = runner
        Case.clients = {name: runner.run(client.as_(name)) if name else client.as_nobody() for name in WHO}
        pool = client.app.state.owner
        centre = runner.run(pool.fetchval("select id from organisation where kind = 'DISPUTE_CENTRE'"))
        counsel = runner.run(pool.fetchval("select id from account where username = '法律顾问01'"))
        Case.tried, Case.led_to = set(), Counter()
        Case.centre, Case.counsel = f"organisation_{centre}", f"account_{counsel}"
        yield Case
        runner.run(stack.aclose())


@pytest.mark.long
def test_only_allowed_moves_happen_and_the_timeline_tells_all_of_them(case: type[Case]) -> None:
    quiet = settings(
        max_examples=50,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(case, settings=quiet)
    assert case.tried == {(who, move) for who in WHO for move in MUTATED}
    assert [move.entry for move in MUTATED if not case.led_to[move]] == []


MEDIATING = (moves.CONSENT, moves.CONSENT, moves.BEGIN)
JOINT = (*MEDIATING, moves.RAISE, moves.RAISE, moves.INVITE, moves.FIND)
PATHS: dict[str, tuple[DisputeMove, ...]] = {
    "reported": (),
    "mediating": MEDIATING,
    "joint": JOINT,
    "referred": (*JOINT, moves.REFER),
    "at the centre": (*JOINT, moves.REFER, moves.ACCEPT),
    "agreed": (*MEDIATING, moves.AGREE, moves.WRITE),
}
"""How a dispute comes to each state."""
LONGER = ("reported", "mediating", "joint", "referred", "at the centre")


def who_may(case: Case, move: DisputeMove) -> str | None:
    """The first of those who may make a move now."""
    if not case.has_what_it_needs(move):
        return None
    return next((who for who in WHO if isinstance(case.expected(who, move), DisputeStatus)), None)


def come_to(case: type[Case], path: tuple[DisputeMove, ...]) -> Case:
    """A new dispute after these moves."""
    made = case()
    for move in path:
        who = who_may(made, move)
        assert who is not None, move.act
        after, (mutation, given) = made.expected(who, move), made.given(move, 1)
        assert isinstance(after, DisputeStatus)
        assert made.run(made.clients[who].do(mutation, given))["errors"] == []
        made.happened(move, given, after)
    return made


def after_waiting(case: Case, who: str, move: DisputeMove, given: Fields) -> DisputeStatus | Code:
    """What the rules say of a move whose input was made before another move."""
    if not case.sees(who):
        return Code.NOT_FOUND
    if move is moves.REFER and given["consents"] != sorted(case.consents):
        return Code.CONSENT_MISSING
    if move is moves.UNFIND and not case.finding:
        return Code.INVALID_INPUT
    return case.expected_of(who, move, given)


@pytest.mark.long
@pytest.mark.parametrize("state", ["agreed", *long(*LONGER)])
def test_of_two_moves_at_once_each_finds_what_the_other_left(
    case: type[Case], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    gate = Gate(monkeypatch, case.clients["书记01"])
    made = come_to(case, PATHS[state])
    possible = {move: who for move in MUTATED if (who := who_may(made, move)) is not None}
    refused = 0
    for first, leading in possible.items():
        for second, following in possible.items():
            made = come_to(case, PATHS[state])
            one, other = made.given(first, 1), made.given(second, 1)
            answers = made.run(gate.race(case.clients[leading].do(*one), case.clients[following].do(*other)))
            codes = [codes_of(answer) for answer in answers]
            after = made.expected(leading, first)
            assert isinstance(after, DisputeStatus)
            made.happened(first, one[1], after)
            left = after_waiting(made, following, second, other[1])
            assert codes == [[], [left.value] if isinstance(left, Code) else []], (first.entry, second.entry)
            if isinstance(left, DisputeStatus):
                made.happened(second, other[1], left)
            refused += isinstance(left, Code)
            made.compare("书记01")
    assert refused > 0
