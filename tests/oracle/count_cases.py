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
]
