"""Rate limits: what is counted, for whom, what is told, and that the counts stay small."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from limits import RateLimitItemPerMinute
from starlette.types import Scope

from api.http.addresses import address_of
from api.http.admission import rate_headers
from api.http.limits import Limits, Memory
from api.rates import LIMITS, MISSES_BY_ADDRESS, OPENED_BY_CODE, parse_rates
from api.settings import Settings, SettingsError
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import SECRET, Answer, Clock, Tunping, listening, new_id, phone, serving

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
HELLO = "{ __typename }"


def limits(clock: Clock, amount: int = 3) -> Limits:
    """Three misses a minute."""
    return Limits({MISSES_BY_ADDRESS.name: RateLimitItemPerMinute(amount)}, SECRET, clock)


async def test_so_much_within_so_long_for_each_key() -> None:
    clock = Clock(NOW)
    counts, waits = limits(clock), []
    for _ in range(5):
        waits.append(await counts.hit(MISSES_BY_ADDRESS, "a"))
        clock.turn(timedelta(seconds=10))
    assert waits == [0, 0, 0, 30, 20]
    assert await counts.hit(MISSES_BY_ADDRESS, "b") == 0
    assert await counts.hit(OPENED_BY_CODE, "a") == 0
    clock.turn(timedelta(seconds=10))
    assert [await counts.hit(MISSES_BY_ADDRESS, "a") for _ in range(4)] == [0, 0, 0, 60]


async def test_asking_counts_nothing() -> None:
    counts = limits(Clock(NOW))
    assert [await counts.test(MISSES_BY_ADDRESS, "a") for _ in range(5)] == [0] * 5
    assert await counts.hit(MISSES_BY_ADDRESS, "a", cost=3) == 0
    assert await counts.test(MISSES_BY_ADDRESS, "a") == 60


def test_memory_is_bounded_and_the_quiet_are_forgotten_first() -> None:
    clock = Clock(NOW)
    memory = Memory(clock, most=10)
    for number in range(1000):
        assert memory.incr(("", f"{number}"), 60, 1) == 1
        assert memory.incr(("", "loud"), 60, 1) == number + 1
    assert len(memory) == 10
    assert (memory.get(("", "loud")), memory.get(("", "0"))) == (1000, 0)
    clock.turn(timedelta(minutes=1))
    assert (memory.get(("", "loud")), memory.incr(("", "new"), 60, 1), len(memory)) == (0, 1, 1)


def test_what_is_counted_together_is_kept_as_a_digest() -> None:
    made = [Limits({}, secret, Clock(NOW)) for secret in (SECRET, b"another secret, also 32 bytes long")]
    kept = [each._window(MISSES_BY_ADDRESS, "203.0.113.5") for each in made]
    assert [key.rpartition("/")[0] for key in kept] == ["tunping/misses-by-address"] * 2
    assert len(set(kept)) == 2
    assert "203.0.113.5" not in "".join(kept)


async def test_the_headers_tell_what_is_left() -> None:
    counts = limits(Clock(NOW), amount=1)
    quotas = [await counts.count(MISSES_BY_ADDRESS, "a") for _ in range(2)]
    assert [dict(rate_headers(quota)) for quota in quotas] == [
        {b"ratelimit-policy": b'"misses-by-address";q=1;w=60', b"ratelimit": b'"misses-by-address";r=0'},
        {b"ratelimit-policy": b'"misses-by-address";q=1;w=60', b"ratelimit": b'"misses-by-address";r=0;t=60'},
    ]
    assert rate_headers(None) == ()


def test_rates_are_changed_by_name() -> None:
    rates = parse_rates("pages-by-address=900/minute, opened-by-code=50/2 hours,")
    assert {name: (rate.amount, rate.get_expiry()) for name, rate in rates.items()} == {
        "pages-by-address": (900, 60),
        "opened-by-code": (50, 7200),
    }
    for wrong in ("pages=1/minute", "pages-by-address", "pages-by-address=many"):
        with pytest.raises(SettingsError, match="rates: "):
            Settings.read(rates=wrong)
    assert len(LIMITS) == 20


def from_peer(peer: str | None, *forwarded: str) -> Scope:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return {"type": "http", "headers": headers, "client": (peer, 1) if peer else None}


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind", "address"),
    [
        ("203.0.113.5", (), False, "203.0.113.5"),
        ("203.0.113.5", ("198.51.100.7",), False, "203.0.113.5"),
        ("10.0.0.1", ("198.51.100.7",), True, "198.51.100.7"),
        ("10.0.0.1", ("6.6.6.6, 198.51.100.7",), True, "198.51.100.7"),
        ("10.0.0.1", ("6.6.6.6", "198.51.100.7"), True, "198.51.100.7"),
        ("10.0.0.1", ("nonsense",), True, "10.0.0.1"),
        ("10.0.0.1", (), True, "10.0.0.1"),
        ("2001:db8:1:2:aaaa::1", (), False, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", (), False, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", (), False, "203.0.113.5"),
        ("a socket", (), False, "a socket"),
        (None, (), False, ""),
    ],
)
def test_where_a_request_comes_from(peer: str | None, forwarded: tuple[str, ...], behind: bool, address: str) -> None:
    assert address_of(from_peer(peer, *forwarded), behind_proxy=behind) == address


async def asked(client: Tunping, address: str = "203.0.113.5") -> Answer:
    return await client.post({"query": HELLO}, **{"x-forwarded-for": address})


async def test_who_asks_too_much_without_an_account_is_told_when_to_come_back(copy_url: str) -> None:
    clock = Clock(NOW)
    async with serving(copy_url, clock, rates="graphql-without-account=2/minute", behind_proxy=True) as tunping:
        first, second, third = [await asked(tunping) for _ in range(3)]
        assert [first.status, second.status, third.status] == [200, 200, 429]
        assert first.headers["ratelimit-policy"] == '"graphql-without-account";q=2;w=60'
        assert first.headers["ratelimit"] == '"graphql-without-account";r=1'
        assert third.headers["ratelimit"] == '"graphql-without-account";r=0;t=60'
        assert (third.code, third.headers["retry-after"]) == ("TOO_MANY", "60")
        assert third.body["errors"][0]["message"] == "提交过于频繁，请 1 分钟后再试。"
        assert (await asked(tunping, "198.51.100.7")).status == 200
        clock.turn(timedelta(minutes=1))
        assert (await asked(tunping)).status == 200


async def test_an_answer_tells_the_limit_that_is_nearest(copy_url: str) -> None:
    async with serving(copy_url, rates="graphql-by-address=3/minute,graphql-without-account=4/minute") as tunping:
        told = [(await asked(tunping)).headers["ratelimit"] for _ in range(2)]
    assert told == ['"graphql-by-address";r=2', '"graphql-by-address";r=1']


async def test_an_account_has_its_own_limit_wherever_it_asks_from(copy_url: str) -> None:
    async with serving(copy_url, rates="graphql-by-account=2/minute", behind_proxy=True) as tunping:
        worker, other = await tunping.as_("网格员01"), await tunping.as_("网格员02")
        assert [(await asked(worker, f"203.0.113.{n}")).status for n in range(3)] == [200, 200, 429]
        assert [(await asked(each)).status for each in (other, tunping)] == [200, 200]


@pytest.mark.parametrize(
    ("limit", "method", "path", "told"),
    [
        ("auth-by-address", "POST", "/auth/token", '"error":"temporarily_unavailable"'),
        ("pages-by-address", "GET", "/r", "请稍等一会儿"),
        ("photos-by-address", "PUT", f"/photos/{'0' * 64}", '"code":"TOO_MANY"'),
        ("graphql-by-address", "POST", "/graphql", '"code":"TOO_MANY"'),
        ("other-by-address", "GET", "/ready", '"reason":"TOO_MANY"'),
        ("other-by-address", "GET", "/no/such/path", '"code":"TOO_MANY"'),
    ],
)
async def test_each_way_in_has_a_limit_by_address_and_tells_it_in_its_form(
    reading: Tunping, copy_url: str, limit: str, method: str, path: str, told: str
) -> None:
    async with serving(copy_url, rates=f"{limit}=1/minute") as tunping:
        assert (await tunping.http.request(method, path)).status_code != 429
        refused = await tunping.http.request(method, path)
    assert (refused.status_code, refused.headers["retry-after"], told in refused.text) == (429, "60", True)
    assert refused.headers["ratelimit"] == f'"{limit}";r=0;t=60'
    assert (await reading.http.request(method, path)).status_code != 429


async def test_sockets_and_their_messages_are_limited(copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.randrange", lambda most: most - 1)
    rates = "sockets-by-address=2/minute,graphql-by-account=1/minute"
    async with listening(copy_url, rates=rates) as tunping:
        async with phone(await tunping.as_("网格员01")) as talking:
            await talking.send(type="ping")
            assert await talking.receive() == {"type": "pong"}
            await talking.send(type="ping")
            assert await talking.closing() == (1013, "Try again in 69 s")
        async with phone(await tunping.as_("网格员02")):
            pass
        async with phone(tunping, init=False) as third:
            assert await third.closing() == (1013, "Try again in 69 s")


async def test_a_socket_without_an_account_is_not_kept_idle(served: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.sockets.IDLE_WITHIN", 0.2)
    async with phone(await served.as_("网格员01")) as signed_in, phone(served) as stranger:
        assert await stranger.closing() == (4408, "Idle without an account")
        await signed_in.send(type="ping")
        assert await signed_in.receive() == {"type": "pong"}


def opening(body: str = "3号楼2单元灯坏了") -> dict[str, Any]:
    return {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": body}


async def code_after(client: Tunping, given: dict[str, Any], address: str) -> str:
    """The code of the refusal of `openAppeal` from an address; empty if it was done."""
    query = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code } } }"
    answer = await client.post({"query": query, "variables": {"input": given}}, **{"x-forwarded-for": address})
    errors = answer.data["openAppeal"]["errors"]
    return errors[0]["code"] if errors else ""


async def test_nobody_uses_up_a_code_for_the_others(copy_url: str) -> None:
    """Neither by acts that are refused, nor by acts beyond the limit of the address."""
    rates = "opened-by-address=4/10 minutes,opened-by-code=3/10 minutes"
    async with serving(copy_url, rates=rates, behind_proxy=True) as tunping:
        spoilt = [await code_after(tunping, opening(" "), "203.0.113.5") for _ in range(6)]
        assert spoilt == ["INVALID_INPUT"] * 4 + ["TOO_MANY"] * 2
        done = [await code_after(tunping, opening(), f"198.51.100.{n}") for n in range(4)]
        assert done == ["", "", "", "TOO_MANY"]


async def test_an_act_counts_once_however_often_it_is_sent(copy_url: str) -> None:
    rates = "opened-by-address=2/10 minutes,opened-by-code=2/10 minutes"
    async with serving(copy_url, rates=rates, behind_proxy=True) as tunping:
        first, second = opening(), opening()
        sent = [await code_after(tunping, given, "203.0.113.5") for given in (first, first, second, first, second)]
        assert sent == [""] * 5
        assert await code_after(tunping, opening(), "203.0.113.5") == "TOO_MANY"
        assert await code_after(tunping, first | {"code": DEMO_COUNTER_CODE.lower()}, "203.0.113.5") == "CONFLICT"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0)


async def test_what_is_beyond_the_requests_in_progress_is_told_at_once(copy_url: str) -> None:
    async with serving(copy_url, requests_at_once=1) as tunping:
        database, progress = tunping.app.state.database, tunping.app.state.in_progress
        async with database.connection(), database.connection(), database.connection(), database.connection():
            waiting = asyncio.create_task(tunping.ask("{ wishWall(first: 1) { totalCount } }"))
            await until(lambda: progress.count == 1)
            refused = await tunping.ask(HELLO)
            assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "BUSY", "1")
            page = await tunping.http.get("/r")
            assert (page.status_code, "系统忙不过来" in page.text) == (503, True)
            assert (await tunping.http.get("/live")).status_code == 200
        assert (await waiting).status == 200
        assert ((await tunping.ask(HELLO)).status, progress.count) == (200, 0)


async def test_a_slow_body_keeps_nobody_from_being_served(copy_url: str) -> None:
    async with serving(copy_url, requests_at_once=1) as tunping:
        begun, rest = asyncio.Event(), asyncio.Event()

        async def body() -> Any:
            begun.set()
            yield b'{"query": '
            await rest.wait()
            yield b'"{ __typename }"}'

        sent = {"content-type": "application/json"}
        slow = asyncio.create_task(tunping.http.post("/graphql", content=body(), headers=sent))
        await begun.wait()
        assert (await tunping.ask(HELLO)).status == 200
        rest.set()
        assert (await slow).json()["data"] == {"__typename": "Query"}
        assert tunping.app.state.in_progress.count == 0


async def test_guesses_of_receipts_are_limited_before_the_look_up_however_they_are_sent(copy_url: str) -> None:
    async with serving(copy_url, rates="misses-by-address=7/hour") as tunping:
        known = await tunping.app.state.owner.fetchval("select receipt_code from appeal limit 1")
        query = "query($code: String!) { receipt(code: $code) { body } }"
        assert (await tunping.ask(query, code=known)).data["receipt"] is not None
        guesses = " ".join(f'a{n}: receipt(code: "AAAAAAAA0{n}") {{ body }}' for n in range(5))
        assert set((await tunping.ask(f"{{ {guesses} }}")).data.values()) == {None}
        assert (await tunping.ask('{ wishReceipt(code: "BBBBBBBB01") { body } }')).data == {"wishReceipt": None}
        assert (await tunping.http.get("/r/CCCCCCCC01")).status_code == 404
        refused = await tunping.ask(query, code=known)
        assert (refused.status, refused.code) == (429, "TOO_MANY")
        assert (await tunping.http.get(f"/r/{known}")).status_code == 429
        many = " ".join(f'a{n}: receipt(code: "{known}") {{ body }}' for n in range(11))
        assert (await tunping.ask(f"{{ {many} }}")).code == "QUERY_TOO_LARGE"
