"""Generated calls with hostile values: each is answered, or refused by a code that clients know."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import jwt
import orjson
import pytest
from graphql import DocumentNode, GraphQLSchema, print_ast
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from strawberry.utils.str_converters import to_camel_case

from api.http.errors import FAULTS
from api.rates import LIMITS
from rules.access import Act, Role
from schema.schema import SCHEMA, sdl
from tests.client import RESPONSE, Tunping, serving
from tests.generated_calls import ALLOWED, Known, Values, written
from tests.generated_documents import Lifted, all_lists, documents, flat_schema, lifted

assert SCHEMA._schema.query_type is not None
assert SCHEMA._schema.mutation_type is not None
QUERIES, MUTATIONS = tuple(SCHEMA._schema.query_type.fields), tuple(SCHEMA._schema.mutation_type.fields)
FIELDS = (*QUERIES, *MUTATIONS)
SAMPLED = 16
"""One field in so many gets hostile calls in the short run."""
API = Path(__file__).parents[1] / "docs" / "api.md"
CODES = set(re.findall(r"`([A-Z_]{4,})`", API.read_text(encoding="utf-8"))) - set(FAULTS)
"""The codes that docs/api.md explains, except those of faults such as INTERNAL."""
RATES = ",".join(f"{name}=1000000/minute" for name in LIMITS)
HOSTILITY = (0, 0.03, 0.2, 0.6)
"""Probabilities of a hostile value, one for each call: most are refused for one value, some for none, some for many."""
AT_ONCE, SHARES = 5, 5
ROLES = {to_camel_case(act.name.lower()): act.roles for act in Act}
"""The roles that may do each mutation."""
STRANGERS = 0.1
"""Probability of a caller of any role."""


@dataclass
class Caller:
    """A client, and what answers told it."""

    client: Tunping
    role: Role | None
    seen: Known
    revivals: int = 0
    """How often it was let in again."""

    async def post(self, body: bytes) -> httpx.Response:
        """Sends a request, which need not be JSON."""
        headers = {"content-type": "application/json", "accept": RESPONSE, **self.client.headers}
        return await self.client.http.post("/graphql", content=body, headers=headers)

    async def revive(self) -> None:
        """Lets the caller in again if another call has disabled its account, whether or not a third has enabled it."""
        state = self.client.app.state
        claims = jwt.decode(self.client.token or "", options={"verify_signature": False})
        account, endings = UUID(claims["sub"]), state.authenticator.endings
        await state.owner.execute("update account set disabled_at = null where id = $1", account)
        disabled = await state.owner.fetch("select id from account where disabled_at is not null")
        self.revivals += endings.ended(account)
        endings.learn({}, frozenset(row["id"] for row in disabled), state.now())


@dataclass
class Callers:
    """One caller of each role, and one without an account. They remember what went wrong, and what was reached."""

    runner: asyncio.Runner
    callers: list[Caller]
    known: Known
    sent: int = 0
    wrong: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    """Calls of a root field that passed the validation of their arguments."""
    done: Counter[str] = field(default_factory=Counter)
    """Mutations that were not refused."""

    def call(self, name: str, document: DocumentNode, number: int, calls: int) -> None:
        """Sends a document as it is, unless it is sent once only, and with values for its variables."""
        random, with_variables = Random(f"{number} {name} {self.sent}"), lifted(document)  # noqa: S311
        with_values = calls
        if calls > 1:
            whole = written({"query": print_ast(document)})
            self.runner.run(self._send(self._caller(name, random), whole))
            with_values -= 1
        for first in range(0, with_values, AT_ONCE):
            degrees = [number + each for each in range(first, min(first + AT_ONCE, with_values))]
            self.runner.run(self._at_once(name, with_variables, random, degrees))

    def _caller(self, name: str, random: Random) -> Caller:
        """Mostly one whose role may do the act, on something that it sees."""
        by_role = [each for each in self.callers if name not in ROLES or each.role in ROLES[name]]
        allowed = [each for each in by_role if each.seen.allowed[name]] or by_role
        return random.choice(self.callers if random.random() < STRANGERS else allowed)

    async def _at_once(self, name: str, document: Lifted, random: Random, degrees: Sequence[int]) -> None:
        calls = []
        for degree in degrees:
            # The simplest document has the number 0, so that its first values are not hostile.
            caller, hostility = self._caller(name, random), HOSTILITY[degree % len(HOSTILITY)]
            values = Values(random, self.known, caller.seen, datetime.now(UTC), hostility, name)
            body = written({"query": document.text, "variables": document.variables(values)})
            calls.append(self._send(caller, body))
        for answer in await asyncio.gather(*calls):
            if "errors" not in answer:
                self._count(name, answer["data"][name])

    async def _send(self, caller: Caller, body: bytes) -> Any:
        """The answer, which is noted as wrong unless it is data, or a refusal by a known code."""
        revivals = caller.revivals
        response = await caller.post(body)
        self.sent += 1
        if response.status_code == 401 and caller.client.token:
            await caller.revive()
            # Of several calls that were refused at once, the first one has revived it.
            if caller.revivals > revivals:
                return {"errors": []}
        try:
            answer = orjson.loads(response.content)
            codes = {each["extensions"]["code"] for each in answer.get("errors", ())}
            assert codes <= CODES, codes
            strange = caller.role is None and codes == {"UNAUTHENTICATED"}
            assert response.status_code in ({401} if strange else {200, 400, 413})
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            self.wrong.append(f"{error!r}\n{response.status_code} {response.text[:500]}\n{body.decode()[:3_000]}")
            return {"errors": []}
        for known in (self.known, caller.seen):
            known.learn(response.text)
        return answer

    def _count(self, name: str, answer: Any) -> None:
        told = answer["problems"] if isinstance(answer, dict) and name in MUTATIONS else ()
        problems = {each["code"] for each in told}
        self.reached[name] += "MALFORMED_ID" not in problems
        self.done[name] += name in MUTATIONS and not problems


@pytest.fixture
def callers(small_copy_url: str) -> Iterator[Callers]:
    """Callers of an application over two small communities in which every kind of case occurs."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        more: dict[str, Any] = {"rates": RATES, "public_url": "https://tunping.example.cn", "introspection": True}
        client = runner.run(stack.enter_async_context(serving(small_copy_url, token_seconds=10**6, **more)))
        known = Known()
        runner.run(known.read(small_copy_url))
        yield Callers(runner, runner.run(_one_of_each_role(client)), known)
        runner.run(stack.aclose())


async def _one_of_each_role(client: Tunping) -> list[Caller]:
    names = "select distinct on (role) username, role from account where disabled_at is null order by role, id"
    found = await client.app.state.owner.fetch(names)
    assert len(found) == len(Role)
    signed_in = [Caller(await client.as_(row["username"]), Role(row["role"]), Known()) for row in found]
    callers = [Caller(client, None, Known()), *signed_in]
    for caller in callers[1:]:
        caller.seen.learn(orjson.dumps((await caller.client.ask(all_lists(SCHEMA._schema))).data).decode())
        caller.seen.learn_allowed((await caller.client.ask(ALLOWED)).data)
    return callers


async def _still_answers(callers: Callers) -> None:
    """Everybody still gets an answer from the database."""
    for caller in callers.callers:
        if caller.client.token:
            await caller.revive()  # The last call may have disabled its account.
        wall = (await caller.client.ask("{ wishWall { totalCount } }")).data["wishWall"]
        assert wall["totalCount"] > 0


def _calling(callers: Callers, name: str, calls: int) -> Callable[[DocumentNode, int], None]:
    def check(document: DocumentNode, number: int) -> None:
        callers.call(name, document, number, calls)

    return check


def explore(
    callers: Callers, schema: GraphQLSchema, names: Iterable[str], examples: int, calls: int, number: int | None = None
) -> None:
    """Sends calls of root fields: so many documents of each, and so many calls of each document.

    They follow from the number; without one, they are always the same. The first document of a field is the simplest.
    """
    quiet = settings(
        max_examples=examples,
        database=None,
        derandomize=number is None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for name in names:
        check = quiet(given(documents(schema, name), st.integers(0, 2**32))(_calling(callers, name, calls)))
        (check if number is None else seed(number)(check))()


def check_answers(callers: Callers) -> None:
    assert callers.wrong == []
    assert {name for name in FIELDS if not callers.reached[name]} == set()
    callers.runner.run(_still_answers(callers))


@pytest.mark.long
def test_each_call_is_answered_or_refused_by_a_known_code(callers: Callers) -> None:
    """A plain call of every field, and more of a sample, and of those whose plain call was refused."""
    schema = flat_schema(sdl())
    explore(callers, schema, FIELDS, 1, 1)
    more = [name for at, name in enumerate(FIELDS) if at % SAMPLED == 0 or not callers.reached[name]]
    explore(callers, schema, more, 3, 4)
    check_answers(callers)


@pytest.mark.long
@pytest.mark.parametrize("share", range(SHARES))
def test_each_of_twenty_thousand_fresh_calls_is_answered_or_refused_by_a_known_code(
    callers: Callers, fresh_seed: int, share: int
) -> None:
    explore(callers, SCHEMA._schema, FIELDS, 3, 10, fresh_seed + share)
    check_answers(callers)
    assert callers.sent >= 20_000 / SHARES
    assert len(+callers.done) > len(MUTATIONS) / 4, "many mutations have to get through"
