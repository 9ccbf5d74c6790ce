"""Null never erases: for every field of every input. What an act can erase is named in ``clear``."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import uuid4

import graphql
import pytest

from rules.refusals import Refusal
from schema.mutations.parts import CLEAR, MUTATION, reader_of
from schema.schema import SCHEMA
from tests.client import Clock, Tunping, new_id, serving
from tests.test_activities import planned
from tests.test_agreements import agreed
from tests.test_findings import leak
from tests.test_mediation import quarrel
from tests.test_places import done, own_community

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
_SAMPLES = {"Int": 1, "Boolean": True, "Date": date(2024, 1, 8), "DateTime": NOW, "Decimal": "1.00"}


def inputs() -> Iterator[tuple[str, type, graphql.GraphQLInputObjectType]]:
    """Each mutation, with the declaration and the type of its input."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    for name, field in root.fields.items():
        if "input" not in field.args:
            continue  # It submits acts of the other mutations.
        type_: Any = graphql.get_named_type(field.args["input"].type)
        yield name, field.extensions["strawberry-definition"].metadata[MUTATION].takes, type_


def sample(type_: Any, prefix: str | None) -> Any:
    """A value of an input type."""
    if graphql.is_non_null_type(type_):
        return sample(type_.of_type, prefix)
    if graphql.is_list_type(type_):
        return [sample(type_.of_type, prefix)]
    if graphql.is_enum_type(type_):
        return next(iter(type_.values.values())).value
    if graphql.is_input_object_type(type_):
        return dict(fields(type_, nulls=False))
    return f"{prefix}_{uuid4()}" if prefix else _SAMPLES.get(type_.name, "文字")


def fields(type_: graphql.GraphQLInputObjectType, *, nulls: bool) -> Iterator[tuple[str, Any]]:
    """The fields of an input: values where they are required, and null where they are not, if wanted."""
    for name, field in type_.fields.items():
        if graphql.is_non_null_type(field.type):
            declared = field.extensions["strawberry-definition"]
            yield name, sample(field.type, declared.metadata.get("prefix"))
        elif nulls:
            yield name, None


@pytest.mark.parametrize(("name", "takes", "type_"), [pytest.param(*each, id=each[0]) for each in inputs()])
def test_null_in_any_field_of_any_input_says_what_its_absence_says(name: str, takes: type, type_: Any) -> None:
    read, given = reader_of(takes), dict(fields(type_, nulls=False))
    absent = read(given)
    for field, value in fields(type_, nulls=True):
        if value is None:
            assert read(given | {field: None}) == absent, (name, field)


def nested_in(type_: graphql.GraphQLInputObjectType, given: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The inputs in which one field of a nested input is null, beside the same inputs without it."""
    for name, field in type_.fields.items():
        inner, many = graphql.get_named_type(field.type), graphql.is_list_type(graphql.get_nullable_type(field.type))
        if not graphql.is_input_object_type(inner):
            continue
        usual = dict(fields(inner, nulls=False))
        variants = [(f"{name}.{each}", usual | {each: None}) for each, value in fields(inner, nulls=True) if not value]
        variants += [(f"{name}.{path}", odd) for path, odd, _ in nested_in(inner, usual)]
        for path, odd in variants:
            null, absent = (given | {name: [each] if many else each} for each in (odd, _without_nulls(odd)))
            yield path, null, absent


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(each) for name, each in value.items() if each is not None}


NESTED = {
    f"{name}.{path}": (takes, odd, absent)
    for name, takes, type_ in inputs()
    for path, odd, absent in nested_in(type_, dict(fields(type_, nulls=False)))
}


def test_null_in_any_field_of_a_nested_input_says_what_its_absence_says() -> None:
    assert {
        "recordVisit.appeals.category",
        "openDispute.parties.outsiderPhone",
        "settleReport.moveIn.residents.phone",
    } <= NESTED.keys()
    for name, (takes, odd, absent) in NESTED.items():
        read = reader_of(takes)
        assert (name, read(odd)) == (name, read(absent))


@pytest.mark.long
async def test_null_in_a_nested_input_is_the_same_act_as_nothing(client: Tunping) -> None:
    worker = await client.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "occurredAt": NOW.isoformat()}
    appeal = {"id": new_id("appeal"), "body": "楼道灯坏了"}
    await done(worker, "recordVisit", **new, appeals=[appeal])
    for more in ({"kind": None, "category": None, "photos": None}, {}):
        again = await worker.do("recordVisit", new | {"appeals": [appeal | more]}, "visit { appeals { body kind } }")
        assert again == {"visit": {"appeals": [{"body": "楼道灯坏了", "kind": "PROBLEM"}]}, "errors": []}


ERASED = {
    f"{name}.{word}": (takes, type_, word)
    for name, takes, type_ in inputs()
    if CLEAR in type_.fields
    for word in graphql.get_named_type(type_.fields[CLEAR].type).values
}
"""What ``clear`` of each mutation can erase."""


@pytest.mark.parametrize("named", ERASED)
def test_what_clear_names_is_a_field_of_the_input_and_not_given_at_once(named: str) -> None:
    takes, type_, word = ERASED[named]
    read, given = reader_of(takes), dict(fields(type_, nulls=False))
    (field,) = [each for each in type_.fields if _upper(each) == word]
    erased = read(given | {CLEAR: [word]})
    assert erased.changes == {word.lower(): [] if "[" in str(type_.fields[field].type) else None}
    declared = type_.fields[field].extensions["strawberry-definition"]
    value = sample(type_.fields[field].type, declared.metadata.get("prefix"))
    with pytest.raises(Refusal) as refused:
        read(given | {field: value, CLEAR: [word]})
    assert refused.value.path == (CLEAR, 0)
    if type_.fields[field].type is graphql.GraphQLString:
        with pytest.raises(Refusal) as refused:
            read(given | {field: " "})
        assert refused.value.path == (field,)


def _upper(name: str) -> str:
    return "".join(f"_{each}" if each.isupper() else each for each in name).upper()


class Filled(NamedTuple):
    """A mutation whose fields have values: its input, and how their values are read."""

    client: Tunping
    given: dict[str, Any]
    query: str
    id: str
    names: Mapping[str, str] = MappingProxyType({})
    """The names of the fields in the answer, where they are others."""


async def _resident(client: Tunping) -> Filled:
    staff = await client.as_("网格员01")
    home = (await staff.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("resident"), "household": home, "name": "新来的", "sex": "FEMALE", "bornOn": "1980-01-01"}
    await done(staff, "addResident", **new, phone="13900000002", relation="OTHER", tenure="OWNER")
    return Filled(staff, {"resident": new["id"]}, "resident(id: $id) { bornOn phone relation tenure }", str(new["id"]))


async def _account(client: Tunping) -> Filled:
    staff = await client.as_("社区01")
    found = (await staff.ask('{ accounts(first: 1, where: { text: "网格员06" }) { nodes { id } } }')).data
    (account,) = found["accounts"]["nodes"]
    await done(staff, "correctAccount", account=account["id"], phone="13900000006")
    return Filled(staff, {"account": account["id"]}, "node(id: $id) { ... on Account { phone } }", account["id"])


async def _own_phone(client: Tunping) -> Filled:
    worker = await client.as_("网格员06")
    await done(worker, "setOwnPhone", phone="13900000007")
    return Filled(worker, {}, "me { phone }", "")


async def _place(client: Tunping, mutation: str, noun: str, **new: Any) -> Filled:
    secretary = await client.as_("书记01")
    community = await own_community(secretary)
    grid = (await secretary.ask("{ grids(first: 1) { nodes { id } } }")).data["grids"]["nodes"][0]["id"]
    where = {"addOrganisation": {"community": community}, "addPremises": {"grid": grid}}[mutation]
    uuid = new_id(noun)
    await done(secretary, mutation, id=uuid, **where, **new)
    type_ = noun.capitalize()
    fields = " ".join(name for name in new if name not in {"kind", "name"})
    return Filled(secretary, {noun: uuid}, f"node(id: $id) {{ ... on {type_} {{ {fields} }} }}", uuid)


async def _premises(client: Tunping) -> Filled:
    facts = {"address": "北门", "contactName": "钱老板", "contactPhone": "13900000000"}
    return await _place(client, "addPremises", "premises", kind="SHOP", name="小店", **facts)


async def _organisation(client: Tunping) -> Filled:
    facts = {"kind": "HOSPITAL", "name": new_id("单位"), "phone": "0991-1234567"}
    return await _place(client, "addOrganisation", "organisation", **facts)


async def _community(client: Tunping) -> Filled:
    secretary = await client.as_("书记01")
    community = await own_community(secretary)
    await done(secretary, "correctCommunity", community=community, phone="0991-1234567")
    return Filled(secretary, {"community": community}, "community(id: $id) { phone }", community)


async def _branch(client: Tunping) -> Filled:
    secretary = await client.as_("书记01")
    estates = (await secretary.ask("{ communities { nodes { estates { nodes { partyBranch { id } } } } } }")).data
    found = [each["partyBranch"] for each in estates["communities"]["nodes"][0]["estates"]["nodes"]]
    branch = next(each["id"] for each in found if each)
    await done(secretary, "correctPartyBranch", partyBranch=branch, phone="0991-7654321")
    return Filled(secretary, {"partyBranch": branch}, "node(id: $id) { ... on PartyBranch { phone } }", branch)


async def _activity(client: Tunping) -> Filled:
    secretary = await client.as_("书记01")
    activity = await planned(secretary, wanted=3, colours=["CYAN"], skill="医生")
    read = "node(id: $id) { ... on Activity { wanted colours skill } }"
    return Filled(secretary, {"activity": activity}, read, activity)


async def _visit(client: Tunping) -> Filled:
    worker = await client.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "occurredAt": NOW.isoformat()}
    await done(worker, "recordVisit", **new, spokeWith="邻居", note="一切都好")
    given = {"visit": new["id"], "reason": "写错了"}
    return Filled(worker, given, "visit(id: $id) { spokeWith note }", str(new["id"]))


async def _category(client: Tunping) -> Filled:
    body = await _organisation(client)
    community = await own_community(body.client)
    given = {"community": community, "category": "WATER"}
    await done(body.client, "setCategory", **given, organisation=body.id)
    read = "community(id: $id) { categories { category organisation { id } } }"
    return Filled(body.client, given, read, community)


async def _cadence(client: Tunping) -> Filled:
    secretary = await client.as_("书记01")
    given: dict[str, Any] = {"colour": "YELLOW", "modes": ["PHONE"]}
    await done(secretary, "setCadence", **given, period="WEEK", graceDays=3)
    return Filled(secretary, given, "visitPolicies { colour period endsOn graceDays }", "")


async def _claim(client: Tunping) -> Filled:
    dispute, (party, *_) = await leak(client)
    worker = await client.as_("网格员01")
    given = {"dispute": dispute, "party": party, "claim": "赔偿"}
    await done(worker, "noteClaim", **given, claimAmount="1300.00")
    return Filled(worker, given, "dispute(id: $id) { parties { id claimAmount } }", dispute)


async def _confirmation(client: Tunping) -> Filled:
    leader = await client.as_("网格长01")
    dispute, _ = await quarrel(client)
    agreement = await agreed(client, dispute)
    given = {"agreement": agreement, "appliedOn": "2024-01-08"}
    await done(leader, "noteConfirmation", **given, result="CONFIRMED", number="司确1号")
    names = {"result": "confirmationResult", "number": "confirmationNumber"}
    read = "node(id: $id) { ... on Agreement { confirmationResult confirmationNumber } }"
    return Filled(leader, given, read, agreement, names)


async def _pushes(client: Tunping) -> Filled:
    worker = await client.as_("网格员06")
    given: dict[str, Any] = {"kinds": ["NOTICE"]}
    await done(worker, "setPushPreferences", **given, quietFrom="22:00", quietUntil="07:00")
    return Filled(worker, given, "me { pushPreferences { quietFrom quietUntil } }", "")


FILLED: dict[str, Callable[[Tunping], Awaitable[Filled]]] = {
    "correctResident": _resident,
    "correctAccount": _account,
    "setOwnPhone": _own_phone,
    "setPushPreferences": _pushes,
    "correctPremises": _premises,
    "correctOrganisation": _organisation,
    "correctCommunity": _community,
    "correctPartyBranch": _branch,
    "changeActivity": _activity,
    "correctVisit": _visit,
    "setCategory": _category,
    "setCadence": _cadence,
    "noteClaim": _claim,
    "noteConfirmation": _confirmation,
}


@pytest.fixture
async def client(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, at a moment that stands still."""
    async with serving(copy_url, Clock(NOW), token_seconds=10**8) as found:
        yield found


def test_every_mutation_that_erases_is_tried() -> None:
    assert FILLED.keys() == {name.partition(".")[0] for name in ERASED}


@pytest.mark.parametrize("mutation", FILLED)
async def test_null_keeps_what_clear_erases(client: Tunping, mutation: str) -> None:
    made = await FILLED[mutation](client)
    words = [name.partition(".")[2] for name in ERASED if name.startswith(f"{mutation}.")]
    fields = [_camel(word) for word in words]
    before = await _values(made, fields)
    assert all(before), before
    await made.client.do(mutation, made.given | dict.fromkeys(fields))
    assert await _values(made, fields) == before
    await done(made.client, mutation, **made.given, clear=words)
    assert [each or None for each in await _values(made, fields)] == [None] * len(fields)


def _camel(word: str) -> str:
    first, *others = word.lower().split("_")
    return first + "".join(map(str.capitalize, others))


async def _values(made: Filled, fields: list[str]) -> list[Any]:
    declared, given = ("($id: ID!)", {"id": made.id}) if made.id else ("", {})
    answer = (await made.client.ask(f"query{declared} {{ {made.query} }}", **given)).data
    (found,) = answer.values()
    for key in ("categories", "parties", "pushPreferences"):
        found = found.get(key, found) if isinstance(found, dict) else found
    if isinstance(found, list):
        (found,) = [each for each in found if _is_meant(each, made)]
    return [found[made.names.get(each, each)] for each in fields]


def _is_meant(each: dict[str, Any], made: Filled) -> bool:
    if "endsOn" in each and each["endsOn"] is not None:
        return False
    wanted = {"category": "WATER", "colour": "YELLOW", "id": made.given.get("party")}
    return all(each[key] == value for key, value in wanted.items() if key in each)
