"""Every mutation takes an id from the client. The same content is the same act, other content is a conflict."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

import graphql
import orjson
import pytest

from rules.access import Role
from rules.totp import recovery_digest
from schema.mutations.parts import MUTATION
from schema.schema import SCHEMA
from tests.client import Tunping, new_id, serving
from tests.generated_calls import ALLOWED, OWN, Known, Values
from tests.generated_documents import all_lists
from tests.test_colleagues import added
from tests.test_devices import sign_in
from tests.test_id_numbers import REASON, newcomer, number
from tests.test_notices import published
from tests.test_null import fields, inputs
from tests.test_places import done

assert SCHEMA._schema.mutation_type is not None
ROOTS = SCHEMA._schema.mutation_type.fields
ACTS = {name: field.extensions["strawberry-definition"].metadata[MUTATION].act for name, field in ROOTS.items()}
ROLES = {name: act.allowed.roles if act.allowed else frozenset(Role) for name, act in ACTS.items()}
"""The roles that may do each mutation."""
RECORDED_AGAIN = {"revealIdNumber": "The journal has each time at which a number was shown."}
"""Mutations whose retries are recorded, and why."""
TRIES = 12
"""Calls of a mutation until one gets through. Some acts need more than chance."""
RECORDS = ("journal", "account_event", "notice_reading", "message")


def key_of(type_: graphql.GraphQLInputObjectType) -> str:
    """The field with the id that the client makes."""
    key = "act" if "act" in type_.fields else "id"
    assert OWN in (type_.fields[key].description or "")
    return key


KEYS = {name: key_of(type_) for name, _, type_ in inputs()}
TYPES = {name: type_ for name, _, type_ in inputs()}


def prefix_of(name: str) -> str:
    """The prefix of the id that the client makes."""
    declared = TYPES[name].fields[KEYS[name]].extensions["strawberry-definition"]
    prefix: str = declared.metadata["prefix"]
    return prefix


def as_json(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, token_seconds=10**6) as client:
        yield client


async def one_of_each_role(client: Tunping) -> dict[Role | None, Tunping]:
    """A client for each role, and one without an account."""
    names = "select distinct on (role) username, role from account where disabled_at is null order by role, id"
    rows = await client.app.state.owner.fetch(names)
    found: dict[Role | None, Tunping] = {Role(row["role"]): await client.as_(row["username"]) for row in rows}
    return {None: client.as_nobody(), **found}


@pytest.mark.long
async def test_an_id_of_another_act_is_a_conflict_for_every_mutation(tunping: Tunping) -> None:
    callers = await one_of_each_role(tunping)
    used = new_id("act")
    assert (await callers[Role.SECRETARY].do("setOwnPhone", {"act": used}))["errors"] == []
    for name, type_ in TYPES.items():
        caller = next(each for role, each in callers.items() if role in ROLES[name])
        key = KEYS[name]
        given = dict(fields(type_, nulls=False)) | {key: used.replace("act", prefix_of(name))}
        (problem,) = (await caller.do(name, as_json(given)))["errors"]
        assert (name, problem["code"], problem["path"]) == (name, "CONFLICT", [key])


class Quiet(NamedTuple):
    """An act that may leave no journal entry: who does it, its input, and one field of another input."""

    by: Tunping
    given: dict[str, Any]
    other: dict[str, Any]
    shown: str


async def quiet_acts(client: Tunping) -> dict[str, Quiet]:
    """The acts without a journal entry of their own, and the one whose retry is recorded."""
    secretary, worker = await client.as_("书记01"), await client.as_("网格员01")
    account, other = [
        {"account": (await added(secretary, username=name))["account"]["id"]} for name in ("重发01", "重发02")
    ]
    device, lost = [{"device": (await sign_in(client, "网格员01", name))[1]["device"]} for name in ("手机", "旧手机")]
    first, second = [{"notice": await published(secretary, audience="WORKERS")} for _ in range(2)]
    reveal = await to_reveal(worker, "65010319900131098")
    return {
        "inviteAccount": Quiet(secretary, account, other, "account { id }"),
        "correctAccount": Quiet(secretary, account | {"name": "新名"}, {"name": "又名"}, "account { name }"),
        "enableAccount": Quiet(secretary, account, other, "account { isActive }"),
        "signOutAccount": Quiet(secretary, account, other, "account { id }"),
        "setOwnPhone": Quiet(worker, {"phone": "13900000000"}, {"phone": "13900000001"}, "account { phone }"),
        "confirmDevice": Quiet(worker, device | {"name": "我的"}, {"name": "他的"}, "device { name }"),
        "signOutDevice": Quiet(worker, lost, device, "device { id }"),
        "markRead": Quiet(worker, first, second, "notice { read }"),
        "revealIdNumber": Quiet(worker, reveal, {"reason": f"{REASON}，今天要交"}, "idNumber"),
    }


async def to_reveal(worker: Tunping, first: str) -> dict[str, Any]:
    """The input of `revealIdNumber` for a new resident with a number."""
    new = await newcomer(worker, idNumber=number(first))
    await done(worker, "addResident", **new)
    return {"resident": new["id"], "reason": REASON}


async def records(client: Tunping) -> Counter[str]:
    """The number of rows of each record."""
    return Counter({table: await client.count(table) for table in RECORDS})


@pytest.mark.long
async def test_an_act_without_a_journal_entry_is_done_once_too(tunping: Tunping) -> None:
    colleague = await tunping.as_("社区01")
    for name, (by, given, other, shown) in (await quiet_acts(tunping)).items():
        sent = given | {"act": new_id("act")}
        first = await by.do(name, sent, shown)
        assert (name, first["errors"]) == (name, [])
        before = await records(tunping)
        assert (name, await by.do(name, sent, shown)) == (name, first)
        assert ((await records(tunping)) != before) == (name in RECORDED_AGAIN), name
        assert (name, await by.refused(name, sent | other)) == (name, "CONFLICT")
        assert (name, await colleague.refused(name, sent)) == (name, "CONFLICT")


async def test_an_invitation_is_renewed_once_and_its_code_is_told_once(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    sent = {"account": (await added(secretary, username="重发03"))["account"]["id"], "act": new_id("act")}
    codes = [(await secretary.do("inviteAccount", sent, "code"))["code"] for _ in range(2)]
    assert codes[1] is None
    digest = "select invitation_digest from account where username = '重发03'"
    assert await tunping.app.state.owner.fetchval(digest) == recovery_digest(codes[0])


async def test_a_retry_reveals_no_number_to_a_worker_who_no_longer_sees_the_resident(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    sent = await to_reveal(worker, "65010319900131096") | {"act": new_id("act")}
    assert (await worker.do("revealIdNumber", sent, "idNumber"))["idNumber"] == number("65010319900131096")
    gone = "update assignment set ends_on = starts_on where account_id = (select id from account where username = $1)"
    await tunping.app.state.owner.execute(gone, "网格员01")
    assert await worker.refused("revealIdNumber", sent) == "NOT_FOUND"


@pytest.mark.long
async def test_a_retry_of_whatever_gets_through_is_the_same_act(small_copy_url: str, fresh_seed: int) -> None:
    """Calls that are made up from the SDL, each sent twice, and once with other content."""
    async with serving(small_copy_url, token_seconds=10**6) as client:
        callers = await one_of_each_role(client)
        known, seen = Known(), {role: Known() for role in callers}
        await known.read(small_copy_url)
        for role, caller in callers.items():
            if role is not None:
                seen[role].learn(orjson.dumps((await caller.ask(all_lists(SCHEMA._schema))).data).decode())
                seen[role].learn_allowed((await caller.ask(ALLOWED)).data)
        through: set[str] = set()
        for name, type_ in TYPES.items():
            for attempt in range(TRIES):
                random = Random(f"{fresh_seed} {name} {attempt}")  # noqa: S311
                role = random.choice([each for each in callers if each is not None and each in ROLES[name]])
                values = Values(random, known, seen[role], datetime.now(UTC), 0, name)
                given = values.of(type_, "input") | {KEYS[name]: new_id(prefix_of(name))}
                if await retried(callers[role], name, given):
                    through.add(name)
                    break
        assert len(through) > len(TYPES) / 3, sorted(through)


async def retried(caller: Tunping, name: str, given: dict[str, Any]) -> bool:
    """False if the act was refused. If it was done, a retry changes nothing, and other content is a conflict."""
    shown = shown_by(name)
    first = await caller.do(name, given, shown)
    if first["errors"]:
        return False
    before = await records(caller)
    again = await caller.do(name, given, shown)
    if again["errors"] and again["errors"][0]["code"] == "UNAUTHENTICATED":
        return False  # It has disabled its own caller.
    assert (name, again["errors"]) == (name, [])
    assert (name, again) == (name, first)
    assert name in RECORDED_AGAIN or (name, await records(caller)) == (name, before)
    others = [each for each, field in TYPES[name].fields.items() if str(field.type).startswith("String")]
    if text := next((each for each in others if each not in {"code", "receiptCode"}), None):
        # What is cleared may not be given as well.
        kept = {each: value for each, value in given.items() if each != "clear"}
        other = kept | {text: f"{given.get(text) or ''}改"}
        assert (name, await caller.refused(name, other)) == (name, "CONFLICT")
    return True


def shown_by(name: str) -> str:
    """The ids of the objects in a payload."""
    payload: Any = ROOTS[name].type
    payload = graphql.get_named_type(payload)
    objects = {each: graphql.get_named_type(field.type) for each, field in payload.fields.items() if each != "errors"}
    return " ".join(f"{each} {{ id }}" for each, type_ in objects.items() if "id" in getattr(type_, "fields", ()))
