"""How pushes are sent: once by two workers, again after a crash, never for ever, and not where they should not go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from api.background.gateways import Gateway
from api.background.push import OF_A_HOST, REST, gateway_secret
from db import pushing as pushing_module
from db.pushing import KEPT, LEASE, Leased, forget_pushes, lease, note_gone
from rules.push import MOST_DEVICES, WAITS
from tests.client import SECRET, Clock, Tunping, new_id, serving
from tests.push_services import KEY, Phone, PushService, certificate, pushing, sender
from tests.test_devices import sign_in
from tests.test_push import opened
from tests.test_worker import QUIET, until, workers

STATE = """select p.tries, p.last_error, num_nonnulls(p.sent_at) as sent, num_nonnulls(p.parked_at) as parked
    from push p join push_subscription s on s.id = p.subscription_id
    where 'device_' || s.device_id = $1 order by p.id"""
REACHED = "query($text: String) { accounts(where: {text: $text}) { nodes { reachableBy } } }"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application with a key for Web Push. Nobody else has a subscription, and nothing waits."""
    async with serving(copy_url, clock, token_seconds=10**7, push_key=KEY) as client:
        await sender(client, clock).send()
        yield client
        await client.app.state.owner.execute("delete from push_subscription")


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with pushing() as found:
        yield found


async def state(phone: Phone) -> list[tuple[Any, ...]]:
    """The tries, the error, and whether it was sent or parked, of each push to a phone."""
    return [tuple(row) for row in await phone.client.app.state.owner.fetch(STATE, phone.device)]


async def works(phone: Phone) -> bool:
    (found,) = (await phone.client.ask("{ me { devices { id isPushed } } }")).data["me"]["devices"][-1:]
    return bool(found["isPushed"])


async def test_two_workers_at_once_send_a_push_once(tunping: Tunping, clock: Clock, service: PushService) -> None:
    phones = [await Phone.of(tunping, "网格员01", service) for _ in range(3)]
    await opened(tunping)
    await asyncio.gather(*(sender(tunping, clock).send() for _ in range(2)))
    assert [len(phone.posts()) for phone in phones] == [1, 1, 1]
    assert await state(phones[0]) == [(1, None, 1, 0)]


async def test_a_push_whose_worker_died_is_tried_again_and_replaces_itself(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phone = await Phone.of(tunping, "网格员01", service)
    await opened(tunping)
    service.before = asyncio.Event().wait
    dying = asyncio.create_task(sender(tunping, clock).send())
    await service.tried.wait()
    dying.cancel()
    with suppress(asyncio.CancelledError):
        await dying
    service.before = None
    await sender(tunping, clock).send()
    assert await state(phone) == [(1, None, 0, 0)]
    clock.turn(LEASE)
    await sender(tunping, clock).send()
    assert await state(phone) == [(2, None, 1, 0)]
    first, second = phone.posts()
    assert first.headers["topic"] == second.headers["topic"]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone_is_removed(
    tunping: Tunping, clock: Clock, service: PushService, status: int
) -> None:
    phone, service.status = await Phone.of(tunping, "网格员01", service), status
    await opened(tunping)
    await sender(tunping, clock).send()
    assert await state(phone) == []
    assert not await works(phone)
    await opened(tunping)
    await sender(tunping, clock).send()
    assert len(phone.posts()) == 1


async def test_a_new_subscription_outlives_the_end_of_the_one_before(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phone = await Phone.of(tunping, "网格员01", service)
    await opened(tunping)
    await sender(tunping, clock)._collect()
    due: Leased | None = (await tunping.transact(partial(lease, busy=[])))[0]
    assert due is not None
    phone.name = "renewed"
    assert (await phone.subscribe())["errors"] == []
    await tunping.transact(partial(note_gone, sent=due))
    clock.turn(WAITS[0])
    await sender(tunping, clock).send()
    assert len(phone.got()) == 1
    assert await works(phone)


async def test_a_service_that_asks_for_patience_gets_it(tunping: Tunping, clock: Clock, service: PushService) -> None:
    phone, sending = await Phone.of(tunping, "网格员01", service), sender(tunping, clock)
    service.status, service.more = 429, "retry-after: 600\r\n"
    await opened(tunping)
    await sending.send()
    await opened(tunping)
    service.status = 201
    clock.turn(timedelta(seconds=599))
    await sending.send()
    assert len(phone.posts()) == 1
    clock.turn(timedelta(seconds=1))
    await sending.send()
    assert [each[2] for each in await state(phone)] == [1, 1]


@pytest.mark.long
async def test_a_push_is_parked_after_its_last_try_and_the_office_sees_who_cannot_be_reached(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phone, office = await Phone.of(tunping, "网格员02", service), await tunping.as_("书记01")
    await tunping.app.state.owner.execute("update account set phone = null where username = '网格员02'")
    home = "{ grids(first: 100) { nodes { workers { username } buildings(first: 1) { nodes { id } } } } }"
    assert await reached(office, "网格员02") == ["PUSH"]
    assert await reached(phone.client, "网格员02") == []
    grids = (await office.ask(home)).data["grids"]["nodes"]
    (own,) = (each for each in grids if {"username": "网格员02"} in each["workers"])
    new = {"id": new_id("appeal"), "body": "路灯不亮", "building": own["buildings"]["nodes"][0]["id"]}
    assert (await office.do("openAppeal", new))["errors"] == []
    service.status = 500
    for wait in WAITS:
        await sender(tunping, clock).send()
        clock.turn(wait)
    (last,) = await state(phone)
    assert last[1:] == ("HTTP 500", 0, 1)
    assert len(phone.posts()) == last[0] == len(WAITS)
    assert await reached(office, "网格员02") == []
    assert (await phone.subscribe())["device"] == {"isPushed": True}
    assert await reached(office, "网格员02") == ["PUSH"]
    await tunping.app.state.owner.execute("update account set phone = '13900000012' where username = '网格员02'")
    assert await reached(office, "网格员02") == ["PUSH", "PHONE"]


async def reached(who: Tunping, username: str) -> list[str]:
    """The ways by which somebody can be reached, as another one sees it."""
    (found,) = (await who.ask(REACHED, text=username)).data["accounts"]["nodes"]
    ways: list[str] = found["reachableBy"]
    return ways


async def test_a_refusal_that_no_retry_cures_is_not_tried_again(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phone, service.status = await Phone.of(tunping, "网格员01", service), 403
    await opened(tunping)
    await sender(tunping, clock).send()
    assert await state(phone) == [(1, "HTTP 403", 0, 1)]
    assert not await works(phone)


@pytest.mark.long
async def test_a_service_that_hangs_does_not_delay_the_others(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    stuck = [await Phone.of(tunping, "网格员01", service) for _ in range(OF_A_HOST + 2)]
    await tunping.app.state.owner.execute("update push_subscription set host = 'stuck.example.cn'")
    async with pushing() as other:
        service.before = asyncio.Event().wait
        await opened(tunping)
        sending = asyncio.create_task(sender(tunping, clock).send())
        await service.tried.wait()
        well = await Phone.of(tunping, "网格员01", other)
        await opened(tunping)
        await other.tried.wait()
        assert len(well.got()) == 1
        assert sum(len(each.posts()) for each in stuck) == OF_A_HOST
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending


async def test_nothing_is_sent_to_a_private_address_and_its_service_rests(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phone, sending = await Phone.of(tunping, "网格员01", service), sender(tunping, clock, private=False)
    await opened(tunping)
    await sending.send()
    assert await state(phone) == [(1, "ForbiddenAddress", 0, 0)]
    assert sending.resting == {"127.0.0.1": clock() + REST}
    assert service.tries == []


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "http://push.example.cn/1"},
        {"endpoint": "https://user:word@push.example.cn/1"},
        {"endpoint": "https://"},
        {"p256dh": "BAAA"},
        {"p256dh": "B" + "A" * 86},
        {"p256dh": "电" * 87},
        {"auth": "AAAA"},
        {"auth": None},
        {"service": "huawei"},
        {"service": "huawei", "token": "0123456789"},
    ],
)
async def test_what_no_browser_gives_is_refused_by_its_path(
    tunping: Tunping, service: PushService, changed: dict[str, Any]
) -> None:
    client, answer = await sign_in(tunping, "网格员03", "vivo Y36")
    phone = Phone(client, answer["device"], service)
    (problem,) = (await phone.subscribe(**changed))["errors"]
    (field, value), *more = changed.items()
    assert problem["code"] == "INVALID_INPUT"
    assert problem["path"] == ([] if value is None or more or field == "service" else [field])
    assert not await works(phone)


async def test_a_subscription_ends_with_its_session_and_comes_back_when_it_is_sent_again(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phone = await Phone.of(tunping, "网格员01", service)
    await opened(tunping)
    assert (await phone.client.do("signOutDevice", {"device": phone.device}))["errors"] == []
    await sender(tunping, clock).send()
    assert phone.posts() == []
    (refused,) = (await phone.subscribe())["errors"]
    assert (refused["code"], refused["path"]) == ("WRONG_STATE", ["device"])
    assert await tunping.transact(forget_pushes) == 1
    other = await Phone.of(tunping, "网格员01", service)
    await opened(tunping)
    assert (await other.client.do("endPushes", {"device": other.device}))["errors"] == []
    await sender(tunping, clock).send()
    assert other.posts() == []


async def test_what_waits_is_dropped_when_a_post_ends_or_an_account_is_disabled(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    """Queued while they saw it, and not sent when they do not any more."""
    owner = tunping.app.state.owner
    one, two = await Phone.of(tunping, "网格员01", service), await Phone.of(tunping, "网格长01", service)
    await opened(tunping, urgency="URGENT")
    await sender(tunping, clock)._collect()
    post = """update assignment set ends_on = starts_on, ended_at = now() from account a
        where a.id = account_id and a.username = '网格员01' and ends_on is null returning assignment.id"""
    ended = await owner.fetchval(post)
    await owner.execute("update account set disabled_at = now() where username = '网格长01'")
    try:
        await sender(tunping, clock).send()
        assert (one.posts(), two.posts()) == ([], [])
    finally:
        await owner.execute("update assignment set ends_on = null, ended_at = null where id = $1", ended)
        await owner.execute("update account set disabled_at = null where username = '网格长01'")
    dropped = await owner.fetchval("select count(*) from push where dropped_at is not null")
    assert dropped >= 2
    clock.turn(KEPT + timedelta(minutes=1))
    await tunping.transact(forget_pushes)
    assert await owner.fetchval("select count(*) from push") == 0


async def test_another_account_on_the_same_phone_takes_its_address(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phone = await Phone.of(tunping, "网格员01", service)
    other = await Phone.of(tunping, "网格员12", service)
    assert (await other.subscribe(endpoint=phone.given["endpoint"]))["errors"] == []
    await opened(tunping)
    await sender(tunping, clock).send()
    assert service.tries == []
    assert not await works(phone)


@pytest.mark.long
async def test_an_account_has_pushes_on_some_devices_and_only_on_its_own(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phones = []
    for _ in range(MOST_DEVICES + 1):
        clock.turn(timedelta(seconds=1))
        phones.append(await Phone.of(tunping, "网格员01", service))
    kept = [each["isPushed"] for each in (await phones[0].client.ask(_DEVICES)).data["me"]["devices"]]
    assert kept[-len(phones) :] == [False] + [True] * MOST_DEVICES
    stranger = await Phone.of(tunping, "网格员12", service)
    (refused,) = (await stranger.subscribe(device=phones[0].device))["errors"]
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["device"])
    (refused,) = (await stranger.client.do("endPushes", {"device": phones[-1].device}))["errors"]
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["device"])


_DEVICES = "{ me { devices { isPushed } } }"


async def test_the_token_of_a_phone_maker_goes_to_the_gateway(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    client, answer = await sign_in(tunping, "网格员01", "Mate 70")
    given = {"device": answer["device"], "service": "huawei", "token": "IQAAAACy0kYJ-0123"}
    assert (await client.do("pushToDevice", given, "device { isPushed }"))["device"] == {"isPushed": True}
    appeal = await opened(tunping)
    gateway = Gateway(f"https://127.0.0.1:{service.port}/hook", "bearer")
    # A gateway may be in the same network, whatever addresses push services may have.
    await sender(tunping, clock, private=False, gateway=gateway).send()
    (post,) = service.tries
    assert post.headers["authorization"] == "Bearer bearer"
    told = Webhook(gateway_secret(SECRET)).verify(post.body.decode(), post.headers)
    assert told == orjson.loads(post.body)
    assert (told["id"], told["service"], told["token"]) == (post.headers["webhook-id"], "huawei", given["token"])
    assert (told["data"], told["urgent"]) == ({"kind": "NEW_APPEAL", "id": appeal}, False)


async def test_a_host_with_the_name_of_the_gateway_is_a_push_service(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    client, answer = await sign_in(tunping, "网格员01", "vivo Y36")
    phone = Phone(client, answer["device"], service)
    assert (await phone.subscribe(endpoint="https://gateway.invalid/1"))["errors"] == []
    await opened(tunping)
    gateway = Gateway(f"https://127.0.0.1:{service.port}/hook")
    await sender(tunping, clock, gateway=gateway).send()
    assert [each[0] for each in await state(phone)] == [1]
    assert service.tries == []


@pytest.mark.long
async def test_what_is_dropped_in_many_transactions_holds_up_nothing(
    tunping: Tunping, clock: Clock, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing_module, "MOST_PASSED", 1)
    phone = await Phone.of(tunping, "网格员01", service)
    over = [await opened(tunping) for _ in range(2)]
    needed = await opened(tunping)
    await sender(tunping, clock)._collect()
    for appeal in over:
        assert (await phone.client.do("withdrawAppeal", {"appeal": appeal, "note": "已解决"}))["errors"] == []
    await sender(tunping, clock).send()
    assert phone.got() == [("NEW_APPEAL", needed)]


@pytest.mark.long
async def test_kill_9_while_a_service_answers_loses_no_push_and_repeats_only_that_one(
    tunping: Tunping, copy_url: str, service: PushService, tmp_path: Path
) -> None:
    phones, pool = [await Phone.of(tunping, "网格员01", service) for _ in range(3)], tunping.app.state.owner
    authority = tmp_path / "authority.pem"
    authority.write_bytes(certificate())
    given = {"TUNPING_PUSH_KEY": KEY, "TUNPING_PUSH_PRIVATE": "true", "SSL_CERT_FILE": str(authority)}
    begun, ever = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        if len(service.tries) == 1:
            begun.set()
            await ever.wait()

    async def all_sent() -> bool:
        return bool(await pool.fetchval("select count(*) = 3 from push where sent_at is not null"))

    service.before = hang
    await pool.execute(QUIET)
    appeal = await opened(tunping)
    async with workers(copy_url, 1, **given) as (first,):
        await begun.wait()
        first.kill()
        async with workers(copy_url, 1, **given):
            await until(all_sent)
    assert [set(phone.got()) for phone in phones] == [{("NEW_APPEAL", appeal)}] * 3
    repeated = [phone for phone in phones if len(phone.posts()) > 1]
    assert service.tries[0] in [post for phone in repeated for post in phone.posts()]


async def test_ready_tells_when_pushes_are_late(tunping: Tunping, clock: Clock, service: PushService) -> None:
    await Phone.of(tunping, "网格员01", service)
    await opened(tunping)
    await sender(tunping, clock)._collect()
    since = clock()
    clock.turn(timedelta(minutes=6))
    late = (await tunping.http.get("/ready")).json()["pushes"]
    assert late == {"waitingSince": since.isoformat(), "late": True}
    await sender(tunping, clock).send()
    assert (await tunping.http.get("/ready")).json()["pushes"] == {"waitingSince": None, "late": False}
