"""An id that exists, of a thing that the viewer does not see, takes the same statements as one that does not exist."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import graphql
import pytest

from rules.access import Role
from schema.compiler import registry
from tests.client import Tunping, serving
from tests.test_all_problems import named_in
from tests.test_null import sample
from tests.test_plans import counted
from tests.test_retry_ids import ROLES, TYPES, as_json, one_of_each_role

TRIED = 60
SHOWN = {"photo": "removed_at is null"}
"""Left out: what the viewer may know of without seeing it. A removed photo of an own case says that it was removed."""


@pytest.fixture
async def tunping(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over small communities."""
    async with serving(small_copy_url, token_seconds=10**6) as client:
        yield client


async def unseen_by(caller: Tunping) -> Mapping[str, list[str]]:
    """For each type some ids that exist and that the caller does not see."""
    found: dict[str, list[str]] = {}
    for prefix, type_ in registry.PREFIXES.items():
        table = type_.__entity__.model.__tablename__  # type: ignore[attr-defined]
        only = SHOWN.get(prefix, "true")
        rows = await caller.app.state.owner.fetch(f'select id from "{table}" where {only} order by id desc limit 60')
        ids = [f"{prefix}_{row['id']}" for row in rows]
        nodes = (await caller.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)).data["nodes"]
        found[prefix] = [each for each, node in zip(ids, nodes, strict=True) if node is None]
    return found


def given(type_: graphql.GraphQLInputObjectType) -> dict[str, Any]:
    """An input whose ids do not exist."""
    facts = {name: field.extensions["strawberry-definition"].metadata for name, field in type_.fields.items()}
    needed = [name for name, field in type_.fields.items() if graphql.is_non_null_type(field.type)]
    return {name: sample(type_.fields[name].type, facts[name].get("prefix")) for name in {*needed, *named_in(type_)}}


def of_others(value: Any, unseen: Mapping[str, Iterator[str]]) -> Any:
    """The value with ids of others, each once."""
    if isinstance(value, list):
        return [of_others(each, unseen) for each in value]
    return next(unseen[str(value).rpartition("_")[0]], value)


@pytest.mark.long
@pytest.mark.parametrize("share", range(3))
async def test_an_id_of_others_takes_the_statements_of_one_that_does_not_exist(tunping: Tunping, share: int) -> None:
    callers = await one_of_each_role(tunping)
    tried, unseen = 0, dict[Role, Mapping[str, list[str]]]()
    for name, type_ in [each for each in TYPES.items() if named_in(each[1])][share::3]:
        role = Role.SECRETARY if Role.SECRETARY in ROLES[name] else next(each for each in ROLES[name] if each)
        if role not in unseen:
            unseen[role] = await unseen_by(callers[role])
        missing, named = given(type_), named_in(type_)
        left = {prefix: iter(ids) for prefix, ids in unseen[role].items()}
        others = missing | {field: of_others(missing[field], left) for field in named}
        answers, statements = list[Any](), list[list[str]]()
        for each in (missing, others):
            with counted() as said:
                answers.append((await callers[role].do(name, as_json(each)))["errors"])
            statements.append(said)
        assert (name, answers[0]) == (name, answers[1])
        assert (name, statements[0]) == (name, statements[1])
        tried += others != missing and any(each["code"] == "NOT_FOUND" for each in answers[0])
    assert tried > TRIED / 3
