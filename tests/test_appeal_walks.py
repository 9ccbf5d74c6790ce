"""Random walks over all roles and moves: only allowed moves happen, the timeline tells all, no clock runs back."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from db.acts.overdue import pass_over_appeals
from rules import appeal_moves as moves
from rules.access import FOR_EVERYBODY, Role, Viewer
from rules.appeal_moves import MOVES, AppealMove, AppealState, check_move
from rules.appeals import NEXT_LEVEL, AppealLevel, AppealStatus
from rules.refusals import Code, Refusal
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving
from tests.reference import actions, appeal_acts

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
WHO: dict[str, Role | None] = {
    "网格员01": Role.GRID_WORKER,
    "网格员14": Role.GRID_WORKER,
    "网格长01": Role.GRID_LEADER,
    "社区01": Role.COMMUNITY_STAFF,
    "书记01": Role.SECRETARY,
    "联户长03": Role.BUILDING_HEAD,
    "热力公司01": Role.PARTNER,
    "物业公司01": Role.PARTNER,
    "管理员": Role.ADMIN,
    "": None,
}
BY_RECEIPT = frozenset({moves.CONFIRM, moves.RETURN, moves.WITHDRAW, moves.REOPEN, moves.ADD})
ENDING = frozenset({moves.WITHDRAW, moves.REJECT})
PAUSE = timedelta(days=3)
LONG = 7
"""Entries of an appeal that has seen something."""
NEAR = frozenset({"网格员01", "网格长01", "社区01", "书记01"})
SEEN = """query($id: ID!) { appeal(id: $id) { status level overdue objections allowedActions deadlines { dueAt }
    reopenEndsAt timeline(first: 100) { nodes { kind } } } }"""
MUTATIONS: dict[AppealMove, tuple[str, dict[str, Any]]] = {
    moves.ACCEPT: ("acceptAppeal", {}),
    moves.BEGIN: ("beginAppeal", {}),
    moves.DISPATCH: ("dispatchAppeal", {}),
    moves.RECALL: ("recallDispatch", {"reason": "误派"}),
    moves.TAKE_ON: ("acceptDispatch", {}),
    moves.OBJECT: ("objectDispatch", {"reason": "不归我们"}),
    moves.ANSWER: ("answerAppeal", {"answer": "已修好"}),
    moves.CONFIRM: ("confirmAppeal", {"satisfied": True}),
    moves.RETURN: ("confirmAppeal", {"satisfied": False}),
    moves.REJECT: ("rejectAppeal", {"reason": "不归社区", "turnTo": "开发商"}),
    moves.WITHDRAW: ("withdrawAppeal", {}),
    moves.REOPEN: ("reopenAppeal", {"reason": "又坏了"}),
    moves.ESCALATE: ("escalateAppeal", {"reason": "解决不了"}),
    moves.PAUSE: ("pauseAppeal", {"reason": "等配件"}),
    moves.RESUME: ("resumeAppeal", {}),
    moves.ADD: ("addToAppeal", {"note": "补充"}),
}


def after(standing: AppealState, move: AppealMove, status: AppealStatus) -> AppealState:
    """How it stands then, in plain words."""
    return replace(
        standing,
        status=status,
        level=NEXT_LEVEL[standing.level] if move is moves.ESCALATE else standing.level,
        paused=True if move is moves.PAUSE else standing.paused and move is not moves.RESUME,
        objections=standing.objections + (move is moves.OBJECT),
        reopenable=status is AppealStatus.CLOSED,
    )


class Life(RuleBasedStateMachine):
    """One appeal, and what the rules say of it."""

    runner: ClassVar[asyncio.Runner]
    clients: ClassVar[dict[str, Tunping]]
    clock: ClassVar[Clock]

    def __init__(self) -> None:
        super().__init__()
        self.standing, self.entries = AppealState(AppealStatus.SUBMITTED), ["APPEAL_OPENED"]
        self.paused_until = self.clock()
        self.dues: list[str] = []
        self.with_them = False
        self.appeal = new_id("appeal")
        new = {"id": self.appeal, "code": DEMO_COUNTER_CODE, "body": "3号楼2单元 暖气不热"}
        self.receipt = self.run(self.clients[""].do("openAppeal", new, "receiptCode"))["receiptCode"]

    def run(self, what: Any) -> Any:
        """Waits for an answer."""
        return self.runner.run(what)

    def sees(self, who: str) -> bool:
        """True if it is in somebody's scope."""
        return who in NEAR or (who == "热力公司01" and self.with_them)

    def expected(self, who: str, move: AppealMove) -> AppealStatus | Code:
        """What the rules say."""
        if not (self.sees(who) or (who == "" and move in BY_RECEIPT)):
            return Code.NOT_FOUND
        try:
            return check_move(Viewer(None, WHO[who]), move, self.standing)
        except Refusal as refused:
            return refused.code

    @rule(who=st.sampled_from(sorted(WHO)), move=st.sampled_from([each for each in MOVES if each in MUTATIONS]))
    def step(self, who: str, move: AppealMove) -> None:
        """Somebody tries a move; not too early one that ends everything."""
        if move not in ENDING or len(self.entries) > LONG:
            self.step_of(who, move)

    def step_of(self, who: str, move: AppealMove) -> None:
        """What the rules say is what happens."""
        expected = self.expected(who, move)
        mutation, given = MUTATIONS[move]
        if move is moves.PAUSE:
            given = given | {"endsAt": (self.clock() + PAUSE).isoformat()}
        receipt = {"receiptCode": self.receipt} if who == "" and move in BY_RECEIPT else {}
        errors = self.run(self.clients[who].do(mutation, {"appeal": self.appeal, **given, **receipt}))["errors"]
        refused = [expected.value] if isinstance(expected, Code) else []
        if who == "" and mutation not in FOR_EVERYBODY:
            refused = ["UNAUTHENTICATED"]
        assert [each["code"] for each in errors] == refused
        if isinstance(expected, AppealStatus):
            self.standing = after(self.standing, move, expected)
            self.entries.append(move.entry.value)
            if move is moves.PAUSE:
                self.paused_until = self.clock() + PAUSE
            if move in {moves.DISPATCH, moves.RECALL, moves.OBJECT}:
                self.with_them = move is moves.DISPATCH
        self.compare(who, backwards=move is moves.RESUME)

    @rule(number=st.integers(0, 10_000))
    def go_on(self, number: int) -> None:
        """Somebody makes a move that they may make, so that the walk leads far."""
        possible = [
            (who, move)
            for move in MUTATIONS
            for who in WHO
            if move not in ENDING and isinstance(self.expected(who, move), AppealStatus)
        ]
        if possible:
            self.step_of(*possible[number % len(possible)])

    @rule(hours=st.sampled_from([1, 5, 30, 100, 200]))
    def wait(self, hours: int) -> None:
        """Time passes, and what happens by itself is one level up or an answer taken for good, and is told."""
        self.clock.turn(timedelta(hours=hours))
        self.run(self.passes())
        found = self.found("书记01")
        level, status = AppealLevel(found["level"]), AppealStatus(found["status"])
        if level is not self.standing.level:
            assert (level, found["overdue"]) == (NEXT_LEVEL[self.standing.level], True)
            self.entries.append("APPEAL_OVERDUE")
        if status is not self.standing.status:
            assert (self.standing.status, status) == (AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED)
            self.entries.append("APPEAL_LAPSED")
        self.standing = replace(
            self.standing,
            level=level,
            status=status,
            paused=self.standing.paused and self.paused_until > self.clock(),
            reopenable=status is AppealStatus.CLOSED and datetime.fromisoformat(found["reopenEndsAt"]) > self.clock(),
        )
        self.compare("书记01", backwards=False)

    async def passes(self) -> None:
        """The worker's pass, twice: the second has nothing to do."""
        for _ in range(2):
            await self.clients[""].transact(pass_over_appeals)

    def found(self, viewer: str) -> Any:
        """The appeal, as somebody sees it."""
        return self.run(self.clients[viewer].ask(SEEN, id=self.appeal)).data["appeal"]

    def compare(self, who: str, *, backwards: bool) -> None:
        """What they see is how it stands."""
        viewer = who if self.sees(who) else "书记01"
        found = self.found(viewer)
        dues = [each["dueAt"] for each in found["deadlines"]]
        assert backwards or dues >= self.dues
        self.dues = dues
        assert found["allowedActions"] == actions(appeal_acts(WHO[viewer], self.standing))
        assert AppealLevel(found["level"]) is self.standing.level
        assert AppealStatus(found["status"]) is self.standing.status
        assert found["objections"] == self.standing.objections
        assert [each["kind"] for each in found["timeline"]["nodes"]] == self.told(viewer)

    def told(self, who: str) -> list[str]:
        """What somebody who sees the appeal reads in its timeline: an organisation what came since the dispatch."""
        if WHO[who] is not Role.PARTNER:
            return self.entries
        dispatched = max(at for at, kind in enumerate(self.entries) if kind == "APPEAL_DISPATCHED")
        return self.entries[dispatched:]


@pytest.fixture
def life(copy_url: str) -> Iterator[type[Life]]:
    """The machine over the module's copy of the demo, and a clock that it turns."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        clock = Clock(NOW)
        client = runner.run(stack.enter_async_context(serving(copy_url, clock, token_seconds=10**9)))
        Life.runner, Life.clock = runner, clock
        Life.clients = {name: runner.run(client.as_(name)) if name else client.as_nobody() for name in WHO}
        yield Life
        runner.run(stack.aclose())


@pytest.mark.parametrize("walks", [6, pytest.param(40, marks=pytest.mark.long)])
def test_only_allowed_moves_happen_and_the_timeline_tells_all_of_them(life: type[Life], walks: int) -> None:
    quiet = settings(
        max_examples=walks,
        stateful_step_count=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(life, settings=quiet)
