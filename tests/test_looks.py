"""Reads of cases by partner organisations are on record, without whatever else the operation says."""

from typing import Any

import pytest

from tests.client import Tunping, listening, new_id, phone, subscribed

LOOKS = "query($id: ID!) { appeal(id: $id) { accessRecords { nodes { operation account { username } } } } }"


async def dispatched(tunping: Tunping, count: int = 1) -> list[str]:
    """New appeals of grid 01 that were dispatched to the heating company."""
    worker = await tunping.as_("网格员01")
    found = await worker.ask("{ organisations { nodes { id name } } households(first: 1) { nodes { id } } }")
    (company,) = (each["id"] for each in found.data["organisations"]["nodes"] if "热力" in each["name"])
    home = found.data["households"]["nodes"][0]["id"]
    ids = []
    for _ in range(count):
        given = {"id": new_id("appeal"), "household": home, "body": "家里暖气不热", "category": "HEATING"}
        assert (await worker.do("openAppeal", given))["errors"] == []
        assert (await worker.do("acceptAppeal", {"appeal": given["id"]}))["errors"] == []
        sent = {"appeal": given["id"], "organisation": company}
        assert (await worker.do("dispatchAppeal", sent))["errors"] == []
        ids.append(given["id"])
    return ids


async def looks(tunping: Tunping, appeal: str) -> list[str]:
    """The operations that looked at an appeal, latest first, as the secretary sees them."""
    answer = await (await tunping.as_("书记01")).ask(LOOKS, id=appeal)
    found: list[Any] = answer.data["appeal"]["accessRecords"]["nodes"]
    assert {each["account"]["username"] for each in found} <= {"热力公司01"}
    return [each["operation"] for each in found]


async def test_a_partners_reads_of_an_appeal_are_on_record_and_a_workers_are_not(tunping: Tunping) -> None:
    first, second = await dispatched(tunping, 2)
    partner, worker = await tunping.as_("热力公司01"), await tunping.as_("网格员01")
    assert await looks(tunping, first) == []
    await partner.ask("query TheAppeal($id: ID!) { appeal(id: $id) { body } }", id=first)
    await worker.ask("query Mine($id: ID!) { appeal(id: $id) { body } }", id=first)
    assert (await looks(tunping, first), await looks(tunping, second)) == (["TheAppeal"], [])
    await partner.ask("query Listed { appeals(first: 1) { nodes { id body } } }")
    assert (await looks(tunping, first), await looks(tunping, second)) == (["TheAppeal"], ["Listed"])
    await partner.ask("{ appeals(first: 1) { nodes { body } } }")
    assert (await looks(tunping, first), await looks(tunping, second)) == (
        ["appeals", "TheAppeal"],
        ["appeals", "Listed"],
    )
    assert (await partner.ask(LOOKS, id=first)).data["appeal"]["accessRecords"]["nodes"] == []


async def test_a_read_of_an_appeal_as_a_case_is_on_record(tunping: Tunping) -> None:
    first, second = await dispatched(tunping, 2)
    partner = await tunping.as_("热力公司01")
    await partner.ask("query AsCase($id: ID!) { case(id: $id) { phase } }", id=first)
    assert (await looks(tunping, first), await looks(tunping, second)) == (["AsCase"], [])
    on = "query Further($id: ID!) { case(id: $id) { timeline { nodes { case { id } } } } }"
    await partner.ask(on, id=first)
    assert (await looks(tunping, first), await looks(tunping, second)) == (["Further", "AsCase"], ["Further"])


async def test_what_a_partner_does_shows_the_appeal_too(tunping: Tunping) -> None:
    (appeal,) = await dispatched(tunping)
    partner = await tunping.as_("热力公司01")
    done = await partner.do("acceptDispatch", {"appeal": appeal}, "appeal { body }")
    assert (done["errors"], await looks(tunping, appeal)) == ([], ["acceptDispatch"])


LEADING_ON = [
    "query Asked($id: ID!) { appeal(id: $id) { building { appeals { nodes { body } } } } }",
    """query Asked($id: ID!) { node(id: $id) { ...A } } fragment A on Appeal { grid { ...G } }
        fragment G on Grid { appeals { nodes { body } } }""",
    "query Asked($id: ID!) { appeal(id: $id) { id } organisations { nodes { id } } appeals { nodes { id: body } } }",
]


@pytest.mark.long
@pytest.mark.parametrize("asked", LEADING_ON)
async def test_an_operation_that_goes_on_to_other_appeals_looks_at_all(tunping: Tunping, asked: str) -> None:
    first, second = await dispatched(tunping, 2)
    await (await tunping.as_("热力公司01")).ask(asked, id=first)
    assert (await looks(tunping, first), await looks(tunping, second)) == (["Asked"], ["Asked"])


NAMES = {
    "query TheAppeals2": "TheAppeals2",
    "query Q13900000000": "appeals",
    "query Q11010519491231002X": "appeals",
    "query": "appeals",
    "": "appeals",
}


@pytest.mark.parametrize("named", NAMES)
async def test_of_an_operation_only_a_plain_name_or_its_root_fields_are_kept(tunping: Tunping, named: str) -> None:
    (appeal,) = await dispatched(tunping)
    answer = await (await tunping.as_("热力公司01")).ask(
        named + ' { appeals(where: { text: "13900000000" }) { totalCount } }'
    )
    assert answer.status == 200
    assert await looks(tunping, appeal) == [NAMES[named]]
    async with tunping.app.state.database.connection() as connection:
        kept = await connection.fetch("select operation from look")
    assert not [each for each in kept if "1390000" in each["operation"]]


async def test_what_the_live_feed_shows_a_partner_is_on_record(copy_url: str) -> None:
    async with listening(copy_url) as client:
        (appeal,) = await dispatched(client)
        async with phone(await client.as_("热力公司01")) as feed:
            await feed.subscribe("subscription { appealChanged { appeal { id } } }")
            await subscribed(client)
            await (await client.as_("热力公司01")).do("acceptDispatch", {"appeal": appeal})
            told = await feed.receive()
            assert told["payload"]["data"]["appealChanged"]["appeal"]["id"] == appeal
        assert set(await looks(client, appeal)) == {"subscription"}
