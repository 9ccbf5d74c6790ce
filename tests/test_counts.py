"""Counting: the rows of a connection by one to three dimensions."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import graphql
import pytest

from schema.compiler.counts import COUNTS
from schema.schema import SCHEMA
from tests.client import Tunping

YEAR = 'where: {openedBetween: {startsAt: "2022-12-31T16:00:00Z", endsAt: "2023-12-31T16:00:00Z"}}'
WEEK = 'where: {openedBetween: {startsAt: "2023-11-05T16:00:00Z", endsAt: "2023-11-12T16:00:00Z"}}'


async def asked(client: Tunping, wanted: str, username: str = "书记01", **variables: Any) -> Any:
    """The connection that is asked for, as an account."""
    answer = await (await client.as_(username)).ask(wanted, **variables)
    (page,) = answer.data.values()
    return page


async def groups(client: Tunping, wanted: str, username: str = "书记01") -> list[dict[str, Any]]:
    """The groups of ``connection(…) { countsBy(…) { … } }``."""
    found: list[dict[str, Any]] = (await asked(client, f"{{ {wanted} }}", username))["countsBy"]
    return found


async def test_each_month_has_every_category_and_the_numbers_add_up(reading: Tunping) -> None:
    page = await asked(
        reading,
        f"{{ appeals({YEAR}) {{ totalCount countsBy(dimensions: [MONTH, CATEGORY]) {{ count month category }} }} }}",
    )
    found = page["countsBy"]
    assert sum(each["count"] for each in found) == page["totalCount"] > 0
    months, categories = ({each[name] for each in found} for name in ("month", "category"))
    assert months == {f"2023-{month:02}-01" for month in range(1, 13)}
    assert len(found) == len(months) * len(categories)
    order = [(each["month"], -each["count"], each["category"]) for each in found]
    assert order == sorted(order)


async def test_days_are_those_of_the_filter_by_the_calendar_of_the_community(reading: Tunping) -> None:
    found = await groups(reading, f"appeals({WEEK}) {{ countsBy(dimensions: [DAY]) {{ day count }} }}")
    assert [each["day"] for each in found] == [str(date(2023, 11, 6) + timedelta(days)) for days in range(7)]
    rows = await reading.app.state.owner.fetch(
        """select (opened_at at time zone 'Asia/Shanghai')::date as day, count(*) from appeal
        where opened_at >= '2023-11-05T16:00:00Z' and opened_at < '2023-11-12T16:00:00Z' group by 1"""
    )
    assert {each["day"]: each["count"] for each in found if each["count"]} == {
        str(row["day"]): row["count"] for row in rows
    }


async def test_a_week_that_a_month_or_the_filter_cuts_is_counted_in_parts(reading: Tunping) -> None:
    span = '{startsAt: "2023-10-28T16:00:00Z", endsAt: "2023-11-08T04:00:00Z"}'
    found = await groups(
        reading, f"appeals(where: {{openedBetween: {span}}}) {{ countsBy(dimensions: [WEEK, MONTH]) {{ week month }} }}"
    )
    assert [(each["week"], each["month"]) for each in found] == [
        ("2023-10-23", "2023-10-01"),
        ("2023-10-30", "2023-10-01"),
        ("2023-10-30", "2023-11-01"),
        ("2023-11-06", "2023-11-01"),
    ]


@pytest.mark.parametrize("by", ["WEEK, GRID", "MONTH, GRID", "WEEK", "WEEK, MONTH, GRID"])
async def test_weeks_from_the_index_are_those_of_the_rows(reading: Tunping, by: str) -> None:
    """A second filter that all rows match has the rows themselves counted."""
    levels = "[" + ", ".join(SCHEMA._schema.type_map["AppealLevel"].values) + "]"  # type: ignore[attr-defined]
    fields = "count week month grid { id }"
    of_rows = YEAR.replace("{openedBetween", f"{{level: {levels}, openedBetween")
    found = await groups(reading, f"appeals({YEAR}) {{ countsBy(dimensions: [{by}]) {{ {fields} }} }}")
    assert sum(each["count"] for each in found) > 0
    assert found == await groups(reading, f"appeals({of_rows}) {{ countsBy(dimensions: [{by}]) {{ {fields} }} }}")


async def test_without_a_filter_the_periods_are_those_of_the_rows(reading: Tunping) -> None:
    found = await groups(reading, "appeals { countsBy(dimensions: [MONTH]) { month count } }")
    assert found[0]["count"] > 0
    assert found[-1]["count"] > 0
    starts = [date.fromisoformat(each["month"]) for each in found]
    assert all((later - earlier).days in {28, 29, 30, 31} for earlier, later in pairwise(starts))
    nothing = 'where: {text: "没有这样的内容"}'
    assert await groups(reading, f"appeals({nothing}) {{ countsBy(dimensions: [MONTH]) {{ count }} }}") == []


async def test_a_key_is_an_object_and_what_was_not_asked_for_is_null(reading: Tunping) -> None:
    found = await groups(
        reading,
        "appeals { countsBy(dimensions: [GRID, STATUS]) { count grid { name } status week category building { id } } }",
    )
    assert {each["grid"]["name"] for each in found if each["grid"]} >= {"01号网格", "02号网格"}
    assert all((each["week"], each["category"], each["building"]) == (None, None, None) for each in found)
    assert [each["count"] for each in found] == sorted((each["count"] for each in found), reverse=True)


async def test_dimensions_of_a_variable_have_plans_of_their_own(reading: Tunping) -> None:
    query = """query($by: [AppealDimension!]!) { appeals { countsBy(dimensions: $by) { count status level } } }"""
    for by in ("STATUS", "LEVEL"):
        found = (await asked(reading, query, by=[by]))["countsBy"]
        assert {name for each in found for name, value in each.items() if value} == {"count", by.lower()}


@pytest.mark.parametrize(
    "by", ["[]", "[DAY, GRID, STATUS, LEVEL]", "[GRID, STATUS, LEVEL, KIND, CATEGORY, SOURCE, URGENCY]"]
)
async def test_more_than_three_dimensions_are_refused_and_none(reading: Tunping, by: str) -> None:
    secretary = await reading.as_("书记01")
    answer = await secretary.ask(f"{{ appeals {{ countsBy(dimensions: {by}) {{ count }} }} }}")
    assert answer.code == "INVALID_INPUT"
    assert answer.body["errors"][0]["extensions"]["argument"] == ["dimensions"]
    assert answer.body["errors"][0]["path"] == ["appeals", "countsBy"]


async def test_a_dimension_that_is_named_twice_counts_once(reading: Tunping) -> None:
    twice = "appeals { countsBy(dimensions: [KIND, KIND, KIND, KIND]) { count kind } }"
    assert await groups(reading, twice) == await groups(reading, twice.replace("KIND, ", ""))


@pytest.mark.parametrize("by", ["[DAY]", "[DAY, GRID]", "[GRID, DAY, STATUS]"])
async def test_more_than_a_thousand_groups_are_refused(reading: Tunping, by: str) -> None:
    secretary = await reading.as_("书记01")
    long = 'where: {openedBetween: {startsAt: "1900-01-01T00:00:00Z", endsAt: "2100-12-31T00:00:00Z"}}'
    answer = await secretary.ask(f"{{ appeals({long}) {{ countsBy(dimensions: {by}) {{ count }} }} }}")
    assert answer.code == "QUERY_TOO_LARGE"
    few = f"{{ appeals({WEEK}) {{ countsBy(dimensions: {by}) {{ count }} }} }}"
    assert (await secretary.ask(few)).data["appeals"]["countsBy"]


async def test_a_resident_counts_under_each_colour(reading: Tunping) -> None:
    page = await asked(
        reading,
        """{ residents { totalCount countsBy(dimensions: [COLOUR]) { count colour }
        both: countsBy(dimensions: [COLOUR, GRID]) { count colour grid { name } } } }""",
    )
    held = await reading.app.state.owner.fetch(
        """select colour, count(*) from resident r left join resident_colour c on c.resident_id = r.id
        and c.removed_at is null where left_on is null and merged_into is null group by 1"""
    )
    by_colour = {each["colour"]: each["count"] for each in page["countsBy"]}
    assert by_colour == {row["colour"]: row["count"] for row in held}
    assert sum(by_colour.values()) >= page["totalCount"]
    summed: Counter[str] = Counter()
    for each in page["both"]:
        summed[each["colour"]] += each["count"]
    assert dict(summed) == by_colour


async def test_who_may_not_read_a_field_counts_nothing_by_it(reading: Tunping) -> None:
    by = "residents { totalCount countsBy(dimensions: [%s]) { count colour sex } }"
    for dimensions in ("COLOUR", "COLOUR, SEX"):
        assert await groups(reading, by % dimensions, "联户长01") == []
    page = await asked(reading, f"{{ {by % 'SEX'} }}", "联户长01")
    assert sum(each["count"] for each in page["countsBy"]) == page["totalCount"] > 0
    coloured = "residents(where: {colour: [RED]}) { countsBy(dimensions: [SEX]) { count } }"
    assert await groups(reading, coloured, "联户长01") == []
    assert await groups(reading, coloured) != []
    visits = "visits { countsBy(dimensions: [MONTH]) { count } }"
    assert sum(each["count"] for each in await groups(reading, visits, "联户长01")) == 0
    assert sum(each["count"] for each in await groups(reading, visits)) > 0


async def test_a_worker_counts_in_the_own_grid(reading: Tunping) -> None:
    by = "households { countsBy(dimensions: [GRID]) { count grid { name } } }"
    assert [each["grid"]["name"] for each in await groups(reading, by, "网格员01")] == ["01号网格"]
    assert len(await groups(reading, by)) > 1


async def test_counts_of_many_objects_cost_more(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    by = "appeals { countsBy(dimensions: [STATUS]) { count } }"
    answer = await secretary.ask(f"{{ grids(first: 3) {{ nodes {{ name {by} }} }} {by} }}")
    total: Counter[int] = Counter()
    assert len(answer.data["grids"]["nodes"]) == 3
    for each in answer.data["grids"]["nodes"]:
        total[0] += sum(group["count"] for group in each["appeals"]["countsBy"])
    assert 0 < total[0] <= sum(group["count"] for group in answer.data["appeals"]["countsBy"])
    several = " ".join(f"c{number}: {by.replace('appeals', 'appeals(first: 1)')}" for number in range(5))
    many = f"{{ households(first: 100) {{ nodes {{ {several} }} }} }}"
    assert (await secretary.ask(many)).code == "QUERY_TOO_COSTLY"


def test_each_key_names_the_field_that_shows_it() -> None:
    """Otherwise nobody would be kept from counting by what they may not read."""
    for noun, counts in COUNTS.items():
        shown = {each.shows for each in counts.keys.values()}
        type_: Any = SCHEMA._schema.type_map[noun.__name__]
        assert shown <= type_.fields.keys(), noun


UNCOUNTED = {
    **dict.fromkeys(
        ("accounts", "buildings", "organisations", "premises", "sites", "qrCodes"),
        "What there is, and not what happens.",
    ),
    **dict.fromkeys(("activities", "notices", "rosterWeeks", "receptions"), "A few a month."),
    **dict.fromkeys(("activityWall", "noticeWall", "wishWall", "directLineWall"), "For everybody, without an account."),
    "referrals": "Disputes are counted by status.",
    **dict.fromkeys(
        ("duties", "owed", "done", "late", "missed", "due", "paused"), "The weekly analysis counts them by colour."
    ),
}
"""Connections with a filter that are not counted by dimensions, and why."""


def test_every_connection_with_a_filter_is_counted_or_says_why_not() -> None:
    found = set[str]()
    for type_ in SCHEMA._schema.type_map.values():
        for name, field in getattr(type_, "fields", {}).items():
            connection: Any = graphql.get_named_type(field.type)
            if "where" in getattr(field, "args", {}) and "countsBy" not in connection.fields:
                found.add(name)
    assert found == UNCOUNTED.keys()
