"""GraphQL over HTTP: what is not a request gets its status and its code, and no SQL runs."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import GraphQLNonNull, ValidationContext, get_named_type
from graphql.language.parser import Parser

from schema.compiler.selection import Selections
from schema.schema import SCHEMA
from tests.client import Answer, Clock, Tunping, new_id, serving

QUERY = {"query": "{ me { username } }"}

NOW = datetime.now(UTC).isoformat()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{not json", 400, "MALFORMED_JSON"),
        (b"\xff\xfe", 400, "MALFORMED_JSON"),
        (b"[]", 400, "BAD_REQUEST"),
        (b"{}", 400, "BAD_REQUEST"),
        (b'{"query": 7}', 400, "BAD_REQUEST"),
        (b'{"query": ""}', 400, "BAD_REQUEST"),
        (b'{"query": "{ me { id } }", "variables": []}', 400, "BAD_REQUEST"),
        (b'{"query": "{ me { id } }", "operationName": 1}', 400, "BAD_REQUEST"),
        (b'{"query": "{"}', 400, "GRAPHQL_PARSE_FAILED"),
        (b'{"query": "{ nothing }"}', 400, "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query": "query($n: Int!) { appeals(first: $n) { totalCount } }"}', 400, "INVALID_VARIABLES"),
        (b'{"query": "query a { me { id } } query b { me { id } }"}', 400, "UNKNOWN_OPERATION"),
        (b'{"query": "query a { me { id } }", "operationName": "b"}', 400, "UNKNOWN_OPERATION"),
        (b'{"query": "{ wishWall(first: ' + b"1" * 4301 + b') { totalCount } }"}', 400, "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query": "subscription { appealOpened { cursor } }"}', 400, "USE_EVENT_STREAM"),
    ],
)
async def test_a_broken_request_is_named(reading: Tunping, body: bytes, status: int, code: str) -> None:
    answer = await reading.post(body)
    assert (answer.status, answer.code) == (status, code)
    assert "data" not in answer.body


async def test_a_text_of_a_megabyte_is_refused_before_it_is_read(reading: Tunping) -> None:
    new = {"id": new_id("appeal"), "code": "x", "body": "冷" * 400_000}
    query = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code } } }"
    answer = await reading.ask(query, input=new)
    assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")


async def test_only_json_is_read_and_only_json_is_given(reading: Tunping) -> None:
    wrong = await reading.post(QUERY, **{"content-type": "text/plain"})
    assert (wrong.status, wrong.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    picky = await reading.post(QUERY, accept="text/html")
    assert (picky.status, picky.code) == (406, "NOT_ACCEPTABLE")
    old = await reading.post({"query": "{ nothing }"}, accept="application/json")
    assert (old.status, old.headers["content-type"]) == (200, "application/json")
    new = await reading.post(QUERY)
    assert new.headers["content-type"] == "application/graphql-response+json"
    any_ = await reading.post(QUERY, accept="*/*")
    assert any_.headers["content-type"] == "application/json"


async def test_queries_may_come_by_get_and_mutations_may_not(reading: Tunping) -> None:
    fetched = await reading.http.get("/graphql", params={"query": "{ __typename }"})
    assert fetched.json()["data"] == {"__typename": "Query"}
    query = 'mutation { acceptAppeal(input: {appeal: "x"}) { errors { code } } }'
    refused = await reading.http.get("/graphql", params={"query": query})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


async def test_an_expired_token_and_a_false_one_are_told_apart(demo_url: str) -> None:
    clock = Clock()
    async with serving(demo_url, clock) as client:
        worker = await client.as_("网格员01")
        assert (await worker.post(QUERY)).data == {"me": {"username": "网格员01"}}
        clock.turn(timedelta(seconds=600))
        expired = await worker.post(QUERY)
        assert (expired.status, expired.code) == (401, "TOKEN_EXPIRED")
        assert expired.headers["www-authenticate"] == "Bearer"
        false = await client.post(QUERY, authorization="Bearer x.y.z")
        assert (false.status, false.code) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    ("query", "variables", "code", "argument"),
    [
        ('{ node(id: "x") { id } }', {}, "MALFORMED_ID", ["id"]),
        ('{ appeal(id: "visit_0199f0c2-0000-7000-8000-000000000000") { id } }', {}, "MALFORMED_ID", ["id"]),
        ('{ nodes(ids: ["grid_1"]) { id } }', {}, "MALFORMED_ID", ["ids", "0"]),
        ("{ appeals(first: 0) { totalCount nodes { id } } }", {}, "INVALID_INPUT", ["first"]),
        ("{ appeals(first: 101) { nodes { id } } }", {}, "INVALID_INPUT", ["first"]),
        ("{ appeals(first: 1, last: 1) { nodes { id } } }", {}, "INVALID_INPUT", ["last"]),
        ('{ appeals(after: "zzz") { nodes { id } } }', {}, "INVALID_INPUT", ["after"]),
        (
            "query($w: AppealFilter) { appeals(where: $w) { totalCount } }",
            {"w": {"grid": "grid_1"}},
            "MALFORMED_ID",
            ["where", "grid"],
        ),
        (
            '{ statistics(between: {startsOn: "2023-02-01", endsOn: "2023-01-01"}) { visits { total } } }',
            {},
            "INVALID_INPUT",
            ["between", "endsOn"],
        ),
    ],
)
async def test_a_bad_argument_is_named_with_its_place(
    reading: Tunping, query: str, variables: dict[str, Any], code: str, argument: list[str]
) -> None:
    answer = await (await reading.as_("书记01")).ask(query, **variables)
    (error,) = answer.body["errors"]
    assert answer.body["data"] is None
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)


@pytest.mark.parametrize(
    ("first", "last"), [("9999-12-31", "9999-12-31"), ("0001-01-01", "2023-01-01"), ("2023-01-01", "3000-01-01")]
)
async def test_dates_that_no_rule_allows_are_refused_before_they_become_infinite(
    reading: Tunping, first: str, last: str
) -> None:
    secretary = await reading.as_("书记01")
    answer = await secretary.ask(
        "query($b: DayRange!) { duties(between: $b) { totalCount } }", b={"startsOn": first, "endsOn": last}
    )
    assert (answer.status, _codes(answer)) == (400, {"INVALID_VARIABLES"})
    literal = f'{{ duties(between: {{startsOn: "{first}", endsOn: "{last}"}}) {{ totalCount }} }}'
    assert _codes(await secretary.ask(literal)) == {"GRAPHQL_VALIDATION_FAILED"}
    instant = (
        f'{{ appeals(where: {{openedBetween: {{startsAt: "{first}T00:00:00Z", endsAt: "{last}T23:59:59.999999Z"}}}}) '
    )
    assert _codes(await secretary.ask(instant + "{ totalCount } }")) == {"GRAPHQL_VALIDATION_FAILED"}


def _codes(answer: Answer) -> set[str]:
    return {error["extensions"]["code"] for error in answer.body.get("errors", ())}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('query($v: String = "x") { receipt(code: $v) { __typename } }', "INVALID_VARIABLES"),
        ('query($v: ID = "grid_x") { nodes(ids: [$v]) { id } }', "INVALID_VARIABLES"),
        ("query($v: Boolean = true) { me @include(if: $v) { username } }", "INVALID_VARIABLES"),
        ('query($v: String = "x") { me { username } __type(name: $v) { name } }', None),
        ("query($v: Int = 3) { grids(first: $v) { totalCount } }", None),
    ],
)
async def test_null_instead_of_a_default_is_refused_where_a_value_is_required(
    reading: Tunping, query: str, code: str | None
) -> None:
    worker = await reading.as_("网格员01")
    assert "INTERNAL" not in str((await worker.ask(query)).body)
    answer = await worker.ask(query, v=None)
    assert _codes(answer) == ({code} if code else set())


async def test_null_instead_of_a_default_in_an_input_changes_nothing(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    query = 'mutation($i: ID!, $b: String = "灯") { openAppeal(input: {id: $i, body: $b}) { errors { code } } }'
    appeals = await tunping.count("appeal")
    assert (await worker.ask(query, i=new_id("appeal"), b=None)).code == "INVALID_VARIABLES"
    assert await tunping.count("appeal") == appeals


async def test_one_object_is_a_list_of_one_also_with_variables_in_it(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    found = await worker.ask("{ households(first: 1) { nodes { id } } }")
    query = """mutation($v: ID!, $h: ID!, $a: ID!, $b: String!) {
        recordVisit(input: {id: $v, household: $h, mode: PHONE, occurredAt: "%s",
                            appeals: {id: $a, body: $b}}) { appeals { id } errors { code path } } }"""
    query = query.replace("%s", NOW)
    given = {"v": new_id("visit"), "h": found.data["households"]["nodes"][0]["id"], "a": new_id("appeal"), "b": "灯"}
    made = (await worker.ask(query, **given)).data["recordVisit"]
    assert (made["appeals"], made["errors"]) == ([{"id": given["a"]}], [])


def _connections() -> list[str]:
    """Every connection of the query root in each of its orders, with a cursor that is of none of them."""
    found = []
    root = SCHEMA._schema.query_type
    assert root is not None
    for name, field in root.fields.items():
        if "after" in field.args:
            between = 'between: {startsOn: "2023-01-01", endsOn: "2023-01-31"}, ' if "between" in field.args else ""
            if "community" in field.args and isinstance(field.args["community"].type, GraphQLNonNull):
                between += f'community: "{new_id("community")}", '
            by: Any = field.args.get("orderBy")
            orders = [f"orderBy: {order}, " for order in get_named_type(by.type).values] if by else [""]
            found += [f'{{ {name}({between}{order}after: "zzz") {{ nodes {{ __typename }} }} }}' for order in orders]
    return found


@pytest.mark.long
async def test_every_connection_in_every_order_refuses_a_cursor_of_another(reading: Tunping) -> None:
    """Whatever it pages through, tables or what a SELECT derives, the keys of its cursors have types."""
    secretary, asked = await reading.as_("书记01"), _connections()
    for query in asked:
        (error,) = (await secretary.ask(query)).body["errors"]
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("INVALID_INPUT", ["after"]), query
    assert len(asked) > 20


async def test_an_unknown_id_is_nothing_and_not_an_error(reading: Tunping) -> None:
    worker = await reading.as_("网格员01")
    missing = "0199f0c2-0000-7000-8000-000000000000"
    answer = await worker.ask(
        "query($a: ID!, $n: ID!, $u: ID!) { appeal(id: $a) { id } node(id: $n) { id } nodes(ids: [$n, $u]) { id } }",
        a=f"appeal_{missing}",
        n=f"grid_{missing}",
        u=f"unicorn_{missing}",
    )
    assert answer.data == {"appeal": None, "node": None, "nodes": [None, None]}


async def test_an_answer_that_could_be_too_large_is_refused(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    wide = "{ grids(first: 100) { nodes { households(first: 100) { nodes { id } } } } }"
    assert (await secretary.ask(wide)).code == "QUERY_TOO_LARGE"
    fields = " ".join(f"a{number}: __typename" for number in range(400))
    assert (await secretary.ask(f"{{ {fields} }}")).code == "GRAPHQL_PARSE_FAILED"


async def test_a_bomb_of_fragments_is_refused_at_once(reading: Tunping) -> None:
    spread = "".join(
        f"fragment F{n} on Grid {{ a: estate {{ ...G{n} }} b: estate {{ ...G{n} }} }}"
        f"fragment G{n} on Estate {{ a: partyBranch {{ estate {{ grids {{ nodes {{ ...F{n + 1} }} }} }} }} }}"
        for n in range(16)
    )
    bomb = f"{{ grids {{ nodes {{ ...F0 }} }} }} {spread} fragment F16 on Grid {{ id }}"
    answer = await (await reading.as_("书记01")).ask(bomb)
    assert answer.code in {"QUERY_TOO_LARGE", "GRAPHQL_PARSE_FAILED"}


async def test_all_wrong_variables_are_told_at_once(reading: Tunping) -> None:
    answer = await (await reading.as_("书记01")).ask(
        "query($first: Int, $where: AppealFilter) { appeals(first: $first, where: $where) { totalCount } }",
        first="x",
        where={"open": 1, "grid": []},
    )
    codes = [each["extensions"]["code"] for each in answer.body["errors"]]
    assert codes == ["INVALID_VARIABLES"] * 3
    assert answer.status == 400


async def test_all_malformed_fields_of_an_input_are_told_at_once(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    new = {"id": "visit_x", "household": "home", "mode": "PHONE", "occurredAt": "2024-01-05T10:20:00+08:00"}
    appeals = [{"id": new_id("appeal"), "body": "灯"}, {"id": "appeal_1", "body": "灯"}, {"id": "x", "body": "灯"}]
    told = (await worker.do("recordVisit", new | {"appeals": appeals}))["errors"]
    assert [(each["code"], each["path"]) for each in told] == [
        ("MALFORMED_ID", path) for path in (["id"], ["household"], ["appeals", "1", "id"], ["appeals", "2", "id"])
    ]
    both = {"resident": "resident_x", "phone": "1", "clear": ["PHONE"]}
    told = (await worker.do("correctResident", both))["errors"]
    assert [each["path"] for each in told] == [["clear", "0"], ["resident"]]


async def test_more_than_five_mutations_are_refused(tunping: Tunping) -> None:
    each = 'acceptAppeal(input: {appeal: "appeal_x"}) { errors { code } }'
    query = "mutation {" + " ".join(f"m{number}: {each}" for number in range(6)) + "}"
    assert (await (await tunping.as_("网格员01")).ask(query)).code == "TOO_MANY_MUTATIONS"


@pytest.mark.long
async def test_a_known_mutation_is_not_parsed_validated_or_planned_again(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = await tunping.as_("网格员01")
    found = await worker.ask("{ residents(first: 2) { nodes { id household { id } } } }")
    homes = found.data["residents"]["nodes"]
    query = """
        mutation Twice($first: RecordVisitInput!, $id: ID!, $household: ID!, $note: String, $brief: Boolean!) {
          first: recordVisit(input: $first) { ...Done }
          second: recordVisit(input: {id: $id, household: $household, mode: PHONE,
                                      occurredAt: "%s", note: $note}) { ...Done }
        }
        fragment Done on VisitPayload {
          visit { id note household @skip(if: $brief) { id } mode @include(if: $brief) }
          errors { code }
        }""".replace("%s", NOW)
    calls = _counted(monkeypatch)

    async def twice(*, brief: bool, **also: Any) -> Any:
        calls.clear()
        given = {"id": new_id("visit"), "household": homes[0]["household"]["id"], "note": "电话", "brief": brief}
        first = {"id": new_id("visit"), "household": homes[1]["household"]["id"], "occurredAt": NOW}
        answer = (await worker.ask(query, first={**first, "mode": "PHONE", **also}, **given)).data
        assert [each["visit"]["id"] for each in answer.values()] == [first["id"], given["id"]]
        return answer

    assert "household" in (await twice(brief=False))["first"]["visit"]
    assert {"parsed", "validated", "planned"} == set(calls)
    # An input of another shape does not change the plan.
    answer = await twice(brief=False, note="敲门无人应答", residents=[homes[1]["id"]], mode="HOME_VISIT")
    assert (answer["first"]["visit"]["note"], not calls) == ("敲门无人应答", True)
    # @skip and @include do.
    assert "mode" in (await twice(brief=True))["second"]["visit"]
    assert set(calls) == {"planned"}
    await twice(brief=True)
    assert not calls


def _counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what is done to documents from now on."""
    calls: Counter[str] = Counter()

    def count(owner: Any, method: str, name: str) -> None:
        original = getattr(owner, method)

        def counting(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, method, counting)

    count(Parser, "parse_document", "parsed")
    count(ValidationContext, "__init__", "validated")
    count(Selections, "of", "planned")
    return calls


async def test_what_goes_wrong_inside_is_masked_and_nothing_is_half_written(
    tunping: Tunping, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = await tunping.as_("网格员01")
    pool = tunping.app.state.owner
    await pool.execute("alter table visit_resident rename to hidden")
    try:
        found = await worker.ask("{ residents(first: 1) { nodes { id household { id } } } }")
        resident = found.data["residents"]["nodes"][0]
        visits = await tunping.count("visit")
        visit = {
            "id": new_id("visit"),
            "household": resident["household"]["id"],
            "residents": [resident["id"]],
            "mode": "PHONE",
            "occurredAt": NOW,
            "note": "CANARY",
        }
        query = "mutation($input: RecordVisitInput!) { recordVisit(input: $input) { errors { code } } }"
        answer = await worker.ask(query, input=visit)
        assert answer.code == "INTERNAL"
        assert answer.body.get("data") is None
        assert "hidden" not in str(answer.body)
        assert answer.body["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
        assert await tunping.count("visit") == visits
        logged = capsys.readouterr().err
        assert answer.headers["x-request-id"] in logged
        assert "CANARY" not in logged
    finally:
        await pool.execute("alter table hidden rename to visit_resident")
