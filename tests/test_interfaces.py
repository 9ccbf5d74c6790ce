"""Interfaces as a client uses them: one fragment for all cases, payloads, figures and events."""

from collections.abc import Mapping
from typing import Any

import graphql
import pytest

from rules.cases import PHASE_OF_APPEAL, PHASE_OF_DISPUTE, PHASE_OF_INCIDENT, PHASE_OF_WISH
from schema.schema import SCHEMA
from tests.client import Tunping, new_id, phone, subscribed
from tests.test_live import cursor_now, report_at_home

CASE = """fragment Shown on Case {
    id phase phaseLabel statusLabel handlingLevel handlingLevelLabel address openedAt closedAt grid { name }
    allowedActions deadlines { kind dueAt state } timeline(first: 1) { totalCount nodes { kindLabel case { id } } } }"""
PHASES = (PHASE_OF_APPEAL, PHASE_OF_DISPUTE, PHASE_OF_WISH, PHASE_OF_INCIDENT)


async def test_one_fragment_shows_every_kind_of_case(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    roots = ("appeals", "disputes", "incidents", "wishes")
    listed = await secretary.ask(" ".join(["{", *(f"{each}(first: 2) {{ nodes {{ id }} }}" for each in roots), "}"]))
    ids = [node["id"] for root in roots for node in listed.data[root]["nodes"]]
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ...Shown }} }} {CASE}"
    found = (await secretary.ask(query, ids=ids)).data["nodes"]
    assert [each["id"] for each in found] == ids
    assert {each["__typename"] for each in found} == {"Appeal", "Dispute", "Incident", "Wish"}
    for each in found:
        assert each["timeline"]["totalCount"] >= len(each["timeline"]["nodes"]) == 1
        assert each["address"]
        assert (each["closedAt"] is None) is (each["phase"] not in {"SOLVED", "ENDED_UNSOLVED"})
        assert (each["handlingLevel"] is None) is (each["__typename"] == "Wish")
    assert all(each["timeline"]["nodes"][0]["case"]["id"] == each["id"] for each in found[:4])


def test_each_status_has_a_phase() -> None:
    for groups in PHASES:
        assert list(groups) == list(type(next(iter(groups))))


async def test_a_case_is_found_by_its_id_whatever_it_is_about(reading: Tunping) -> None:
    worker, nobody = await reading.as_("网格员01"), reading.as_nobody()
    query = """query($id: ID!) { case(id: $id) {
        __typename phaseLabel ... on Appeal { body } ... on Wish { publishedText } } }"""
    (own,) = (await worker.ask("{ appeals(first: 1) { nodes { id body } } }")).data["appeals"]["nodes"]
    found = (await worker.ask(query, id=own["id"])).data["case"]
    assert (found["__typename"], found["body"]) == ("Appeal", own["body"])
    grid = (await worker.ask("{ grids(first: 1) { nodes { id } } }")).data["grids"]["nodes"][0]["id"]
    for other in (grid, new_id("wish")):
        assert (await worker.ask(query, id=other)).data == {"case": None}
    refused = await nobody.ask(query, id=own["id"])
    assert refused.code == "UNAUTHENTICATED"


async def test_what_is_no_case_has_none_of_its_fields(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    grid = (await secretary.ask("{ grids(first: 1) { nodes { id } } }")).data["grids"]["nodes"][0]["id"]
    query = f"query($id: ID!) {{ node(id: $id) {{ __typename ...Shown }} }} {CASE}"
    assert (await secretary.ask(query, id=grid)).data["node"] == {"__typename": "Grid"}


async def test_one_fragment_reads_the_errors_of_every_payload(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    nothing = {"appeal": new_id("appeal"), "act": new_id("act")}
    query = """mutation($a: AcceptAppealInput!, $w: PublishWishInput!) {
        acceptAppeal(input: $a) { ...Refused } publishWish(input: $w) { ...Refused }
    } fragment Refused on Payload { errors { code path } }"""
    wish = {"wish": new_id("wish"), "act": new_id("act"), "publishedText": "想要一个轮椅"}
    found = (await secretary.ask(query, a=nothing, w=wish)).data
    assert found["acceptAppeal"]["errors"] == [{"code": "NOT_FOUND", "path": ["appeal"]}]
    assert found["publishWish"]["errors"] == [{"code": "NOT_FOUND", "path": ["wish"]}]


async def test_one_fragment_counts_every_group_of_figures(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    query = """{ statistics(between: {startsOn: "2023-01-01", endsOn: "2023-12-31"}) {
        disputes { ...Counted byType { label ...Counted } } visits { ...Counted } constructionSites { ...Counted }
        directLine { ...Counted byMonth { startsOn ...Counted } } } } fragment Counted on Figures { total }"""
    found = (await secretary.ask(query)).data["statistics"]
    assert found["disputes"]["total"] == 101 == sum(each["total"] for each in found["disputes"]["byType"])
    assert found["directLine"]["total"] == sum(each["total"] for each in found["directLine"]["byMonth"])


async def test_one_fragment_shows_every_kind_of_event(served: Tunping) -> None:
    worker = await served.as_("网格员03")
    seen = "...Shown } } fragment Shown on Event { cursor kind kindLabel occurredAt }"
    of_case = "case { phase ... on Appeal { source } ... on Wish { body } } ..."
    after = await cursor_now(worker)
    async with phone(worker) as connected:
        await connected.subscribe(
            f"subscription($after: Cursor) {{ feed(after: $after) {{ {of_case}{seen[3:]}", "1", after=after
        )
        await connected.subscribe(
            f"subscription($after: Cursor) {{ appealOpened(after: $after) {{ {seen}", "2", after=after
        )
        await subscribed(served, 2)
        await report_at_home(worker)
        told: dict[str, Any] = {}
        while len(told) < 2:
            message = await connected.receive()
            told[message["id"]] = next(iter(message["payload"]["data"].values()))
    assert told["1"].pop("case") == {"phase": "NEW", "source": "APP"}
    assert told["1"] == told["2"]
    assert (told["1"]["kind"], told["1"]["kindLabel"]) == ("APPEAL_OPENED", "诉求提交")


@pytest.mark.parametrize(
    ("interface", "fields"),
    [
        ("Payload", {"errors": "[Problem!]!"}),
        ("Figures", {"total": "Int!"}),
        ("Event", {"cursor": "Cursor!", "kind": "JournalEntryKind!", "occurredAt": "DateTime!"}),
    ],
)
def test_every_type_with_the_fields_of_an_interface_has_it(interface: str, fields: Mapping[str, str]) -> None:
    found = {
        type_.name: interface in {each.name for each in type_.interfaces}
        for type_ in SCHEMA._schema.type_map.values()
        if isinstance(type_, graphql.GraphQLObjectType)
        and all(name in type_.fields and str(type_.fields[name].type) == wanted for name, wanted in fields.items())
    }
    assert len(found) > 5
    assert {name for name, has_it in found.items() if not has_it} <= {"JournalEntry"}  # It is of the record.


def test_what_mutations_and_subscriptions_return_has_the_interface() -> None:
    schema = SCHEMA._schema
    assert schema.mutation_type is not None
    assert schema.subscription_type is not None
    for root, interface, but in (
        (schema.mutation_type, "Payload", {"pushActs"}),
        (schema.subscription_type, "Event", {"documentsChanged"}),
    ):
        types = {name: graphql.get_named_type(field.type) for name, field in root.fields.items()}
        without = {
            name
            for name, type_ in types.items()
            if interface not in {each.name for each in getattr(type_, "interfaces", ())}
        }
        assert without == but


def test_each_scalar_says_where_it_is_specified() -> None:
    scalars = [each for each in SCHEMA._schema.type_map.values() if isinstance(each, graphql.GraphQLScalarType)]
    own = [each for each in scalars if not graphql.is_specified_scalar_type(each)]
    assert {each.name for each in own if not each.specified_by_url} == {"Cursor"}  # It is opaque.
