"""Finding: the filters of the app and the dashboard, what is due first, and the one search box of a phone."""

from typing import Any

import pytest

from tests.client import Tunping, new_id, serving
from tests.test_plans import nodes, plan_of
from tests.test_search import added

ROOTS = ("appeals", "visits", "disputes", "helpCalls")


async def ids(viewer: Tunping, wanted: str, **variables: Any) -> list[str]:
    """The ids of ``connection(…)``."""
    head = f"query({', '.join(f'${name}: ID!' for name in variables)}) " if variables else ""
    (page,) = (await viewer.ask(f"{head}{{ {wanted} {{ nodes {{ id }} }} }}", **variables)).data.values()
    return [each["id"] for each in page["nodes"]]


async def test_what_is_mine_and_what_is_not_is_everything(reading: Tunping) -> None:
    worker = await reading.as_("网格员01")
    for root in ROOTS:
        both = (
            f"mine: {root}(where: {{mine: true}}) {{ totalCount }} not: {root}(where: {{mine: false}}) {{ totalCount }}"
        )
        data = (await worker.ask(f"{{ {both} {root} {{ totalCount }} }}")).data
        assert data["mine"]["totalCount"] + data["not"]["totalCount"] == data[root]["totalCount"]
    me = (await worker.ask("{ me { id } }")).data["me"]["id"]
    mine = await ids(worker, "appeals(first: 100, where: {mine: true})")
    assert mine == await ids(worker, "appeals(first: 100, where: {handledBy: $me})", me=me) != []


async def test_what_is_due_first_comes_first_page_by_page(reading: Tunping) -> None:
    secretary, found, after = await reading.as_("书记01"), [], ""
    while True:
        where = f"orderBy: DUE_FIRST, first: 40{after and f', after: {chr(34)}{after}{chr(34)}'}"
        page = (
            await secretary.ask(
                f"""{{ appeals({where}) {{ totalCount pageInfo {{ hasNextPage endCursor }}
                nodes {{ deadlines {{ kind dueAt }} }} }} }}"""
            )
        ).data["appeals"]
        found += [max(deadline["dueAt"] for deadline in each["deadlines"]) for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(found) == page["totalCount"] > 40
    assert found == sorted(found)


async def test_a_change_is_found_by_its_instant(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    before = tunping.app.state.now().isoformat()
    (home,) = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"]
    appeal = {"id": new_id("appeal"), "household": home["id"], "body": "楼道灯不亮"}
    opened = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { appeal { id } errors { message } } }"
    assert (await worker.ask(opened, input=appeal)).data["openAppeal"]["errors"] == []
    assert await ids(worker, f'appeals(where: {{changedBetween: {{startsAt: "{before}"}}}})') == [appeal["id"]]
    name = "欧阳寻见"
    resident = await added(worker, name)
    assert resident in await ids(worker, f'residents(where: {{changedBetween: {{startsAt: "{before}"}}}})')
    assert await ids(worker, 'residents(where: {changedBetween: {startsAt: "2999-01-01T00:00:00Z"}})') == []


async def test_the_search_box_finds_people_homes_and_cases(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    query = """query($text: String!) { search(text: $text) { residents { totalCount nodes { name } }
        households(first: 2) { totalCount nodes { address } } appeals { totalCount nodes { body } }
        disputes { totalCount nodes { title } } } }"""
    people = (await secretary.ask(query, text="王德顺")).data["search"]
    assert [each["name"] for each in people["residents"]["nodes"]] == ["王德顺"]
    assert people["households"]["totalCount"] == 0
    home = (await secretary.ask(query, text="金穗家园3号楼1单元201")).data["search"]
    assert [each["address"] for each in home["households"]["nodes"]] == ["金穗家园3号楼1单元201"]
    assert home["residents"]["totalCount"] > 0
    cases = (await secretary.ask(query, text="暖气")).data["search"]
    assert {("暖气" in each["body"]) for each in cases["appeals"]["nodes"]} <= {True}
    head = (await (await tunping.as_("联户长01")).ask(query, text="暖气")).data["search"]
    assert head["disputes"]["totalCount"] == 0
    assert (await secretary.ask(query, text=" ")).code == "INVALID_INPUT"


@pytest.mark.parametrize("wanted", ["party: $id", "mediator: $id", "resident: $id"])
async def test_a_filter_takes_ids_of_its_types_only(reading: Tunping, wanted: str) -> None:
    secretary = await reading.as_("书记01")
    root = "appeals" if wanted.startswith("resident") else "disputes"
    answer = await secretary.ask(
        f"query($id: ID!) {{ {root}(where: {{{wanted}}}) {{ totalCount }} }}", id=new_id("wish")
    )
    assert answer.code == "MALFORMED_ID"


@pytest.mark.parametrize(
    ("username", "wanted", "indexes"),
    [
        ("规模1网格员01", "appeals(first: 20, orderBy: DUE_FIRST, where: {open: true})", {"ix_appeal_grid_due"}),
        (
            "规模1书记01",
            'appeals(where: {changedBetween: {startsAt: "2100-01-01T00:00:00Z"}})',
            {"ix_journal_recorded", "ix_journal_appeal"},
        ),
    ],
)
async def test_finding_has_an_index(register_url: str, username: str, wanted: str, indexes: set[str]) -> None:
    async with serving(register_url) as client:
        plan = await plan_of(client, username, f"{{ {wanted} {{ nodes {{ id }} }} }}")
    assert indexes & {each.get("Index Name") for each in nodes(plan)}
