"""Story 7: a child's wish for a desk is published without her name, claimed, fulfilled, and everybody sees it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, listening, new_id, phone, serving, subscribed

WALL = """{ wishWall(first: 100) { totalCount nodes { wishId text statusLabel community claimant
    steps { label note } } } }"""
RECEIPT = """query($code: String!) { wishReceipt(code: $code) { body statusLabel publishedText claimant declineReason
    steps { label note } } }"""
WISH = """query($id: ID!) { wish(id: $id) { status wisherName wisherPhone resident { name } household { address }
    volunteerName allowedActions timeline { nodes { kind actor { username } } } } }"""
HOME = """{ households(where: {building: "%s"}, first: 100) { nodes { id address residents { id name phone } } } }"""
BUILDING = "{ buildings(first: 100) { nodes { id number } } }"


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, token_seconds=10**6) as client:
        yield client


async def family(worker: Tunping, members: int = 2) -> Any:
    """A home of building 3 with so many residents, none of whom has a name that others there have."""
    buildings = (await worker.ask(BUILDING)).data["buildings"]["nodes"]
    three = next(each["id"] for each in buildings if each["number"] == 3)
    homes = (await worker.ask(HOME % three)).data["households"]["nodes"]
    return next(home for home in homes if len(home["residents"]) >= members)


async def proposed(worker: Tunping, **given: Any) -> tuple[str, str]:
    """A wish of a home, and its receipt."""
    uuid = new_id("wish")
    home = given.pop("household", None) or (await family(worker))["id"]
    new = {"id": uuid, "body": "孩子想要一张书桌", "household": home, **given}
    made = await worker.do("proposeWish", new, "receiptCode")
    assert made["errors"] == []
    return uuid, made["receiptCode"]


AT = "query($id: ID!) { wish(id: $id) { body grid { name } estate { name } community { name } building { number } } }"


async def test_a_wish_of_everybody_has_no_building(tunping: Tunping) -> None:
    """It is for the estate that is named, or else for the community, and the workers of all of it see it."""
    worker, far, head = [await tunping.as_(name) for name in ("网格员01", "网格员14", "联户长03")]
    mine = (await worker.ask("{ me { assignments { grid { estate { id } community { id } } } } }")).data
    own = mine["me"]["assignments"][0]["grid"]
    here = {"name": "屯坪社区"}
    for place, body, estate, who in (
        ({}, "想要一间阅览室", None, {"网格员01", "网格员14", "书记01"}),
        ({"community": own["community"]["id"]}, "想要一条长椅", None, {"网格员01", "网格员14", "书记01"}),
        ({"estate": own["estate"]["id"]}, "想要一张乒乓球台", {"name": "金穗家园"}, {"网格员01", "书记01"}),
    ):
        new = {"id": new_id("wish"), "body": body} | place
        assert (await worker.do("proposeWish", new))["errors"] == []
        wish = {"body": body, "grid": None, "estate": estate, "community": here, "building": None}
        for name in ("网格员01", "网格员14", "书记01"):
            seen = (await (await tunping.as_(name)).ask(AT, id=new["id"])).data["wish"]
            assert seen == (wish if name in who else None), (body, name)
    theirs = {"id": new_id("wish"), "body": "想要一条长椅", "estate": own["estate"]["id"]}
    assert await far.refused("proposeWish", theirs) == "NOT_FOUND"
    assert await head.refused("proposeWish", theirs | {"id": new_id("wish")}) == "NOT_FOUND"
    two = theirs | {"id": new_id("wish"), "community": own["community"]["id"]}
    assert await worker.refused("proposeWish", two) == "INVALID_INPUT"


async def does(who: Tunping, mutation: str, wish: str, **given: Any) -> Any:
    """A move that must succeed; how the wish then looks on the wall."""
    done = await who.do(mutation, {"wish": wish, **given}, "onWall { statusLabel claimant }")
    assert done["errors"] == []
    return done["onWall"]


async def published(worker: Tunping) -> str:
    """A wish on the wall."""
    uuid, _ = await proposed(worker)
    await does(await worker.as_("书记01"), "publishWish", uuid, publishedText="一名小学生想要一张书桌")
    return uuid


async def on_wall(who: Tunping, wish: str) -> Any:
    """The wish as everybody sees it, if they do."""
    wishes = (await who.ask(WALL)).data["wishWall"]["nodes"]
    return next((each for each in wishes if each["wishId"] == wish), None)


@pytest.mark.long
async def test_a_desk_for_a_child(tunping: Tunping) -> None:
    worker, secretary, nobody = await tunping.as_("网格员01"), await tunping.as_("书记01"), tunping.as_nobody()
    home = await family(worker)
    child = home["residents"][-1]
    wish, receipt = await proposed(worker, household=home["id"], resident=child["id"])
    assert await on_wall(nobody, wish) is None
    assert (await nobody.ask(RECEIPT, code=receipt)).data["wishReceipt"]["statusLabel"] == "待公布"
    text = "一名小学生想要一张书桌"
    assert await does(secretary, "publishWish", wish, publishedText=text) == {
        "statusLabel": "等待认领",
        "claimant": None,
    }
    await does(worker, "claimWish", wish, volunteerName="李热心", volunteerPhone="13912345678")
    await does(worker, "noteWishProgress", wish, note="书桌买好了，周六送到")
    await does(worker, "fulfilWish", wish, note="书桌送到了")
    assert await on_wall(nobody, wish) == {
        "wishId": wish,
        "text": text,
        "statusLabel": "已实现",
        "community": "屯坪社区",
        "claimant": "志愿者",
        "steps": [
            {"label": "心愿公布", "note": None},
            {"label": "心愿认领", "note": None},
            {"label": "心愿进展", "note": "书桌买好了，周六送到"},
            {"label": "心愿实现", "note": "书桌送到了"},
        ],
    }
    told = (await nobody.ask(RECEIPT, code=receipt.lower())).data["wishReceipt"]
    assert (told["statusLabel"], told["claimant"], len(told["steps"])) == ("已实现", "志愿者", 4)
    seen = (await worker.ask(WISH, id=wish)).data["wish"]
    assert (seen["resident"], seen["volunteerName"], seen["allowedActions"]) == ({"name": child["name"]}, "李热心", [])
    entries = [(each["kind"], each["actor"]["username"]) for each in seen["timeline"]["nodes"]]
    assert entries == [
        ("WISH_PROPOSED", "网格员01"),
        ("WISH_PUBLISHED", "书记01"),
        ("WISH_CLAIMED", "网格员01"),
        ("WISH_PROGRESSED", "网格员01"),
        ("WISH_FULFILLED", "网格员01"),
    ]


async def test_the_wall_never_tells_who_or_where(tunping: Tunping) -> None:
    """What somebody without an account is sent of all wishes has no name, number or address in it.

    An id is random: it may hold any room's number by chance.
    """
    await published(await tunping.as_("网格员01"))
    answer = await tunping.as_nobody().post({"query": WALL})
    shown = str([{**node, "wishId": ""} for node in answer.data["wishWall"]["nodes"]])
    pool = tunping.app.state.owner
    wishers = await pool.fetch(
        """select r.name, r.phone, h.room, w.wisher_name, w.wisher_phone, w.volunteer_name, w.volunteer_phone, w.body,
            w.receipt_code, w.household_id from wish w left join household h on h.id = w.household_id
            left join resident r on r.household_id = w.household_id where published_at is not null"""
    )
    assert len(answer.data["wishWall"]["nodes"]) >= 5
    assert len(wishers) >= 5
    told = {str(value) for row in wishers for value in row.values() if value is not None and str(value) in shown}
    assert told == set()


@pytest.mark.long
@pytest.mark.parametrize("who", ["网格员14", "联户长03", "热力公司01"])
async def test_who_has_no_part_in_it_sees_the_wall_alone(tunping: Tunping, who: str) -> None:
    wish = await published(await tunping.as_("网格员01"))
    other = await tunping.as_(who)
    assert (await other.ask(WISH, id=wish)).data["wish"] is None
    assert (await other.ask("query($id: ID!) { node(id: $id) { id } }", id=wish)).data["node"] is None
    assert await on_wall(other, wish) is not None


@pytest.mark.long
async def test_names_numbers_and_addresses_are_not_published(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    home = await family(worker)
    wish, _ = await proposed(worker, household=home["id"])
    name = home["residents"][0]["name"]
    elsewhere = await tunping.app.state.owner.fetchval(
        "select r.name from resident r join building b on b.id = r.building_id"
        " where length(r.name) = 3 and b.number = 40 limit 1"
    )
    for leak in (
        name,
        f"{name[0]}阿姨",
        f"{name[0]} 奶奶",
        f"小{name[0]}",
        "3号楼",
        "三栋二单元",
        "3-2-501",
        elsewhere,
    ):
        refused = await secretary.do("publishWish", {"wish": wish, "publishedText": f"{leak}想要一张书桌"})
        assert [(each["code"], each["path"]) for each in refused["errors"]] == [("INVALID_INPUT", ["publishedText"])]
    for leak in ("13912345678", "139 1234 5678", "电话0991-1234567", "a@b.cn"):
        given = {"wish": wish, "publishedText": f"想要一张书桌，请联系{leak}"}
        assert await secretary.refused("publishWish", given) == "INVALID_INPUT"
    for leak in ("独居老人", "独 居老人", "流动人口家庭的孩子", "一个人住的奶奶"):
        given = {"wish": wish, "publishedText": f"{leak}想要一张书桌"}
        assert await secretary.refused("publishWish", given) == "INVALID_INPUT"
    assert await on_wall(worker, wish) is None
    await does(secretary, "publishWish", wish, publishedText="想要一张1米2的书桌")
    await does(worker, "claimWish", wish, volunteerName="李热心")
    for leak in (f"送到{name}家了", "李热心送到了", "放在2单元门口了"):
        assert await worker.refused("fulfilWish", {"wish": wish, "note": leak}) == "INVALID_INPUT"
        assert await worker.refused("noteWishProgress", {"wish": wish, "note": leak}) == "INVALID_INPUT"
        assert await worker.refused("releaseWish", {"wish": wish, "reason": leak}) == "INVALID_INPUT"
    assert (await on_wall(worker, wish))["statusLabel"] == "已认领"


@pytest.mark.long
async def test_somebody_without_an_account_wishes_by_a_code(tunping: Tunping) -> None:
    nobody = tunping.as_nobody()
    new = {"id": new_id("wish"), "body": "2号楼1单元 想要一台收音机", "code": DEMO_COUNTER_CODE, "wisherName": "赵"}
    answers = await asyncio.gather(*(nobody.do("proposeWish", new, "receiptCode wish { id }") for _ in range(20)))
    assert all(each == answers[0] for each in answers)
    assert answers[0]["errors"] == []
    assert answers[0]["wish"] is None
    told = (await nobody.ask(RECEIPT, code=answers[0]["receiptCode"])).data["wishReceipt"]
    assert told["body"] == new["body"]
    assert await nobody.refused("proposeWish", new | {"body": "别的"}) == "CONFLICT"
    assert await nobody.refused("proposeWish", new | {"id": new_id("wish"), "code": None}) == "INVALID_INPUT"
    assert await nobody.refused("proposeWish", new | {"id": new_id("wish"), "code": "NOTACODE"}) == "NOT_FOUND"
    assert await nobody.refused("publishWish", {"wish": new["id"], "publishedText": "一台收音机"}) == "UNAUTHENTICATED"


async def test_a_wish_that_is_declined_comes_off_the_wall_and_the_wisher_reads_why(tunping: Tunping) -> None:
    worker, leader = await tunping.as_("网格员01"), await tunping.as_("网格长01")
    wish, receipt = await proposed(worker)
    assert await worker.refused("publishWish", {"wish": wish, "publishedText": "想要一张书桌"}) == "NOT_ALLOWED"
    await does(leader, "publishWish", wish, publishedText="想要一张书桌")
    assert await does(leader, "declineWish", wish, reason="已经有邻居送了") is None
    assert await on_wall(worker, wish) is None
    told = (await tunping.as_nobody().ask(RECEIPT, code=receipt)).data["wishReceipt"]
    assert (told["statusLabel"], told["declineReason"]) == ("未采纳", "已经有邻居送了")
    assert "已经有邻居送了" not in str(told["steps"])
    assert await leader.refused("claimWish", {"wish": wish, "volunteerName": "李热心"}) == "WRONG_STATE"


@pytest.mark.long
async def test_an_organisation_claims_for_itself_alone_and_never_learns_whose_wish_it_is(tunping: Tunping) -> None:
    partner, other = await tunping.as_("物业公司01"), await tunping.as_("热力公司01")
    wish = await published(await tunping.as_("网格员01"))
    own = {
        each["name"]: each["id"]
        for each in (await partner.ask("{ organisations { nodes { id name } } }")).data["organisations"]["nodes"]
    }
    ours, theirs = (next(own[name] for name in own if word in name) for word in ("物业", "热力"))
    assert await partner.refused("claimWish", {"wish": wish, "organisation": theirs}) == "NOT_ALLOWED"
    assert await partner.refused("claimWish", {"wish": wish, "volunteerName": "李"}) == "NOT_ALLOWED"
    assert await partner.refused("claimWish", {"wish": wish}) == "INVALID_INPUT"
    both = {"wish": wish, "organisation": ours, "volunteerName": "李"}
    assert await partner.refused("claimWish", both) == "INVALID_INPUT"
    claimed = await partner.do("claimWish", {"wish": wish, "organisation": ours}, "wish { body } onWall { claimant }")
    assert claimed["wish"] is None
    assert "物业" in claimed["onWall"]["claimant"]
    await does(partner, "noteWishProgress", wish, note="师傅明天上门")
    assert await other.refused("noteWishProgress", {"wish": wish, "note": "我们来"}) == "NOT_FOUND"
    assert await other.refused("releaseWish", {"wish": wish}) == "NOT_FOUND"
    assert await partner.refused("fulfilWish", {"wish": wish}) == "NOT_ALLOWED"
    assert await does(partner, "releaseWish", wish, reason="人手不够") == {"statusLabel": "等待认领", "claimant": None}


@pytest.mark.long
async def test_an_organisation_learns_no_names_from_what_may_not_be_published(copy_url: str) -> None:
    """Its texts are refused or published alike, whoever lives in the home, and it cannot try many."""
    async with serving(copy_url, rates="reveals-by-account=8/hour") as client:
        worker, partner = await client.as_("网格员01"), await client.as_("物业公司01")
        home = await family(worker)
        wish, _ = await proposed(worker, household=home["id"])
        await does(await client.as_("书记01"), "publishWish", wish, publishedText="想要一张书桌")
        found = (await partner.ask("{ organisations { nodes { id name } } }")).data["organisations"]["nodes"]
        ours = next(each["id"] for each in found if "物业" in each["name"])
        await does(partner, "claimWish", wish, organisation=ours)
        name = home["residents"][0]["name"]
        told = set()
        for text in ("王奶奶李奶奶", "张爷爷刘爷爷陈爷爷", f"{name}的书桌"):
            for mutation, given in (("noteWishProgress", "note"), ("releaseWish", "reason")):
                (problem,) = (await partner.do(mutation, {"wish": wish, given: text}))["errors"]
                told.add((problem["code"], problem["message"]))
        assert told == {("INVALID_INPUT", "填写有误：公开的内容里有姓名或称呼。")}
        await does(partner, "noteWishProgress", wish, note=f"{name[1:]}，{name[0]}")
        await does(partner, "noteWishProgress", wish, note="师傅明天上门")
        assert await partner.refused("noteWishProgress", {"wish": wish, "note": f"{name}的书桌"}) == "TOO_MANY"
        for number in range(9):
            await does(worker, "noteWishProgress", wish, note=f"第{number}次联系了")
        await does(partner, "releaseWish", wish)


async def test_of_two_who_claim_at_once_one_does(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    wish = await published(worker)
    claims = [{"wish": wish, "volunteerName": f"志愿者{number}"} for number in range(8)]
    answers = await asyncio.gather(*(worker.do("claimWish", each, "wish { volunteerName }") for each in claims))
    refusals = [each["errors"][0]["code"] for each in answers if each["errors"]]
    assert refusals == ["WRONG_STATE"] * 7


async def test_everybody_in_the_community_hears_of_progress(copy_url: str) -> None:
    async with listening(copy_url) as client:
        worker = await client.as_("网格员01")
        wish, _ = await proposed(worker)
        query = "subscription { wishChanged { kindLabel note onWall { text statusLabel } wish { body } } }"
        async with phone(await client.as_("网格员14")) as far, phone(await client.as_("热力公司01")) as partner:
            for each in (far, partner):
                await each.subscribe(query)
            await subscribed(client, 2)
            await does(await client.as_("书记01"), "publishWish", wish, publishedText="想要一张书桌")
            await does(worker, "claimWish", wish, volunteerName="李热心")
            await does(worker, "fulfilWish", wish, note="送到了")
            heard = [[await each.receive() for _ in range(3)] for each in (far, partner)]
    for told in heard:
        events = [each["payload"]["data"]["wishChanged"] for each in told]
        assert [(each["kindLabel"], each["note"]) for each in events] == [
            ("心愿公布", None),
            ("心愿认领", None),
            ("心愿实现", "送到了"),
        ]
        assert all(each["wish"] is None and each["onWall"]["text"] == "想要一张书桌" for each in events)


async def test_a_retry_of_a_move_is_harmless_and_the_door_shows_open_wishes(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    home = (await family(worker))["id"]
    wish, _ = await proposed(worker, household=home)
    given = {"publishedText": "想要一张书桌", "act": new_id("act")}
    for _ in range(3):
        await does(secretary, "publishWish", wish, **given)
    again = {"wish": wish, **given, "publishedText": "想要一台电视"}
    assert await secretary.refused("publishWish", again) == "CONFLICT"
    door = "query($id: ID!) { doorstep(household: $id) { openWishes(first: 100) { nodes { id } } } }"
    shown = (await worker.ask(door, id=home)).data["doorstep"]["openWishes"]["nodes"]
    assert {"id": wish} in shown
    assert await worker.refused("claimWish", {"wish": new_id("wish"), "volunteerName": "李"}) == "NOT_FOUND"
    await does(secretary, "declineWish", wish, reason="重复")
    shown = (await worker.ask(door, id=home)).data["doorstep"]["openWishes"]["nodes"]
    assert {"id": wish} not in shown


async def test_only_an_organisation_or_a_branch_of_the_wishs_community_claims_it(small_copy_url: str) -> None:
    async with serving(small_copy_url) as tunping:
        pool, staff = tunping.app.state.owner, await tunping.as_("双社区01")
        wish = await pool.fetchrow("select id, community_id from wish where status = 'PUBLISHED' limit 1")
        branches = "select b.id from party_branch b join estate e on e.id = b.estate_id where e.community_id"
        ours, theirs = [
            f"partybranch_{await pool.fetchval(f'{branches} {which} $1 limit 1', wish['community_id'])}"
            for which in ("=", "<>")
        ]
        organisation = await pool.fetchval("select id from organisation where community_id <> $1", wish["community_id"])
        claim = {"wish": f"wish_{wish['id']}"}
        assert await staff.refused("claimWish", claim | {"partyBranch": theirs}) == "NOT_FOUND"
        assert await staff.refused("claimWish", claim | {"organisation": f"organisation_{organisation}"}) == "NOT_FOUND"
        assert await does(staff, "claimWish", claim["wish"], partyBranch=ours)
