"""Events of each kind that a subscription tells, put into an old answer, make what a query answers now."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from api.background.worker import Worker
from db.acts.scheduler import notice_silence
from rules.appeals import AppealStatus
from rules.journal import EntryKind
from rules.refusals import Code
from tests.client import Clock, Phone, Tunping, listening, new_id, phone, subscribed
from tests.dispute_case import ENDING as ENDS_OF_DISPUTES
from tests.dispute_case import MUTATED, Case
from tests.dispute_case import WHO as MEDIATING
from tests.ladders import FEW, STEP, rings
from tests.test_appeal_walks import ENDING as ENDS_OF_APPEALS
from tests.test_appeal_walks import MUTATIONS, NOW, Life
from tests.test_appeal_walks import WHO as APPEALING
from tests.test_duty import grandpa
from tests.test_feed_answers import FEED, asked, put_in
from tests.test_incidents import cold, merged
from tests.test_notices import published as a_notice
from tests.test_photos import appeal_with, jpeg
from tests.test_reports import problem, report, settling
from tests.test_wishes import does, published

TOLD = {kind.value for kind in EntryKind if kind.feed is not None}
MOST_WALKS, LONGEST_WALK, LONG = 20, 60, 25
SILENCE = timedelta(days=30)
"""Longer than any time limit of an appeal."""


class Town:
    """The application, its clock, everybody who acts, and a phone of the office."""

    def __init__(self, client: Tunping, clock: Clock, clients: dict[str, Tunping], connected: Phone) -> None:
        self.client, self.clock, self.clients, self.phone = client, clock, clients, connected
        self.worker, self.staff, self.secretary = (clients[name] for name in ("网格员01", "社区01", "书记01"))

    async def is_done(self, who: Tunping, mutation: str, **given: Any) -> None:
        """An act that must succeed."""
        assert (await who.do(mutation, given))["errors"] == []

    async def appeal(self, *photos: bytes) -> str:
        return await appeal_with(self.worker, *photos)

    async def correct_appeals(self) -> None:
        """One is corrected and leaves the grid, one loses a photo, and a reporter is called back."""
        appeal = await self.appeal(jpeg())
        found = await self.worker.ask("query($id: ID!) { appeal(id: $id) { photos { id } } }", id=appeal)
        photo = found.data["appeal"]["photos"][0]["id"]
        await self.is_done(self.staff, "removePhoto", photo=photo, reason="拍到了邻居")
        await self.is_done(self.staff, "recordCallBack", id=new_id("callback"), appeal=appeal, reached=False)
        await self.is_done(self.staff, "correctAppeal", appeal=appeal, reason="听错了", body="灯不亮")
        far = (await self.clients["网格员14"].ask("{ households(first: 1) { nodes { id } } }")).data
        home = far["households"]["nodes"][0]["id"]
        await self.is_done(self.secretary, "correctAppeal", appeal=appeal, reason="记错了", household=home)

    async def merge_appeals(self) -> None:
        await merged(self.worker, await cold(self.client, 2, 1, 2))

    async def settle_a_report(self) -> None:
        await self.is_done(self.worker, "settleReport", **settling(await report(self.client), asProblem=problem()))

    async def publish_a_notice(self) -> None:
        await a_notice(self.secretary)

    async def fulfil_a_wish(self) -> None:
        """The first volunteer gives up."""
        wish = await published(self.worker)
        claim = {"volunteerName": "李热心", "volunteerPhone": "13912345678"}
        await does(self.worker, "claimWish", wish, **claim)
        await does(self.worker, "releaseWish", wish, reason="没有时间")
        await does(self.worker, "claimWish", wish, **claim)
        await does(self.worker, "noteWishProgress", wish, note="书桌买好了")
        await does(self.worker, "fulfilWish", wish, note="书桌送到了")

    async def ring_the_ladder(self) -> None:
        """Nobody is reached. Somebody takes it on and reports; the alert ends, and is raised again."""
        day = (self.clock() + timedelta(days=1)).replace(hour=4)
        worker, alert = await rings(self.client, self.clock, day)
        self.clock.turn(STEP)
        await self.pass_over()
        await self.is_done(worker, "acknowledgeAlert", alert=alert, note="我去敲门")
        await self.is_done(worker, "reportAlert", alert=alert, finding="NOT_THERE", note="没人应")
        resident, today = (await grandpa(worker))["id"], day.date().isoformat()
        pause = {"id": new_id("pause"), "resident": resident, "reason": "住院", "startsOn": today, "endsOn": today}
        await self.is_done(worker, "pauseDuty", **pause)
        await self.pass_over()
        await self.is_done(worker, "endPause", pause=pause["id"])
        await self.is_done(worker, "raiseAlert", resident=resident, note="没有去医院")

    async def wait(self) -> None:
        """Appeals become overdue, an answer is not contradicted, and the background work stops for a while."""
        appeal = await self.appeal()
        await self.is_done(self.worker, "acceptAppeal", appeal=appeal)
        await self.is_done(self.worker, "answerAppeal", appeal=appeal, answer="已修好")
        await self.pass_over()
        self.clock.turn(SILENCE)
        assert await self.client.transact(notice_silence)
        await self.pass_over()

    async def pass_over(self) -> None:
        """Runs the jobs that the worker runs each minute."""
        worker = Worker(self.client.app.state.system, self.clock, None)
        await worker.climb()
        await worker.pass_over()


@pytest.fixture
def town(copy_url: str) -> Iterator[tuple[asyncio.Runner, Town]]:
    """The application over the module's copy of the demo, and the models of one appeal and of one dispute."""
    with asyncio.Runner() as runner:
        stack, clock = AsyncExitStack(), Clock(NOW)
        client = runner.run(stack.enter_async_context(listening(copy_url, clock, access_token_seconds=10**9)))
        names = sorted({*APPEALING, *MEDIATING})
        clients = {name: runner.run(client.as_(name)) if name else client.as_nobody() for name in names}
        Life.runner, Life.clock, Life.clients = runner, clock, clients
        pool = client.app.state.owner
        centre = runner.run(pool.fetchval("select id from organisation where kind = 'DISPUTE_CENTRE'"))
        counsel = runner.run(pool.fetchval("select id from account where username = '法律顾问01'"))
        Case.runner, Case.clients = runner, clients
        Case.tried, Case.led_to = set(), Counter()
        Case.centre, Case.counsel = f"organisation_{centre}", f"account_{counsel}"
        runner.run(pool.execute(FEW))
        connected = runner.run(stack.enter_async_context(phone(clients["书记01"])))
        yield runner, Town(client, clock, clients, connected)
        runner.run(stack.aclose())


class QuietLife(Life):
    """An appeal whose walk is not checked."""

    def compare(self, who: str, *, backwards: bool) -> None:
        pass


class QuietCase(Case):
    """A dispute whose walk is not checked."""

    def compare(self, who: str) -> None:
        pass


def walk(
    make: Callable[[], Any], seed: int, moves: Sequence[Any], names: Collection[str], ending: Collection[Any]
) -> None:
    """Lets cases live at random until each move was made: the rarest of those that may be made.

    A case ends late, or as soon as only ends are left to make: not every end may be made late.
    """
    choose, made = random.Random(seed), Counter(dict.fromkeys(moves, 0))  # noqa: S311  no secret
    for _ in range(MOST_WALKS):
        case = make()
        for number in range(LONGEST_WALK):
            possible = [(who, move) for move in moves for who in names if may(case, who, move)]
            going_on = [each for each in possible if each[1] not in ending]
            ends = number > LONG or not going_on or all(made[move] for move in moves if move not in ending)
            possible = possible if ends else going_on
            if not possible or all(made.values()):
                break
            least = min(made[move] for _, move in possible)
            who, move = choose.choice([each for each in possible if made[each[1]] == least])
            before = entries(case)
            case.step_of(who, move, *([choose.randrange(1_000)] if isinstance(case, Case) else []))
            made[move] += entries(case) > before


def may(case: Any, who: str, move: Any) -> bool:
    """True if the rules say that somebody may make a move now."""
    if isinstance(case, Case):
        return case.has_what_it_needs(move) and not isinstance(case.expected(who, move), Code)
    return isinstance(case.expected(who, move), AppealStatus)


def entries(case: Any) -> int:
    """How many entries a case has."""
    return case.entries if isinstance(case, Case) else len(case.entries)


@pytest.mark.long
def test_events_of_every_kind_put_into_an_old_answer_make_the_answer_of_now(
    town: tuple[asyncio.Runner, Town], fresh_seed: int
) -> None:
    runner, here = town
    office = here.secretary
    known = runner.run(asked(office))
    runner.run(here.phone.subscribe(FEED))
    runner.run(subscribed(here.client))
    walk(QuietLife, fresh_seed, list(MUTATIONS), APPEALING, ENDS_OF_APPEALS)
    walk(QuietCase, fresh_seed, MUTATED, MEDIATING, ENDS_OF_DISPUTES)
    stories = [here.correct_appeals, here.merge_appeals, here.settle_a_report, here.publish_a_notice]
    for story in (*stories, here.fulfil_a_wish, here.ring_the_ladder, here.wait):
        runner.run(story())
    last = runner.run(here.appeal())
    kinds = runner.run(put_in(here.phone, known, last))
    now = runner.run(asked(office))
    assert {name for name in known | now if known.get(name) != now.get(name)} == set()
    assert TOLD - kinds == set()
