"""Each correction, and what the figures told before the mistake, with it, and after it was put right."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Clock, Phone, Tunping, listening, new_id, phone, serving, subscribed
from tests.test_appeal_corrections import account, grid_of
from tests.test_mediation import does, quarrel
from tests.test_merges import doors, record
from tests.test_places import done

NOW = datetime(2024, 3, 12, 2, tzinfo=UTC)
"""A Tuesday without demo cases."""
DAYS = {"startsOn": "2024-03-11", "endsOn": "2024-03-17"}
RATE = "{ numerator denominator }"
LINE = f"total unresolved responseRate {RATE} resolutionRate {RATE} satisfactionRate {RATE}"
CASES = "total settled refused withdrawn failed pending closed"
FIGURES = f"""query($days: DayRange!) {{
    statistics(between: $days) {{
        directLine {{ {LINE} byCategory {{ category total }} byGrid {{ grid {{ name }} total }} }}
        disputes {{ {CASES} byType {{ type total }} byLevel {{ level total }} }} visits {{ total households }} }}
    weeklyAnalysis(week: "2024-W11") {{ visits {{ totalCount }} appealsOpened {{ totalCount }}
        problemsSolved {{ totalCount }} disputesOpened {{ totalCount }} disputesSettled {{ totalCount }}
        byCategory {{ category opened {{ totalCount }} solved {{ totalCount }} }}
        byBuilding {{ building {{ name }} opened {{ totalCount }} }}
        byDisputeType {{ type opened {{ totalCount }} settled {{ totalCount }} }}
        byLevel {{ level appeals {{ totalCount }} disputes {{ totalCount }} }}
        duty {{ colour owed {{ totalCount }} done {{ totalCount }} due {{ totalCount }} paused {{ totalCount }} }}
        workers {{ worker {{ username }} householdsVisited {{ totalCount }} disputesCollected {{ totalCount }}
            problemsSolved {{ totalCount }} }} }}
    compliance(between: $days) {{ colour owed done paused }}
    appeals(where: {{open: true}}) {{ totalCount }}
    disputes(where: {{status: [REPORTED, MEDIATING]}}) {{ totalCount }} }}"""
_KEYS = ("category", "grid", "type", "level", "building", "colour", "worker")
Told = dict[str, int]


def flat(found: Any, path: str = "") -> Iterator[tuple[str, int]]:
    """The numbers of an answer by their paths. An item of a list is named by what it counts."""
    if isinstance(found, int):
        yield path.removesuffix(" totalCount"), found
    elif isinstance(found, dict):
        for name, value in found.items():
            if name not in _KEYS:
                yield from flat(value, f"{path} {name}".strip())
    elif isinstance(found, list):
        for each in found:
            key = next(each[name] for name in _KEYS if name in each)
            key = next(iter(key.values())) if isinstance(key, dict) else key
            yield from flat(each, f"{path} {key}")


class Office:
    """A community in a week without other cases, and those who read its figures."""

    def __init__(self, client: Tunping, clock: Clock) -> None:
        self.client, self.clock = client, clock

    async def begin(self) -> "Office":
        names = ("网格员01", "网格长01", "社区01", "书记01")
        self.worker, self.leader, self.staff, self.secretary = [await self.client.as_(name) for name in names]
        return self

    async def told(self) -> tuple[Told, Told]:
        """The figures of the community, and those of the worker's grid."""
        of_all, of_grid = [(await who.ask(FIGURES, days=DAYS)).data for who in (self.secretary, self.worker)]
        return dict(flat(of_all)), dict(flat(of_grid))

    async def appeal(self, **more: Any) -> str:
        """A problem on the third floor."""
        home = (await self.worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
        new = {"id": new_id("appeal"), "household": home, "body": "暖气不热", "category": "HEATING"} | more
        await done(self.worker, "openAppeal", **new)
        return str(new["id"])


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
async def office(copy_url: str, clock: Clock) -> AsyncIterator[Office]:
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield await Office(client, clock).begin()


def changed(before: tuple[Told, Told], after: tuple[Told, Told]) -> list[dict[str, int]]:
    """By how much each figure is another one, for the secretary and for the worker."""
    return [_changed(*told) for told in zip(before, after, strict=True)]


def _changed(before: Told, after: Told) -> dict[str, int]:
    moved = {name: after.get(name, 0) - before.get(name, 0) for name in before.keys() | after.keys()}
    return {name: by for name, by in moved.items() if by}


Story = Callable[[Office], Awaitable[tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]]]


async def closed_by_mistake(office: Office) -> Any:
    appeal = await office.appeal()
    await done(office.worker, "acceptAppeal", appeal=appeal)

    async def mistake() -> None:
        await done(office.worker, "answerAppeal", appeal=appeal, answer="已修好")
        await done(office.worker, "confirmAppeal", appeal=appeal, satisfied=True, rating=5)

    return mistake, lambda: done(office.worker, "reopenAppeal", appeal=appeal, reason="确认的是另一户")


async def opened_by_mistake(office: Office) -> Any:
    appeal = new_id("appeal")

    async def mistake() -> None:
        await office.appeal(id=appeal)

    return mistake, lambda: done(office.worker, "withdrawAppeal", appeal=appeal, note="重复登记")


async def wrong_place(office: Office) -> Any:
    there, appeal = await grid_of(office.client, "网格员12"), new_id("appeal")

    async def mistake() -> None:
        await office.appeal(id=appeal)

    return mistake, lambda: done(
        office.staff, "correctAppeal", appeal=appeal, building=there["building"], reason="听错了楼号"
    )


async def wrong_handler(office: Office) -> Any:
    appeal, other = await office.appeal(), await account(office.client, "网格长01")
    await done(office.worker, "acceptAppeal", appeal=appeal)

    async def mistake() -> None:
        await done(office.worker, "answerAppeal", appeal=appeal, answer="已修好")
        await done(office.worker, "confirmAppeal", appeal=appeal, satisfied=True, rating=5)

    return mistake, lambda: done(office.staff, "correctAppeal", appeal=appeal, handler=other, reason="是别人办的")


async def wrong_grid_of_a_dispute(office: Office) -> Any:
    there, case = await grid_of(office.client, "网格员12"), list[str]()

    async def mistake() -> None:
        case.append((await quarrel(office.client))[0])

    return mistake, lambda: does(
        office.staff, "correctDispute", case[0], grid=there["grid"], type="DAMAGES", reason="登记错了"
    )


async def party_by_mistake(office: Office) -> Any:
    dispute, _ = await quarrel(office.client)
    party = new_id("party")

    async def mistake() -> None:
        wrong = {"role": "RESPONDENT", "outsiderName": "不相干的人", "consent": "REFUSED"}
        await does(office.leader, "addParty", dispute, id=party, party=wrong)

    return mistake, lambda: does(office.leader, "removeParty", dispute, party=party, reason="听错了门牌")


async def dispute_by_mistake(office: Office) -> Any:
    case: list[str] = []

    async def mistake() -> None:
        case.append((await quarrel(office.client))[0])

    return mistake, lambda: does(office.leader, "withdrawDispute", case[0], reason="重复登记")


async def wrong_colour(office: Office) -> Any:
    resident = await record(office.worker, (await doors(office.worker))[0], name="不独居", movedInOn="2024-01-01")
    of = {"resident": resident, "colour": "RED"}
    return (
        lambda: done(office.worker, "setColour", **of, reason="独居"),
        lambda: done(office.worker, "removeColour", **of, reason="与女儿同住"),
    )


async def paused_by_mistake(office: Office) -> Any:
    resident = await record(office.worker, (await doors(office.worker))[0], name="没住院", movedInOn="2024-01-01")
    await done(office.worker, "setColour", resident=resident, colour="RED", reason="独居")
    pause = {"id": new_id("pause"), "resident": resident, "reason": "住院"}
    return (
        lambda: done(office.worker, "pauseDuty", **pause, startsOn="2024-03-12", endsOn="2024-03-15"),
        lambda: done(office.worker, "endPause", pause=pause["id"]),
    )


async def merged_by_mistake(office: Office) -> Any:
    homes, merge = await doors(office.worker), new_id("merge")
    keep, other = [await record(office.worker, home, name="王同名", movedInOn="2024-01-01") for home in homes[:2]]
    for each, home in ((keep, homes[0]), (other, homes[1])):
        await done(office.worker, "setColour", resident=each, colour="RED", reason="独居")
        visit: dict[str, Any] = {"id": new_id("visit"), "household": home, "mode": "PHONE", "residents": [each]}
        await done(office.worker, "recordVisit", **visit, occurredAt=(NOW - timedelta(hours=1)).isoformat())
    return (
        lambda: done(office.worker, "mergeResidents", id=merge, keep=keep, merge=other),
        lambda: done(office.worker, "undoMerge", merge=merge),
    )


_PROBLEM = {
    "statistics directLine total": 1,
    "statistics directLine byCategory HEATING total": 1,
    "weeklyAnalysis appealsOpened": 1,
    "weeklyAnalysis byCategory HEATING opened": 1,
}
_HERE = {"statistics directLine byGrid 01号网格 total": 1, "weeklyAnalysis byBuilding 1号楼 opened": 1}
_THERE = {"statistics directLine byGrid 12号网格 total": 1, "weeklyAnalysis byBuilding 50号楼 opened": 1}
_OPEN = {"appeals": 1, "statistics directLine unresolved": 1, "statistics directLine resolutionRate denominator": 1}
_SOLVED = {
    "appeals": -1,
    "statistics directLine unresolved": -1,
    "statistics directLine resolutionRate numerator": 1,
    "statistics directLine satisfactionRate numerator": 1,
    "statistics directLine satisfactionRate denominator": 1,
    "weeklyAnalysis problemsSolved": 1,
    "weeklyAnalysis byLevel GRID appeals": 1,
    "weeklyAnalysis byCategory HEATING solved": 1,
}
_BY_WORKER = {"weeklyAnalysis workers 网格员01 problemsSolved": 1}
_QUARREL = {
    "statistics disputes total": 1,
    "statistics disputes byLevel GRID total": 1,
    "weeklyAnalysis disputesOpened": 1,
    "weeklyAnalysis workers 网格员01 disputesCollected": 1,
}
_PENDING = {"disputes": 1, "statistics disputes pending": 1}


def _of_type(name: str) -> dict[str, int]:
    return {f"statistics disputes byType {name} total": 1, f"weeklyAnalysis byDisputeType {name} opened": 1}


STORIES: dict[Story, tuple[dict[str, int], dict[str, int]]] = {
    closed_by_mistake: (_SOLVED | _BY_WORKER, {}),
    opened_by_mistake: (_PROBLEM | _HERE | _OPEN, _PROBLEM | _HERE),
    wrong_place: (_PROBLEM | _HERE | _OPEN, _PROBLEM | _THERE | _OPEN),
    wrong_handler: (_SOLVED | _BY_WORKER, _SOLVED | {"weeklyAnalysis workers 网格长01 problemsSolved": 1}),
    wrong_grid_of_a_dispute: (_QUARREL | _of_type("NEIGHBOUR") | _PENDING, _QUARREL | _of_type("DAMAGES") | _PENDING),
    party_by_mistake: (
        {"disputes": -1, "statistics disputes pending": -1}
        | {"statistics disputes refused": 1, "statistics disputes closed": 1},
        {},
    ),
    dispute_by_mistake: (
        _QUARREL | _of_type("NEIGHBOUR") | _PENDING,
        _QUARREL | _of_type("NEIGHBOUR") | {"statistics disputes withdrawn": 1, "statistics disputes closed": 1},
    ),
    wrong_colour: (
        {"compliance RED owed": 1, "weeklyAnalysis duty RED owed": 1, "weeklyAnalysis duty RED due": 1},
        {},
    ),
    paused_by_mistake: (
        {"compliance RED owed": -1, "weeklyAnalysis duty RED owed": -1, "weeklyAnalysis duty RED due": -1}
        | {"compliance RED paused": 1, "weeklyAnalysis duty RED paused": 1},
        {},
    ),
    merged_by_mistake: (
        {"compliance RED owed": -1, "compliance RED done": -1}
        | {"weeklyAnalysis duty RED owed": -1, "weeklyAnalysis duty RED done": -1},
        {},
    ),
}
"""By how much the figures are other ones with the mistake, and after its correction.

What was withdrawn stays counted as something that came. It is neither open nor in a rate.
"""


TOLD: dict[Story, str] = {
    closed_by_mistake: "APPEAL_REOPENED",
    opened_by_mistake: "APPEAL_WITHDRAWN",
    wrong_place: "APPEAL_CORRECTED",
    wrong_handler: "APPEAL_CORRECTED",
    wrong_grid_of_a_dispute: "DISPUTE_CORRECTED",
    party_by_mistake: "PARTY_REMOVED",
    dispute_by_mistake: "DISPUTE_WITHDRAWN",
    wrong_colour: "COLOUR_REMOVED",
    paused_by_mistake: "PAUSE_ENDED",
    merged_by_mistake: "RESIDENTS_PARTED",
}
"""What the feed tells of each correction. Whoever loses an appeal by it is told that it left."""
FEED = f"subscription {{ feed(kinds: [APPEAL_LEFT, {', '.join(sorted(set(TOLD.values())))}]) {{ kind }} }}"


@pytest.mark.long
async def test_the_feed_tells_the_secretary_and_the_worker_of_each_correction(copy_url: str, clock: Clock) -> None:
    async with listening(copy_url, clock) as client:
        office = await Office(client, clock).begin()
        async with phone(office.secretary) as first, phone(office.worker) as second:
            for each in (first, second):
                await each.subscribe(FEED)
            await subscribed(client, 2)
            for story, kind in TOLD.items():
                mistake, correction = await story(office)
                await mistake()
                await correction()
                await _hears(first, {kind})
                await _hears(second, {"APPEAL_LEFT"} if story is wrong_place else {kind})


async def _hears(connected: Phone, kinds: set[str]) -> None:
    """Waits for an event of these kinds."""
    while (await connected.receive())["payload"]["data"]["feed"]["kind"] not in kinds:
        pass


@pytest.mark.long
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_the_figures_follow_from_the_correction(office: Office, story: Story) -> None:
    mistake, correction = await story(office)
    before = await office.told()
    await mistake()
    with_it = await office.told()
    await correction()
    wrong, right = STORIES[story]
    assert changed(before, with_it) == [wrong, wrong]
    left = story in {wrong_place, wrong_grid_of_a_dispute}
    assert changed(before, await office.told()) == [right, {} if left else right]
