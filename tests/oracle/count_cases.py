"""Questions for counts: every dimension of every noun, and periods with and without a filter."""

from tests.oracle.cases import Case

_OBJECT = "{ id }"
_PLACE = f"grid {_OBJECT} building {_OBJECT}"
_SPAN = '{startsAt: "2023-10-10T10:00:00Z", endsAt: "2023-12-20T01:00:00+08:00"}'
_COUNTS = {
    "appeals": (
        f"day week month kind category source level status urgency {_PLACE} organisation {_OBJECT} worker {_OBJECT}",
        (
            "[DAY] [WEEK, GRID] [MONTH, WEEK, CATEGORY] [BUILDING, KIND] [SOURCE, LEVEL] [STATUS, URGENCY]"
            " [ORGANISATION] [WORKER, STATUS, GRID]"
        ),
    ),
    "visits": (f"day week month mode attempt {_PLACE} worker {_OBJECT}", "[WEEK, MODE] [ATTEMPT, WORKER] [BUILDING]"),
    "disputes": (
        f"week month type origin level status grid {_OBJECT} mediator {_OBJECT}",
        "[MONTH, TYPE] [ORIGIN, LEVEL] [STATUS, MEDIATOR] [WEEK] [GRID]",
    ),
    "wishes": (f"month status claimant {_PLACE}", "[MONTH, STATUS] [CLAIMANT, GRID] [BUILDING]"),
    "alerts": (f"day month status finding {_PLACE}", "[MONTH, STATUS] [FINDING, GRID] [BUILDING]"),
    "helpCalls": (f"month {_PLACE} worker {_OBJECT}", "[MONTH] [GRID, WORKER] [BUILDING]"),
    "incidents": (f"month category {_PLACE}", "[MONTH, CATEGORY] [GRID, BUILDING]"),
    "residents": (f"sex ageBand colour {_PLACE}", "[SEX, AGE_BAND] [COLOUR, GRID] [COLOUR] [BUILDING, SEX, COLOUR]"),
    "households": (_PLACE, "[GRID] [BUILDING, GRID]"),
}


def _asked(fields: str, dimensions: str) -> str:
    each = dimensions.replace("] [", "]|[").split("|")
    return " ".join(f"c{number}: countsBy(dimensions: {by}) {{ count {fields} }}" for number, by in enumerate(each))


COUNT_CASES: list[Case] = [
    *(Case(f"counts of {name}", f"{{ {name} {{ {_asked(*given)} }} }}") for name, given in _COUNTS.items()),
    Case(
        "counts in a span of time",
        f"""{{ appeals(where: {{openedBetween: {_SPAN}}}) {{ totalCount {_asked(*_COUNTS["appeals"])} }}
        visits(where: {{occurredBetween: {_SPAN}}}) {{ {_asked(*_COUNTS["visits"])} }} }}""",
    ),
    Case(
        "counts from or until an instant",
        """{ appeals(where: {openedBetween: {startsAt: "2023-11-01T00:00:00Z"}}) {
            countsBy(dimensions: [WEEK]) { week count } }
        disputes(where: {openedBetween: {endsAt: "2023-11-01T00:00:00Z"}}) {
            countsBy(dimensions: [MONTH, LEVEL]) { month level count } } }""",
    ),
    Case(
        "counts of the appeals of each grid",
        """{ grids(first: 3) { nodes { appeals {
            totalCount countsBy(dimensions: [MONTH, STATUS]) { month count status } } } } }""",
    ),
    Case(
        "a page of each counted grid",
        "{ incidents { countsBy(dimensions: [GRID]) { count grid { appeals(first: 1) { totalCount } } } } }",
    ),
]

_BY = "orderBy: DUE_FIRST"
_ONE = "totalCount nodes { id }"
_CHANGED = "where: {changedBetween: {startsAt: $t}}"


def _searched(text: str) -> Case:
    return Case(
        f"the search for {text}",
        f"""query($t: String!) {{ search(text: $t) {{ residents {{ totalCount nodes {{ id name }} }}
        households(first: 3) {{ {_ONE} }} appeals(last: 2) {{ {_ONE} }} disputes {{ {_ONE} }} }} }}""",
        lambda _: {"t": text},
    )


FILTER_CASES: list[Case] = [
    Case(
        "what is due first",
        f"""{{ appeals({_BY}, where: {{open: true}}, first: 5) {{ totalCount edges {{ cursor node {{ id }} }}
        pageInfo {{ hasNextPage endCursor }} }} back: appeals({_BY}, last: 4) {{ {_ONE} }}
        disputes({_BY}, first: 3) {{ {_ONE} countsBy(dimensions: [STATUS]) {{ count status }} }} }}""",
    ),
    Case(
        "what is mine and what is not",
        f"""{{ appeals(where: {{mine: true}}) {{ {_ONE} }} others: appeals(where: {{mine: false}}) {{ {_ONE} }}
        visits(where: {{mine: true}}) {{ {_ONE} }} disputes(where: {{mine: true}}) {{ {_ONE} }}
        helpCalls(where: {{mine: true}}) {{ {_ONE} }} }}""",
    ),
    Case(
        "what changed since an instant",
        f"""query($t: DateTime!) {{ appeals({_CHANGED}) {{ {_ONE} }}
        disputes({_CHANGED}) {{ {_ONE} }} wishes({_CHANGED}) {{ {_ONE} }}
        alerts({_CHANGED}) {{ {_ONE} }} incidents({_CHANGED}) {{ {_ONE} }}
        residents({_CHANGED}) {{ {_ONE} }} }}""",
        lambda _: {"t": "2023-11-15T08:00:00Z"},
    ),
    Case(
        "what is in an estate or a community",
        f"""query($e: ID!, $c: ID!) {{ appeals(where: {{estate: $e}}) {{ {_ONE} }}
        visits(where: {{estate: $e, community: $c}}) {{ {_ONE} }} disputes(where: {{estate: $e}}) {{ {_ONE} }}
        wishes(where: {{estate: $e}}) {{ {_ONE} }} alerts(where: {{estate: $e}}) {{ {_ONE} }}
        residents(where: {{estate: $e}}) {{ {_ONE} }} households(where: {{community: $c}}) {{ {_ONE} }}
        helpCalls(where: {{community: $c}}) {{ {_ONE} }} incidents(where: {{community: $c}}) {{ {_ONE} }} }}""",
        lambda pools: {"e": pools.id("estate", 1), "c": pools.id("community", 1)},
    ),
    Case(
        "who takes part",
        f"""query($r: ID!, $h: ID!, $a: ID!) {{ appeals(where: {{resident: $r}}) {{ {_ONE} }}
        handled: appeals(where: {{handledBy: $a}}) {{ {_ONE} }} visits(where: {{resident: $r}}) {{ {_ONE} }}
        disputes(where: {{mediator: $a}}) {{ {_ONE} }} party: disputes(where: {{party: $r}}) {{ {_ONE} }}
        home: disputes(where: {{party: $h}}) {{ {_ONE} }} reported: disputes(where: {{origin: [APPLIED]}}) {{ {_ONE} }}
        named: appeals(where: {{reporter: "1"}}) {{ {_ONE} }} }}""",
        lambda pools: {"r": pools.id("resident", 1), "h": pools.id("household", 1), "a": pools.id("account", 1)},
    ),
    Case(
        "texts of incidents, calls and homes",
        f"""{{ incidents(where: {{text: "暖气", open: true}}) {{ {_ONE} }} helpCalls(where: {{text: "人"}}) {{ {_ONE} }}
        households(where: {{text: "1号楼2单元、2号楼"}}) {{ {_ONE} }} }}""",
    ),
    *(_searched(text) for text in ("王", "1号楼", "暖气", "1390")),
    Case(
        "the published figures",
        """query($c: ID!) { directLineWall(first: 3) { totalCount edges { cursor node { community startsOn received
        resolved open category categoryLabel satisfied } } pageInfo { hasNextPage endCursor } }
        here: directLineWall(where: {community: $c}, last: 2) { totalCount nodes { startsOn received } } }""",
        lambda pools: {"c": pools.id("community", 1)},
    ),
    Case(
        "a grid, an organisation and an incident",
        """query($g: ID!, $o: ID!, $i: ID!) { grid(id: $g) { id name } organisation(id: $o) { id kind }
        incident(id: $i) { id title } }""",
        lambda pools: {name[0]: pools.id(name, 1) for name in ("grid", "organisation", "incident")},
    ),
]
