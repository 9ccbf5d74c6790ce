"""Devices of an account: a person sees, names and signs out their own, and is told of a new one."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from seeds.known import DEMO_PASSWORD
from tests.client import Clock, Tunping, new_id, serving

DEVICES = "{ me { devices { id name firstSeenAt lastUsedAt isNew isSignedIn } } }"
GATEWAY: dict[str, Any] = {"sms_url": "https://sms.example.cn"}
TEXTS = "select to_phone, body from message where to_phone = '13900000009' order by created_at"


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.turn(timedelta())  # It stands still.
    return clock


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application with a gateway for text messages; nothing sends them."""
    async with serving(copy_url, clock, **GATEWAY) as client:
        yield client


async def token(client: Tunping, **form: str) -> Any:
    return (await client.http.post("/auth/token", data=form)).json()


async def sign_in(client: Tunping, username: str, device: str, **more: str) -> tuple[Tunping, Any]:
    """The client of a device, and the answer to its sign-in."""
    form = {"grant_type": "password", "username": username, "password": DEMO_PASSWORD, "device": device}
    answer = await token(client, **form, **more)
    return Tunping(client.app, client.http, answer["access_token"]), answer


async def devices(client: Tunping) -> Any:
    return (await client.ask(DEVICES)).data["me"]["devices"]


async def names(client: Tunping) -> list[tuple[str, bool]]:
    return [(each["name"], each["isNew"]) for each in await devices(client)]


async def test_a_person_sees_where_they_are_signed_in_and_what_is_new(tunping: Tunping, clock: Clock) -> None:
    first, begun = await sign_in(tunping, "网格员01", "vivo Y36")
    clock.turn(timedelta(minutes=1))
    _, second = await sign_in(tunping, "网格员01", "办公室电脑")
    assert await names(first) == [("vivo Y36", False), ("办公室电脑", True)]
    assert [each["id"] for each in await devices(first)] == [begun["device"], second["device"]]


async def test_it_is_told_when_a_device_was_used_last(tunping: Tunping, clock: Clock) -> None:
    client, answer = await sign_in(tunping, "网格员02", "vivo Y36")
    (before,) = await devices(client)
    clock.turn(timedelta(minutes=5))
    renewed = await token(client, grant_type="refresh_token", refresh_token=answer["refresh_token"])
    (after,) = await devices(client)
    assert (after["firstSeenAt"], renewed["device"]) == (before["lastUsedAt"], answer["device"])
    assert after["lastUsedAt"] > before["lastUsedAt"]


async def test_a_known_device_stays_one_device_and_keeps_its_name(tunping: Tunping) -> None:
    client, answer = await sign_in(tunping, "网格员03", "vivo Y36")
    given = {"device": answer["device"], "name": "张三的手机"}
    assert (await client.do("confirmDevice", given, "device { name }"))["device"] == {"name": "张三的手机"}
    _, again = await sign_in(tunping, "网格员03", "vivo", earlier_refresh_token=answer["refresh_token"])
    assert again["device"] == answer["device"]
    assert await names(client) == [("张三的手机", False)]


async def test_a_person_says_that_a_new_device_is_their_own(tunping: Tunping) -> None:
    client, _ = await sign_in(tunping, "网格员04", "vivo Y36")
    _, second = await sign_in(tunping, "网格员04", "办公室电脑")
    for _ in range(2):
        done = await client.do("confirmDevice", {"device": second["device"]}, "device { name isNew }")
        assert done == {"device": {"name": "办公室电脑", "isNew": False}, "errors": []}


@pytest.mark.long
async def test_a_device_that_is_signed_out_is_refused_listed_no_more_and_no_longer_known(tunping: Tunping) -> None:
    client, _ = await sign_in(tunping, "网格员05", "vivo Y36")
    _, lost = await sign_in(tunping, "网格员05", "丢失的手机")
    for _ in range(2):
        done = await client.do("signOutDevice", {"device": lost["device"]}, "device { isSignedIn }")
        assert done == {"device": {"isSignedIn": False}, "errors": []}
    refreshed = await token(client, grant_type="refresh_token", refresh_token=lost["refresh_token"])
    assert refreshed["error"] == "invalid_grant"
    assert await names(client) == [("vivo Y36", False)]
    _, again = await sign_in(tunping, "网格员05", "丢失的手机", earlier_refresh_token=lost["refresh_token"])
    assert again["device"] != lost["device"]
    ended = "select count(*) from account_event where kind = 'SIGNED_OUT' and account_id = $1"
    own = await tunping.app.state.owner.fetchval("select id from account where username = '网格员05'")
    assert await tunping.app.state.owner.fetchval(ended, own) == 1


async def test_a_session_that_ran_out_is_not_listed(tunping: Tunping, clock: Clock) -> None:
    await sign_in(tunping, "网格员06", "vivo Y36")
    clock.turn(timedelta(days=7))
    client, _ = await sign_in(tunping, "网格员06", "办公室电脑")
    assert await names(client) == [("办公室电脑", True)]


async def test_nobody_sees_names_or_ends_the_devices_of_another(tunping: Tunping) -> None:
    client, answer = await sign_in(tunping, "网格员07", "vivo Y36")
    device, secretary = answer["device"], await tunping.as_("书记01")
    account = (await client.ask("{ me { id } }")).data["me"]["id"]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Account { username devices { id } } } }"
    assert (await client.ask(query, ids=[account])).data["nodes"][0]["devices"] == [{"id": device}]
    seen = (await secretary.ask(query, ids=[account, device])).data["nodes"]
    assert seen == [{"username": "网格员07", "devices": []}, None]
    for missing in (device, new_id("device")):
        assert await secretary.refused("signOutDevice", {"device": missing}) == "NOT_FOUND"
        assert await secretary.refused("confirmDevice", {"device": missing, "name": "我的"}) == "NOT_FOUND"
    assert await tunping.as_nobody().refused("signOutDevice", {"device": device}) == "UNAUTHENTICATED"
    renewed = await token(tunping, grant_type="refresh_token", refresh_token=answer["refresh_token"])
    assert renewed["device"] == device


@pytest.mark.long
async def test_who_keeps_an_account_signs_out_one_of_its_devices(tunping: Tunping) -> None:
    kept, answer = await sign_in(tunping, "网格员10", "办公室电脑")
    _, lost = await sign_in(tunping, "网格员10", "丢失的手机")
    account = (await kept.ask("{ me { id } }")).data["me"]["id"]
    query = "query($id: ID!) { node(id: $id) { ... on Account { signedInDevices { device name } } } }"

    async def told(who: str) -> Any:
        return (await (await tunping.as_(who)).ask(query, id=account)).data["node"]["signedInDevices"]

    both = [{"device": answer["device"], "name": "办公室电脑"}, {"device": lost["device"], "name": "丢失的手机"}]
    for who, seen in (
        ("社区01", both),
        ("书记01", both),
        ("管理员", both),
        ("网格员10", []),
        ("网格长01", []),
        ("热力公司01", []),
    ):
        found = await told(who)
        assert [each for each in found if each in both] == seen, who
    staff = await tunping.as_("社区01")
    for wrong in (new_id("device"), (await sign_in(tunping, "网格员11", "别人的"))[1]["device"]):
        assert await staff.refused("signOutAccount", {"account": account, "device": wrong}) == "NOT_FOUND"
    for _ in range(2):
        assert (await staff.do("signOutAccount", {"account": account, "device": lost["device"]}))["errors"] == []
    assert both[1] not in await told("社区01")
    renewed = await token(tunping, grant_type="refresh_token", refresh_token=lost["refresh_token"])
    assert renewed["error"] == "invalid_grant"
    renewed = await token(tunping, grant_type="refresh_token", refresh_token=answer["refresh_token"])
    assert renewed["device"] == answer["device"]


@pytest.mark.parametrize(("name", "code"), [("", "INVALID_INPUT"), ("机" * 101, "TOO_LONG")])
async def test_a_device_has_a_name_of_one_line(tunping: Tunping, name: str, code: str) -> None:
    client, answer = await sign_in(tunping, "网格员08", "vivo Y36")
    assert await client.refused("confirmDevice", {"device": answer["device"], "name": name}) == code


@pytest.mark.long
async def test_a_text_message_tells_of_a_new_device_and_not_what_it_calls_itself(
    tunping: Tunping, clock: Clock
) -> None:
    fetch = tunping.app.state.owner.fetch
    await fetch("update account set phone = '13900000009' where username = '网格员09'")
    _, first = await sign_in(tunping, "网格员09", "vivo Y36")
    assert await fetch(TEXTS) == []
    await sign_in(tunping, "网格员09", "vivo Y36", earlier_refresh_token=first["refresh_token"])
    assert await fetch(TEXTS) == []
    await sign_in(tunping, "网格员09", "http://evil.example")
    ((to, body),) = await fetch(TEXTS)
    assert (to, "新设备" in body, "evil" in body) == ("13900000009", True, False)
    assert body.startswith("【屯坪社区】")
    await sign_in(tunping, "网格员09", "another")
    assert len(await fetch(TEXTS)) == 1
    clock.turn(timedelta(hours=1))
    await sign_in(tunping, "网格员09", "a third")
    assert len(await fetch(TEXTS)) == 2


async def test_without_a_gateway_nobody_waits_for_a_text_message(copy_url: str, clock: Clock) -> None:
    async with serving(copy_url, clock) as client:
        fetch = client.app.state.owner.fetch
        await fetch("update account set phone = '13900000010' where username = '网格员10'")
        for name in ("vivo Y36", "办公室电脑"):
            await sign_in(client, "网格员10", name)
        assert await fetch("select 1 from message where to_phone = '13900000010'") == []
