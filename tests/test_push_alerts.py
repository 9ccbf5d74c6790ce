"""Pushes of the safety ladder: each rung wakes its own people, and nobody when somebody has taken the alert."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.client import Clock, Tunping, new_id, serving
from tests.ladders import FEW, STEP, report, rings
from tests.push_services import KEY, Phone, PushService, pushing, sender
from tests.test_alerts import passes

DAY = datetime(2024, 8, 5, 4, tzinfo=UTC)
"""Noon in China, an hour after he should have been reached."""
PEOPLE = ("联户长03", "网格员01", "网格长01", "书记01", "网格员12")


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY)


@pytest.fixture
async def that_day(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application on that day, with a key for Web Push."""
    async with serving(copy_url, clock, token_seconds=10**8, push_key=KEY) as client:
        await client.app.state.owner.execute(FEW)
        yield client


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with pushing() as found:
        yield found


@pytest.mark.long
async def test_each_rung_wakes_its_people_and_all_of_them_when_somebody_needs_help(
    that_day: Tunping, clock: Clock, service: PushService
) -> None:
    phones = {name: await Phone.of(that_day, name, service) for name in PEOPLE}

    async def woken(alert: str) -> set[str]:
        """Whom one run wakes because of an alert."""
        before = {name: phone.got().count(("ALERT", alert)) for name, phone in phones.items()}
        await sender(that_day, clock).send()
        return {name for name, phone in phones.items() if phone.got().count(("ALERT", alert)) > before[name]}

    _, alert = await rings(that_day, clock, DAY)
    assert await woken(alert) == {"联户长03", "网格员01"}
    assert await woken(alert) == set()
    for expected in (set[str](), {"网格长01", "书记01"}):
        clock.turn(STEP)
        await passes(that_day)
        assert await woken(alert) == expected
    head = phones["联户长03"].client
    assert (await report(head, alert, "HELP_NEEDED", act=new_id("act")))["errors"] == []
    assert await woken(alert) == {"网格员01", "网格长01", "书记01"}


@pytest.mark.long
async def test_an_alert_that_somebody_has_taken_wakes_nobody(
    that_day: Tunping, clock: Clock, service: PushService
) -> None:
    day = DAY + timedelta(days=1)
    clock.turn(day - clock())
    phone = await Phone.of(that_day, "网格员01", service)
    head, alert = await that_day.as_("联户长03"), (await rings(that_day, clock, day))[1]
    assert (await head.do("acknowledgeAlert", {"alert": alert, "note": "我去看"}))["errors"] == []
    await sender(that_day, clock).send()
    assert ("ALERT", alert) not in phone.got()
