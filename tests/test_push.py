"""Pushes to sleeping phones: who is told of what, when, and by which words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import pytest

from api.vapid import Vapid
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving
from tests.push_services import KEY, Phone, PushService, pushing, sender
from tests.test_calls import a_call
from tests.test_notices import published
from tests.test_reports import report

COLD = "3号楼2单元 暖气不热"
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application with a key for Web Push. Nobody else has a subscription, and nothing waits."""
    async with serving(copy_url, clock, token_seconds=10**7, push_key=KEY) as client:
        yield client
        await client.app.state.owner.execute("delete from push_subscription; delete from push_preference")
        await sender(client, clock).send()


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with pushing() as found:
        yield found


async def opened(client: Tunping, **more: Any) -> str:
    """An appeal of a resident of building 3."""
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": COLD} | more
    made = await client.as_nobody().do("openAppeal", new, "receiptCode")
    assert made["errors"] == []
    return str(new["id"])


def quiet_now(clock: Clock, hours: int = 1) -> dict[str, str]:
    """Quiet hours that began an hour ago."""
    local = clock().astimezone(ZoneInfo("Asia/Shanghai"))
    return {"quietFrom": f"{local - HOUR:%H:%M}", "quietUntil": f"{local + hours * HOUR:%H:%M}"}


async def test_a_worker_is_told_of_a_new_appeal_by_its_kind_and_its_id_alone(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    mine, other = [await Phone.of(tunping, name, service) for name in ("网格员01", "网格员12")]
    appeal = await opened(tunping)
    for _ in range(2):
        await sender(tunping, clock).send()
    assert mine.got() == [("NEW_APPEAL", appeal)]
    assert other.got() == []
    (post,) = mine.posts()
    assert COLD.encode() not in post.body
    assert (post.headers["content-encoding"], post.headers["urgency"]) == ("aes128gcm", "normal")
    assert 23 * 3600 < int(post.headers["ttl"]) <= 24 * 3600
    assert len(post.headers["topic"]) == 32


async def test_the_server_signs_with_the_key_that_it_tells(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    mine = await Phone.of(tunping, "网格员01", service)
    (told,) = (await mine.client.ask("{ me { devices { pushKey } } }")).data["me"]["devices"][-1:]
    await opened(tunping)
    await sender(tunping, clock).send()
    scheme, _, rest = mine.posts()[0].headers["authorization"].partition(" ")
    signed, key = (part.partition("=")[2] for part in rest.split(", "))
    vapid = Vapid.of(KEY)
    assert (scheme, key) == ("vapid", told["pushKey"]) == ("vapid", vapid.public)
    audience = f"https://127.0.0.1:{service.port}"
    claims = jwt.decode(signed, vapid.key.public_key(), ["ES256"], audience=audience)
    assert claims["sub"] == "https://tunping.example.cn"


@pytest.mark.long
async def test_an_urgent_appeal_wakes_the_office_too_whatever_was_chosen(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    phones = [await Phone.of(tunping, name, service) for name in ("网格员01", "网格长01", "书记01", "网格员12")]
    for phone in phones:
        chosen = {"kinds": [], **quiet_now(clock)}
        assert (await phone.client.do("setPushPreferences", chosen))["errors"] == []
    calm, urgent = await opened(tunping), await opened(tunping, body="3号楼2单元 着火了", urgency="URGENT")
    await sender(tunping, clock).send()
    told = [("URGENT_APPEAL", urgent)]
    assert [phone.got() for phone in phones] == [told, told, told, []]
    assert calm not in str([phone.got() for phone in phones])
    assert phones[0].posts()[0].headers["urgency"] == "high"


@pytest.mark.long
async def test_what_is_not_urgent_waits_for_the_end_of_quiet_hours(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    mine = await Phone.of(tunping, "网格员01", service)
    chosen = {"kinds": ["NEW_APPEAL"], **quiet_now(clock)}
    wanted = "account { pushPreferences { kinds quietFrom quietUntil } }"
    kept = (await mine.client.do("setPushPreferences", chosen, wanted))["account"]["pushPreferences"]
    assert kept == chosen | {"kinds": ["ALERT", "HELP_CALL", "URGENT_APPEAL", "NEW_APPEAL"]}
    waiting, done = await opened(tunping), await opened(tunping)
    await sender(tunping, clock).send()
    assert (await tunping.http.get("/ready")).json()["pushes"] == {"waitingSince": None, "late": False}
    withdrawn = {"appeal": done, "note": "已自行解决"}
    assert (await mine.client.do("withdrawAppeal", withdrawn))["errors"] == []
    assert mine.got() == []
    clock.turn(HOUR)
    await sender(tunping, clock).send()
    assert mine.got() == [("NEW_APPEAL", waiting)]


async def test_a_call_for_help_reaches_the_workers_around_but_not_its_author(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    author, leader, far = [await Phone.of(tunping, name, service) for name in ("网格员01", "网格长01", "网格员12")]
    call = await a_call(author.client)
    assert (await author.client.do("callForHelp", call))["errors"] == []
    await sender(tunping, clock).send()
    assert (author.got(), leader.got(), far.got()) == ([], [("HELP_CALL", call["id"])], [])


@pytest.mark.long
async def test_whoever_reported_is_told_of_the_answer_and_who_handles_of_what_came_back(
    tunping: Tunping, clock: Clock, service: PushService
) -> None:
    head, worker, office, partner = [
        await Phone.of(tunping, name, service) for name in ("联户长03", "网格员01", "社区01", "热力公司01")
    ]
    told = await report(tunping)
    appeal = await opened(tunping)
    await sender(tunping, clock).send()
    assert set(worker.got()) == {("NEW_APPEAL", told), ("NEW_APPEAL", appeal)}
    settled = {"appeal": told, "asProblem": {"id": new_id("appeal")}, "act": new_id("act")}
    assert (await worker.client.do("settleReport", settled))["errors"] == []
    for move, who in (("acceptAppeal", worker), ("dispatchAppeal", worker)):
        assert (await who.client.do(move, {"appeal": appeal}))["errors"] == []
    await sender(tunping, clock).send()
    assert head.got() == [("CAME_BACK", told)]
    assert partner.got() == [("NEW_APPEAL", appeal)]
    before = len(worker.got())
    assert (await partner.client.do("objectDispatch", {"appeal": appeal, "reason": "不归我们管"}))["errors"] == []
    await sender(tunping, clock).send()
    assert worker.got()[before:] == [("CAME_BACK", appeal)]
    raised = {"appeal": appeal, "reason": "须社区协调"}
    assert (await worker.client.do("escalateAppeal", raised))["errors"] == []
    await sender(tunping, clock).send()
    assert office.got()[-1:] == [("CAME_BACK", appeal)]


@pytest.mark.long
async def test_a_notice_reaches_its_audience(tunping: Tunping, clock: Clock, service: PushService) -> None:
    phones = [await Phone.of(tunping, name, service) for name in ("书记01", "网格员01", "联户长03", "热力公司01")]
    told = await published(phones[0].client, audience="WORKERS")
    await sender(tunping, clock).send()
    assert [phone.got() for phone in phones] == [[], [("NOTICE", told)], [], []]
