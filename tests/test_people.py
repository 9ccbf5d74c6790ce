"""The register: who is on it, where they live and lived, their colours, and who holds which place."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.client import Tunping, new_id

HISTORY = """resident { leftOn household { address } residencies { household { address } movedInOn movedOutOn
    recordedBy { username } } }"""
PEOPLE = HISTORY.replace("resident {", "residents {", 1)


def day_of(moment: datetime) -> date:
    """By the community's calendar."""
    return (moment + timedelta(hours=8)).date()


def today() -> date:
    return day_of(datetime.now(UTC))


def ago(days: int) -> str:
    """A day some days ago."""
    return str(today() - timedelta(days=days))


async def two_doors(worker: Tunping) -> list[str]:
    """Two households of the worker's grid."""
    found = await worker.ask("{ households(first: 2) { nodes { id } } }")
    return [each["id"] for each in found.data["households"]["nodes"]]


async def newcomer(worker: Tunping, **more: Any) -> dict[str, Any]:
    """Somebody who was put on the register ten days ago."""
    new = {"id": new_id("resident"), "household": (await two_doors(worker))[0], "name": "新来者", "sex": "FEMALE"}
    new |= {"movedInOn": ago(10)} | more
    assert (await worker.do("addResident", new))["errors"] == []
    return new


async def test_somebody_is_put_on_the_register_once(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    door = (await two_doors(worker))[0]
    new = {"id": new_id("resident"), "household": door, "name": " 李小燕 ", "sex": "FEMALE", "bornOn": "1990-02-28"}
    new |= {"phone": "13900000001", "movedInOn": ago(3)}
    before = [await tunping.count(name) for name in ("resident", "residency", "journal")]
    wanted = "resident { name sex bornOn phone residencies { movedInOn movedOutOn } timeline { nodes { kind } } }"
    made = await worker.do("addResident", new, wanted)
    assert made == {
        "resident": {
            "name": "李小燕",
            "sex": "FEMALE",
            "bornOn": "1990-02-28",
            "phone": "13900000001",
            "residencies": [{"movedInOn": ago(3), "movedOutOn": None}],
            "timeline": {"nodes": [{"kind": "RESIDENT_ADDED"}]},
        },
        "errors": [],
    }
    assert await worker.do("addResident", new, wanted) == made
    assert [await tunping.count(name) for name in ("resident", "residency", "journal")] == [n + 1 for n in before]
    assert await worker.refused("addResident", new | {"name": "别人"}) == "CONFLICT"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "INVALID_INPUT"),
        ({"bornOn": "1899-12-31"}, "INVALID_INPUT"),
        ({"bornOn": str(today() + timedelta(days=2))}, "INVALID_INPUT"),
        ({"movedInOn": str(today() + timedelta(days=2))}, "IN_FUTURE"),
        ({"bornOn": ago(5), "movedInOn": ago(6)}, "INVALID_INPUT"),
        ({"household": new_id("household")}, "NOT_FOUND"),
    ],
)
async def test_who_cannot_be_is_not_put_on_the_register(tunping: Tunping, change: dict[str, Any], code: str) -> None:
    worker = await tunping.as_("网格员01")
    new = {"id": new_id("resident"), "household": (await two_doors(worker))[0], "name": "某", "sex": "MALE"}
    before = await tunping.count("resident")
    assert await worker.refused("addResident", new | change) == code
    assert await (await tunping.as_("网格员14")).refused("addResident", new) == "NOT_FOUND"
    assert await (await tunping.as_("联户长03")).refused("addResident", new) == "NOT_ALLOWED"
    assert await tunping.as_nobody().refused("addResident", new) == "UNAUTHENTICATED"
    assert await tunping.count("resident") == before


async def test_a_correction_changes_what_it_names_and_says_what(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    resident = (await newcomer(worker, phone="13900000002", bornOn="1980-01-01"))["id"]
    change = {"resident": resident, "name": "新来的", "clear": ["PHONE"], "act": new_id("act")}
    wanted = "resident { name phone bornOn timeline { nodes { kind note actor { username } } } }"
    corrected = await worker.do("correctResident", change, wanted)
    assert corrected["resident"] == {
        "name": "新来的",
        "phone": None,
        "bornOn": "1980-01-01",
        "timeline": {
            "nodes": [
                {"kind": "RESIDENT_ADDED", "note": None, "actor": {"username": "网格员01"}},
                {"kind": "RESIDENT_CORRECTED", "note": "姓名、电话", "actor": {"username": "网格员01"}},
            ]
        },
    }
    assert await worker.do("correctResident", change, wanted) == corrected
    for wrong in ({"name": "新来的"}, {}, {"name": None}, {"sex": None}, {"bornOn": "2999-01-01"}):
        assert await worker.refused("correctResident", {"resident": resident} | wrong) == "INVALID_INPUT"


async def test_who_moves_away_and_comes_back_has_a_history(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    first, second = await two_doors(worker)
    resident = (await newcomer(worker))["id"]
    addresses = [
        (await worker.ask("query($id: ID!) { household(id: $id) { address } }", id=door)).data["household"]["address"]
        for door in (first, second)
    ]
    moved = {"residents": [resident], "household": second, "on": ago(5), "act": new_id("act")}
    assert (await worker.do("moveResidents", moved))["errors"] == []
    assert (await worker.do("moveResidents", moved))["errors"] == []
    left = await worker.do("moveOut", {"residents": [resident], "on": ago(2), "note": "回老家"}, PEOPLE)
    stays = [(addresses[0], ago(10), ago(5)), (addresses[1], ago(5), ago(2))]
    (told,) = left["residents"]
    assert told["leftOn"] == ago(2)
    assert [
        (each["household"]["address"], each["movedInOn"], each["movedOutOn"]) for each in told["residencies"]
    ] == stays
    gone = await worker.ask(
        """query($door: ID!, $text: String) {
        household(id: $door) { residents { id } residencies { nodes { resident { id } } } }
        residents(where: {text: $text}) { totalCount } formerResidents(where: {text: $text}) { nodes { id } } }""",
        door=second,
        text="新来者",
    )
    assert resident not in [each["id"] for each in gone.data["household"]["residents"]]
    assert {"resident": {"id": resident}} in gone.data["household"]["residencies"]["nodes"]
    assert {"id": resident} in gone.data["formerResidents"]["nodes"]
    assert await worker.refused("moveOut", {"residents": [resident]}) == "INVALID_INPUT"
    back = await worker.do("moveResidents", {"residents": [resident], "household": first}, PEOPLE)
    assert back["residents"][0]["leftOn"] is None
    assert back["residents"][0]["residencies"][-1]["movedInOn"] == ago(0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"on": ago(11)}, "INVALID_INPUT"),
        ({"on": str(today() + timedelta(days=2))}, "IN_FUTURE"),
        ({"residents": []}, "INVALID_INPUT"),
        ({"household": new_id("household")}, "NOT_FOUND"),
    ],
)
async def test_a_move_that_cannot_be_is_refused(tunping: Tunping, change: dict[str, Any], code: str) -> None:
    worker = await tunping.as_("网格员01")
    first, second = await two_doors(worker)
    resident = (await newcomer(worker))["id"]
    before = await tunping.count("residency")
    assert await worker.refused("moveResidents", {"residents": [resident], "household": second} | change) == code
    assert await worker.refused("moveResidents", {"residents": [resident], "household": first}) == "INVALID_INPUT"
    twice = {"residents": [resident, resident], "household": second}
    assert await worker.refused("moveResidents", twice) == "INVALID_INPUT"
    assert await tunping.count("residency") == before


async def test_a_visit_synced_late_reaches_who_lived_there_then(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    first, second = await two_doors(worker)
    resident = (await newcomer(worker))["id"]
    moved = {"residents": [resident], "household": second, "on": ago(4)}
    assert (await worker.do("moveResidents", moved))["errors"] == []

    def visit(day: str) -> dict[str, Any]:
        reached = {"residents": [resident], "occurredAt": f"{day}T10:00:00+08:00"}
        return {"id": new_id("visit"), "household": first, "mode": "HOME_VISIT"} | reached

    assert (await worker.do("recordVisit", visit(ago(6))))["errors"] == []
    assert (await worker.do("recordVisit", visit(ago(4))))["errors"] == []
    assert await worker.refused("recordVisit", visit(ago(3))) == "INVALID_INPUT"


async def test_colours_tell_who_set_them_and_why(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    resident = (await newcomer(worker))["id"]
    red = {"resident": resident, "colour": "RED", "reason": "独居", "act": new_id("act")}
    assert await worker.refused("setColour", red | {"reason": " ", "act": None}) == "INVALID_INPUT"
    wanted = """resident { colours
        colourHistory { colour setBy { username } reason removedBy { username } removedReason }
        timeline { nodes { kind note } } }"""
    assert (await worker.do("setColour", red, wanted))["resident"]["colours"] == ["RED"]
    assert (await worker.do("setColour", red, wanted))["resident"]["colours"] == ["RED"]
    assert await worker.refused("setColour", red | {"act": None}) == "INVALID_INPUT"
    away = {"resident": resident, "colour": "RED", "reason": "与子女同住"}
    told = (await worker.do("removeColour", away, wanted))["resident"]
    assert told["colours"] == []
    assert told["colourHistory"] == [
        {
            "colour": "RED",
            "setBy": {"username": "网格员01"},
            "reason": "独居",
            "removedBy": {"username": "网格员01"},
            "removedReason": "与子女同住",
        }
    ]
    assert told["timeline"]["nodes"][1:] == [
        {"kind": "COLOUR_SET", "note": "独居老人：独居"},
        {"kind": "COLOUR_REMOVED", "note": "独居老人：与子女同住"},
    ]
    assert await worker.refused("removeColour", away) == "INVALID_INPUT"
    assert await (await tunping.as_("联户长03")).refused("setColour", red) == "NOT_ALLOWED"
    assert await (await tunping.as_("网格员14")).refused("setColour", red | {"act": None}) == "NOT_FOUND"


async def test_a_building_head_learns_no_colour_from_the_history(tunping: Tunping) -> None:
    head = await tunping.as_("联户长03")
    found = await head.ask(
        "{ residents(first: 50) { nodes { colours colourHistory { colour } timeline { totalCount } } } }"
    )
    assert found.data["residents"]["nodes"]
    for each in found.data["residents"]["nodes"]:
        assert each == {"colours": None, "colourHistory": [], "timeline": {"totalCount": 0}}


async def test_a_door_that_was_missing_is_added_and_corrected(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    found = await worker.ask("{ buildings(where: {number: 3}) { nodes { id units floors } } }")
    (building,) = found.data["buildings"]["nodes"]
    new = {"id": new_id("household"), "building": building["id"], "unit": 1, "floor": 1, "room": "199"}
    made = await worker.do("addHousehold", new, "household { address }")
    assert made == {"household": {"address": "金穗家园3号楼1单元199"}, "errors": []}
    assert await worker.do("addHousehold", new, "household { address }") == made
    for wrong in ({"unit": building["units"] + 1}, {"floor": building["floors"] + 1}, {"room": "101"}, {"room": " "}):
        assert await worker.refused("addHousehold", new | wrong | {"id": new_id("household")}) == "INVALID_INPUT"
    change = {"household": new["id"], "room": "198"}
    corrected = await worker.do("correctHousehold", change, "household { address unit floor }")
    assert corrected["household"] == {"address": "金穗家园3号楼1单元198", "unit": 1, "floor": 1}
    assert await worker.refused("correctHousehold", change) == "INVALID_INPUT"
    assert await worker.refused("correctHousehold", {"household": new["id"], "room": "101"}) == "INVALID_INPUT"
    other = await tunping.as_("网格员14")
    assert await other.refused("addHousehold", new | {"id": new_id("household")}) == "NOT_FOUND"
    assert await other.refused("correctHousehold", change) == "NOT_FOUND"


async def account_of(client: Tunping, username: str) -> str:
    """The id of an account."""
    me = (await (await client.as_(username)).ask("{ me { id } }")).data["me"]
    return str(me["id"])


async def test_a_worker_is_given_another_grid_and_loses_it_again(tunping: Tunping) -> None:
    secretary, worker = await tunping.as_("书记01"), await tunping.as_("网格员01")
    grids = (await secretary.ask("{ grids(first: 50) { nodes { id name } } }")).data["grids"]["nodes"]
    grid = next(each["id"] for each in grids if each["name"] == "05号网格")
    query = "query($grid: ID) { households(where: {grid: $grid}) { totalCount } }"
    assert (await worker.ask(query, grid=grid)).data["households"]["totalCount"] == 0
    post = {"id": new_id("post"), "account": await account_of(tunping, "网格员01"), "grid": grid}
    given = await secretary.do("givePost", post, "post { grid { name } startsOn endsOn }")
    assert given["post"] == {"grid": {"name": "05号网格"}, "startsOn": ago(0), "endsOn": None}
    assert await secretary.do("givePost", post, "post { grid { name } startsOn endsOn }") == given
    assert (await worker.ask(query, grid=grid)).data["households"]["totalCount"] > 0
    assert await secretary.refused("givePost", post | {"id": new_id("post")}) == "INVALID_INPUT"
    ended = await secretary.do("endPost", {"post": post["id"], "endsOn": ago(0)}, "post { endsOn }")
    assert ended == {"post": {"endsOn": ago(0)}, "errors": []}
    assert await secretary.refused("endPost", {"post": post["id"], "endsOn": ago(0)}) == "INVALID_INPUT"
    at_once = await secretary.do("endPost", {"post": post["id"]}, "post { endsOn }")
    assert at_once == {"post": {"endsOn": ago(1)}, "errors": []}
    assert (await worker.ask(query, grid=grid)).data["households"]["totalCount"] == 0
    assert await secretary.refused("endPost", {"post": post["id"]}) == "INVALID_INPUT"
    assert await worker.refused("givePost", post | {"id": new_id("post")}) == "NOT_ALLOWED"


async def test_a_post_fits_its_role(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    grid = (await secretary.ask("{ grids(first: 1) { nodes { id } } }")).data["grids"]["nodes"][0]["id"]
    building = (await secretary.ask("{ buildings(first: 1) { nodes { id } } }")).data["buildings"]["nodes"][0]["id"]
    head, worker = await account_of(tunping, "联户长03"), await account_of(tunping, "网格员02")
    for account, place in (
        (head, {"grid": grid}),
        (worker, {"building": building}),
        (await account_of(tunping, "社区01"), {"grid": grid}),
        (worker, {}),
        (worker, {"grid": grid, "building": building}),
        (worker, {"grid": grid, "startsOn": ago(0), "endsOn": ago(1)}),
    ):
        post = {"id": new_id("post"), "account": account} | place
        assert await secretary.refused("givePost", post) == "INVALID_INPUT"
    heads = {"id": new_id("post"), "account": head, "building": building, "endsOn": ago(0)}
    given = await secretary.do("givePost", heads, "post { building { id } endsOn }")
    assert given == {"post": {"building": {"id": building}, "endsOn": ago(0)}, "errors": []}
