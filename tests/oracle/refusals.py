"""Hand-written queries that must be refused, on both sides."""

from tests.oracle.cases import UNKNOWN, Case, filled
from tests.oracle.paging import encoded

REFUSED = [
    Case("no id at all", '{ node(id: "nothing") { id } }'),
    Case(
        "an id of another type",
        "query($id: ID!) { appeal(id: $id) { id } }",
        lambda pools: {"id": pools.ids["grid"][0]},
    ),
    Case("a number for an id", "{ node(id: 5) { id } }"),
    Case(
        "an id in another spelling",
        "query($id: ID!) { node(id: $id) { id } }",
        lambda pools: {"id": "grid_urn:" + pools.ids["grid"][0].removeprefix("grid_").replace("-", "")},
    ),
    Case(
        "a malformed id among others",
        'query($id: ID!) { nodes(ids: [$id, "x"]) { id } }',
        lambda pools: {"id": pools.ids["grid"][0]},
    ),
    Case(
        "too many ids",
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        lambda pools: {"ids": [pools.ids["grid"][0]] * 101},
    ),
    Case("a malformed id in a filter", '{ residents(where: { grid: "x" }) { totalCount } }'),
    Case(
        "an id of another type in a filter",
        "query($w: VisitFilter) { visits(where: $w) { nodes { id } } }",
        lambda pools: {"w": {"worker": pools.ids["grid"][0]}},
    ),
    Case("a page of nothing", "{ grids(first: 0) { nodes { id } } }"),
    Case("a page of less than nothing", "{ grids(last: -1) { totalCount } }"),
    Case("too large a page", "query($n: Int) { grids(first: $n) { nodes { id } } }", lambda _: {"n": 101}),
    Case("both directions at once", "{ grids(first: 1, last: 1) { nodes { id } } }"),
    Case("a text that is no cursor", '{ grids(after: "not a cursor") { nodes { id } } }'),
    Case(
        "a cursor of another list",
        "query($after: String) { grids(after: $after) { nodes { id } } }",
        lambda pools: {"after": pools.cursors["household"][0]},
    ),
    Case(
        "a cursor of the other order",
        "query($c: String) { appeals(before: $c, orderBy: OLDEST) { nodes { id } } }",
        lambda pools: {"c": pools.cursors["appeal"][0]},
    ),
    Case("a cursor with a number for an id", '{ grids(after: "WyJuYW1lLGlkIiwgIngiLCA1XQ") { nodes { id } } }'),
    Case("a search for nothing", '{ residents(where: { text: "  " }) { totalCount } }'),
    Case(
        "too long a search",
        "query($t: String) { residents(where: { text: $t }) { nodes { id } } }",
        lambda _: {"t": "长" * 101},
    ),
    Case(
        "a period that ends before it begins",
        '{ statistics(between: { startsOn: "2023-02-01", endsOn: "2023-01-01" }) { visits { total } } }',
    ),
    Case(
        "a malformed community",
        '{ statistics(between: {startsOn: "2023-01-01", endsOn: "2023-01-01"}, community: "x") { visits { total } } }',
    ),
    Case("a week that is none", '{ weeklyAnalysis(week: "2023-48") { week } }'),
    Case("the 53rd week of a year of 52", '{ weeklyAnalysis(week: "2021-W53") { week } }'),
    Case("a week to come", '{ weeklyAnalysis(week: "9999-W01") { __typename } }'),
    Case("the week of a malformed community", '{ weeklyAnalysis(week: "2023-W48", community: "x") { week } }'),
    Case(
        "what has been open for no day at all",
        '{ weeklyAnalysis(week: "2023-W48") { draggingAppeals(days: 0) { totalCount } } }',
    ),
    Case(
        "an instant without its zone",
        '{ visits(where: { occurredBetween: { startsAt: "2023-01-01T00:00:00" } }) { totalCount } }',
    ),
    Case(
        "an instant without its zone in a variable",
        "query($t: DateTime) { visits(where: { occurredBetween: { startsAt: $t } }) { totalCount } }",
        lambda _: {"t": "2023-01-01T00:00:00"},
    ),
    Case(
        "an instant beyond all calendars",
        '{ visits(where: { occurredBetween: { startsAt: "0001-01-01T00:00:00+14:00" } }) { totalCount } }',
    ),
    Case(
        "a cursor with a number beyond all numbers",
        "query($c: String) { buildings(after: $c) { nodes { id } } }",
        lambda _: {"c": encoded(["number,id", 10**30, UNKNOWN])},
    ),
    Case(
        "a cursor with an instant beyond all calendars",
        "query($c: String) { visits(after: $c) { nodes { id } } }",
        lambda _: {"c": encoded(["-occurred_at,id", "0001-01-01T00:00:00+14:00", UNKNOWN])},
    ),
    Case("a NUL in a receipt code", "query($c: String!) { receipt(code: $c) { body } }", lambda _: {"c": "A\0B"}),
    Case(
        "a NUL in a cursor",
        "query($c: String) { grids(after: $c) { nodes { id } } }",
        lambda _: {"c": encoded(["name,id", "A\0B", UNKNOWN])},
    ),
    Case(
        "a day that does not exist",
        '{ statistics(between: { startsOn: "2023-02-30", endsOn: "2023-03-01" }) { visits { total } } }',
    ),
    Case(
        "pages that allow too many rows",
        """{ grids(first: 100) { nodes { households(first: 100) { nodes { id } } } } }""",
    ),
    Case(
        "too many rows only in a node of another type",
        """query($id: ID!) { node(id: $id) { ... on Community {
        estates(first: 100) { nodes { buildings(first: 100) { nodes { id } } } } } } }""",
        lambda pools: {"id": pools.ids["resident"][0]},
    ),
    Case("a variable of the wrong type", "query($n: Int) { grids(first: $n) { nodes { id } } }", lambda _: {"n": "x"}),
    Case("an unknown field", "{ grids { nodes { nothing } } }"),
    Case(
        "too many fields by fragments",
        filled(
            "{ <many> } fragment Wide on Account { <names> }",
            many=" ".join(f"me{number}: me {{ ...Wide }}" for number in range(41)),
            names=" ".join(f"name{number}: name" for number in range(50)),
        ),
    ),
    Case("too many words", filled("{ <words> }", words="__typename " * 1000)),
]
