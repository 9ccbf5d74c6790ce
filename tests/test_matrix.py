"""Every role by everything that the schema offers: its own, another's, and what does not exist."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from rules.access import ACTS
from tests.oracle.acts import Doer, Inputs, digest, mutations, nothing, slots
from tests.oracle.sides import Sides

TRIES, KEPT = 16, 4
"""Inputs made up for each act and viewer, and how many of them are kept: with different outcomes, the done ones first."""


@pytest.fixture(scope="module")
def sides(small_copy_url: str) -> Iterator[Sides]:
    """The application over two small communities."""
    opened = Sides.open(small_copy_url)
    yield opened
    opened.close()


def test_no_act_tells_apart_what_others_have_and_what_does_not_exist(sides: Sides) -> None:
    doer = Doer(sides)
    before = sides.runner.run(digest(sides.database, sorted(sides.world)))
    compared, done, told = 0, Counter(), {}
    outs = defaultdict(Counter)
    for name, mutation in mutations().items():
        for viewer, who in sides.viewers.items():
            if who.role not in ACTS[name].roles:
                continue
            outcomes = defaultdict(list)
            for seed in range(TRIES):
                inputs = Inputs(sides.sights[viewer], seed)
                outcomes[str(doer.do(name, inputs.make(mutation), who))].append(inputs)
            for k, v in outcomes.items(): outs[name][k] += len(v)
            done[name] += len(outcomes.get("[]", []))
            kept = [each for _, seeds in sorted(outcomes.items()) for each in seeds[:2]][:KEPT]
            for slot in slots(name, mutation):
                for inputs in kept:
                    other = inputs.others(slot)
                    if other is None:
                        continue
                    answers = [
                        doer.do(name, inputs.make(mutation, slot, each), who) for each in (other, nothing(slot.prefix))
                    ]
                    compared += 1
                    if answers[0] != answers[1]:
                        told.setdefault((str(slot), str(answers)), viewer)
    for n in mutations():
        if not done[n]: print("never", n, outs[n].most_common(4))
    for (where, answers), viewer in told.items():
        print("TOLD", where, viewer, answers)
    print(compared, len([1 for each in done if done[each]]), len(done))
    assert not told
    assert sides.runner.run(digest(sides.database, sorted(sides.world))) == before
