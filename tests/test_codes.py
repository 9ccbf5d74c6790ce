"""Printed QR codes: issued, replaced, revoked, seen by the workers of their place."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rules.codes import CODE_LENGTH, CODE_LETTERS
from tests.client import Tunping, new_id, serving
from tests.paging import Page

PUBLIC = "https://tunping.example"
CODE = "qrCode { id code url target place issuedBy { username } revokedAt reason replaces { id } }"


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    """The application, which knows its public address."""
    async with serving(copy_url, public_url=PUBLIC) as client:
        yield client


@pytest.fixture
async def bare(tunping: Tunping) -> Any:
    """A home of 网格员01 that has no code."""
    return await tunping.app.state.owner.fetchrow(
        """select 'household_' || h.id as id, b.label || h.unit || '单元' || h.room as address,
            'building_' || b.id as building, b.number
        from household h join building b on b.id = h.building_id
        join assignment s on s.grid_id = h.grid_id join account a on a.id = s.account_id
        where a.username = '网格员01' and s.ends_on is null
            and not exists (select from qr_code q where q.household_id = h.id)
        order by b.number, h.unit, h.floor, h.room limit 1"""
    )


async def issue(worker: Tunping, home: Any) -> Any:
    """A new code for a home."""
    made = await worker.do("issueQrCode", {"id": new_id("qrcode"), "household": home["id"]}, CODE)
    assert made["errors"] == []
    return made["qrCode"]


async def report(tunping: Tunping, code: str, body: str = "水管漏水") -> Any:
    """What a resident without an account sends by a code."""
    new = {"id": new_id("appeal"), "code": code, "body": body}
    made = await tunping.as_nobody().do("openAppeal", new, "receiptCode")
    return made["errors"][0]["code"] if made["errors"] else made["receiptCode"]


async def place_of(tunping: Tunping, receipt: str) -> tuple[Any, ...]:
    """Which building, unit and room an appeal was bound to."""
    row = await tunping.app.state.owner.fetchrow(
        """select b.number, a.unit, h.room, a.source from appeal a join building b on b.id = a.building_id
        left join household h on h.id = a.household_id where a.receipt_code = $1""",
        receipt,
    )
    return tuple(row)


async def told(tunping: Tunping, home: Any) -> list[tuple[str, str, str]]:
    """What the journal says about the codes of a home."""
    rows = await tunping.app.state.owner.fetch(
        """select j.kind, a.username, j.note from journal j join account a on a.id = j.actor_id
        where 'household_' || j.household_id = $1 and j.kind like 'QR_CODE%' order by j.id""",
        home["id"],
    )
    return [tuple(row) for row in rows]


async def test_a_home_gets_a_code_by_which_its_people_report(tunping: Tunping, bare: Any) -> None:
    worker = await tunping.as_("网格员01")
    code = await issue(worker, bare)
    assert (code["place"], code["target"], code["revokedAt"]) == (bare["address"], "HOUSEHOLD", None)
    assert code["issuedBy"] == {"username": "网格员01"}
    assert code["url"] == f"{PUBLIC}/q/{code['code']}"
    number, unit, room, source = await place_of(tunping, await report(tunping, code["code"]))
    assert (f"金穗家园{number}号楼{unit}单元{room}", source) == (bare["address"], "QR_HOME")
    assert await told(tunping, bare) == [("QR_CODE_ISSUED", "网格员01", bare["address"])]


async def test_a_code_is_random_each_time(tunping: Tunping, bare: Any) -> None:
    worker, drawn = await tunping.as_("网格员01"), set()
    current = await issue(worker, bare)
    for _ in range(5):
        step = {"id": new_id("qrcode"), "qrCode": current["id"], "reason": "更换"}
        current = (await worker.do("replaceQrCode", step, CODE))["qrCode"]
        drawn.add(current["code"])
    assert len(drawn) == 5
    assert all(len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) for code in drawn)


async def test_a_retry_is_the_same_act_and_other_content_a_conflict(tunping: Tunping, bare: Any) -> None:
    worker, new = await tunping.as_("网格员01"), {"id": new_id("qrcode"), "household": bare["id"]}
    first, second = [await worker.do("issueQrCode", new, CODE) for _ in range(2)]
    assert first == second
    assert await worker.refused("issueQrCode", {"id": new["id"], "building": bare["building"]}) == "CONFLICT"
    step = {"id": new_id("qrcode"), "qrCode": new["id"], "reason": "撕毁"}
    replaced = [await worker.do("replaceQrCode", step, CODE) for _ in range(2)]
    assert replaced[0] == replaced[1]
    assert await worker.refused("replaceQrCode", step | {"reason": "别的"}) == "CONFLICT"
    end = {"act": new_id("act"), "qrCode": step["id"], "reason": "搬空"}
    assert [(await worker.do("revokeQrCode", end))["errors"] for _ in range(2)] == [[], []]


async def test_where_one_works_another_is_refused_until_it_is_revoked(tunping: Tunping, bare: Any) -> None:
    worker = await tunping.as_("网格员01")
    code = await issue(worker, bare)
    again = {"id": new_id("qrcode"), "household": bare["id"]}
    assert await worker.refused("issueQrCode", again) == "INVALID_INPUT"
    await worker.do("revokeQrCode", {"qrCode": code["id"], "reason": "贴错门"})
    assert (await worker.do("issueQrCode", again, CODE))["errors"] == []


async def test_a_replaced_code_refuses_at_once_and_its_history_stays(tunping: Tunping, bare: Any) -> None:
    worker = await tunping.as_("网格员01")
    old = await issue(worker, bare)
    step = {"id": new_id("qrcode"), "qrCode": old["id"], "reason": "被人撕掉"}
    new = (await worker.do("replaceQrCode", step, CODE))["qrCode"]
    assert await report(tunping, old["code"]) == "NOT_FOUND"
    assert (await place_of(tunping, await report(tunping, new["code"])))[3] == "QR_HOME"
    assert (new["replaces"], new["place"]) == ({"id": old["id"]}, bare["address"])
    query = """query($id: ID!) { qrCode(id: $id) { revokedAt revokedBy { username } reason replacedBy { id } } }"""
    history = (await worker.ask(query, id=old["id"])).data["qrCode"]
    assert history.pop("revokedAt") is not None
    assert history == {"revokedBy": {"username": "网格员01"}, "reason": "被人撕掉", "replacedBy": {"id": new["id"]}}
    assert (await told(tunping, bare))[-1] == ("QR_CODE_REPLACED", "网格员01", "被人撕掉")


async def test_a_revoked_code_refuses_at_once_and_is_not_revoked_again(tunping: Tunping, bare: Any) -> None:
    worker = await tunping.as_("网格员01")
    code = await issue(worker, bare)
    step = {"qrCode": code["id"], "reason": "无人居住"}
    revoked = (await worker.do("revokeQrCode", step, CODE))["qrCode"]
    assert revoked["reason"] == "无人居住"
    assert await report(tunping, code["code"]) == "NOT_FOUND"
    assert await worker.refused("revokeQrCode", step) == "WRONG_STATE"
    replacing = {"id": new_id("qrcode"), "qrCode": code["id"], "reason": "更换"}
    assert await worker.refused("replaceQrCode", replacing) == "WRONG_STATE"
    assert (await told(tunping, bare))[-1] == ("QR_CODE_REVOKED", "网格员01", "无人居住")


async def test_of_two_who_replace_at_the_same_moment_one_wins(tunping: Tunping, bare: Any) -> None:
    worker, leader = await tunping.as_("网格员01"), await tunping.as_("书记01")
    old = await issue(worker, bare)
    steps = [{"id": new_id("qrcode"), "qrCode": old["id"], "reason": "更换"} for _ in range(2)]
    racing = (each.do("replaceQrCode", step, CODE) for each, step in zip((worker, leader), steps, strict=True))
    first, second = await asyncio.gather(*racing)
    won, lost = (first, second) if first["qrCode"] else (second, first)
    assert [problem["code"] for problem in lost["errors"]] == ["WRONG_STATE"]
    assert lost["qrCode"] is None
    query = "query($b: ID!) { qrCodes(first: 100, where: {building: $b, live: true}) { nodes { code place } } }"
    live = (await worker.ask(query, b=bare["building"])).data["qrCodes"]["nodes"]
    assert [each["code"] for each in live if each["place"] == bare["address"]] == [won["qrCode"]["code"]]


async def test_a_report_that_comes_while_its_code_is_replaced_is_refused(tunping: Tunping, bare: Any) -> None:
    code = (await issue(await tunping.as_("网格员01"), bare))["code"]
    pool = tunping.app.state.owner
    async with pool.acquire() as other, other.transaction():
        await other.execute("update qr_code set revoked_at = now() where code = $1", code)
        reporting = asyncio.create_task(report(tunping, code))
        while not await pool.fetchval("select 1 from pg_locks where not granted and locktype = 'transactionid'"):
            assert not reporting.done()
    assert await reporting == "NOT_FOUND"


async def test_a_resident_without_an_account_neither_sees_nor_keeps_codes(tunping: Tunping, bare: Any) -> None:
    new = {"id": new_id("qrcode"), "building": bare["building"]}
    assert await tunping.as_nobody().refused("issueQrCode", new) == "UNAUTHENTICATED"
    assert (await tunping.as_nobody().ask("{ qrCodes { totalCount } }")).code == "UNAUTHENTICATED"


async def test_building_heads_neither_see_nor_keep_codes(tunping: Tunping, bare: Any) -> None:
    worker = await tunping.as_("网格员01")
    code = await issue(worker, bare)
    other = await tunping.as_("联户长03")
    assert await other.refused("issueQrCode", {"id": new_id("qrcode"), "building": bare["building"]}) == "NOT_ALLOWED"
    step = {"qrCode": code["id"], "reason": "更换"}
    assert await other.refused("replaceQrCode", step | {"id": new_id("qrcode")}) == "NOT_ALLOWED"
    assert await other.refused("revokeQrCode", step) == "NOT_ALLOWED"
    assert (await other.ask("{ qrCodes { totalCount } }")).data["qrCodes"]["totalCount"] == 0
    assert (await report(tunping, code["code"])) != "NOT_FOUND"


async def test_a_worker_of_another_grid_finds_no_code(tunping: Tunping, bare: Any) -> None:
    worker, elsewhere = await tunping.as_("网格员01"), await tunping.as_("网格员12")
    code = await issue(worker, bare)
    step = {"qrCode": code["id"], "reason": "更换"}
    assert await elsewhere.refused("revokeQrCode", step) == "NOT_FOUND"
    assert await elsewhere.refused("replaceQrCode", step | {"id": new_id("qrcode")}) == "NOT_FOUND"
    assert await elsewhere.refused("issueQrCode", {"id": new_id("qrcode"), "building": bare["building"]}) == "NOT_FOUND"
    query = "query($id: ID!) { qrCode(id: $id) { code } }"
    assert (await elsewhere.ask(query, id=code["id"])).data == {"qrCode": None}
    assert (await worker.ask(query, id=code["id"])).data == {"qrCode": {"code": code["code"]}}


async def test_counters_are_the_communitys(tunping: Tunping) -> None:
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("书记01")
    new = {"id": new_id("qrcode"), "counter": "二号窗口"}
    assert await worker.refused("issueQrCode", new) == "NOT_ALLOWED"
    code = (await staff.do("issueQrCode", new, CODE))["qrCode"]
    assert (code["target"], code["place"]) == ("COUNTER", "二号窗口")
    assert await worker.refused("revokeQrCode", {"qrCode": code["id"], "reason": "撤柜"}) == "NOT_ALLOWED"
    assert await place_of(tunping, await report(tunping, code["code"], "三号楼二单元停水")) == (
        3,
        2,
        None,
        "QR_COUNTER",
    )
    assert (await staff.do("revokeQrCode", {"qrCode": code["id"], "reason": "撤柜"}))["errors"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"counter": "柜台", "building": "building_0199f0c2-0000-7000-8000-000000000000"}, "INVALID_INPUT"),
        ({"counter": "  "}, "INVALID_INPUT"),
        ({"counter": "长" * 101}, "TOO_LONG"),
        ({"household": "household_0199f0c2-0000-7000-8000-000000000000"}, "NOT_FOUND"),
        ({"building": "household_0199f0c2-0000-7000-8000-000000000000"}, "MALFORMED_ID"),
        ({"counter": "柜台", "community": "community_0199f0c2-0000-7000-8000-000000000000"}, "NOT_FOUND"),
    ],
)
async def test_a_code_is_for_one_place_that_exists(tunping: Tunping, change: Any, code: str) -> None:
    before = await tunping.count("qr_code"), await tunping.count("journal")
    staff = await tunping.as_("书记01")
    assert await staff.refused("issueQrCode", {"id": new_id("qrcode")} | change) == code
    assert (await tunping.count("qr_code"), await tunping.count("journal")) == before


async def test_a_reason_is_needed(tunping: Tunping, bare: Any) -> None:
    worker = await tunping.as_("网格员01")
    code = await issue(worker, bare)
    assert await worker.refused("revokeQrCode", {"qrCode": code["id"], "reason": " "}) == "INVALID_INPUT"
    assert len(await report(tunping, code["code"])) == 10


SHOP = """select 'premises_' || p.id as id, p.name, 'grid_' || g.id as grid, g.name as grid_name from premises p
    join grid g on g.id = p.grid_id join assignment s on s.grid_id = p.grid_id join account a on a.id = s.account_id
    where a.username = $1 and s.ends_on is null and p.kind = 'SHOP' order by p.name limit 1"""


async def test_a_shop_gets_a_code_and_what_it_reports_concerns_the_shop(tunping: Tunping) -> None:
    worker, pool = await tunping.as_("网格员01"), tunping.app.state.owner
    shop = await pool.fetchrow(SHOP, "网格员01")
    new = {"id": new_id("qrcode"), "premises": shop["id"]}
    made = (
        await worker.do("issueQrCode", new, "qrCode { code target targetLabel place premises { id } building { id } }")
    )["qrCode"]
    code = made.pop("code")
    assert made == {
        "target": "PREMISES",
        "targetLabel": "企业商铺",
        "place": shop["name"],
        "premises": {"id": shop["id"]},
        "building": None,
    }
    page = await Page.open(tunping, f"/q/{code}")
    assert (page.status, shop["name"] in page.text, "在哪里？" in page.text) == (200, True, False)
    receipt = await page.send(body="门口的下水道堵了，1号楼也有味道")
    assert shop["name"] in receipt.text
    appeal = await pool.fetchrow(
        """select 'premises_' || premises_id, 'grid_' || grid_id, building_id, source from appeal
        where receipt_code = $1""",
        receipt.path.removeprefix("/r/"),
    )
    assert tuple(appeal) == (shop["id"], shop["grid"], None, "QR_HOME")
    again = {"id": new_id("qrcode"), "premises": shop["id"]}
    assert await worker.refused("issueQrCode", again) == "INVALID_INPUT"
    step = {"id": new_id("qrcode"), "qrCode": new["id"], "reason": "褪色了"}
    assert (await worker.do("replaceQrCode", step, "qrCode { target premises { id } }"))["qrCode"] == {
        "target": "PREMISES",
        "premises": {"id": shop["id"]},
    }
    assert (await Page.open(tunping, f"/q/{code}")).status == 404
    entries = """select kind from journal where 'grid_' || grid_id = $1 and kind like 'QR_CODE%'
        and note in ($2, '褪色了') order by id"""
    assert [row[0] for row in await pool.fetch(entries, shop["grid"], shop["name"])] == [
        "QR_CODE_ISSUED",
        "QR_CODE_REPLACED",
    ]


async def test_the_code_of_a_shop_is_kept_and_seen_by_the_workers_of_its_grid(tunping: Tunping) -> None:
    shop = await tunping.app.state.owner.fetchrow(SHOP, "网格员03")
    new = {"id": new_id("qrcode"), "premises": shop["id"]}
    for stranger, refusal in (("网格员12", "NOT_FOUND"), ("联户长03", "NOT_ALLOWED")):
        assert await (await tunping.as_(stranger)).refused("issueQrCode", new) == refusal
    assert (await (await tunping.as_("网格员03")).do("issueQrCode", new))["errors"] == []
    query = "query($shop: ID!) { qrCodes(where: {premises: $shop}) { nodes { place } } }"
    for who, sees in (("网格员03", [{"place": shop["name"]}]), ("网格员12", [])):
        assert (await (await tunping.as_(who)).ask(query, shop=shop["id"])).data["qrCodes"]["nodes"] == sees


async def test_of_two_who_issue_a_code_for_a_shop_one_is_refused(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员02")
    shop = await tunping.app.state.owner.fetchrow(SHOP, "网格员02")
    both = [worker.do("issueQrCode", {"id": new_id("qrcode"), "premises": shop["id"]}) for _ in range(2)]
    assert sorted(len(made["errors"]) for made in await asyncio.gather(*both)) == [0, 1]
