"""Who must be reached: the day's list, one door, pauses, cadences, and stand-ins."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id, serving
from tests.runs import long

MORNING = datetime(2023, 11, 23, 1, tzinfo=UTC)
"""09:00 on the day on which nobody reaches 王大爷."""
DUTY = "{ colour state startsOn firstMissedOn household { address } }"
MY_DAY = f"{{ myDay(first: 100) {{ totalCount nodes {DUTY} }} }}"


@pytest.fixture
async def that_day(copy_url: str) -> AsyncIterator[Tunping]:
    """The application on that morning."""
    async with serving(copy_url, Clock(MORNING)) as client:
        yield client


async def my_day(worker: Tunping) -> list[dict[str, Any]]:
    """What is owed today."""
    owed: list[dict[str, Any]] = (await worker.ask(MY_DAY)).data["myDay"]["nodes"]
    return owed


async def grandpa(worker: Tunping) -> dict[str, Any]:
    """王大爷, who lives alone in building 3."""
    found = await worker.ask('{ residents(where: {text: "王德顺"}) { nodes { id household { id } } } }')
    (resident,) = found.data["residents"]["nodes"]
    return dict(resident)


async def states(worker: Tunping, colour: str, first: str, last: str) -> list[str]:
    """How the duties of a colour to 王大爷 or his household stand, day by day."""
    home = (await grandpa(worker))["household"]["id"]
    query = """query($home: ID, $colour: [ResidentColour!], $first: Date!, $last: Date!) {
        duties(between: {startsOn: $first, endsOn: $last}, where: {household: $home, colour: $colour}, first: 100) {
            nodes { state } } }"""
    told = await worker.ask(query, home=home, colour=[colour], first=first, last=last)
    return [each["state"] for each in told.data["duties"]["nodes"]]


async def test_the_day_begins_with_who_lives_alone_then_with_whom_nobody_reached_longest(that_day: Tunping) -> None:
    owed = await my_day(await that_day.as_("网格员01"))
    assert [(each["colour"], each["household"]["address"], each["firstMissedOn"]) for each in owed] == [
        ("RED", "金穗家园3号楼1单元201", None),
        ("YELLOW", "金穗家园3号楼1单元401", "2023-10-01"),
    ]
    assert {each["state"] for each in owed} == {"DUE"}


async def test_what_is_owed_to_nobody_in_particular_comes_in_walking_order(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    wanted = "{ colour firstMissedOn startsOn household { unit floor room building { number estate { name } } } }"
    owed = (await secretary.ask(f"{{ myDay(first: 100) {{ nodes {wanted} }} }}")).data["myDay"]["nodes"]

    def place(each: dict[str, Any]) -> tuple[Any, ...]:
        home = each["household"]
        walk = home["building"]["estate"]["name"], home["building"]["number"], home["unit"], home["floor"], home["room"]
        return each["colour"] != "RED", each["firstMissedOn"] or each["startsOn"], *walk

    assert len(owed) == 100
    assert [place(each) for each in owed] == sorted(map(place, owed))


@pytest.mark.parametrize("name", ["myDay", *long('duties(between: {startsOn: "2023-11-01", endsOn: "2023-11-30"})')])
async def test_pages_of_duties_follow_each_other_in_both_directions(reading: Tunping, name: str) -> None:
    leader = await reading.as_("网格长01")
    whole = await _walk(leader, name, "first", "after", 100)
    assert len(whole) > 20
    assert await _walk(leader, name, "first", "after", 7) == whole
    assert await _walk(leader, name, "last", "before", 9) == whole[::-1]


async def _walk(client: Tunping, name: str, count: str, side: str, size: int) -> list[str]:
    """The keys of a list of duties as they come, page by page."""
    field, _, given = name.partition("(")
    arguments = ", ".join(filter(None, [given.removesuffix(")"), f"{count}: {size}, {side}: $cursor"]))
    query = f"""query($cursor: String) {{ {field}({arguments}) {{
        nodes {{ key }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    found, cursor, more = [], None, True
    while more:
        page = (await client.ask(query, cursor=cursor)).data[field]
        keys = [each["key"] for each in page["nodes"]]
        found += keys if count == "first" else keys[::-1]
        more = page["pageInfo"]["hasNextPage" if count == "first" else "hasPreviousPage"]
        cursor = page["pageInfo"]["endCursor" if count == "first" else "startCursor"]
    return found


async def test_one_visit_takes_a_door_off_the_list(copy_url: str) -> None:
    async with serving(copy_url, Clock(datetime(2024, 1, 5, 1, tzinfo=UTC))) as client:
        worker = await client.as_("网格员01")
        resident = await grandpa(worker)
        visit = {"household": resident["household"]["id"], "occurredAt": "2024-01-05T08:50:00+08:00"}
        not_enough = [{"residents": [resident["id"]], "mode": "ONLINE"}, {"residents": [], "mode": "HOME_VISIT"}]
        for each in not_enough:
            assert (await worker.do("recordVisit", visit | each | {"id": new_id("visit")}))["errors"] == []
            assert await states(worker, "RED", "2024-01-05", "2024-01-05") == ["DUE"]
        before = len(await my_day(worker))
        called = visit | {"id": new_id("visit"), "residents": [resident["id"]], "mode": "PHONE"}
        assert (await worker.do("recordVisit", called))["errors"] == []
        assert await states(worker, "RED", "2024-01-05", "2024-01-05") == ["DONE"]
        assert len(await my_day(worker)) == before - 1


async def test_a_visit_synced_days_later_counts_for_when_it_occurred(copy_url: str) -> None:
    async with serving(copy_url, Clock(MORNING + timedelta(days=3))) as client:
        worker = await client.as_("网格员01")
        resident = await grandpa(worker)
        assert await states(worker, "RED", "2023-11-22", "2023-11-24") == ["DONE", "MISSED", "DONE"]
        late = {"id": new_id("visit"), "household": resident["household"]["id"], "residents": [resident["id"]]}
        late |= {"mode": "HOME_VISIT", "occurredAt": "2023-11-23T23:59:59+08:00"}
        assert (await worker.do("recordVisit", late))["errors"] == []
        assert await states(worker, "RED", "2023-11-22", "2023-11-24") == ["DONE", "DONE", "DONE"]


async def test_somebody_in_hospital_need_not_be_reached_until_they_are_back(that_day: Tunping) -> None:
    worker = await that_day.as_("网格员01")
    pause = {"id": new_id("pause"), "resident": (await grandpa(worker))["id"], "reason": "住院"}
    pause |= {"startsOn": "2023-11-23", "endsOn": "2023-11-30"}
    days = "2023-11-23", "2023-11-23"
    before = await states(worker, "RED", *days)
    made = await worker.do("pauseDuty", pause, "pause { startsOn endsOn reason setBy { username } resident { name } }")
    assert made["pause"] == {
        "startsOn": "2023-11-23",
        "endsOn": "2023-11-30",
        "reason": "住院",
        "setBy": {"username": "网格员01"},
        "resident": {"name": "王德顺"},
    }
    assert await worker.do("pauseDuty", pause, "pause { endsOn }") == {"pause": {"endsOn": "2023-11-30"}, "errors": []}
    assert await states(worker, "RED", *days) == (["DONE"] if before == ["DONE"] else ["PAUSED"])
    assert "RED" not in {each["colour"] for each in await my_day(worker)}
    overlapping = pause | {"id": new_id("pause"), "startsOn": "2023-11-30", "endsOn": "2023-12-02"}
    assert await worker.refused("pauseDuty", overlapping) == "INVALID_INPUT"
    assert await worker.refused("pauseDuty", pause | {"reason": "别的"}) == "CONFLICT"
    back = {"pause": pause["id"], "act": new_id("act")}
    ended = await worker.do("endPause", back, "pause { endsOn }")
    assert ended == {"pause": {"endsOn": "2023-11-22"}, "errors": []}
    assert await worker.do("endPause", back, "pause { endsOn }") == ended
    assert await worker.refused("endPause", {"pause": pause["id"]}) == "INVALID_INPUT"
    assert await states(worker, "RED", *days) == before


@pytest.mark.parametrize(
    "change",
    [
        {"endsOn": "2023-11-22"},
        {"endsOn": "2024-11-23"},
        {"startsOn": "2023-10-22"},
        {"reason": " "},
        {"resident": None},
    ],
)
async def test_a_pause_that_cannot_be_is_refused(that_day: Tunping, change: dict[str, Any]) -> None:
    worker = await that_day.as_("网格员01")
    pause = {"id": new_id("pause"), "resident": (await grandpa(worker))["id"], "reason": "住院"}
    pause |= {"startsOn": "2023-11-23", "endsOn": "2023-11-30"}
    before = await that_day.count("duty_pause")
    assert await worker.refused("pauseDuty", pause | change) == "INVALID_INPUT"
    assert await that_day.count("duty_pause") == before


async def test_nobody_pauses_where_they_do_not_work(that_day: Tunping) -> None:
    resident = (await grandpa(await that_day.as_("网格员01")))["id"]
    pause = {"id": new_id("pause"), "resident": resident, "reason": "住院"}
    pause |= {"startsOn": "2023-11-23", "endsOn": "2023-11-30"}
    assert await (await that_day.as_("网格员14")).refused("pauseDuty", pause) == "NOT_FOUND"
    assert await (await that_day.as_("联户长03")).refused("pauseDuty", pause) == "NOT_ALLOWED"
    assert await that_day.as_nobody().refused("pauseDuty", pause) == "UNAUTHENTICATED"


async def test_one_door_tells_everything_at_once(that_day: Tunping) -> None:
    worker = await that_day.as_("网格员01")
    home = (await grandpa(worker))["household"]["id"]
    appeal = {"id": new_id("appeal"), "household": home, "body": "灯不亮"}
    assert (await worker.do("openAppeal", appeal))["errors"] == []
    query = f"""query($home: ID!) {{ doorstep(household: $home) {{
        household {{ address residents {{ name }} }} duties {DUTY} openAppeals {{ nodes {{ body }} }}
        agreementsToCheck {{ content }} pauses {{ reason }} neighboursDue {{ nodes {DUTY} }} }} }}"""
    door = (await worker.ask(query, home=home)).data["doorstep"]
    assert door["household"] == {"address": "金穗家园3号楼1单元201", "residents": [{"name": "王德顺"}]}
    assert [each["colour"] for each in door["duties"]] == ["RED"]
    assert door["openAppeals"] == {"nodes": [{"body": "灯不亮"}]}
    assert [each["household"]["address"] for each in door["neighboursDue"]["nodes"]] == ["金穗家园3号楼1单元401"]
    assert (await (await that_day.as_("网格员14")).ask(query, home=home)).data == {"doorstep": None}


async def test_a_building_head_is_told_of_no_duty(that_day: Tunping) -> None:
    head = await that_day.as_("联户长03")
    home = (await grandpa(await that_day.as_("网格员01")))["household"]["id"]
    query = """query($home: ID!) { myDay { totalCount } doorstep(household: $home) { duties { key } pauses { id } }
        duties(between: {startsOn: "2023-11-01", endsOn: "2023-11-30"}) { totalCount }
        compliance(between: {startsOn: "2023-11-01", endsOn: "2023-11-30"}) { colour } }"""
    told = (await head.ask(query, home=home)).data
    assert told == {
        "myDay": {"totalCount": 0},
        "doorstep": {"duties": [], "pauses": []},
        "duties": {"totalCount": 0},
        "compliance": [],
    }


@pytest.mark.long
async def test_the_counts_by_colour_are_those_of_the_duties(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    counted = await secretary.ask(
        """{ compliance(between: {startsOn: "2023-11-01", endsOn: "2023-11-30"}) {
            colour owed done late missed due paused doneShare } }"""
    )
    for each in counted.data["compliance"]:
        assert each["owed"] == each["done"] + each["late"] + each["missed"] + each["due"]
        assert each["doneShare"] == pytest.approx(each["done"] / each["owed"])
        for state in ("DONE", "LATE", "MISSED", "DUE", "PAUSED"):
            query = """query($colour: [ResidentColour!], $state: [VisitDutyState!]) {
                duties(between: {startsOn: "2023-11-01", endsOn: "2023-11-30"},
                    where: {colour: $colour, state: $state}) { totalCount } }"""
            found = await secretary.ask(query, colour=[each["colour"]], state=[state])
            assert found.data["duties"]["totalCount"] == each[state.lower()]


@pytest.mark.parametrize("last", ["2023-10-31", "2024-02-01"])
async def test_too_many_days_or_none_are_refused(reading: Tunping, last: str) -> None:
    secretary = await reading.as_("书记01")
    query = 'query($last: Date!) { duties(between: {startsOn: "2023-11-01", endsOn: $last}) { totalCount } }'
    assert (await secretary.ask(query, last=last)).code == "INVALID_INPUT"


async def test_a_new_cadence_holds_from_its_day_and_leaves_the_past_alone(that_day: Tunping) -> None:
    secretary = await that_day.as_("书记01")
    orange = {"colour": "ORANGE", "period": "DAY", "modes": ["PHONE", "HOME_VISIT"], "graceDays": 1}
    orange |= {"startsOn": "2023-11-27", "act": new_id("act")}
    query = (
        '{ duties(between: {startsOn: "2023-11-20", endsOn: "2023-11-26"}, where: {colour: [ORANGE]}) { totalCount } }'
    )
    before = (await secretary.ask(query)).data
    payload = await secretary.do("setCadence", orange, "community { name }")
    assert payload == {"community": {"name": "屯坪社区"}, "errors": []}
    assert await secretary.do("setCadence", orange, "community { name }") == payload
    told = (await secretary.ask("{ visitPolicies { colour period modes graceDays startsOn endsOn } }")).data
    mine = [each for each in told["visitPolicies"] if each["colour"] == "ORANGE"]
    assert [(each["period"], each["startsOn"], each["endsOn"]) for each in mine] == [
        ("WEEK", "2022-12-01", "2023-11-27"),
        ("DAY", "2023-11-27", None),
    ]
    assert (await secretary.ask(query)).data == before
    again = orange | {"period": "WEEK", "startsOn": "2023-11-25", "act": new_id("act")}
    assert (await secretary.do("setCadence", again))["errors"] == []
    told = (await secretary.ask("{ visitPolicies { colour period startsOn endsOn } }")).data
    mine = [each for each in told["visitPolicies"] if each["colour"] == "ORANGE"]
    assert [(each["period"], each["startsOn"], each["endsOn"]) for each in mine] == [
        ("WEEK", "2022-12-01", "2023-11-25"),
        ("WEEK", "2023-11-25", None),
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [({"startsOn": "2023-11-22"}, "startsOn"), ({"modes": []}, "modes"), ({"graceDays": 32}, "graceDays")],
)
async def test_a_cadence_that_cannot_be_is_refused(that_day: Tunping, change: dict[str, Any], path: str) -> None:
    secretary = await that_day.as_("书记01")
    cadence = {"colour": "RED", "period": "DAY", "modes": ["PHONE"]}
    (problem,) = (await secretary.do("setCadence", cadence | change))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", [path])
    assert await (await that_day.as_("网格长01")).refused("setCadence", cadence) == "NOT_ALLOWED"


async def account_of(client: Tunping, username: str) -> str:
    """The id of one's own account."""
    me = (await (await client.as_(username)).ask("{ me { id } }")).data["me"]
    return str(me["id"])


async def test_a_stand_in_walks_the_round_until_the_worker_is_back(tunping: Tunping) -> None:
    worker, stand_in = await tunping.as_("网格员01"), await tunping.as_("网格员02")
    today = datetime.now(UTC).date() + timedelta(days=1)
    mine, theirs = len(await my_day(worker)), len(await my_day(stand_in))
    assert mine > 0
    assert theirs > 0
    handed = {"act": new_id("act"), "worker": await account_of(tunping, "网格员01"), "reason": "休假"}
    handed |= {"standIn": await account_of(tunping, "网格员02"), "startsOn": str(_today()), "endsOn": str(today)}
    assert (await worker.do("handOverRound", handed, "worker { username }"))["worker"] == {"username": "网格员01"}
    assert (await worker.do("handOverRound", handed))["errors"] == []
    assert len(await my_day(worker)) == 0
    assert len(await my_day(stand_in)) == mine + theirs
    posts = (await stand_in.ask("{ me { assignments { standsInFor { username } } } }")).data["me"]["assignments"]
    assert [each["standsInFor"] for each in posts] == [None, {"username": "网格员01"}]
    twice = handed | {"act": new_id("act"), "standIn": await account_of(tunping, "网格员03")}
    assert await worker.refused("handOverRound", twice) == "INVALID_INPUT"
    back = {"act": new_id("act"), "worker": handed["worker"]}
    assert (await worker.do("takeBackRound", back))["errors"] == []
    assert (await worker.do("takeBackRound", back))["errors"] == []
    assert (len(await my_day(worker)), len(await my_day(stand_in))) == (mine, theirs)
    assert await worker.refused("takeBackRound", back | {"act": new_id("act")}) == "INVALID_INPUT"


def _today() -> date:
    return (datetime.now(UTC) + timedelta(hours=8)).date()


async def test_a_worker_hands_over_none_but_their_own_round(tunping: Tunping) -> None:
    first, second = await account_of(tunping, "网格员01"), await account_of(tunping, "网格员02")
    handed = {"act": new_id("act"), "worker": first, "standIn": second, "reason": "休假"}
    handed |= {"startsOn": str(_today()), "endsOn": str(_today())}
    other = await tunping.as_("网格员02")
    assert await other.refused("handOverRound", handed) == "NOT_ALLOWED"
    worker = await tunping.as_("网格员01")
    assert await worker.refused("handOverRound", handed | {"standIn": first}) == "INVALID_INPUT"
    head = await account_of(tunping, "联户长03")
    assert await worker.refused("handOverRound", handed | {"standIn": head}) == "INVALID_INPUT"
    yesterday = str(_today() - timedelta(days=1))
    assert await worker.refused("handOverRound", handed | {"startsOn": yesterday}) == "INVALID_INPUT"
    assert await tunping.count("assignment where stands_in_for is not null and ends_on >= current_date") == 0
