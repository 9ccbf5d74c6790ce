"""What the feed pushes, put into an old answer, makes what a query answers now."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client import Phone, Tunping, new_id, phone, subscribed

OF_APPEAL = """id kind status level body answer rating pauseReason turnTo objections closedAt handledBy { id }
    household { id } dispatch { status } incident { id } photos { id } removedPhotos { removedReason }
    timeline { totalCount }"""
OF_DISPUTE = """id status level title facts closedAt endReason parties { id consent name speakerName }
    agreement { id form } proposals { id } meetings { id } siteVisits { id } jointMediators { account { id } }
    referrals { status } findings { totalCount } evidence { totalCount } timeline { totalCount }"""
SHOWN = {
    "appeals": ("appeal", OF_APPEAL),
    "disputes": ("dispute", OF_DISPUTE),
    "alerts": ("alert", "id status note finding foundNote acknowledgedBy { id } rungs { rung reached } endedAt"),
    "wishes": ("wish", "id status publishedText claimant volunteerName closedAt timeline { totalCount }"),
    "notices": ("notice", "id title body withdrawnAt"),
    "residents": ("resident", "id name phone colours household { id }"),
    "households": ("household", "id unit floor room address"),
    "visits": ("visit", "id mode note spokeWith occurredAt household { id }"),
}
"""Lists, with the field of an event that shows one of their objects, and what is shown."""
FEED = f"""subscription($after: Cursor) {{ feed(after: $after) {{ cursor kind
    {" ".join(f"{name} {{ {fields} }}" for name, fields in SHOWN.values())} }} }}"""


async def asked(client: Tunping) -> dict[str, Any]:
    """Everything that the lists show, by id."""
    found: dict[str, Any] = {}
    for name, (_, fields) in SHOWN.items():
        most = 20 if "timeline" in fields else 100
        query = f"""query($after: String) {{ {name}(first: {most}, after: $after) {{
            pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }} }} }}"""
        after, more = None, True
        while more:
            page = (await client.ask(query, after=after)).data[name]
            found |= {each["id"]: each for each in page["nodes"]}
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


class Round:
    """A worker and an office that act at random on what the office sees."""

    def __init__(self, worker: Tunping, office: Tunping, known: dict[str, Any], seed: int) -> None:
        self.worker, self.office, self.known = worker, office, known
        self.random = random.Random(seed)  # noqa: S311  no secret

    def any(self, noun: str) -> str:
        return self.random.choice(sorted(each for each in self.known if each.startswith(f"{noun}_")))

    def home_of_no_party(self) -> str:
        """A correction of a home changes the name of a party, and its event tells nothing of disputes."""
        parties = {party["name"] for each in self.known.values() for party in each.get("parties", ())}
        homes = [name for name, each in self.known.items() if name.startswith("household_")]
        return self.random.choice(sorted(each for each in homes if self.known[each]["address"] not in parties))

    async def step(self) -> None:
        """One act. What is refused changes nothing, and pushes nothing."""
        home, visit, resident, appeal = map(self.any, ("household", "visit", "resident", "appeal"))
        digits = str(self.random.randint(100, 999))
        acts: list[tuple[str, dict[str, Any]]] = [
            ("openAppeal", {"id": new_id("appeal"), "household": home, "body": digits}),
            ("acceptAppeal", {"appeal": appeal}),
            ("beginAppeal", {"appeal": appeal}),
            ("escalateAppeal", {"appeal": appeal, "reason": digits}),
            ("addToAppeal", {"appeal": appeal, "note": digits}),
            ("correctAppeal", {"appeal": appeal, "reason": digits, "body": digits}),
            ("recordVisit", {"id": new_id("visit"), "household": home, "mode": "PHONE", "occurredAt": _now()}),
            ("correctVisit", {"visit": visit, "reason": digits, "note": digits}),
            ("correctResident", {"resident": resident, "phone": f"13900000{digits}"}),
            ("setColour", {"resident": resident, "colour": "BLUE"}),
            ("removeColour", {"resident": resident, "colour": "BLUE", "reason": digits}),
            ("moveResidents", {"residents": [resident], "household": home}),
            ("correctHousehold", {"household": self.home_of_no_party(), "room": digits}),
        ]
        name, given = self.random.choice(acts)
        act = {} if "id" in given else {"act": new_id("act")}
        await self.random.choice((self.worker, self.office)).do(name, given | act)


def _now() -> str:
    return datetime.now(UTC).isoformat()


async def put_in(connected: Phone, known: dict[str, Any], last: str) -> set[str]:
    """Puts what the events show into an answer, until the event of the last appeal. Returns their kinds."""
    kinds = set()
    while last not in known:
        event = (await connected.receive())["payload"]["data"]["feed"]
        kinds.add(event["kind"])
        shown = [event[name] for name, _ in SHOWN.values() if event[name] is not None]
        known |= {each["id"]: each for each in shown}
    return kinds


@pytest.mark.long
@pytest.mark.parametrize("acts", [150])
async def test_events_put_into_an_old_answer_make_the_answer_of_now(
    served: Tunping, fresh_seed: int, acts: int
) -> None:
    office, worker = await served.as_("书记01"), await served.as_("网格员01")
    known = await asked(office)
    async with phone(office) as connected:
        await connected.subscribe(FEED)
        await subscribed(served)
        doing, last = Round(worker, office, dict(known), fresh_seed), new_id("appeal")
        # A phone that does not read for long is cut off.
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(put_in(connected, known, last))
            for _ in range(acts):
                await doing.step()
            home = {"id": last, "household": doing.any("household"), "body": "最后一件"}
            assert (await office.do("openAppeal", home))["errors"] == []
        kinds = reading.result()
    assert known == await asked(office)
    assert len(kinds) > 5
