"""A lost token does not look like an empty community: what needs an account says so."""

from collections.abc import Iterator
from typing import Any

import graphql
import pytest

from rules.access import FOR_EVERYBODY
from schema.schema import SCHEMA
from tests.client import Tunping
from tests.test_null import sample


def documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each root field of queries and mutations, with a document that asks for it alone, and its variables."""
    for kind, root in (("query", SCHEMA._schema.query_type), ("mutation", SCHEMA._schema.mutation_type)):
        assert root is not None
        for name, field in root.fields.items():
            given = {each: arg for each, arg in field.args.items() if graphql.is_non_null_type(arg.type)}
            head = ", ".join(f"${each}: {arg.type}" for each, arg in given.items())
            passed = ", ".join(f"{each}: ${each}" for each in given)
            inner: Any = graphql.get_named_type(field.type)
            below = "" if graphql.is_leaf_type(inner) else "{ __typename }"
            text = f"{kind}{f'({head})' if head else ''} {{ {name}{f'({passed})' if passed else ''} {below} }}"
            values = {each: sample(arg.type, None) for each, arg in given.items()}
            yield name, text, values | ({"acts": []} if "acts" in values else {})


@pytest.mark.long
async def test_every_root_field_is_for_everybody_or_asks_to_sign_in(reading: Tunping) -> None:
    nobody, open_to_all = reading.as_nobody(), set()
    for name, text, values in documents():
        answer = await nobody.ask(text, **values)
        codes = {each["extensions"]["code"] for each in answer.body.get("errors", ())}
        assert codes <= {"UNAUTHENTICATED", "NOT_FOUND", "INVALID_INPUT", "MALFORMED_ID"}, (name, answer.body)
        if "UNAUTHENTICATED" not in codes:
            open_to_all.add(name)
            continue
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "data" not in answer.body
        assert name in answer.body["errors"][0]["message"]
    assert open_to_all == FOR_EVERYBODY


@pytest.mark.parametrize(
    "text",
    [
        "{ wishWall { totalCount } appeals { totalCount } }",
        "query { ...All } fragment All on Query { all: appeals { totalCount } }",
        '{ statistics(between: {startsOn: "2023-01-01", endsOn: "2023-12-31"}) { visits { total } } }',
        "{ me { name } }",
        'mutation { markRead(input: {notice: "notice_0199f0c2-0000-7000-8000-000000000000"}) { errors { code } } }',
    ],
)
async def test_one_field_that_needs_an_account_is_enough_and_nothing_is_answered(reading: Tunping, text: str) -> None:
    answer = await reading.as_nobody().ask(text)
    assert (answer.status, answer.code, answer.body.get("data")) == (401, "UNAUTHENTICATED", None)


async def test_what_is_not_asked_for_needs_no_account(reading: Tunping) -> None:
    text = "query($staff: Boolean!) { __typename wishWall { __typename } appeals @include(if: $staff) { totalCount } }"
    nobody = reading.as_nobody()
    shown = {"__typename": "Query", "wishWall": {"__typename": "WishOnWallConnection"}}
    for _ in range(2):
        assert (await nobody.ask(text, staff=False)).data == shown
        assert (await nobody.ask(text, staff=True)).code == "UNAUTHENTICATED"
