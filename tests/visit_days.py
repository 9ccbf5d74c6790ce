"""Days on which the tests put visits right, and what every reader sees of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.client import Clock, Tunping, new_id
from tests.test_alerts import passes
from tests.test_duty import grandpa

NOON = datetime(2024, 3, 14, 4, tzinfo=UTC)
"""12:00 by the community's clock on a Thursday without visits: the ladder has rung at 11:00."""
WEEK = "2024-W11"
READERS = """query($home: ID!, $resident: ID!, $on: DayRange!, $week: String) {
    myDay(first: 100) { nodes { resident { id } household { id } colour } }
    doorstep(household: $home) { duties { colour state } attemptsToday { id } }
    duties(between: $on, where: { resident: $resident }) { nodes { state visit { id } firstMissedOn } }
    compliance(between: $on) { colour done }
    statistics(between: $on) { visits { total households premises attempts byMode { mode count } } }
    weeklyAnalysis(week: $week) {
        visits { totalCount } attempts { totalCount } householdsVisited { nodes { id } } premisesVisited { totalCount }
        duty { colour done { totalCount } }
        workers { worker { username } householdsVisited { totalCount } attempts { totalCount }
            days { workedOn householdsVisited { totalCount } attempts { totalCount } } } }
    household(id: $home) { visits { totalCount } }
    resident(id: $resident) { visits { totalCount } }
    visits(where: { household: $home }) { totalCount }
    alerts(where: { resident: $resident }) { nodes { missedOn status rungs { rung } acknowledgedBy { username } } } }"""
PAST = """query($id: ID!) { visit(id: $id) { withdrawnAt isAttempt mode note spokeWith occurredAt residents { id }
    household { id } premises { id } corrections { withdraws reason mode note spokeWith residents { id }
        household { id } premises { id } correctedBy { username } } } }"""


class Day:
    """A new day of 王大爷's, at noon, on which nobody has reached him and his alert rings."""

    days = 0

    def __init__(self, client: Tunping, clock: Clock) -> None:
        self.client, self.clock = client, clock

    async def begin(self) -> "Day":
        """Begins a day that no other test has used."""
        Day.days += 7
        self.clock.turn(NOON + timedelta(days=Day.days) - self.clock())
        await passes(self.client)
        self.worker, self.secretary = await self.client.as_("网格员01"), await self.client.as_("书记01")
        self.old_man = await grandpa(self.worker)
        self.home: str = self.old_man["household"]["id"]
        found = await self.worker.ask("{ households(first: 30) { nodes { id residents { id colours } } } }")
        doors = [each for each in found.data["households"]["nodes"] if each["residents"] and each["id"] != self.home]
        self.other = next(each for each in doors if all("RED" not in who["colours"] for who in each["residents"]))
        return self

    @property
    def today(self) -> str:
        """The day by the community's calendar."""
        return (self.clock() + timedelta(hours=8)).date().isoformat()

    def visit(self, **more: Any) -> dict[str, Any]:
        """A visit that met him."""
        made = {"id": new_id("visit"), "household": self.home, "mode": "HOME_VISIT", "note": "一切都好"}
        return made | {"occurredAt": self.clock().isoformat(), "residents": [self.old_man["id"]]} | more

    async def recorded(self, **more: Any) -> str:
        """The id of a visit that the worker recorded."""
        visit = self.visit(**more)
        assert (await self.worker.do("recordVisit", visit))["errors"] == []
        return str(visit["id"])

    async def read(self, who: Tunping | None = None) -> dict[str, Any]:
        """What a reader sees of the day."""
        on = {"startsOn": self.today, "endsOn": self.today}
        year, week, _ = (self.clock() + timedelta(hours=8)).date().isocalendar()
        given = {"home": self.home, "resident": self.old_man["id"], "on": on, "week": f"{year}-W{week:02}"}
        data = (await (who or self.secretary).ask(READERS, **given)).data
        analysis, stats = data["weeklyAnalysis"], data["statistics"]["visits"]
        mine = next((each for each in analysis["workers"] if each["worker"]["username"] == "网格员01"), None)
        log = next(each for each in mine["days"] if each["workedOn"] == self.today) if mine else None
        duty = next(each for each in data["duties"]["nodes"])
        alert = next((each for each in data["alerts"]["nodes"] if each["missedOn"] == self.today), {"status": None})
        return {
            "owed": self.old_man["id"] in [(each["resident"] or {}).get("id") for each in data["myDay"]["nodes"]],
            "duty": duty["state"],
            "missed since": duty["firstMissedOn"],
            "door": next(each["state"] for each in data["doorstep"]["duties"] if each["colour"] == "RED"),
            "attempts at the door": len(data["doorstep"]["attemptsToday"]),
            "compliance": sum(each["done"] for each in data["compliance"] if each["colour"] == "RED"),
            "statistics": (stats["total"], stats["households"], stats["attempts"]),
            "by mode": {each["mode"]: each["count"] for each in stats["byMode"]},
            "week": (analysis["visits"]["totalCount"], analysis["attempts"]["totalCount"]),
            "week's homes": {each["id"] for each in analysis["householdsVisited"]["nodes"]},
            "week's duty": next(each["done"]["totalCount"] for each in analysis["duty"] if each["colour"] == "RED"),
            "daily log": log and (log["householdsVisited"]["totalCount"], log["attempts"]["totalCount"]),
            "home's visits": data["household"]["visits"]["totalCount"],
            "his visits": data["resident"]["visits"]["totalCount"],
            "list": data["visits"]["totalCount"],
            "alert": alert["status"],
        }


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What a reader sees otherwise."""
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}
