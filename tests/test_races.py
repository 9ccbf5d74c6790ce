"""Acts that meet at the worst moment: one wins, and the other is told by name why it came too late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules import appeal_moves as moves
from rules.access import Role, Viewer
from rules.appeal_moves import AppealMove, AppealState, check_move
from rules.appeals import AppealStatus
from rules.refusals import Refusal
from tests import runs
from tests.client import Tunping, new_id
from tests.races import Gate
from tests.test_appeal_walks import MUTATIONS, after
from tests.test_centre import a_case, refer
from tests.test_merges import doors, record

S = AppealStatus
WAYS: dict[AppealStatus, tuple[AppealMove, ...]] = {
    S.SUBMITTED: (),
    S.ACCEPTED: (moves.ACCEPT,),
    S.DISPATCHED: (moves.ACCEPT, moves.DISPATCH),
    S.IN_PROGRESS: (moves.ACCEPT, moves.DISPATCH, moves.TAKE_ON),
    S.AWAITING_CONFIRMATION: (moves.ACCEPT, moves.ANSWER),
    S.CLOSED: (moves.ACCEPT, moves.ANSWER, moves.CONFIRM),
}
"""How an appeal comes to each status."""
SEEN = """query($id: ID!) { appeal(id: $id) { status level dispatch { id } dispatches { id status } } }"""


class Case:
    """An appeal, and those who move it."""

    def __init__(self, secretary: Tunping, partner: Tunping) -> None:
        self._by = {Role.SECRETARY: secretary, Role.PARTNER: partner}
        self.appeal, self.standing = "", AppealState(S.SUBMITTED)

    async def come_to(self, status: AppealStatus) -> None:
        """A new appeal that stands there."""
        self.appeal, self.standing = new_id("appeal"), AppealState(S.SUBMITTED)
        new = {"id": self.appeal, "body": "3号楼2单元 暖气不热", "category": "HEATING"}
        assert (await self._by[Role.SECRETARY].do("openAppeal", new))["errors"] == []
        for move in WAYS[status]:
            assert await self.make(move) == []
            found = self.expected(self.standing, move)
            assert isinstance(found, AppealState)
            self.standing = found

    def role(self, move: AppealMove) -> Role:
        """Who makes a move: the organisation only what nobody else may."""
        return Role.SECRETARY if Role.SECRETARY in move.act.roles else Role.PARTNER

    def expected(self, standing: AppealState, move: AppealMove) -> AppealState | str:
        """How it stands after a move, or the code of the refusal, by the rules."""
        try:
            return after(standing, move, check_move(Viewer(None, self.role(move)), move, standing))
        except Refusal as refused:
            return refused.code.value

    async def make(self, move: AppealMove) -> list[str]:
        """Makes a move; the codes of its refusals."""
        mutation, given = MUTATIONS[move]
        if move is moves.PAUSE:
            given = given | {"endsAt": (datetime.now(UTC) + timedelta(days=3)).isoformat()}
        payload = await self._by[self.role(move)].do(mutation, {"appeal": self.appeal, **given})
        return [each["code"] for each in payload["errors"]]

    async def seen(self) -> Any:
        """How it stands."""
        return (await self._by[Role.SECRETARY].ask(SEEN, id=self.appeal)).data["appeal"]


@pytest.fixture
async def case(tunping: Tunping) -> Case:
    """A case of the secretary and the heating company."""
    return Case(await tunping.as_("书记01"), await tunping.as_("热力公司01"))


@pytest.mark.long
@pytest.mark.parametrize("status", runs.first(2, list(WAYS)), ids=str)
async def test_of_two_moves_of_an_appeal_each_finds_what_the_other_left(
    case: Case, tunping: Tunping, monkeypatch: pytest.MonkeyPatch, status: AppealStatus
) -> None:
    gate = Gate(monkeypatch, tunping)
    await case.come_to(status)
    possible = [move for move in MUTATIONS if isinstance(case.expected(case.standing, move), AppealState)]
    refused = 0
    for first in possible:
        for second in possible:
            await case.come_to(status)
            between = case.expected(case.standing, first)
            assert isinstance(between, AppealState)
            last = case.expected(between, second)
            gone = "NOT_FOUND" if case.role(second) is Role.PARTNER and between.status is not S.DISPATCHED else None
            wanted = [] if isinstance(last, AppealState) else [last]
            answers = await gate.race(case.make(first), case.make(second))
            assert answers[0] == []
            assert answers[1] in (wanted, [gone]), (first.act, second.act)
            refused += answers[1] != []
            ended = last if isinstance(last, AppealState) and not answers[1] else between
            seen = await case.seen()
            assert (seen["status"], seen["level"]) == (ended.status.value, ended.level.value)
            with_them = [each["id"] for each in seen["dispatches"] if each["status"] in {"PENDING", "ACCEPTED"}]
            assert with_them == ([seen["dispatch"]["id"]] if seen["dispatch"] else []), (first.act, second.act)
    assert refused > 0


async def test_an_objection_is_to_the_dispatch_that_is_there_when_it_has_the_lock(
    case: Case, tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it waits, the dispatch that it was about is recalled and another takes its place."""
    await case.come_to(S.DISPATCHED)
    secretary = await tunping.as_("书记01")
    both = """mutation($id: ID!) {
        recallDispatch(input: {appeal: $id, reason: "误派"}) { errors { code } }
        dispatchAppeal(input: {appeal: $id}) { errors { code } } }"""
    gate = Gate(monkeypatch, tunping)
    answer, codes = await gate.race(secretary.ask(both, id=case.appeal), case.make(moves.OBJECT))
    assert [each["errors"] for each in answer.data.values()] == [[], []]
    seen = await case.seen()
    assert (codes, seen["status"], seen["dispatch"]) == ([], "ACCEPTED", None)
    assert sorted(each["status"] for each in seen["dispatches"]) == ["OBJECTED", "RECALLED"]


async def test_who_waits_for_a_merge_refers_to_the_record_that_was_kept(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = await tunping.as_("网格员01")
    home = (await doors(worker))[0]
    keep, merged = await record(worker, home), await record(worker, home)
    merge = worker.do("mergeResidents", {"id": new_id("merge"), "keep": keep, "merge": merged})
    appeal = {"id": new_id("appeal"), "body": "暖气不热", "household": home, "resident": merged}
    answers = await Gate(monkeypatch, tunping).race(merge, worker.do("openAppeal", appeal))
    assert [each["errors"] for each in answers] == [[], []]
    reporter = "select 'resident_' || resident_id from appeal where 'appeal_' || id = $1"
    assert await tunping.app.state.owner.fetchval(reporter, appeal["id"]) == keep


async def test_two_merges_into_one_new_incident_make_one(tunping: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    worker, incident = await tunping.as_("网格员01"), new_id("incident")
    home = (await doors(worker))[0]
    appeals = [new_id("appeal") for _ in range(4)]
    for each in appeals:
        new = {"id": each, "body": "暖气不热", "household": home, "category": "HEATING"}
        assert (await worker.do("openAppeal", new))["errors"] == []
    merges = [
        worker.do("mergeIntoIncident", {"incident": incident, "appeals": two}) for two in (appeals[:2], appeals[2:])
    ]
    answers = await Gate(monkeypatch, tunping).race(*merges)
    assert [each["errors"] for each in answers] == [[], []]
    query = "query($id: ID!) { node(id: $id) { ... on Incident { appeals(first: 10) { totalCount } } } }"
    assert (await worker.ask(query, id=incident)).data["node"]["appeals"]["totalCount"] == 4


@pytest.mark.long
async def test_who_loses_sight_of_a_case_during_the_wait_for_its_lock_finds_nothing(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The community recalls a referral while the centre withdraws the case."""
    staff, centre = await tunping.as_("社区01"), await tunping.as_("调解员01")
    dispute, parties = await a_case(tunping)
    await refer(tunping, dispute, parties)
    recall = staff.do("recallReferral", {"dispute": dispute})
    withdrawal = centre.do("withdrawDispute", {"dispute": dispute, "reason": "当事人撤回"})
    answers = await Gate(monkeypatch, tunping).race(recall, withdrawal)
    assert [[error["code"] for error in each["errors"]] for each in answers] == [[], ["NOT_FOUND"]]
