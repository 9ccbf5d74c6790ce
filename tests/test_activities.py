"""Activities: planned by those who may, joined until they are full or begin, and told to the public as numbers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving
from tests.races import Gate

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
DAY = timedelta(days=1)
ESTATES = "{ estates(first: 100) { nodes { id name grids { nodes { name } } } } }"
ACTIVITY = """query($id: ID!) { activity(id: $id) { what place wanted coming status statusLabel cancelReason colours
    estate { name } signUps(first: 100) { nodes { id name phone account { username } resident { name } attended } }
    timeline { nodes { kind note actor { username } } } } }"""
WALL = """{ activityWall(first: 100) { nodes { activityId what place wanted coming statusLabel community estate
    cancelReason } } }"""
JOINED = "receiptCode signUp { id name account { username } resident { id } }"


@pytest.fixture
def clock() -> Clock:
    """A day after those of the demo."""
    return Clock(NOW)


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo. Its tokens hold longer than the clock is turned."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def estate_of(who: Tunping, name: str) -> Any:
    """The id of an estate."""
    estates = (await who.ask(ESTATES)).data["estates"]["nodes"]
    return next(each["id"] for each in estates if each["name"] == name)


def plan(**given: Any) -> dict[str, Any]:
    """The input of a new activity, tomorrow."""
    begins, ends = (NOW + DAY).isoformat(), (NOW + DAY + timedelta(hours=2)).isoformat()
    return {
        "id": new_id("activity"),
        "what": "老年人义诊",
        "place": "社区活动室",
        "beginsAt": begins,
        "endsAt": ends,
        **given,
    }


async def planned(who: Tunping, **given: Any) -> str:
    """A new activity."""
    new = plan(**given)
    assert (await who.do("planActivity", new))["errors"] == []
    return str(new["id"])


async def join(who: Tunping, activity: str, **given: Any) -> Any:
    """Signs up; the payload."""
    return await who.do("joinActivity", {"id": new_id("signup"), "activity": activity, **given}, JOINED)


async def seen(who: Tunping, activity: str) -> Any:
    """The activity as somebody sees it."""
    return (await who.ask(ACTIVITY, id=activity)).data["activity"]


async def on_wall(who: Tunping, activity: str) -> Any:
    """The activity as everybody sees it, if they do."""
    nodes = (await who.ask(WALL)).data["activityWall"]["nodes"]
    return next((each for each in nodes if each["activityId"] == activity), None)


async def test_a_free_clinic_from_the_plan_to_who_came(tunping: Tunping, clock: Clock) -> None:
    secretary, worker, nobody = await tunping.as_("书记01"), await tunping.as_("网格员01"), tunping.as_nobody()
    clinic = await planned(secretary, wanted=4, colours=["CYAN"], skill="医生")
    own = await join(worker, clinic)
    assert own["signUp"]["account"] == {"username": "网格员01"}
    assert own["receiptCode"] is None
    found = (await worker.ask("{ residents(first: 1) { nodes { id name } } }")).data["residents"]["nodes"][0]
    registered = await join(worker, clinic, resident=found["id"])
    named = await join(await tunping.as_("联户长03"), clinic, name="吴医生", phone="13912345678")
    by_code = await join(nobody, clinic, code=DEMO_COUNTER_CODE, name="赵大夫", phone="13987654321")
    assert [each["errors"] for each in (own, registered, named, by_code)] == [[], [], [], []]
    assert by_code["signUp"] is None  # Nobody without an account sees who comes, not even oneself.
    assert [each["code"] for each in (await join(secretary, clinic))["errors"]] == ["WRONG_STATE"]
    known = await seen(secretary, clinic)
    assert (known["coming"], known["status"], known["statusLabel"], known["colours"]) == (
        4,
        "FULL",
        "名额已满",
        ["CYAN"],
    )
    guests = {each["name"]: each for each in known["signUps"]["nodes"] if each["name"] or each["resident"]}
    assert guests.keys() == {None, "吴医生", "赵大夫"}
    assert guests[None]["resident"] == {"name": found["name"]}
    clock.turn(2 * DAY)
    noted = {
        "activity": clinic,
        "came": [guests[None]["id"], guests["吴医生"]["id"]],
        "missed": [guests["赵大夫"]["id"]],
    }
    assert (await secretary.do("noteAttendance", noted))["errors"] == []
    known = await seen(secretary, clinic)
    there = {each["name"]: each["attended"] for each in known["signUps"]["nodes"] if not each["account"]}
    assert there == {None: True, "吴医生": True, "赵大夫": False}
    assert [(each["kind"], each["note"]) for each in known["timeline"]["nodes"]] == [
        ("ACTIVITY_PLANNED", None),
        *[("ACTIVITY_JOINED", None)] * 4,
        ("ATTENDANCE_NOTED", "到场 2 人，未到 1 人"),
    ]


@pytest.mark.long
async def test_who_comes_is_known_to_those_who_organise_it(tunping: Tunping) -> None:
    leader, secretary = await tunping.as_("网格长01"), await tunping.as_("书记01")
    activity = await planned(leader, estate=await estate_of(leader, "金穗家园"))
    uninvolved, head = await tunping.as_("网格员02"), await tunping.as_("联户长03")
    assert (await join(uninvolved, activity))["errors"] == []
    assert (await join(head, activity, name="吴医生"))["errors"] == []
    names = {}
    for username in ("书记01", "网格长01", "网格员01", "网格员02", "联户长03", "网格员12", "热力公司01", "管理员"):
        found = await seen(await tunping.as_(username), activity)
        names[username] = {each["name"] for each in found["signUps"]["nodes"]}, len(found["timeline"]["nodes"])
    everything = ({None, "吴医生"}, 3)
    assert names == {
        **dict.fromkeys(("书记01", "网格长01", "网格员01"), everything),  # the last as a member of the Party branch
        "网格员02": ({None}, 0),
        "联户长03": ({"吴医生"}, 0),
        **dict.fromkeys(("网格员12", "热力公司01", "管理员"), (set(), 0)),
    }
    assert (await secretary.ask("{ activities(where: {joined: true}) { totalCount } }")).data["activities"] == {
        "totalCount": 0
    }
    mine = await uninvolved.ask("{ activities(where: {joined: true, ahead: true}) { nodes { id } } }")
    assert mine.data["activities"]["nodes"] == [{"id": activity}]


@pytest.mark.parametrize(
    ("username", "estate", "code"),
    [
        ("书记01", None, None),
        ("社区01", "春晖苑", None),
        ("网格长01", "金穗家园", None),
        ("网格长01", "春晖苑", "NOT_ALLOWED"),
        ("网格长01", None, "NOT_ALLOWED"),
        ("网格员01", "金穗家园", None),
        ("网格员01", None, "NOT_ALLOWED"),
        ("网格员02", "金穗家园", "NOT_ALLOWED"),
        ("联户长03", "金穗家园", "NOT_ALLOWED"),
        ("热力公司01", "金穗家园", "NOT_ALLOWED"),
        ("管理员", "金穗家园", "NOT_ALLOWED"),
    ],
)
async def test_the_office_leaders_and_branch_members_plan(
    tunping: Tunping, username: str, estate: str | None, code: str | None
) -> None:
    who = await tunping.as_(username)
    given = {"estate": await estate_of(who, estate)} if estate else {}
    problems = (await who.do("planActivity", plan(**given)))["errors"]
    assert [each["code"] for each in problems] == ([code] if code else [])


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"endsAt": NOW.isoformat()}, "INVALID_INPUT", ["endsAt"]),
        ({"endsAt": (NOW + 40 * DAY).isoformat()}, "INVALID_INPUT", ["endsAt"]),
        ({"beginsAt": (NOW - DAY).isoformat()}, "INVALID_INPUT", ["beginsAt"]),
        ({"beginsAt": (NOW + 400 * DAY).isoformat(), "endsAt": (NOW + 401 * DAY).isoformat()}, "INVALID_INPUT", None),
        ({"wanted": 0}, "INVALID_INPUT", ["wanted"]),
        ({"wanted": 501}, "INVALID_INPUT", ["wanted"]),
        ({"colours": ["RED"]}, "INVALID_INPUT", ["colours"]),
        ({"what": " "}, "INVALID_INPUT", ["what"]),
        ({"what": "义" * 101}, "TOO_LONG", ["what"]),
        ({"what": "看望独居老人"}, "INVALID_INPUT", ["what"]),
        ({"place": "3号楼2单元501"}, "INVALID_INPUT", ["place"]),
        ({"skill": "身份证110101199001011237"}, "INVALID_INPUT", ["skill"]),
        ({"estate": new_id("estate")}, "NOT_FOUND", ["estate"]),
        ({"community": new_id("community")}, "NOT_FOUND", ["community"]),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_by_name(
    tunping: Tunping, given: dict[str, Any], code: str, path: list[str] | None
) -> None:
    before = await tunping.count("activity")
    (problem,) = (await (await tunping.as_("书记01")).do("planActivity", plan(**given)))["errors"]
    assert (problem["code"], problem["path"]) == (code, path or ["beginsAt"])
    assert await tunping.count("activity") == before


async def test_a_public_text_names_no_resident(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    residents = (await secretary.ask("{ residents(first: 50) { nodes { name } } }")).data["residents"]["nodes"]
    name = next(each["name"] for each in residents if len(each["name"]) >= 3)
    (problem,) = (await secretary.do("planActivity", plan(what=f"看望{name}")))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["what"])
    assert name not in problem["message"]


async def test_a_retry_plans_and_joins_once(tunping: Tunping) -> None:
    secretary, worker = await tunping.as_("书记01"), await tunping.as_("网格员02")
    new, sign_up = plan(), {"id": new_id("signup"), "code": None}
    for _ in range(2):
        assert (await secretary.do("planActivity", new))["errors"] == []
        assert (await worker.do("joinActivity", {**sign_up, "activity": new["id"]}))["errors"] == []
    assert (await seen(secretary, new["id"]))["coming"] == 1
    assert await secretary.refused("planActivity", {**new, "what": "另一个活动"}) == "CONFLICT"
    leaving = {"signUp": sign_up["id"], "act": new_id("act")}
    for _ in range(2):
        assert (await worker.do("leaveActivity", leaving, "signUp { leftAt }"))["errors"] == []
    assert (await seen(secretary, new["id"]))["coming"] == 0


async def test_of_two_who_take_the_last_place_one_gets_it(tunping: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    activity = await planned(await tunping.as_("书记01"), wanted=1)
    first, second = await tunping.as_("网格员01"), await tunping.as_("网格员02")
    answers = await Gate(monkeypatch, tunping).race(join(first, activity), join(second, activity))
    assert [[each["code"] for each in answer["errors"]] for answer in answers] == [[], ["WRONG_STATE"]]
    assert await tunping.count(f"sign_up where activity_id = '{activity.partition('_')[2]}'") == 1


@pytest.mark.long
async def test_many_at_once_never_are_more_than_wanted(tunping: Tunping) -> None:
    activity = await planned(await tunping.as_("书记01"), wanted=5)
    crowd = [await tunping.as_(f"网格员{number:02}") for number in range(1, 13)]
    answers = await asyncio.gather(*(join(who, activity) for who in crowd))
    assert sum(not each["errors"] for each in answers) == 5
    assert (await on_wall(tunping.as_nobody(), activity))["statusLabel"] == "名额已满"


async def test_a_smaller_number_waits_for_the_last_sign_up(tunping: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    secretary, worker = await tunping.as_("书记01"), await tunping.as_("网格员01")
    activity = await planned(secretary, wanted=5)
    assert (await join(await tunping.as_("网格员02"), activity))["errors"] == []
    narrowing = secretary.do("changeActivity", {"activity": activity, "wanted": 1})
    answers = await Gate(monkeypatch, tunping).race(join(worker, activity), narrowing)
    assert answers[0]["errors"] == []
    assert [each["path"] for each in answers[1]["errors"]] == [["wanted"]]


@pytest.mark.long
async def test_nobody_signs_up_twice(tunping: Tunping) -> None:
    worker, activity = await tunping.as_("网格员01"), await planned(await tunping.as_("书记01"))
    resident = (await worker.ask("{ residents(first: 1) { nodes { id } } }")).data["residents"]["nodes"][0]["id"]
    for given in ({}, {"resident": resident}, {"name": "吴医生", "phone": "13912345678"}):
        assert (await join(worker, activity, **given))["errors"] == []
        (problem,) = (await join(worker, activity, **given))["errors"]
        assert (problem["code"], problem["message"]) == ("INVALID_INPUT", "填写有误：已经报过名。")
    for _ in range(2):  # Two people may have one name.
        assert (await join(worker, activity, name="王芳"))["errors"] == []
    assert (await seen(worker, activity))["coming"] == 5


@pytest.mark.parametrize(
    ("username", "given", "code", "path"),
    [
        (None, {"name": "赵大夫"}, "INVALID_INPUT", ["code"]),
        (None, {"name": "赵大夫", "code": "0000000000000000"}, "NOT_FOUND", ["code"]),
        (None, {"code": DEMO_COUNTER_CODE}, "INVALID_INPUT", ["name"]),
        (None, {"code": DEMO_COUNTER_CODE, "resident": new_id("resident")}, "NOT_ALLOWED", ["resident"]),
        ("热力公司01", {"name": "赵大夫"}, "NOT_ALLOWED", ["name"]),
        ("热力公司01", {"resident": new_id("resident")}, "NOT_ALLOWED", ["resident"]),
        ("网格员01", {"phone": "13912345678"}, "INVALID_INPUT", ["name"]),
        ("网格员01", {"resident": new_id("resident")}, "NOT_FOUND", ["resident"]),
        ("网格员01", {"resident": new_id("resident"), "name": "赵大夫"}, "INVALID_INPUT", ["resident"]),
        ("管理员", {}, "NOT_ALLOWED", []),
    ],
)
async def test_a_sign_up_that_cannot_be_is_refused_by_name(
    tunping: Tunping, username: str | None, given: dict[str, Any], code: str, path: list[str]
) -> None:
    activity = await planned(await tunping.as_("书记01"))
    who = await tunping.as_(username) if username else tunping.as_nobody()
    (problem,) = (await join(who, activity, **given))["errors"]
    assert (problem["code"], problem["path"] or []) == (code, path)
    assert (await seen(await tunping.as_("书记01"), activity))["coming"] == 0


async def test_a_person_without_an_account_gives_it_up_by_the_receipt(tunping: Tunping) -> None:
    secretary, nobody = await tunping.as_("书记01"), tunping.as_nobody()
    activity, sign_up = await planned(secretary, wanted=1), new_id("signup")
    new = {"id": sign_up, "activity": activity, "code": DEMO_COUNTER_CODE, "name": "赵大夫"}
    receipt = (await nobody.do("joinActivity", new, "receiptCode"))["receiptCode"]
    for given in ({}, {"receiptCode": "0000000000"}):
        (problem,) = (await nobody.do("leaveActivity", {"signUp": sign_up, **given}))["errors"]
        assert problem["code"] == "NOT_FOUND"
    other = await tunping.as_("网格员02")
    assert await other.refused("leaveActivity", {"signUp": sign_up}) == "NOT_FOUND"
    assert (await nobody.do("leaveActivity", {"signUp": sign_up, "receiptCode": receipt.lower()}))["errors"] == []
    assert (await nobody.do("leaveActivity", {"signUp": sign_up, "receiptCode": receipt}))["errors"] != []
    assert (await join(other, activity))["errors"] == []
    assert (await seen(secretary, activity))["coming"] == 1


async def test_a_change_is_told_to_those_who_come(tunping: Tunping) -> None:
    secretary, activity = await tunping.as_("书记01"), await planned(await tunping.as_("书记01"), wanted=3)
    assert (await join(tunping.as_nobody(), activity, code=DEMO_COUNTER_CODE, name="赵", phone="139"))["errors"] == []
    assert (await join(tunping.as_nobody(), activity, code=DEMO_COUNTER_CODE, name="钱"))["errors"] == []
    assert (await secretary.do("changeActivity", {"activity": activity, "clear": ["WANTED"]}))["errors"] == []
    assert await told(tunping, activity) == []
    later = (NOW + DAY + timedelta(hours=1)).isoformat()
    moved = {"activity": activity, "beginsAt": later, "place": "党支部服务站"}
    assert (await secretary.do("changeActivity", moved))["errors"] == []
    news = "【屯坪社区】活动「老年人义诊」有变动：1月9日11:00开始，地点：党支部服务站。如果不能来，请告诉社区，谢谢！"
    assert await told(tunping, activity) == [("139", news)]
    assert await secretary.refused("changeActivity", {"activity": activity, "place": "党支部服务站"}) == "INVALID_INPUT"
    notes = [each["note"] for each in (await seen(secretary, activity))["timeline"]["nodes"] if each["note"]]
    assert notes == ["人数：3 → 不限", "地点：社区活动室 → 党支部服务站；开始：1月9日10:00 → 1月9日11:00"]


async def test_a_cancelled_activity_says_why(tunping: Tunping) -> None:
    secretary, nobody = await tunping.as_("书记01"), tunping.as_nobody()
    activity = await planned(secretary)
    assert (await join(nobody, activity, code=DEMO_COUNTER_CODE, name="赵大夫", phone="139"))["errors"] == []
    assert (await secretary.do("cancelActivity", {"activity": activity, "reason": "下雪了。"}))["errors"] == []
    news = "【屯坪社区】1月9日10:00的活动「老年人义诊」取消了：下雪了。请您谅解，谢谢！"
    assert await told(tunping, activity) == [("139", news)]
    shown = await on_wall(nobody, activity)
    assert (shown["statusLabel"], shown["cancelReason"]) == ("已取消", "下雪了。")
    assert await secretary.refused("cancelActivity", {"activity": activity, "reason": "下雪了。"}) == "WRONG_STATE"
    assert await secretary.refused("changeActivity", {"activity": activity, "what": "扫雪"}) == "WRONG_STATE"
    assert [each["code"] for each in (await join(secretary, activity))["errors"]] == ["WRONG_STATE"]
    assert await (await tunping.as_("网格员02")).refused("cancelActivity", {"activity": activity, "reason": "一"}) == (
        "NOT_ALLOWED"
    )


async def told(tunping: Tunping, activity: str) -> list[tuple[str, str]]:
    """The text messages about an activity."""
    rows = await tunping.app.state.owner.fetch(
        """select m.to_phone, m.body from message m join sign_up s on s.id = m.sign_up_id
        where s.activity_id = $1 order by m.id""",
        activity.partition("_")[2],
    )
    return [tuple(row) for row in rows]


async def test_attendance_is_of_those_who_came_to_this_activity(tunping: Tunping, clock: Clock) -> None:
    secretary, worker = await tunping.as_("书记01"), await tunping.as_("网格员01")
    activity, other = await planned(secretary), await planned(secretary)
    own, elsewhere = [(await join(worker, each))["signUp"]["id"] for each in (activity, other)]
    assert await secretary.refused("noteAttendance", {"activity": activity, "came": [own]}) == "WRONG_STATE"
    clock.turn(2 * DAY)
    for given, code, path in (
        ({}, "INVALID_INPUT", ["came"]),
        ({"came": [own], "missed": [own]}, "INVALID_INPUT", ["came"]),
        ({"missed": [own, elsewhere]}, "NOT_FOUND", ["missed", "1"]),
        ({"came": [new_id("signup")]}, "NOT_FOUND", ["came", "0"]),
    ):
        (problem,) = (await secretary.do("noteAttendance", {"activity": activity, **given}))["errors"]
        assert (problem["code"], problem["path"]) == (code, path)
    assert await worker.refused("noteAttendance", {"activity": activity, "came": [own]}) == "NOT_ALLOWED"
    assert await worker.refused("leaveActivity", {"signUp": own}) == "WRONG_STATE"


async def test_the_public_learns_numbers_from_five_on(tunping: Tunping, clock: Clock) -> None:
    secretary, nobody = await tunping.as_("书记01"), tunping.as_nobody()
    activity = await planned(secretary, wanted=9, skill="医生")
    for number in range(4):
        assert (await join(await tunping.as_(f"网格员{number + 1:02}"), activity))["errors"] == []
    shown = await on_wall(nobody, activity)
    assert shown == {
        "activityId": activity,
        "what": "老年人义诊",
        "place": "社区活动室",
        "wanted": 9,
        "coming": None,
        "statusLabel": "可以报名",
        "community": "屯坪社区",
        "estate": None,
        "cancelReason": None,
    }
    assert (await join(secretary, activity))["errors"] == []
    assert (await on_wall(nobody, activity))["coming"] == 5
    assert (await nobody.ask("{ activities { totalCount } }")).code == "UNAUTHENTICATED"
    assert clock() == NOW
